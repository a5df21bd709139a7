//! `cargo judge bench serve`: `amictl serve` and a real Asterisk, each with the same configuration and the same clients.

pub(super) mod client;
mod events;
mod latency;
mod logins;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use super::median;
use super::read::program;
use super::simulate::legacy;
use crate::oracle::{Installation, Instance};

#[derive(Args)]
pub(crate) struct Serve {
    /// What is measured; all of it by default
    #[arg(long, value_enum)]
    part: Option<Part>,
    /// How many clients there are; for latency half as many, too
    #[arg(long, default_value = "100")]
    clients: usize,
    /// How many filters each has in the second half of the events, all different
    #[arg(long, default_value = "10")]
    filters: usize,
    /// How many events Asterisk sends to each client; amictl sends ten times as many
    #[arg(long, default_value = "2000")]
    events: usize,
    /// How many clients log in, one after another and eight at a time
    #[arg(long, default_value = "4000")]
    logins: usize,
    /// How many sessions are there while they do: beside none a login is little but four wake-ups of the system
    #[arg(long, default_value = "100")]
    present: usize,
    /// How many users the configuration has beside the clients
    #[arg(long, default_value = "0")]
    users: usize,
    /// How many events a second are sent when latency is measured
    #[arg(long, default_value = "200")]
    rate: u32,
    /// For how many seconds
    #[arg(long, default_value = "4")]
    seconds: u32,
    /// How often each is measured
    #[arg(long, default_value = "3")]
    rounds: usize,
    /// Which installed Asterisk serves
    #[arg(long, default_value = "22")]
    release: String,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// How many events a second come to each client
    Events,
    /// How many clients a second log in and off
    Logins,
    /// How long an event takes from who sends it to who is sent it
    Latency,
}

/// The two servers, and where they have their files.
struct Servers {
    amictl: PathBuf,
    asterisk: Installation,
    folder: PathBuf,
    rounds: usize,
}

/// What one line of the table is about.
struct Row {
    label: String,
    /// More is better: a speed. Of a time less is.
    is_speed: bool,
}

impl Serve {
    pub(crate) fn execute(self) -> Result<()> {
        let folder = std::env::temp_dir().join(format!("amictl-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let asterisk = Installation::find(&self.release)?;
        let servers = Servers { amictl: program()?, asterisk, folder, rounds: self.rounds };
        servers.head();
        let result = self.parts(&servers);
        fs::remove_dir_all(&servers.folder)?;
        result
    }

    fn parts(&self, servers: &Servers) -> Result<()> {
        let wants = |part| self.part.is_none_or(|wanted| wanted == part);
        if wants(Part::Events) {
            self.measure_events(servers, 0)?;
            self.measure_events(servers, self.filters)?;
        }
        if wants(Part::Logins) {
            self.measure_logins(servers)?;
        }
        if wants(Part::Latency) {
            self.measure_latency(servers, self.clients / 2)?;
            self.measure_latency(servers, self.clients)?;
        }
        Ok(())
    }

    /// Everybody sees every event: the filters hold back what nobody sends.
    fn conf(&self, filters: usize) -> String {
        let mut text = String::from("[general]\nenabled = yes\nport = {PORT}\nbindaddr = 127.0.0.1\n");
        text.push_str("[driver]\nsecret = d\nread =\nwrite = user\nwritetimeout = 60000\n");
        for client in 0..self.clients {
            let _ = write!(text, "[client{client}]\nsecret = c\nread = all\nwritetimeout = 60000\n");
            for number in 0..filters {
                let filter = legacy(client * filters + number);
                let _ = writeln!(text, "eventfilter = !{}", filter.trim_start_matches(['!', ' ']));
            }
        }
        text + &super::users(0..self.users, "all")
    }
}

impl Servers {
    fn head(&self) {
        let asterisk = format!("Asterisk {}", self.asterisk.about.release);
        println!("{:<36}{:>13}{asterisk:>19}{:>10}", "", "amictl serve", "ratio");
    }

    /// Measures both in turns, each time on a server that has just started, and prints the middle of each figure. The
    /// measure is given the port, and how much longer a run of this server may be.
    fn compare(&self, conf: &str, rows: &[Row], measure: impl Fn(u16, usize) -> Result<Vec<f64>>) -> Result<()> {
        fs::write(self.folder.join("manager.conf"), conf)?;
        let (mut ours, mut theirs) = (vec![Vec::new(); rows.len()], vec![Vec::new(); rows.len()]);
        let add =
            |to: &mut Vec<Vec<f64>>, figures: Vec<f64>| to.iter_mut().zip(figures).for_each(|(to, it)| to.push(it));
        for _ in 0..self.rounds {
            let served = Served::start(&self.amictl, &self.folder)?;
            add(&mut ours, measure(served.port, 10)?);
            drop(served);
            let instance = Instance::start(&self.asterisk, Some(&self.folder))?;
            add(&mut theirs, measure(instance.port, 1)?);
        }
        for ((row, ours), theirs) in rows.iter().zip(ours).zip(theirs) {
            let (ours, theirs) = (median(ours), median(theirs));
            let ratio = if row.is_speed { ours / theirs } else { theirs / ours };
            println!("{:<36}{ours:>13.0}{theirs:>19.0}{ratio:>9.1}x", row.label);
        }
        Ok(())
    }
}

/// `amictl serve`, which ends with this.
pub(super) struct Served {
    child: Child,
    pub(super) port: u16,
}

impl Served {
    pub(super) fn start(program: &Path, folder: &Path) -> Result<Served> {
        let mut serve = Command::new(program);
        // The Asterisk beside it logs nothing, either.
        serve
            .args(["serve", "manager.conf", "--force", "--log-level", "off", "--bind", "127.0.0.1", "--port", "0"])
            .current_dir(folder);
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        Ok(Served { port: port.with_context(|| format!("amictl serves nothing, but says `{line}`"))?, child })
    }

    /// How many kilobytes of memory it takes.
    pub(super) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.parse().ok());
        number.context("no VmRSS")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
