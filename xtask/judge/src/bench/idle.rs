//! `cargo judge bench idle`: what a client costs that is logged in and silent.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::read::program;
use super::serve::Served;
use super::serve::client::login;
use super::simulate::legacy;

#[derive(Args)]
pub(crate) struct Idle {
    /// How many clients there are
    #[arg(long, default_value = "10000")]
    clients: usize,
    /// How many filters their user has
    #[arg(long, default_value = "10")]
    filters: usize,
    /// How many events everybody is sent before it is silent again
    #[arg(long, default_value = "20")]
    events: usize,
    /// Fail where the process takes more than so many megabytes
    #[arg(long, default_value = "100")]
    most: u64,
}

/// Each client is here and there a file that is open; a few more are for the rest.
const MORE_FILES: u64 = 100;

impl Idle {
    pub(crate) fn execute(self) -> Result<()> {
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
        let needs = self.clients as u64 + MORE_FILES;
        ensure!(needs <= most, "{needs} files are to be open at once, and `ulimit -Hn` is {most}");
        let program = program()?;
        let folder = std::env::temp_dir().join(format!("amictl-idle-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("manager.conf"), self.conf())?;
        let result = Served::start(&program, &folder).and_then(|served| self.measure(&served));
        fs::remove_dir_all(&folder)?;
        result
    }

    fn conf(&self) -> String {
        let mut text = String::from("[general]\nenabled = yes\nport = {PORT}\nbindaddr = 127.0.0.1\n");
        text.push_str("[driver]\nsecret = d\nread =\nwrite = user\n[client]\nsecret = c\nread = all\n");
        for number in 0..self.filters {
            text.push_str(&format!("eventfilter = !{}\n", legacy(number).trim_start_matches(['!', ' '])));
        }
        text
    }

    fn measure(&self, served: &Served) -> Result<()> {
        let before = served.memory()?;
        let start = Instant::now();
        let clients = (0..self.clients).map(|number| {
            login(served.port, "client", "c", "user").with_context(|| format!("client {number} of {}", self.clients))
        });
        let mut clients = clients.collect::<Result<Vec<TcpStream>>>()?;
        println!("{} clients logged in within {:.1} s", clients.len(), start.elapsed().as_secs_f64());
        let peak = self.show("nobody logged in", before, before);
        let idle = self.show("all logged in and silent", served.memory()?, before).max(peak);
        let took = self.send(served.port, &mut clients)?;
        println!("{} events to each within {:.1} s", self.events, took.as_secs_f64());
        let after = self.show("all silent again", served.memory()?, before).max(idle);
        clients.iter().try_for_each(|client| client.shutdown(Shutdown::Both))?;
        drop(clients);
        let again = login(served.port, "client", "c", "off")?;
        self.show("all gone", served.memory()?, before);
        drop(again);
        ensure!(after <= self.most << 10, "that is more than {} MB", self.most);
        Ok(())
    }

    fn show(&self, what: &str, now: u64, before: u64) -> u64 {
        let each = (now.saturating_sub(before) << 10) / self.clients.max(1) as u64;
        println!("{what:<28} VmRSS {:>8.1} MB {each:>8} bytes a session more than at first", now as f64 / 1024.0);
        now
    }

    /// Sends events to everybody, and waits until all have them.
    fn send(&self, port: u16, clients: &mut [TcpStream]) -> Result<Duration> {
        let start = Instant::now();
        let mut driver = login(port, "driver", "d", "off")?;
        for number in 0..self.events {
            write!(driver, "Action: UserEvent\r\nUserEvent: Wake\r\nNumber: {number}\r\n\r\n")?;
        }
        let event =
            |number| format!("Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Wake\r\nNumber: {number}\r\n\r\n");
        let all: String = (0..self.events).map(event).collect();
        let mut said = vec![0; all.len()];
        for client in clients {
            client.read_exact(&mut said)?;
            ensure!(said == all.as_bytes(), "a client was sent something else");
        }
        Ok(start.elapsed())
    }
}
