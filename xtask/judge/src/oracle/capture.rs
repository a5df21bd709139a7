//! What real Asterisks send to a crowd while calls go on, beside what amictl says that they send.
//!
//! Each folder of `fixtures/streams` with a `capture.toml` is a crowd. All of its sessions are there before anything
//! happens and after all is quiet again; between the two, what each was sent is held against the stream of the one who
//! sees everything.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use amictl::release::Release;
use amictl::testing::cases::Files;
use amictl::testing::scenario::{Ask, Question, Scenario, Trials};
use amictl::testing::streams::{
    Crowd, DRIVER, Plan, Received, Recording, SECRET, SEES_ALL, Session, Step, events, ranges,
};
use anyhow::{Context, Result, anyhow, bail, ensure};

use super::install::Installation;
use super::instance::Instance;
use super::listener::{Listener, PATIENCE};
use super::{Asked, Verdict, fixtures, network, record};

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    asked: Asked,
    /// Keep no recording, only tell where amictl and Asterisk disagree
    #[arg(long)]
    check: bool,
    /// Write all that each session was sent, from its greeting on, and where the capture lies in that (sessions.json)
    #[arg(long, value_name = "FOLDER")]
    raw: Option<PathBuf>,
    /// Crowds, by the name of their folder (all when none is named)
    crowds: Vec<String>,
}

pub(crate) fn capture(options: &Options) -> Result<Verdict> {
    let installations = options.asked.installations()?;
    let folders = crowds(&options.crowds)?;
    // Each in a network of its own, so that all can have the same port.
    let asked: Vec<Result<Verdict>> = thread::scope(|scope| {
        let all = folders.iter().flat_map(|folder| installations.iter().map(move |it| (folder, it)));
        let asked: Vec<_> = all.map(|(folder, it)| scope.spawn(move || one(it, folder, options))).collect();
        let joined = asked.into_iter().map(|it| it.join());
        joined.map(|it| it.unwrap_or_else(|_| Err(anyhow!("a thread that captures panicked")))).collect()
    });
    let mut verdict = Ok(Verdict::Agrees);
    for one in asked {
        match one {
            Ok(Verdict::Agrees) => {}
            Ok(other) => verdict = verdict.map(|_| other),
            // The last one is told by whoever called.
            Err(error) => {
                if let Err(before) = std::mem::replace(&mut verdict, Err(error)) {
                    eprintln!("judge: {before:#}");
                }
            }
        }
    }
    verdict
}

/// The folders of the crowds.
fn crowds(wanted: &[String]) -> Result<Vec<PathBuf>> {
    let folder = fixtures()?.join("streams");
    let mut crowds = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("no folder `{}`", folder.display()))? {
        let path = entry?.path();
        let name = name(&path);
        if path.join("capture.toml").is_file() && (wanted.is_empty() || wanted.contains(&name)) {
            crowds.push(path);
        }
    }
    crowds.sort();
    if let Some(unknown) = wanted.iter().find(|it| crowds.iter().all(|crowd| name(crowd) != **it)) {
        bail!("there is no crowd `{unknown}` in `{}`", folder.display());
    }
    Ok(crowds)
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Captures, and compares, what one release sends to one crowd.
fn one(installation: &Installation, folder: &Path, options: &Options) -> Result<Verdict> {
    let about = &installation.about;
    let what = format!("{} of {}", name(folder), about.release);
    let capture = Capture::make(installation, folder).with_context(|| what.clone())?;
    if let Some(raw) = &options.raw {
        capture.keep(&raw.join(format!("{}-{}", name(folder), about.release)))?;
    }
    // Whatever amictl has to say to it.
    if !options.check {
        capture.record(installation, folder).with_context(|| what.clone())?;
    }
    let stream = capture.all.captured();
    let sessions: Vec<Session> = capture.crowd.iter().map(|it| it.session.clone()).collect();
    let crowd = Crowd { manager_conf: &capture.manager_conf, release: Release::parse(&about.release)? };
    let said = crowd.sends(&sessions, stream).with_context(|| what.clone())?;
    let mut others = 0;
    for (heard, said) in capture.crowd.iter().zip(&said) {
        let received = heard.captured();
        if received != said {
            others += 1;
            let (name, differ) = (&heard.session.name, differ(received, said));
            println!("{what}: `{name}` was sent {} bytes, and not {}{differ}", received.len(), said.len());
        }
    }
    let events = events(stream)?.len();
    println!("{what}: {events} events, {} sessions, {others} with a disagreement", sessions.len());
    Ok(if others == 0 { Verdict::Agrees } else { Verdict::Disagrees })
}

/// Where two streams part.
fn differ(received: &[u8], said: &[u8]) -> String {
    let common = received.iter().zip(said).take_while(|(a, b)| a == b).count();
    let from = memchr::memmem::rfind(&received[..common], b"\r\n\r\n").map_or(0, |at| at + 4);
    let shown = |text: &[u8]| text[from.min(text.len())..text.len().min(common + 200)].escape_ascii().to_string();
    format!("\n  Asterisk: {}\n  amictl:   {}", shown(received), shown(said))
}

/// What a crowd was sent.
struct Capture {
    manager_conf: Vec<u8>,
    all: Heard,
    crowd: Vec<Heard>,
    /// What the driver was answered.
    answers: Vec<u8>,
    /// The configuration folder, as Asterisk saw it.
    folder: String,
}

/// What one session was sent, from its greeting on, and which part of that is the capture.
struct Heard {
    session: Session,
    bytes: Vec<u8>,
    captured: Range<usize>,
}

impl Heard {
    fn captured(&self) -> &[u8] {
        &self.bytes[self.captured.clone()]
    }
}

impl Capture {
    fn make(installation: &Installation, folder: &Path) -> Result<Capture> {
        let plan = Plan::read(&folder.join("capture.toml"))?;
        let files = files(folder)?;
        let manager_conf = files.get(&b"manager.conf"[..]).context("a crowd has a manager.conf")?.clone();
        let crowd = Crowd { manager_conf: &manager_conf, release: Release::parse(&installation.about.release)? };
        let crowd = plan.crowd(crowd.users()?.iter().map(Vec::as_slice));
        network::leave()?;
        let question = Question { ask: Ask::Manager, files, manager: Trials::default() };
        let scenario = Scenario::new(name(folder), String::new(), &question);
        let instance = Instance::of(installation, &scenario)?.map_err(|ended| anyhow!("Asterisk {ended:?}"))?;
        let mut driver = Listener::login(PORT, DRIVER, SECRET, Some("off"))?;
        // The one who sees everything is the first, and is there before the others are.
        let seer = Session { name: SEES_ALL.into(), user: SEES_ALL.into(), events: None, then: None, filters: vec![] };
        let mut sessions = Vec::new();
        for session in [seer].into_iter().chain(crowd) {
            let listener = open(&session).with_context(|| format!("session `{}`", session.name))?;
            sessions.push((session, listener));
        }
        let starts = quiet(&mut sessions)?;
        for step in &plan.steps {
            take(step, &mut driver, &sessions[0].1).with_context(|| format!("step `{}`", step.about))?;
        }
        let ends = quiet(&mut sessions)?;
        let mut heard =
            sessions.into_iter().zip(starts.into_iter().zip(ends)).map(|((session, listener), (start, end))| Heard {
                session,
                bytes: listener.bytes(0..end),
                captured: start..end,
            });
        let all = heard.next().context("nobody sees everything")?;
        let (answers, folder) = (driver.bytes(0..driver.len()), instance.etc_inside());
        Ok(Capture { manager_conf, all, crowd: heard.collect(), answers, folder })
    }

    /// Writes the stream, and which parts of it the others were sent.
    fn record(&self, installation: &Installation, folder: &Path) -> Result<()> {
        let stream = self.all.captured();
        let about = &installation.about;
        for place in [self.folder.trim_end_matches("/etc"), &system("hostname"), &system("osrelease")] {
            let told = place.len() > 3 && memchr::memmem::find(stream, place.as_bytes()).is_some();
            ensure!(!told, "the stream has `{place}` in it: have the calls not say where they were made");
        }
        let mut lines = Vec::new();
        for heard in &self.crowd {
            let bytes = ranges(stream, heard.captured())?;
            let bytes = bytes.with_context(|| format!("`{}` was sent what nobody else was", heard.session.name))?;
            let received = Received { session: heard.session.clone(), bytes };
            ensure!(received.of(stream)? == heard.captured(), "`{}` loses bytes", heard.session.name);
            lines.push(serde_json::to_string(&received)?);
        }
        let recorder = "cargo judge oracle capture";
        let mut text = record::head(&about.release, &about.package, &record::today(), recorder)?;
        text.push_str(&format!("\"sessions\": [\n{}\n]}}\n", lines.join(",\n")));
        serde_json::from_str::<Recording>(&text).context("what is written cannot be read")?;
        fs::write(folder.join(format!("{}.ami", about.release)), stream)?;
        Ok(fs::write(folder.join(format!("{}.json", about.release)), text)?)
    }

    /// Writes all that was sent.
    fn keep(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("manager.conf"), &self.manager_conf)?;
        fs::write(folder.join(format!("{DRIVER}.ami")), &self.answers)?;
        let mut sessions = BTreeMap::new();
        for heard in [&self.all].into_iter().chain(&self.crowd) {
            fs::write(folder.join(format!("{}.ami", heard.session.name)), &heard.bytes)?;
            let mut about = serde_json::to_value(&heard.session)?;
            about["start_offset"] = heard.captured.start.into();
            about["end_offset"] = heard.captured.end.into();
            sessions.insert(&heard.session.name, about);
        }
        Ok(fs::write(folder.join("sessions.json"), serde_json::to_string_pretty(&sessions)? + "\n")?)
    }
}

/// What the kernel says of the machine.
fn system(name: &str) -> String {
    fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default().trim().to_owned()
}

/// The port of every crowd's manager, in a network of its own.
const PORT: u16 = 5038;

/// The configuration that all crowds share, and manager.conf.
fn files(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let shared = folder.with_file_name("asterisk");
    let shared = fs::read_dir(&shared).with_context(|| format!("no folder `{}`", shared.display()))?;
    let mut paths = shared.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.push(folder.join("manager.conf"));
    for path in paths {
        files.insert(name(&path).into_bytes(), fs::read(&path)?);
    }
    Ok(files)
}

/// Logs in, and asks for what the session is to see.
fn open(session: &Session) -> Result<Listener> {
    let mut listener = Listener::login(PORT, &session.user, SECRET, session.events.as_deref())?;
    if let Some(then) = &session.then {
        listener.ask(format!("Action: Events\r\nEventMask: {then}\r\n\r\n").as_bytes())?;
    }
    for filter in &session.filters {
        let criteria = filter.criteria.as_ref().map_or(String::new(), |it| format!("MatchCriteria: {it}\r\n"));
        let action = format!("Action: Filter\r\nOperation: Add\r\n{criteria}Filter: {}\r\n\r\n", filter.pattern);
        // One that is refused is not there, and the session goes on.
        listener.ask(action.as_bytes())?;
    }
    Ok(listener)
}

/// Waits until nobody is sent anything, and returns how much each was sent until then.
fn quiet(sessions: &mut [(Session, Listener)]) -> Result<Vec<usize>> {
    /// What a channel leaves behind is told this much later at most.
    const SILENCE: Duration = Duration::from_millis(400);
    let deadline = Instant::now() + PATIENCE;
    let mut mark = || sessions.iter_mut().map(|(_, it)| it.mark()).collect::<Result<Vec<_>>>();
    let mut last = mark()?;
    while Instant::now() < deadline {
        sleep(SILENCE);
        let now = mark()?;
        if now == last {
            return Ok(now);
        }
        last = now;
    }
    bail!("something is told all the time")
}

/// Does one thing, and waits until it has happened.
fn take(step: &Step, driver: &mut Listener, all: &Listener) -> Result<()> {
    let from = all.len();
    let actions = actions(&step.send.0);
    let count = actions.windows(4).filter(|it| *it == b"\r\n\r\n").count();
    let mut own;
    let by = if step.apart {
        own = Listener::connect(PORT)?;
        &mut own
    } else {
        driver
    };
    let before = by.len();
    by.send(&actions)?;
    by.answers(before, count)?;
    step.awaits.iter().try_for_each(|text| all.hears(from, &text.0))
}

/// Lines as they are sent: each with CR LF, and an empty one at the end.
fn actions(lines: &[u8]) -> Vec<u8> {
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines).split(|&byte| byte == b'\n');
    lines.chain([&b""[..]]).flat_map(|line| [line, b"\r\n"]).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_actions() {
        assert_eq!(actions(b"Action: Ping\n"), b"Action: Ping\r\n\r\n");
        assert_eq!(actions(b"A: 1\n\nB: 2"), b"A: 1\r\n\r\nB: 2\r\n\r\n");
    }
}
