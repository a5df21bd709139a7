//! `amictl serve` in the place of an Asterisk.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use amictl::release::Release;
use amictl::testing::scenario::{Scenario, replace};
use anyhow::{Result, bail};
use memchr::memmem;

use super::ami::Ami;
use super::home::Home;
use super::instance::{Console, Ended, Process, SECRET, USER, bounded};
use super::manager;
use super::subject::{Manager, Subject};

/// The program, and the release that it is to be.
pub(crate) struct Server {
    pub(crate) program: PathBuf,
    pub(crate) release: Release,
}

/// A server that runs.
///
/// It has no console. What it would show there it tells an account that may ask for it, which the files of a scenario have
/// not: a second process has the same files and that account, on a port of its own.
struct Served {
    /// The one that is asked for events and let in to; none where the file opens no listener.
    process: Option<Process>,
    console: Option<Process>,
    home: Home,
    port: u16,
}

/// The account of the console, behind all others.
const ACCOUNT: &str = "judge of the console";
const CONSOLE_PORT: u16 = 1038;
/// So that it leaves the port of the file to the other.
const CONSOLE_TLS_PORT: u16 = 1039;

const BOOT: Duration = Duration::from_secs(20);

/// How it ends where it is not going to listen: an Asterisk runs on, without its manager.
const NO_LISTENER: &str = "the file opens no listener";
const FOREIGN_ADDRESS: &str = "Cannot assign requested address";
/// What it says where its certificate is of no use.
const NO_TLS: &str = "no TLS: ";
/// What it says where there is nothing to serve.
const NOT_LOADED: &str = "Asterisk does not load";

impl Subject for Server {
    fn side_by_side(&self) -> usize {
        8
    }

    fn start(&self) -> Result<Box<dyn Manager>> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let home = Home::create(None)?;
        home.furnish(port)?;
        match self.serve(&home, &home.etc().join("manager.conf"), &[])? {
            Ok(process) => Ok(Box::new(Served { process: Some(process), console: None, home, port })),
            Err((_, said)) => bail!("amictl serve ended while starting, saying:{said}"),
        }
    }

    fn start_with(&self, scenario: &Scenario) -> Result<Result<Box<dyn Manager>, Ended>> {
        let home = Home::create(None)?;
        home.furnish(0)?;
        fs::remove_file(home.etc().join("manager.conf"))?;
        scenario.lay_out(&home.etc(), &home.inside.join("etc").display().to_string())?;
        let process = match self.serve(&home, &home.etc().join("manager.conf"), &[])? {
            Ok(process) => Some(process),
            Err((_, said)) if said.contains(NO_LISTENER) || said.contains(FOREIGN_ADDRESS) => None,
            Err((_, said)) if said.contains(NOT_LOADED) => return Ok(Err(Ended::Died)),
            Err((status, said)) => bail!("amictl serve ended with {status}, saying:{said}"),
        };
        let root = home.outside.join("console.conf");
        fs::write(&root, format!("#include \"manager.conf\"\n[{ACCOUNT}]\nsecret={SECRET}\nwrite=command\n"))?;
        let [port, tls_port] = [CONSOLE_PORT, CONSOLE_TLS_PORT].map(|port| port.to_string());
        let options = ["--bind", "127.0.0.1", "--port", &port, "--tls-port", &tls_port];
        let served = match self.serve(&home, &root, &options)? {
            // Then there is none that is in the way of the other server's, either.
            Err((_, said)) if said.contains(NO_TLS) => self.serve(&home, &root, &options[..4])?,
            served => served,
        };
        let console = match served {
            Ok(console) => Some(console),
            Err((status, said)) => bail!("the server of the console ended with {status}, saying:{said}"),
        };
        Ok(Ok(Box::new(Served { process, console, home, port: CONSOLE_PORT })))
    }
}

impl Server {
    /// Starts it with a file, and waits until it listens; or says how it ended, and its last words.
    fn serve(&self, home: &Home, root: &Path, options: &[&str]) -> Result<Result<Process, (ExitStatus, String)>> {
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir("/").arg("serve").arg(root).arg("--etc").arg(home.etc());
        command.args(["--complete", "--force", "--reveal-secrets", "--asterisk", &self.release.to_string()]);
        command.args(options).stdout(writer.try_clone()?).stderr(writer);
        bounded(&mut command, None);
        let mut process = Process::start(command)?;
        let said = Console::of(reader);
        let deadline = Instant::now() + BOOT;
        loop {
            let ended = process.end()?;
            let text = said.to_string();
            if text.contains("\nlistening on ") {
                return Ok(Ok(process));
            }
            if let Some(status) = ended {
                return Ok(Err((status, said.last_words())));
            }
            if Instant::now() > deadline {
                bail!("amictl serve does not listen after {} s, saying:{text}", BOOT.as_secs());
            }
            sleep(Duration::from_millis(2));
        }
    }
}

/// What `manager show users` would print without the account of the console, which is no user of a scenario.
fn without_account(printed: &[u8]) -> Vec<u8> {
    let only = format!("--------\n{ACCOUNT}\n-------------------\n");
    if memmem::find(printed, only.as_bytes()).is_some() {
        return b"There are no manager users.\n".to_vec();
    }
    replace(printed, format!("\n{ACCOUNT}\n").as_bytes(), b"\n")
}

impl Manager for Served {
    fn console(&self, command: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut session = Ami::connect(CONSOLE_PORT)?;
        session.login(ACCOUNT, SECRET)?;
        let printed = session.command(command, manager::PATIENCE)?;
        // With `allowmultiplelogin=no` the next command is refused as long as this session is there.
        session.leave(manager::PATIENCE)?;
        Ok(printed.map(|text| without_account(&text)))
    }

    fn listens(&self) -> Result<Vec<String>> {
        let Some(process) = &self.process else { return Ok(Vec::new()) };
        let mut addresses = manager::listening(process.id())?;
        let own = [CONSOLE_PORT, CONSOLE_TLS_PORT].map(|port| format!("127.0.0.1:{port}"));
        addresses.retain(|address| !own.contains(address));
        Ok(addresses)
    }

    fn session(&self) -> Result<Ami> {
        let mut ami = Ami::connect(self.port)?;
        ami.login(USER, SECRET)?;
        Ok(ami)
    }

    fn etc(&self) -> PathBuf {
        self.home.etc()
    }

    fn etc_inside(&self) -> String {
        self.home.inside.join("etc").display().to_string()
    }

    fn has_ended(&mut self) -> Result<bool> {
        match [&mut self.process, &mut self.console].into_iter().flatten().next() {
            Some(process) => process.has_ended(),
            None => Ok(true),
        }
    }

    fn is_exhausted(&self) -> bool {
        self.process.as_ref().is_some_and(Process::is_exhausted)
    }
}
