//! `cargo judge bench serve`: the same events to the same clients, from `amictl serve` and from a real Asterisk.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::median;
use super::read::program;
use super::simulate::legacy;
use crate::oracle::{Installation, Instance};

#[derive(Args)]
pub(crate) struct Serve {
    /// How many clients there are
    #[arg(long, default_value = "100")]
    clients: usize,
    /// How many filters each has in the second half, all different
    #[arg(long, default_value = "10")]
    filters: usize,
    /// How many events Asterisk sends to each client; amictl sends ten times as many
    #[arg(long, default_value = "2000")]
    events: usize,
    /// How often each is measured
    #[arg(long, default_value = "3")]
    rounds: usize,
    /// Which installed Asterisk serves
    #[arg(long, default_value = "22")]
    release: String,
}

/// A connection that says nothing for so long is lost.
const PATIENCE: Duration = Duration::from_secs(60);

impl Serve {
    pub(crate) fn execute(self) -> Result<()> {
        let program = program()?;
        let installation = Installation::find(&self.release)?;
        let folder = std::env::temp_dir().join(format!("amictl-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let result = [0, self.filters].into_iter().try_for_each(|filters| {
            fs::write(folder.join("manager.conf"), self.conf(filters))?;
            self.measure(&program, &installation, &folder, filters)
        });
        fs::remove_dir_all(&folder)?;
        result
    }

    fn measure(&self, program: &Path, installation: &Installation, folder: &Path, filters: usize) -> Result<()> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            let served = Served::start(program, folder)?;
            ours.push(self.deliver(served.port, 10 * self.events)?);
            drop(served);
            let instance = Instance::start(installation, Some(folder))?;
            theirs.push(self.deliver(instance.port, self.events)?);
        }
        let (ours, theirs, release) = (median(ours), median(theirs), &installation.about.release);
        println!("{} clients, {filters} filters each, median of {} rounds in turns", self.clients, self.rounds);
        println!("amictl serve       {ours:>10.0} events/s to each client");
        println!("Asterisk {release:<8}  {theirs:>10.0} events/s to each client {:>8.1}x", ours / theirs);
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
        text
    }

    /// How many events a second every client is sent.
    fn deliver(&self, port: u16, count: usize) -> Result<f64> {
        let clients = (0..self.clients).map(|client| login(port, &format!("client{client}"), "c", "user"));
        let clients = clients.collect::<Result<Vec<_>>>()?;
        let driver = login(port, "driver", "d", "off")?;
        let bytes = count * event(0).len();
        let start = Instant::now();
        let readers: Vec<_> = clients.into_iter().map(|client| thread::spawn(move || take(client, bytes))).collect();
        let mut answers = driver.try_clone()?;
        let answered = thread::spawn(move || {
            let mut chunk = vec![0; 1 << 16];
            while answers.read(&mut chunk).is_ok_and(|count| count > 0) {}
        });
        let mut driver_out = std::io::BufWriter::with_capacity(1 << 16, &driver);
        for number in 0..count {
            driver_out.write_all(format!("Action: UserEvent\r\n{}\r\n", body(number)).as_bytes())?;
        }
        driver_out.flush()?;
        for reader in readers {
            let last = reader.join().ok().context("a client panicked")??;
            ensure!(last.ends_with(event(count - 1).as_bytes()), "a client was sent something else");
        }
        let speed = count as f64 / start.elapsed().as_secs_f64();
        driver.shutdown(std::net::Shutdown::Both)?;
        answered.join().ok().context("the driver panicked")?;
        Ok(speed)
    }
}

/// The headers of an event that is as long as most are.
fn body(number: usize) -> String {
    format!(
        "UserEvent: Activity\r\nChannel: SIP/trunk-{number:08}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n\
         CallerIDNum: unknown\r\nCallerIDName: Reception, second floor\r\nConnectedLineNum: unknown\r\n\
         ConnectedLineName: Workshop, ground floor\r\nLanguage: en\r\nAccountCode: none\r\nContext: from-internal\r\n\
         Exten: s\r\nPriority: 1\r\nUniqueid: call-{number:08}.1\r\nLinkedid: call-{number:08}.0\r\n\
         DialStatus: ANSWER\r\nCause-txt: Normal Clearing\r\n"
    )
}

fn event(number: usize) -> String {
    format!("Event: UserEvent\r\nPrivilege: user,all\r\n{}\r\n", body(number))
}

/// A connection that is logged in, and has read no further than the answer to that.
pub(super) fn login(port: u16, user: &str, secret: &str, events: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let action = format!("Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: {events}\r\n\r\n");
    stream.write_all(action.as_bytes())?;
    let (mut answer, mut byte) = (Vec::new(), [0]);
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).with_context(|| format!("`{user}` does not get in"))?;
        answer.push(byte[0]);
    }
    ensure!(answer.ends_with(b"Authentication accepted\r\n\r\n"), "`{user}` does not get in");
    Ok(stream)
}

/// Takes so many bytes, and returns the last of them.
fn take(mut stream: TcpStream, bytes: usize) -> Result<Vec<u8>> {
    let (mut chunk, mut rest, mut last) = (vec![0; 1 << 16], bytes, Vec::new());
    while rest > 0 {
        let count = stream.read(&mut chunk)?;
        ensure!(count > 0, "a client was cut off");
        rest = rest.checked_sub(count).context("a client was sent more than there is")?;
        last.extend_from_slice(&chunk[..count]);
        last.drain(..last.len().saturating_sub(1 << 10));
    }
    Ok(last)
}

/// `amictl serve`, which ends with this.
pub(super) struct Served {
    child: Child,
    pub(super) port: u16,
}

impl Served {
    pub(super) fn start(program: &Path, folder: &Path) -> Result<Served> {
        let mut serve = Command::new(program);
        serve.args(["serve", "manager.conf", "--force", "--bind", "127.0.0.1", "--port", "0"]).current_dir(folder);
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
