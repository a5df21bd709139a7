//! Where the server's events come from: captures, standard input, and calls that nobody makes.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use amictl::catalog::{self, ClassDef, Header};
use amictl::config::Place;
use amictl::host::Memory;
use amictl::release::Release;
use amictl::server::source::{Pace, Replay, Source};
use amictl::server::{Calls, Event, Hub, Id, Loaded, Peer};
use amictl::testing::streams::{SECRET, Session, events};
use serde_json::Value;

use crate::streams::{archive, crowds, part, recordings, session};
use crate::support::{self, root};

const NOW: Duration = Duration::from_secs(1_795_380_459);

fn hub(conf: &[u8], release: Release) -> Hub {
    let mut memory = Memory::default();
    memory.add("/etc/asterisk/manager.conf", conf);
    let place = Place { etc: "/etc/asterisk".into(), root: None, complete: true };
    let loaded = Loaded::read(Arc::new(memory), "/etc/asterisk/manager.conf".into(), place, release).unwrap();
    Hub::new(Rc::new(loaded), Box::new(|| 1 << 40), NOW)
}

/// What a session does before anything happens.
fn actions(session: &Session, secret: &str) -> String {
    let line =
        |name: &str, value: &Option<String>| value.iter().map(|it| format!("{name}: {it}\r\n")).collect::<String>();
    let (user, events) = (&session.user, line("Events", &session.events));
    let mut text = format!("Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n{events}\r\n");
    if session.then.is_some() {
        text += &format!("Action: Events\r\n{}\r\n", line("EventMask", &session.then));
    }
    for filter in &session.filters {
        let criteria = line("MatchCriteria", &filter.criteria);
        text += &format!("Action: Filter\r\nOperation: Add\r\n{criteria}Filter: {}\r\n\r\n", filter.pattern);
    }
    text
}

/// What each session of a hub is sent of a stream that is replayed to all.
fn replayed(hub: &mut Hub, sessions: &[(&Session, String)], stream: &[u8]) -> Vec<Vec<u8>> {
    let [remote, local] = ["127.0.0.1:40000", "127.0.0.1:5038"].map(|it| it.parse().unwrap());
    let mut join = |(session, secret): &(&Session, String)| {
        let id = hub.connect(Peer { remote, local, is_tls: false, session: 0 }).unwrap();
        hub.received(id, actions(session, secret).as_bytes());
        while hub.go_on(id) {}
        let said = hub.due(id).unwrap().bytes;
        let accepted = b"\r\nResponse: Success\r\nMessage: Authentication accepted\r\n";
        assert!(said.windows(accepted.len()).any(|it| it == accepted), "{}: {}", session.name, said.escape_ascii());
        id
    };
    let ids: Vec<Id> = sessions.iter().map(&mut join).collect();
    // What they were told of each other.
    ids.iter().for_each(|&id| drop(hub.due(id)));
    let stream = stream.to_vec();
    let mut replay =
        Replay::new(|| Ok(Box::new(std::io::Cursor::new(stream.clone())) as Box<dyn Read>), Pace::Live, false);
    while let Some(cue) = replay.next().unwrap() {
        cue.send(hub);
    }
    ids.iter().map(|&id| hub.due(id).unwrap().bytes).collect()
}

#[test]
fn a_replay_gives_each_session_what_asterisk_gave_it() {
    let mut compared = 0;
    for folder in crowds() {
        let conf = fs::read(folder.join("manager.conf")).unwrap();
        for recording in recordings(&folder) {
            let stream = fs::read(folder.join(format!("{}.ami", recording.release))).unwrap();
            let mut hub = hub(&conf, Release::parse(&recording.release).unwrap());
            let sessions: Vec<_> = recording.sessions.iter().map(|it| (&it.session, SECRET.to_owned())).collect();
            let said = replayed(&mut hub, &sessions, &stream);
            for (received, said) in recording.sessions.iter().zip(said) {
                let (name, sent) = (&received.session.name, received.of(&stream).unwrap());
                assert!(said == sent, "{name} is sent {} bytes, not {}", said.len(), sent.len());
                compared += sent.len();
            }
        }
    }
    assert!(compared > 10_000_000, "only {compared} bytes were compared");
}

/// What Asterisk added to the events of channels for `channelvars`, it adds to the same events without.
#[test]
fn channels_have_the_variables_that_were_recorded() {
    let folder = root().join("fixtures/streams/altered");
    let (mut lines, mut inherited) = (0, 0);
    for release in ["16.28.0", "22.10.1"] {
        let stream = fs::read(folder.join(format!("{release}.ami"))).unwrap();
        let conf = b"[general]\nenabled = yes\nchannelvars = PLAIN,EMPTY,NEVER\n[joe]\nsecret = joe\nread = all\n";
        let mut hub = hub(conf, Release::parse(release).unwrap());
        let [remote, local] = ["127.0.0.1:40000", "127.0.0.1:5038"].map(|it| it.parse().unwrap());
        let id = hub.connect(Peer { remote, local, is_tls: false, session: 0 }).unwrap();
        hub.received(id, b"Action: Login\r\nUsername: joe\r\nSecret: joe\r\n\r\n");
        hub.due(id);
        for range in events(&stream).unwrap() {
            let text = String::from_utf8_lossy(&stream[range]).into_owned();
            let told: Vec<&str> = text.split_inclusive("\r\n").collect();
            let is_stamp = |line: &&&str| {
                ["Timestamp: ", "SequenceNumber: ", "File: ", "Line: ", "Func: "].iter().any(|it| line.starts_with(it))
            };
            let kept: Vec<&str> = told.iter().filter(|line| !is_stamp(line)).copied().collect();
            // Those of the dialplan have variables too, and a variable that the second half of a Local channel inherits
            // is in its events from the next one on: neither can be told from what is in the event.
            let is_inherited = text.contains("Uniqueid: first;2\r\n") && text.starts_with("Event: VarSet");
            if text.starts_with("Event: UserEvent") || is_inherited {
                inherited += usize::from(is_inherited);
                let body = text.split_once("all\r\n").unwrap().1.as_bytes().to_vec();
                hub.publish(&Event { name: b"VarSet".to_vec(), classes: b"dialplan".to_vec(), body });
                hub.due(id);
                continue;
            }
            let body: Vec<&str> =
                kept[2..kept.len() - 1].iter().filter(|it| !it.contains("ChanVariable: ")).copied().collect();
            let [name, classes] = [0, 1].map(|at| kept[at].split(": ").nth(1).unwrap().trim_end().as_bytes().to_vec());
            let classes = classes.strip_suffix(b",all").unwrap().to_vec();
            hub.publish(&Event { name, classes, body: body.concat().into_bytes() });
            let said = hub.due(id).unwrap().bytes;
            if !said.is_empty() {
                assert_eq!(String::from_utf8_lossy(&said), kept.concat());
                lines += kept.iter().filter(|line| line.contains("ChanVariable: ")).count();
            }
        }
    }
    assert!(lines > 230 && inherited == 2, "only {lines} lines");
}

#[test]
fn a_replay_of_the_archive_gives_each_user_what_asterisk_gave_it() {
    let Some(files) = archive("delivery.tar.xz") else { return };
    let secret = |user: &str| if user == "admin" { "adm".to_owned() } else { format!("pw-{user}") };
    let (mut users, mut bytes) = (0, 0);
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with("/sessions.json")) {
        let folder = path.strip_suffix("sessions.json").unwrap();
        let told: Value = serde_json::from_slice(text).unwrap();
        let release = Release::parse(told["asterisk"].as_str().unwrap()).unwrap();
        let all = told["users"].as_object().unwrap();
        let sessions: Vec<Session> = all.iter().map(|(user, told)| session(user, told)).collect();
        let sessions: Vec<_> = sessions.iter().map(|it| (it, secret(&it.user))).collect();
        let stream = part(&files[&format!("{folder}admin.ami")], &all["admin"]);
        let said = replayed(&mut hub(&files[&format!("{folder}manager.conf")], release), &sessions, stream);
        for ((session, _), said) in sessions.iter().zip(said) {
            let sent = part(&files[&format!("{folder}{}.ami", session.name)], &all[&session.user]);
            assert!(said == sent, "{release} sends {} {} bytes, not {}", session.name, sent.len(), said.len());
            (users, bytes) = (users + 1, bytes + sent.len());
        }
    }
    assert!(users > 110 && bytes > 50_000_000, "only {users} users with {bytes} bytes");
}

const CONF: &[u8] =
    b"[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[joe]\nsecret = joe\nread = all\nwritetimeout = 10000\n";

#[test]
fn who_does_not_read_is_cut_off() {
    let mut hub = hub(CONF, Release::newest_lts());
    let [remote, local] = ["127.0.0.1:40000", "127.0.0.1:5038"].map(|it| it.parse().unwrap());
    let id = hub.connect(Peer { remote, local, is_tls: false, session: 0 }).unwrap();
    assert_eq!(hub.audience(), 0);
    hub.received(id, b"Action: Login\r\nUsername: joe\r\nSecret: joe\r\nEvents: off\r\n\r\n");
    assert_eq!(hub.audience(), 0, "it has switched events off");
    hub.received(id, b"Action: Events\r\nEventMask: call\r\n\r\n");
    assert_eq!(hub.audience(), 1);
    let text = format!("Event: A\r\nPrivilege: call,all\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    for _ in 0..160 {
        hub.deliver(text.as_bytes(), b"A", b"call");
    }
    assert!(hub.backlog() > 16_000_000);
    for _ in 0..10 {
        hub.deliver(text.as_bytes(), b"A", b"call");
    }
    assert_eq!(hub.backlog(), 0);
    assert!(hub.due(id).is_some_and(|due| due.closes && due.bytes.is_empty()));
}

/// The events of calls that begin in the first seconds.
fn calls(release: &str, seed: u64) -> Vec<(String, String)> {
    let mut hub = hub(CONF, Release::parse(release).unwrap());
    let [remote, local] = ["127.0.0.1:40000", "127.0.0.1:5038"].map(|it| it.parse().unwrap());
    let id = hub.connect(Peer { remote, local, is_tls: false, session: 0 }).unwrap();
    hub.received(id, b"Action: Login\r\nUsername: joe\r\nSecret: joe\r\n\r\n");
    hub.due(id);
    let mut calls = Calls::new(Release::parse(release).unwrap(), 50.0, seed, NOW);
    let (mut events, mut last) = (Vec::new(), Duration::ZERO);
    for _ in 0..20_000 {
        let cue = calls.next().unwrap().unwrap();
        assert!(cue.at >= last, "time goes back");
        last = cue.at;
        hub.tick(NOW + cue.at);
        cue.send(&mut hub);
        let text = String::from_utf8(hub.due(id).unwrap().bytes).unwrap();
        let name = text.strip_prefix("Event: ").and_then(|rest| rest.split_once("\r\n")).unwrap().0.to_owned();
        events.push((name, text));
    }
    let seconds = last.as_secs_f64();
    let begun = events.iter().filter(|(name, _)| name == "DialBegin").count() as f64;
    assert!((45.0..55.0).contains(&(begun / seconds)), "{begun} calls in {seconds} seconds");
    events
}

fn value<'e>(text: &'e str, header: &str) -> Option<&'e str> {
    text.lines().find_map(|line| line.strip_prefix(header)?.strip_prefix(": "))
}

#[test]
fn made_up_events_are_those_of_the_catalogue() {
    for release in ["13", "16", "22"] {
        let of = Release::parse(release).unwrap();
        let mut kinds = std::collections::BTreeSet::new();
        for (name, text) in calls(release, 7) {
            let event = catalog::event(of, name.as_bytes()).unwrap_or_else(|| panic!("{release} has no {name}"));
            let classes = text.lines().nth(1).and_then(|line| line.strip_prefix("Privilege: ")?.strip_suffix(",all"));
            let of_some = |all: Vec<ClassDef>| all.into_iter().map(ClassDef::name).collect::<Vec<_>>().join(",");
            assert!(event.classes(of).map(of_some).any(|some| Some(&*some) == classes), "{release}: {text}");
            let written: Vec<&str> =
                text.lines().take_while(|line| !line.is_empty()).map(|line| line.split_once(": ").unwrap().0).collect();
            // What an event need not have it has where it is about a channel.
            let is_there = |header: &Header| header.is_always() || written.contains(&header.name());
            let known: Vec<&str> = event.headers(of).filter(is_there).map(Header::name).collect();
            assert_eq!(written, known, "{release}: {name}");
            let is_whole = text.ends_with("\r\n\r\n") && text.matches("\r\n\r\n").count() == 1;
            assert!(is_whole && !text.contains(": \r\nCallerID"), "{text}");
            kinds.insert(name);
        }
        assert_eq!(kinds.len(), 13, "{release}: {kinds:?}");
    }
}

#[test]
fn made_up_calls_hang_together() {
    let events = calls("22", 7);
    assert_eq!(events, calls("22", 7), "the same every time");
    assert_ne!(events, calls("22", 8));
    let of_call = |linked: &str| -> Vec<&str> {
        let is_of = |text: &str| {
            ["Linkedid", "DestLinkedid", "UniqueID"].iter().any(|header| value(text, header) == Some(linked))
        };
        events.iter().filter(|(_, text)| is_of(text)).map(|(name, _)| &**name).collect()
    };
    let first = |name: &str, says: &str| events.iter().find(|(it, text)| it == name && text.contains(says)).unwrap();
    let answered = value(&first("Cdr", "Disposition: ANSWERED").1, "UniqueID").unwrap();
    let whole = "Newchannel Newexten VarSet Newexten Newchannel DialBegin Newstate Newstate DialEnd Newstate BridgeEnter \
        BridgeEnter BridgeLeave BridgeLeave Hangup VarSet Hangup Cdr";
    assert_eq!(of_call(answered).join(" "), whole);
    let busy = value(&first("Cdr", "Disposition: BUSY").1, "UniqueID").unwrap();
    let whole = "Newchannel Newexten VarSet Newexten Newchannel DialBegin DialEnd Hangup VarSet Hangup Cdr";
    assert_eq!(of_call(busy).join(" "), whole);
    // A name is one channel, and a channel has one name.
    let named = events.iter().filter(|(name, _)| name == "Newchannel");
    let pairs: Vec<_> = named.map(|(_, text)| (value(text, "Channel"), value(text, "Uniqueid"))).collect();
    for at in [0, 1] {
        let mut one: Vec<_> = pairs.iter().map(|pair| if at == 0 { pair.0 } else { pair.1 }).collect();
        one.sort_unstable();
        one.dedup();
        assert_eq!(one.len(), pairs.len());
    }
}

/// The program, serving; it ends with this.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Path, args: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_amictl"))
            .args(["serve", "manager.conf", "--force", "--bind", "127.0.0.1", "--port", "0"])
            .args(args)
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("listening on 127.0.0.1:").and_then(|port| port.parse().ok());
        Server { port: port.unwrap_or_else(|| panic!("no port in `{line}`")), child }
    }

    /// A client that is logged in, and has switched events off.
    fn client(&self, user: &str, secret: &str) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut client = Client(stream);
        client.send(&format!("Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: off\r\n\r\n"));
        client.takes_until("Message: Authentication accepted\r\n\r\n");
        client
    }

    /// Waits until it says on standard error that all is sent.
    fn says_all_is_sent(&mut self) {
        let mut said = String::new();
        let mut lines = BufReader::new(self.child.stderr.take().unwrap());
        while !said.ends_with("are sent\n") {
            assert!(lines.read_line(&mut said).unwrap() > 0, "it says only: {said}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client(TcpStream);

impl Client {
    fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    #[track_caller]
    fn takes_until(&mut self, end: &str) {
        let (mut taken, mut byte) = (Vec::new(), [0]);
        while !taken.ends_with(end.as_bytes()) {
            self.0.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error} after {}", taken.escape_ascii()));
            taken.push(byte[0]);
        }
    }

    fn sees_events(&mut self) {
        self.send("Action: Events\r\nEventMask: on\r\n\r\n");
        self.takes_until("Response: Success\r\nEvents: On\r\n\r\n");
    }

    /// All that it is sent until it leaves.
    fn leaves(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.send("Action: Logoff\r\n\r\n");
        self.0.read_to_end(&mut rest).unwrap();
        let bye = b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n";
        rest.strip_suffix(bye).expect("a goodbye").to_vec()
    }
}

#[test]
fn clients_are_sent_what_simulate_says() {
    let folder = root().join("fixtures/streams/crowd");
    let users = ["sees-all", "class-call", "class-mixed", "class-none", "class-user", "class-system-user"];
    let capture = "22.10.1.ami";
    let mut server = Server::start(&folder, &["--events", capture, "--rate", "100000", "--wait-for", "6"]);
    let mut clients: Vec<Client> = users.iter().map(|user| server.client(user, SECRET)).collect();
    // The replay begins with the last one who can see events: `class-none` never can.
    let mut last = server.client("class-cdr", SECRET);
    clients.iter_mut().for_each(Client::sees_events);
    last.sees_events();
    let readers: Vec<_> = clients.into_iter().map(|client| std::thread::spawn(|| client)).collect();
    server.says_all_is_sent();
    for (user, client) in users.iter().zip(readers) {
        let received = client.join().unwrap().leaves();
        let args =
            ["simulate", "events", "manager.conf", "--events", capture, "--format", "ami", "--asterisk", "22.10.1"];
        let said = support::bytes(&folder, &[&args[..], &["--user", user]].concat());
        assert!(received == said, "{user} is sent {} bytes, not {}", received.len(), said.len());
    }
}

#[test]
fn standard_input_is_sent_as_it_comes() {
    let folder = support::folder(&[("manager.conf", std::str::from_utf8(CONF).unwrap())]);
    let mut server = Server::start(folder.path(), &["--events", "-"]);
    let mut client = server.client("joe", "joe");
    client.sees_events();
    let mut input = server.child.stdin.take().unwrap();
    for number in 0..3 {
        let event = format!("Event: A\r\nPrivilege: call,all\r\nTimestamp: {number}000.0\r\nNumber: {number}\r\n\r\n");
        input.write_all(event.as_bytes()).unwrap();
        client.takes_until(&event);
    }
    drop(input);
    server.says_all_is_sent();
    assert_eq!(client.leaves(), b"");
}

#[test]
fn made_up_calls_are_served() {
    let conf = [CONF, b"[general](+)\ntimestampevents = yes\n"].concat();
    let folder = support::folder(&[("manager.conf", std::str::from_utf8(&conf).unwrap())]);
    let server = Server::start(folder.path(), &["--synthetic", "calls=50/s", "--seed", "1"]);
    let mut client = server.client("joe", "joe");
    client.sees_events();
    client.takes_until("Event: Newchannel\r\nPrivilege: call,all\r\nTimestamp: ");
    client.takes_until("Event: Hangup\r\n");
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let folder = support::folder(&[("manager.conf", std::str::from_utf8(CONF).unwrap()), ("x.ami", "")]);
    for (args, code, says) in [
        (&["--events", "no.ami"][..], 3, "cannot read `no.ami`"),
        (&["--events", "-", "--loop"], 2, "standard input cannot be read again"),
        (&["--rate", "5"], 2, "--events"),
        (&["--loop"], 2, "--events"),
        (&["--seed", "5"], 2, "--synthetic"),
        (&["--events", "x.ami", "--rate", "0"], 2, "a number of events a second"),
        (&["--synthetic", "50"], 2, "calls=50/s"),
        (&["--synthetic", "calls=20000/s"], 2, "up to 10000"),
    ] {
        let ran = support::amictl(folder.path(), &[&["serve", "manager.conf", "--port", "0"], args].concat());
        assert_eq!(ran.code, code, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{args:?}: {}", ran.err);
    }
}
