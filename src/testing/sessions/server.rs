//! A hub, and what it must do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::client::{Client, Expected, Look, Phase};
use super::confs::{CONFS, Conf};
use super::messages::{Message, SAID, Socket, key};
use crate::access::{self, Sent, Verdict};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::FilterReader;
use crate::release::Release;
use crate::server::{Event, Hub, Id, Loaded, Peer};

/// How much a client may have sent that is not done with: a message of the most lines that there may be, and a record.
const MOST_UNREAD: usize = 128 * (1024 + 64) + 1024 + (16 << 10);

const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Server {
    hub: Hub,
    release: Release,
    now: Duration,
    conf: &'static Conf,
    loaded: Rc<Loaded>,
    clients: BTreeMap<Id, Client>,
}

impl Server {
    pub(super) fn new(release: &str, conf: usize) -> Server {
        let release = Release::parse(release).expect("a release");
        let conf = &CONFS[conf % CONFS.len()];
        let loaded = conf.load(release);
        let now = Duration::from_millis(1_795_380_459_300);
        let mut number = 0;
        let random = move || {
            number += 1_000_003;
            number
        };
        let hub = Hub::new(Rc::clone(&loaded), Box::new(random), now);
        Server { hub, release, now, conf, loaded, clients: BTreeMap::new() }
    }

    fn disabled(&self) -> Vec<Vec<u8>> {
        self.loaded.manager().general.disabled_events().into_iter().map(<[u8]>::to_vec).collect()
    }

    fn find(&self, who: usize) -> Option<Id> {
        self.clients.keys().nth(who % self.clients.len().max(1)).copied()
    }

    pub(super) fn connect(&mut self, how: usize) {
        let remote = if how.is_multiple_of(2) { "127.0.0.1:40000" } else { "10.1.2.3:40000" };
        let [remote, local]: [SocketAddr; 2] = [remote, "127.0.0.1:5038"].map(|it| it.parse().expect("an address"));
        let is_tls = how & 2 != 0;
        let id = self.hub.connect(Peer { remote, local, is_tls, session: 0 });
        let strangers = self.clients.values().filter(|client| client.login.is_none()).count();
        assert_eq!(id.is_none(), strangers >= self.conf.authlimit, "with {strangers} strangers");
        let Some(id) = id else { return };
        let greeting = format!("Asterisk Call Manager/{}\r\n", self.release.manager_version()).into_bytes();
        let mut client = Client::new(remote, Socket::new(is_tls), how & 12 == 12, self.now);
        client.deadline = self.conf.deadline(self.now);
        client.expected.push_back(Expected::Exactly(greeting));
        self.clients.insert(id, client);
    }

    /// A client says something that makes sense, once or several times, with an ActionID or without, in one piece or two.
    pub(super) fn say(&mut self, who: usize, what: usize, how: usize) {
        let Some(id) = self.find(who) else { return };
        let client = &self.clients[&id];
        let right = |name: &str, secret: &str| {
            let challenge = client.challenge.as_deref().unwrap_or_default();
            let key = key(challenge, secret);
            format!("Action: Login\nAuthType: MD5\nUsername: {name}\nKey: {key}")
        };
        let text = match what {
            250.. => right("all", "one"),
            245..250 => right("all", "One"),
            _ => SAID[what % SAID.len()].to_owned(),
        };
        let id_line = if how & 1 == 0 { String::new() } else { format!("ActionID: {how}\n") };
        let text = format!("{id_line}{text}\n\n").repeat(1 + (how >> 1 & 1) * 2).replace('\n', "\r\n");
        let (first, second) = text.split_at(if how & 4 == 0 { text.len() } else { (how >> 3) % text.len() });
        self.received(who, first.as_bytes());
        if self.find(who) == Some(id) {
            self.received(who, second.as_bytes());
        }
    }

    /// Bytes come from a client, if it is read from.
    pub(super) fn received(&mut self, who: usize, bytes: &[u8]) {
        let Some(id) = self.find(who).filter(|id| self.clients[id].is_read() && !bytes.is_empty()) else { return };
        self.hub.received(id, bytes);
        let client = client_of(&mut self.clients, id);
        client.socket.receives(bytes);
        client.phase = Phase::Open;
        self.go_on(id);
    }

    /// What a client has sent is looked at, until it waits.
    fn go_on(&mut self, id: Id) {
        while self.hub.go_on(id) {}
        loop {
            let client = client_of(&mut self.clients, id);
            if !matches!(client.phase, Phase::Open) {
                return;
            }
            let Some(byte) = client.socket.next() else { return };
            if let Some(message) = client.socket.cutter.take(byte) {
                self.message(id, &message);
            }
            let client = client_of(&mut self.clients, id);
            if matches!(client.phase, Phase::Waiting { .. }) && client.socket.is_ready() {
                client.phase = Phase::Open;
            }
        }
    }

    pub(super) fn ended(&mut self, who: usize) {
        let Some(id) = self.find(who).filter(|id| self.clients[id].is_read()) else { return };
        // Whether a wait is over is known then.
        self.take(id);
        self.hub.ended(id);
        // Who waits is told that it need not, and what it has sent is answered, before it is closed.
        let client = client_of(&mut self.clients, id);
        client.socket.has_ended = true;
        client.phase = Phase::Open;
        self.go_on(id);
        let client = client_of(&mut self.clients, id);
        if client.is_read() {
            client.phase = Phase::Over;
        }
    }

    pub(super) fn gone(&mut self, who: usize) {
        if let Some(id) = self.find(who) {
            self.hub.gone(id, None);
            self.clients.remove(&id);
        }
    }

    /// Time passes, and is looked at whenever something is to be done.
    pub(super) fn wait(&mut self, wait: Duration) {
        let end = self.now + wait;
        while let Some(next) = self.hub.next_timer().filter(|next| *next <= end) {
            assert!(next > self.now, "something is to be done in the past");
            self.now = next;
            self.step();
        }
        self.now = end;
        self.step();
    }

    fn step(&mut self) {
        self.hub.tick(self.now);
        self.hub.wake();
        let now = self.now;
        for client in self.clients.values_mut() {
            match &mut client.phase {
                Phase::Refused { until, answer } if *until <= now => {
                    client.expected.push_back(Expected::Exactly(std::mem::take(answer)));
                    client.phase = Phase::Over;
                }
                Phase::Waiting { until: Some(until) } if *until <= now => client.phase = Phase::Open,
                Phase::Open if client.login.is_none() && client.deadline <= now => client.cut(),
                _ => {}
            }
        }
        self.settle();
    }

    pub(super) fn reload(&mut self, conf: usize) {
        self.conf = &CONFS[conf % CONFS.len()];
        self.loaded = self.conf.load(self.release);
        self.hub.reload(Rc::clone(&self.loaded));
        let disabled = self.disabled();
        for client in self.clients.values_mut() {
            match client.login.clone() {
                Some(login) => client.look(Look { disabled: disabled.clone(), ..login }),
                None => client.deadline = self.conf.deadline(client.connected),
            }
        }
        self.step();
    }

    pub(super) fn publish(&mut self, what: usize) {
        const EVENTS: [(&str, &str, &str); 7] = [
            ("Ring", "call", "Channel: a\r\n"),
            ("Hidden", "user", ""),
            ("Hangup", "call,user", "UserEvent: b\r\n"),
            ("Alert", "security", ""),
            ("Odd", "zzz", ""),
            ("Quiet", "system", "UserEvent: a\r\n"),
            ("UserEvent", "user", "UserEvent: b\r\nPrivilege: call,all\r\n"),
        ];
        let (name, classes, body) = EVENTS[what % EVENTS.len()];
        let event = Event { name: name.into(), classes: classes.into(), body: body.into() };
        self.hub.publish(&event);
        self.is_published(&event);
    }

    /// Everybody who may see an event is to be sent it.
    fn is_published(&mut self, event: &Event) {
        let stamp = format!("Timestamp: {}.{:06}\r\n", self.now.as_secs(), self.now.subsec_micros());
        let text = event.text(if self.conf.stamps { stamp.as_bytes() } else { b"" });
        let sent = Sent { text: &text, name: &event.name, classes: &event.classes };
        for client in self.clients.values_mut().filter(|client| client.may_see(sent)) {
            client.expected.push_back(Expected::Exactly(text.clone()));
        }
    }

    /// What is to come of a message.
    fn message(&mut self, id: Id, message: &Message) {
        let (now, may) = (self.now, self.may(id, message));
        let client = client_of(&mut self.clients, id);
        // The end of a wait is expected already.
        client.phase = Phase::Open;
        let say = |answer: Vec<u8>| Expected::Exactly(answer);
        let begins = |kind: &str| Expected::Begins([kind.as_bytes(), &message.id_line()].concat());
        let action = message.action();
        if let Some(fault) = message.fault {
            client.expected.push_back(say(message.answer("Error", fault)));
        } else if action.is_empty() {
            client.expected.push_back(say(message.answer("Error", "Missing action in request")));
        } else if action == "challenge" {
            self.challenge(id, message);
        } else if action == "logoff" {
            client.expected.push_back(say(message.answer("Goodbye", "Thanks for all the fish.")));
            client.phase = Phase::Over;
        } else if client.login.is_none() && action == "login" {
            self.login(id, message);
        } else if client.login.is_none() {
            client.expected.push_back(say(message.answer("Error", "Permission denied")));
        } else if action == "login" {
            client.expected.push_back(say(message.answer("Success", "Already authenticated")));
        } else if !may {
            client.expected.push_back(begins("Response: Error\r\n"));
        } else if action == "waitevent" {
            let seconds = std::str::from_utf8(message.first("Timeout")).ok().and_then(|text| text.trim().parse().ok());
            let until = seconds.and_then(|seconds| now.checked_add(Duration::from_secs(seconds)));
            client.expected.push_back(Expected::Wait(message.id_line()));
            client.phase = if until == Some(now) { Phase::Open } else { Phase::Waiting { until } };
        } else if action == "userevent" {
            client.expected.push_back(say(message.answer("Success", "Event Sent")));
            let (name, classes) = (b"UserEvent".to_vec(), b"user".to_vec());
            self.is_published(&Event { name, classes, body: message.user_event() });
        } else if matches!(action.as_str(), "events" | "filter") {
            self.turn(id, &action, message);
        } else {
            // Whatever it says, it says it to this.
            client.expected.push_back(Expected::Answer(message.id_line()));
        }
    }

    /// Does the evaluator allow it?
    fn may(&self, id: Id, message: &Message) -> bool {
        let Some(login) = &self.clients[&id].login else { return false };
        let headers = message.headers();
        let action = message.action();
        let asked = access::Request { user: &login.name, action: action.as_bytes(), headers: &headers };
        access::action(login.loaded.configuration(), self.release, asked).verdict() == Verdict::Accepted
    }

    fn challenge(&mut self, id: Id, message: &Message) {
        let is_md5 = message.first("AuthType").eq_ignore_ascii_case(b"MD5");
        let in_use = self.is_in_use(message.first("Username"));
        let client = client_of(&mut self.clients, id);
        if client.login.is_none() && in_use {
            let answer = message.answer("Error", "Login Already In Use");
            client.phase = Phase::Refused { until: self.now + SECOND, answer };
        } else if is_md5 {
            let start = [b"Response: Success\r\n", &message.id_line()[..], b"Challenge: "].concat();
            client.expected.push_back(Expected::Begins(start));
        } else {
            client.expected.push_back(Expected::Exactly(message.answer("Error", "Must specify AuthType")));
        }
    }

    /// Has somebody a session who may have no other?
    fn is_in_use(&self, name: &[u8]) -> bool {
        let is_single = self.conf.account(name).is_some_and(|account| account.is_single);
        let mut logins = self.clients.values().filter_map(|client| client.login.as_ref());
        is_single && logins.any(|login| login.name.eq_ignore_ascii_case(name))
    }

    fn login(&mut self, id: Id, message: &Message) {
        let name = message.first("Username");
        let in_use = self.is_in_use(name);
        let client = &self.clients[&id];
        let proves = |secret: &str| match message.first("AuthType").eq_ignore_ascii_case(b"MD5") {
            true => client.challenge.as_ref().is_some_and(|it| key(it, secret).as_bytes() == message.first("Key")),
            false => message.first("Secret") == secret.as_bytes(),
        };
        let is_near = client.remote.ip().is_loopback();
        let is_right =
            self.conf.account(name).is_some_and(|it| !(it.is_far && is_near) && it.secret.is_some_and(proves));
        if in_use || !is_right {
            let why = if in_use { "Login Already In Use" } else { "Authentication failed" };
            let until = self.now + SECOND;
            let phase = Phase::Refused { until, answer: message.answer("Error", why) };
            return client_of(&mut self.clients, id).phase = phase;
        }
        let (loaded, disabled) = (Rc::clone(&self.loaded), self.disabled());
        let read = *loaded.manager().accounts.find(name).expect("an account").read.value;
        let mask = access::mask(message.first("Events")).unwrap_or(Classes::ALL);
        let client = client_of(&mut self.clients, id);
        client.expected.push_back(Expected::Exactly(message.answer("Success", "Authentication accepted")));
        if read.has("system") && mask.has("system") {
            client.expected.push_back(Expected::Begins(b"Event: FullyBooted\r\nPrivilege: system,all\r\n".to_vec()));
        }
        client.look(Look { name: name.to_vec(), loaded, mask, filters: Vec::new(), disabled });
    }

    /// Somebody asks for other events than before, as it may.
    fn turn(&mut self, id: Id, action: &str, message: &Message) {
        let release = self.release;
        let client = client_of(&mut self.clients, id);
        let mut look = client.login.clone().expect("somebody who is logged in");
        if action == "filter" {
            let criteria = Some(message.first("MatchCriteria")).filter(|criteria| !criteria.is_empty());
            let filter = FilterReader::new(release).of_session(criteria, message.first("Filter"));
            look.filters.extend(filter.ok());
        } else if let Some(mask) = access::mask(message.first("EventMask")) {
            look.mask = mask;
        } else {
            return client.expected.push_back(Expected::Exactly(message.answer("Error", "Invalid event mask")));
        }
        client.look(look);
        client.expected.push_back(Expected::Begins([b"Response: Success\r\n", &message.id_line()[..]].concat()));
    }

    /// Those who are not slow take what they are sent, and so do those who are over: they are closed.
    pub(super) fn settle(&mut self) {
        let all: Vec<Id> = self.clients.keys().copied().collect();
        for id in all {
            if !self.clients[&id].is_slow || self.clients[&id].is_over() {
                self.take(id);
            }
            if self.clients[&id].is_over() {
                self.hub.gone(id, None);
                self.clients.remove(&id);
            }
        }
        let kept = self.hub.kept();
        assert!(kept.unread <= MOST_UNREAD, "{} bytes of one client are kept", kept.unread);
        assert!(kept.alarms <= self.clients.len(), "{} alarms for {} clients", kept.alarms, self.clients.len());
        let is_taken = self.clients.values().all(|client| !client.is_slow);
        assert!(!is_taken || kept.waiting == 0, "{} bytes wait for nobody", kept.waiting);
    }

    pub(super) fn take_all(&mut self) {
        let all: Vec<Id> = self.clients.keys().copied().collect();
        all.into_iter().for_each(|id| self.take(id));
    }

    /// A client takes what it is sent.
    fn take(&mut self, id: Id) {
        loop {
            let due = self.hub.due(id).expect("a client that is there");
            let client = client_of(&mut self.clients, id);
            client.hear(&due.bytes);
            self.hub.reuse(id, due.bytes);
            assert_eq!((due.closes, due.goes_on), (client.is_over(), client.goes_on()), "closed, and looked at");
            if !due.goes_on {
                assert_eq!(due.listens, client.is_read(), "read from");
                return;
            }
            // A wait was over, behind which it has sent more.
            self.go_on(id);
        }
    }

    /// Everybody goes.
    pub(super) fn end(mut self) {
        self.clients.keys().for_each(|&id| self.hub.gone(id, None));
        self.clients.clear();
        self.settle();
    }
}

fn client_of(clients: &mut BTreeMap<Id, Client>, id: Id) -> &mut Client {
    clients.get_mut(&id).expect("a client that is there")
}
