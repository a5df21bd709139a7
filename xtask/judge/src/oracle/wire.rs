//! What goes over the wire: the conversations of `fixtures/wire`, had with real Asterisks and recorded, or held against
//! what was recorded.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use amictl::testing::scenario::{Ask, Question, Scenario, Trials};
use amictl::testing::tls::client;
use amictl::testing::wire::{Conversation, Heard, Recording, Table, Wire, load};
use anyhow::{Context, Result, anyhow};
use rustls::{ClientConnection, Stream};

use super::manager::PATIENCE;
use super::record::{head, today};
use super::server::Server;
use super::subject::Subject;
use super::{Against, Asked, Verdict, fixtures, network, program, served};

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    asked: Asked,
    /// Who is talked to
    #[arg(long, value_enum, default_value = "asterisk")]
    against: Against,
    /// Write down what an Asterisk says, in place of what was recorded
    #[arg(long, conflicts_with = "against")]
    record: bool,
    /// Tables, by file name without .toml (all when none is named)
    topics: Vec<String>,
}

/// A program, and the recordings that it is held against.
struct Talker {
    subject: Box<dyn Subject>,
    release: String,
    package: String,
}

pub(crate) fn wire(options: &Options) -> Result<Verdict> {
    let folder = fixtures()?.join("wire");
    let mut tables = load(&folder)?;
    tables.retain(|table| options.topics.is_empty() || options.topics.contains(&table.topic));
    let (mut count, mut others) = (0, 0);
    for talker in talkers(options)? {
        for table in &tables {
            let path = folder.join(&talker.release).join(&table.topic).with_extension("json");
            let heard = have(&talker, table).with_context(|| format!("{}, {}", table.topic, talker.release))?;
            count += heard.len();
            let old = Recording::read(&path)?;
            if options.record {
                if old.is_none_or(|old| old.heard != heard || old.package != talker.package) {
                    write(&talker, &heard, &path)?;
                }
                continue;
            }
            let Some(recorded) = old else { continue };
            for conversation in table.about(&talker.release) {
                let (was, is) = (recorded.heard.get(&conversation.name), &heard[&conversation.name]);
                if was != Some(is) {
                    others += 1;
                    println!("{} ({}): {}", conversation.name, talker.release, conversation.about);
                    print!("{}", differ(was.map_or(&[], Vec::as_slice), is));
                }
            }
        }
    }
    println!("{count} conversations, {others} of them other than recorded");
    Ok(if others == 0 { Verdict::Agrees } else { Verdict::Disagrees })
}

fn talkers(options: &Options) -> Result<Vec<Talker>> {
    if let Against::Asterisk = options.against {
        let talker = |it: super::Installation| {
            let (release, package) = (it.about.release.clone(), it.about.package.clone());
            Talker { subject: Box::new(it), release, package }
        };
        return Ok(options.asked.installations()?.into_iter().map(talker).collect());
    }
    let program = program()?;
    let talker = |release: amictl::release::Release| {
        let server = Server { program: program.clone(), release };
        Talker { subject: Box::new(server), release: release.to_string(), package: String::new() }
    };
    let releases = served::releases(&fixtures()?.join("wire"), &options.asked.releases)?;
    Ok(releases.into_iter().map(talker).collect())
}

/// Has all conversations of a table, each with a manager of its own, in a network of its own.
fn have(talker: &Talker, table: &Table) -> Result<BTreeMap<String, Vec<Heard>>> {
    let subject = &*talker.subject;
    let conversations: Vec<&Conversation> = table.about(&talker.release).collect();
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(String, Vec<Heard>)>> {
        let mut all = Vec::new();
        network::leave()?;
        while let Some(it) = conversations.get(next.fetch_add(1, Ordering::Relaxed)) {
            all.push((it.name.clone(), one(subject, table, it).with_context(|| it.name.clone())?));
        }
        Ok(all)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..subject.side_by_side()).map(|_| scope.spawn(work)).collect();
        let mut all = BTreeMap::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| anyhow!("a thread that talks panicked"))??);
        }
        Ok(all)
    })
}

fn one(subject: &dyn Subject, table: &Table, conversation: &Conversation) -> Result<Vec<Heard>> {
    let conf = table.manager_conf(conversation).as_bytes().to_vec();
    let mut files = BTreeMap::from([(b"manager.conf".to_vec(), conf)]);
    if conversation.tls {
        let certificate = fixtures()?.join("manager/tls").join(CERTIFICATE);
        files.insert(CERTIFICATE.into(), fs::read(certificate)?);
    }
    let question = Question { ask: Ask::Manager, files, manager: Trials::default() };
    let scenario = Scenario::new(conversation.name.clone(), String::new(), &question);
    let _manager = subject.start_with(&scenario)?.map_err(|ended| anyhow!("it {ended:?}"))?;
    // An Asterisk tells whoever is there by then that it is up, some time after that.
    sleep(QUIET);
    Ok(conversation.play(&mut Sockets::default())?)
}

const PORT: u16 = 5038;
const TLS_PORT: u16 = 5039;

/// What a table calls the certificate of a listener, beside the configuration.
const CERTIFICATE: &str = "both.pem";

/// Nothing for so long, and all that was to be sent is.
const QUIET: Duration = Duration::from_millis(300);

/// Clients of the manager in the network of this thread.
#[derive(Default)]
struct Sockets(BTreeMap<String, Socket>);

struct Socket {
    stream: TcpStream,
    tls: Option<ClientConnection>,
    received: Vec<u8>,
    is_closed: bool,
    /// That it is closed has been told.
    is_told: bool,
}

impl Socket {
    fn take(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => Stream::new(tls, &mut self.stream).read(chunk),
            None => self.stream.read(chunk),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => Stream::new(tls, &mut self.stream).write(bytes),
            None => self.stream.write(bytes),
        }
    }

    /// Takes what is there; is that anything?
    fn read(&mut self) -> bool {
        let mut chunk = [0; 1 << 16];
        let before = self.received.len();
        while !self.is_closed {
            match self.take(&mut chunk) {
                Ok(count @ 1..) => self.received.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(0) | Err(_) => {
                    self.is_closed = true;
                    return true;
                }
            }
        }
        self.received.len() > before
    }
}

impl Wire for Sockets {
    fn connect(&mut self, who: &str, tls: bool) -> io::Result<()> {
        let port = if tls { TLS_PORT } else { PORT };
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let tls = tls.then(|| client(rustls::ALL_VERSIONS));
        let mut socket = Socket { stream, tls, received: Vec::new(), is_closed: false, is_told: false };
        let deadline = Instant::now() + PATIENCE;
        // A thread for it may take a while to begin.
        while !socket.is_closed && !socket.received.ends_with(b"\r\n") && Instant::now() < deadline {
            sleep(Duration::from_millis(1));
            socket.read();
        }
        self.0.insert(who.to_owned(), socket);
        Ok(())
    }

    fn send(&mut self, who: &str, bytes: &[u8]) {
        let Some(socket) = self.0.get_mut(who) else { return };
        let mut rest = bytes;
        while !rest.is_empty() {
            match socket.put(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(Duration::from_millis(1)),
                // It was closed, which is told when it is read from.
                Err(_) => return,
            }
        }
    }

    fn end(&mut self, who: &str) {
        let Some(socket) = self.0.get_mut(who) else { return };
        if let Some(tls) = &mut socket.tls {
            tls.send_close_notify();
            let _ = tls.write_tls(&mut socket.stream);
        }
        let _ = socket.stream.shutdown(Shutdown::Write);
    }

    fn settle(&mut self, at_least: Duration) {
        let begin = Instant::now();
        let mut last = begin;
        while begin.elapsed() < at_least + QUIET || last.elapsed() < QUIET {
            sleep(Duration::from_millis(2));
            for socket in self.0.values_mut() {
                if socket.read() {
                    last = Instant::now();
                }
            }
        }
    }

    fn take(&mut self, who: &str) -> (Vec<u8>, bool) {
        let Some(socket) = self.0.get_mut(who) else { return (Vec::new(), false) };
        let is_news = socket.is_closed && !socket.is_told;
        socket.is_told = socket.is_closed;
        (std::mem::take(&mut socket.received), is_news)
    }
}

/// The steps at which two conversations part.
fn differ(was: &[Heard], is: &[Heard]) -> String {
    let mut text = String::new();
    let nothing = Heard::new();
    for at in 0..was.len().max(is.len()) {
        let [old, new] = [was, is].map(|steps| steps.get(at).unwrap_or(&nothing));
        let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
        for who in names.filter(|name| old.get(*name) != new.get(*name)) {
            let shown = |heard: &Heard| heard.get(who).map_or("nothing".to_owned(), |it| it.escape_debug().to_string());
            let _ = writeln!(text, "  step {at}, {who}\n  - recorded {}\n  + now      {}", shown(old), shown(new));
        }
    }
    text
}

/// A step a line, so that a difference between two recordings can be read.
fn write(talker: &Talker, heard: &BTreeMap<String, Vec<Heard>>, path: &PathBuf) -> Result<()> {
    let mut text = head(&talker.release, &talker.package, &today(), "cargo judge oracle wire --record")?;
    let conversation = |(name, steps): (&String, &Vec<Heard>)| -> Result<String> {
        let steps: Vec<String> = steps.iter().map(|step| Ok(serde_json::to_string(step)?)).collect::<Result<_>>()?;
        Ok(format!("{}: [\n  {}\n]", serde_json::to_string(name)?, steps.join(",\n  ")))
    };
    let all: Vec<String> = heard.iter().map(conversation).collect::<Result<_>>()?;
    writeln!(text, "\"heard\": {{\n{}\n}}\n}}", all.join(",\n"))?;
    fs::create_dir_all(path.parent().context("a recording has a folder")?)?;
    Ok(fs::write(path, text)?)
}
