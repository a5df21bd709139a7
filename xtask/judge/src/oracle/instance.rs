//! One running Asterisk with folders of its own, on the loopback interface, bounded and always stopped.

use std::io::{self, PipeReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};
use std::{fmt, fs};

use anyhow::{Context, Result, bail};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, chdir, chroot, geteuid, getppid};

use amictl::testing::scenario::Scenario;

use super::ami::Ami;
use super::console;
use super::home::Home;
use super::install::{Installation, Unavailable};
use super::manager;
use super::subject::{Manager, Subject};

pub(crate) struct Instance {
    process: Process,
    home: Home,
    pub(crate) port: u16,
    console: Console,
}

/// How a start ended that was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The process died.
    Died,
    /// It runs, and never comes up.
    Never,
}

/// The account of ours in every instance.
pub(crate) const USER: &str = "judge";
pub(crate) const SECRET: &str = "judge";

/// Some configurations eat all memory there is. An idle Asterisk has 1 GiB of address space.
const MEMORY: u64 = 2 << 30;
/// Some never let go of the processor.
const PROCESSOR_SECONDS: u64 = 1800;
/// Some log without end.
const DISK: u64 = 1 << 30;
/// Sessions, and what Asterisk itself keeps open.
const FILES: u64 = 4096;
const BOOT: Duration = Duration::from_secs(20);

impl Instance {
    /// Starts an Asterisk that answers `USER`, unless the files of `etc`, which replace ours, say otherwise.
    pub(crate) fn start(installation: &Installation, etc: Option<&Path>) -> Result<Instance> {
        if installation.root.is_some() && !geteuid().is_root() {
            let message = "an installed Asterisk runs in a chroot: run this as root, or name another by --asterisk-bin";
            return Err(Unavailable(message.to_owned()).into());
        }
        let mut instance = Instance::launch(installation, etc)?;
        // The port was free when we looked, and may have been taken when Asterisk did.
        for _ in 0..2 {
            if etc.is_some() || instance.session().is_ok() {
                break;
            }
            instance = Instance::launch(installation, etc)?;
        }
        Ok(instance)
    }

    /// Starts an Asterisk with the files of a scenario, all of which it reads when it starts; or says how it ended.
    pub(crate) fn of(installation: &Installation, scenario: &Scenario) -> Result<Result<Instance, Ended>> {
        let home = Home::create(installation.root.as_deref())?;
        home.furnish(0)?;
        fs::remove_file(home.etc().join("manager.conf"))?;
        scenario.lay_out(&home.etc(), &home.inside.join("etc").display().to_string())?;
        home.take_options()?;
        let mut instance = Instance::begin(installation, home, 0)?;
        Ok(instance.came_up(installation)?.map(|()| instance))
    }

    fn launch(installation: &Installation, etc: Option<&Path>) -> Result<Instance> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let home = Home::create(installation.root.as_deref())?;
        home.furnish(port)?;
        if let Some(folder) = etc {
            home.copy_over(folder, &home.etc(), port)?;
        }
        let mut instance = Instance::begin(installation, home, port)?;
        match instance.came_up(installation)? {
            Ok(()) => Ok(instance),
            Err(Ended::Died) => bail!("Asterisk ended while starting, saying:{}", instance.console),
            Err(Ended::Never) => bail!("Asterisk was not up after {} s, saying:{}", BOOT.as_secs(), instance.console),
        }
    }

    fn begin(installation: &Installation, home: Home, port: u16) -> Result<Instance> {
        let (reader, writer) = io::pipe()?;
        let mut asterisk = confined(installation, &home);
        asterisk.args(["-f", "-n"]).stdout(writer.try_clone()?).stderr(writer);
        Ok(Instance { process: Process::start(asterisk)?, home, port, console: Console::of(reader) })
    }

    /// Waits until it is up, or is not going to be.
    fn came_up(&mut self, installation: &Installation) -> Result<Result<(), Ended>> {
        let deadline = Instant::now() + BOOT;
        let control = self.control();
        let mut question: Option<Process> = None;
        loop {
            if self.process.0.try_wait()?.is_some() {
                return Ok(Err(Ended::Died));
            }
            if Instant::now() > deadline {
                return Ok(Err(Ended::Never));
            }
            match &mut question {
                Some(asked) => match asked.0.try_wait()? {
                    Some(status) if status.success() => return Ok(Ok(())),
                    Some(_) => question = None,
                    None => {}
                },
                None if control.exists() => {
                    let mut client = confined(installation, &self.home);
                    client.args(["-rx", "core waitfullybooted"]).stdout(Stdio::null()).stderr(Stdio::null());
                    question = Some(Process::start(client)?);
                }
                None => {}
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// The socket of its console.
    pub(crate) fn control(&self) -> PathBuf {
        self.home.outside.join("run/asterisk.ctl")
    }

    /// The configuration folder, as this process sees it.
    pub(crate) fn etc(&self) -> PathBuf {
        self.home.etc()
    }

    /// The configuration folder, as Asterisk sees it.
    pub(crate) fn etc_inside(&self) -> String {
        self.home.inside.join("etc").display().to_string()
    }

    /// A session of our account.
    pub(crate) fn session(&self) -> Result<Ami> {
        let mut ami = Ami::connect(self.port)?;
        ami.login(USER, SECRET)?;
        Ok(ami)
    }
}

impl Subject for Installation {
    fn side_by_side(&self) -> usize {
        4
    }

    fn start(&self) -> Result<Box<dyn Manager>> {
        Ok(Box::new(Instance::start(self, None)?))
    }

    fn start_with(&self, scenario: &Scenario) -> Result<Result<Box<dyn Manager>, Ended>> {
        Ok(Instance::of(self, scenario)?.map(|instance| Box::new(instance) as Box<dyn Manager>))
    }
}

impl Manager for Instance {
    fn console(&self, command: &[u8]) -> Result<Option<Vec<u8>>> {
        console::answer(&self.control(), command, manager::PATIENCE)
    }

    fn listens(&self) -> Result<Vec<String>> {
        manager::listening(self.process.0.id())
    }

    fn session(&self) -> Result<Ami> {
        Instance::session(self)
    }

    fn etc(&self) -> PathBuf {
        Instance::etc(self)
    }

    fn etc_inside(&self) -> String {
        Instance::etc_inside(self)
    }

    fn has_ended(&mut self) -> Result<bool> {
        self.process.has_ended()
    }

    fn is_exhausted(&self) -> bool {
        self.process.is_exhausted()
    }
}

/// The last that a program said. A configuration can make it say gigabytes.
pub(crate) struct Console {
    tail: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Console {
    const KEPT: usize = 1500;

    pub(crate) fn of(mut reader: PipeReader) -> Console {
        let tail = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&tail);
        let reader = thread::spawn(move || {
            let mut chunk = [0; 1 << 14];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                let Ok(mut heard) = heard.lock() else { return };
                heard.extend_from_slice(&chunk[..count]);
                let surplus = heard.len().saturating_sub(Console::KEPT);
                heard.drain(..surplus);
            }
        });
        Console { tail, reader }
    }
}

impl Console {
    /// The last words of a program that has ended.
    pub(crate) fn last_words(&self) -> String {
        let deadline = Instant::now() + Duration::from_secs(1);
        while !self.reader.is_finished() && Instant::now() < deadline {
            sleep(Duration::from_millis(1));
        }
        self.to_string()
    }
}

impl fmt::Display for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = self.tail.lock().map(|it| it.clone()).unwrap_or_default();
        write!(f, "\n{}", String::from_utf8_lossy(&tail).trim())
    }
}

/// A child that does not outlive this value, nor do those that it started (`#exec`).
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(mut command: Command) -> Result<Process> {
        let program = command.get_program().to_owned();
        command.process_group(0).stdin(Stdio::null());
        command.spawn().with_context(|| format!("cannot start `{}`", program.display())).map(Process)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub(crate) fn end(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }

    /// Whether it is gone, or going: its sockets are closed a little before.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        let deadline = Instant::now() + Duration::from_secs(1);
        while Instant::now() < deadline {
            if self.end()?.is_some() {
                return Ok(true);
            }
            sleep(Duration::from_millis(10));
        }
        Ok(false)
    }

    /// Whether it took all the memory it may have, now or before.
    pub(crate) fn is_exhausted(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let peak =
            status.lines().find_map(|it| it.strip_prefix("VmPeak:")?.trim().strip_suffix("kB")?.trim().parse().ok());
        // An allocation that failed is not in the peak: the last steps can be large.
        peak.is_some_and(|it: u64| it * 1024 > MEMORY - (MEMORY >> 3))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

/// Asterisk with the folders of `home`, inside its root and bounded.
fn confined(installation: &Installation, home: &Home) -> Command {
    let mut command = Command::new(&installation.binary);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C");
    // Every session is a thread, and an arena for each would use up the address space.
    command.env("MALLOC_ARENA_MAX", "2");
    command.arg("-C").arg(home.inside.join("asterisk.conf"));
    bounded(&mut command, installation.root.clone());
    command
}

/// Has a program run with limits, and within `root` if there is one.
pub(crate) fn bounded(command: &mut Command, root: Option<PathBuf>) {
    in_child(command, move || {
        setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)?;
        setrlimit(Resource::RLIMIT_CPU, PROCESSOR_SECONDS, PROCESSOR_SECONDS)?;
        setrlimit(Resource::RLIMIT_FSIZE, DISK, DISK)?;
        setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
        setrlimit(Resource::RLIMIT_NOFILE, FILES, FILES)?;
        if let Some(root) = &root {
            chroot(root)?;
            chdir("/")?;
        }
        Ok(())
    });
}

/// Has the child killed when the thread that started it ends, however it ends, and has it do `work` before it becomes
/// the program. `work` may make system calls only.
#[expect(unsafe_code, reason = "what happens between fork and exec is beyond the compiler")]
pub(crate) fn in_child(command: &mut Command, work: impl Fn() -> nix::Result<()> + Send + Sync + 'static) {
    let parent = Pid::this();
    let prepare = move || -> io::Result<()> {
        set_pdeathsig(Signal::SIGKILL)?;
        if getppid() != parent {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(work()?)
    };
    // SAFETY: only system calls are made; nothing is allocated and no lock is taken.
    unsafe { command.pre_exec(prepare) };
}
