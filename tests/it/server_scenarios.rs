//! The scenario tables through the server in process, with clients of any address, as strictly as real Asterisks: who gets
//! in, what the console shows, and which events each receiver is sent.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use amictl::config::{Outcome, Place};
use amictl::release::Release;
use amictl::server::{Hub, Id, Loaded, Peer};
use amictl::testing::answer::{Answer, NO_CONNECTION, Recorded, Started};
use amictl::testing::judge::{Judge as _, Recording};
use amictl::testing::scenario::{self, Ask, Login, Receiver, SENDER, Scenario, event_headers};
use memchr::memmem;

use crate::support::root;

/// As long as the recorder's, as some answers depend on its length.
const ETC: &str = "/tmp/amictl-0000000-0/etc";

/// A server with the files of a scenario; none where an Asterisk does not load them.
struct Server {
    hub: Hub,
    now: Duration,
}

impl Server {
    fn new(scenario: &Scenario, release: Release) -> Option<Server> {
        let memory = scenario.in_memory(ETC).unwrap();
        let place = Place { etc: ETC.into(), root: None, complete: true };
        let loaded = Loaded::read(Arc::new(memory), Path::new(ETC).join("manager.conf"), place, release).ok()?;
        if loaded.effective().outcome != Outcome::Loads {
            return None;
        }
        let now = Duration::from_secs(1_795_380_459);
        Some(Server { hub: Hub::new(Rc::new(loaded), Box::new(|| 1 << 20), now), now })
    }

    /// A client that says something at once, and what it is sent: all that there is to be had of it by then.
    fn client(&mut self, from: IpAddr, text: &[u8]) -> (Id, Vec<u8>) {
        let remote = SocketAddr::new(from, 40_000);
        let peer = Peer { remote, local: "127.0.0.1:5038".parse().unwrap(), is_tls: false, session: 0 };
        let id = self.hub.connect(peer).unwrap();
        self.hub.received(id, text);
        (id, self.hub.due(id).unwrap().bytes)
    }

    fn say(&mut self, id: Id, text: &[u8]) -> Vec<u8> {
        self.hub.received(id, text);
        self.hub.due(id).unwrap().bytes
    }

    /// The answer to a login and its connection, which is gone where it is refused.
    fn login(&mut self, user: &[u8], secret: &[u8], from: IpAddr, events: &str) -> (String, Option<Id>) {
        let action = [
            b"Action: Login\r\nUsername: ",
            user,
            b"\r\nSecret: ",
            secret,
            b"\r\nEvents: ",
            events.as_bytes(),
            b"\r\n\r\n",
        ];
        let (id, mut said) = self.client(from, &action.concat());
        if memmem::find(&said, b"Message: ").is_none() {
            self.now += Duration::from_secs(1);
            self.hub.tick(self.now);
            self.hub.wake();
            let due = self.hub.due(id).unwrap();
            assert!(due.closes, "a refusal ends the connection");
            said.extend(due.bytes);
            self.hub.gone(id, None);
            return (message(&said), None);
        }
        (message(&said), Some(id))
    }

    /// Does a packet from an address get to the plain listener?
    fn reaches(&self, from: IpAddr) -> bool {
        let listener = &self.hub.loaded().manager().listeners[0];
        listener.address.is_some_and(|at| at.ip.is_ipv6() || from.is_ipv4())
    }

    fn logins(&mut self, logins: &[Login]) -> Vec<String> {
        logins
            .iter()
            .map(|Login { user, secret, from }| {
                if !self.reaches(*from) {
                    return NO_CONNECTION.to_owned();
                }
                let (answer, id) = self.login(&user.0, &secret.0, *from, "off");
                id.into_iter().for_each(|id| self.hub.gone(id, None));
                answer
            })
            .collect()
    }

    fn delivered(&mut self, scenario: &Scenario) -> Vec<Option<Vec<usize>>> {
        let trials = &scenario.manager;
        let here = IpAddr::from([127, 0, 0, 1]);
        let sender = self.login(SENDER.as_bytes(), SENDER.as_bytes(), here, "user").1;
        let mut receivers = Vec::new();
        for Receiver { user, secret } in &trials.receivers {
            receivers.push(self.login(&user.0, &secret.0, here, "user").1);
        }
        for (at, headers) in trials.events.iter().enumerate() {
            let action = [b"Action: UserEvent\r\n", &event_headers(at, headers)[..], b"\r\n"].concat();
            sender.into_iter().for_each(|id| drop(self.say(id, &action)));
        }
        let numbers = |id: Option<Id>| id.map(|id| numbers(&self.hub.due(id).unwrap().bytes));
        receivers.into_iter().map(numbers).collect()
    }
}

/// The first `Message` in a text.
fn message(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().find_map(|line| line.strip_prefix("Message: "));
    line.unwrap_or_else(|| panic!("no message: {text}")).to_owned()
}

/// The numbers of the events in what a session was sent.
fn numbers(text: &[u8]) -> Vec<usize> {
    memmem::find_iter(text, b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: ")
        .map(|start| {
            let line = text[start..].split(|&byte| byte == b'\n').nth(3).unwrap();
            String::from_utf8_lossy(line).trim_end().strip_prefix("ActionID: ").unwrap().parse().unwrap()
        })
        .collect()
}

/// Where the plain listener is, as a recorded `manager show settings` has it; can anybody come in there?
fn is_open(started: &Started) -> bool {
    let is_recorded = |answer: &String| answer != NO_CONNECTION;
    started.logins.iter().any(is_recorded) || started.delivered.iter().any(Option::is_some)
}

#[test]
fn the_server_lets_in_and_delivers_as_asterisk_did() {
    let tables = scenario::load(&root().join("fixtures/scenarios"), &[]).unwrap();
    let (mut logins, mut receivers, mut wrong) = (0, 0, Vec::new());
    // Those of whom nobody can be asked: Asterisk crashes, its answers are undefined, or nothing is open.
    let (mut crashed, mut undefined, mut closed) = (0, 0, 0);
    for (release, name) in
        [(Release::parse("16.28.0").unwrap(), "16.28.0"), (Release::parse("22.10.1").unwrap(), "22.10.1")]
    {
        for table in &tables {
            let path = root().join("fixtures/oracle").join(name).join(&table.topic).with_extension("json");
            let recorded = Recording::read(&path).unwrap().unwrap().answer(table).unwrap();
            let asked = table.scenarios.iter().zip(recorded).filter(|(scenario, _)| scenario.ask == Ask::Manager);
            for (scenario, recorded) in asked {
                let started = match recorded.expect("a scenario is recorded") {
                    Recorded::One(Answer::Manager(started)) => started,
                    Recorded::One(_) => {
                        crashed += 1;
                        continue;
                    }
                    Recorded::Any { .. } => {
                        undefined += 1;
                        continue;
                    }
                };
                if !is_open(&started) {
                    closed += 1;
                    continue;
                }
                let mut server = Server::new(scenario, release).expect("an Asterisk loads it");
                let said = server.logins(&scenario.manager.logins);
                let sent = server.delivered(scenario);
                (logins, receivers) = (logins + said.len(), receivers + sent.len());
                if said != started.logins || (!sent.is_empty() && sent != started.delivered) {
                    wrong.push(format!(
                        "{} ({name}): {}\n  Asterisk {:?} {:?}\n  amictl   {said:?} {sent:?}",
                        scenario.name, scenario.about, started.logins, started.delivered
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let counts =
        format!("{logins} logins, {receivers} receivers; {crashed} crash, {undefined} undefined, {closed} closed");
    assert!(logins > 500 && receivers > 100, "{counts}");
    assert!(crashed == 4 && undefined == 0, "{counts}");
}
