//! What a client must be sent, and what it is sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use memchr::memmem;

use super::messages::Socket;
use crate::access::{Fate, Sent, Session, Watcher, explain};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::Matcher;
use crate::server::Loaded;

/// A client, as it should be.
pub(super) struct Client {
    pub(super) remote: SocketAddr,
    /// It does not take what it is sent before it must.
    pub(super) is_slow: bool,
    pub(super) socket: Socket,
    pub(super) phase: Phase,
    /// When it came, and when its time to log in is over.
    pub(super) connected: Duration,
    pub(super) deadline: Duration,
    pub(super) login: Option<Look>,
    pub(super) challenge: Option<String>,
    pub(super) expected: VecDeque<Expected>,
    /// How it looked at events since it took all that it was sent.
    pub(super) looks: Vec<Look>,
    heard: Vec<u8>,
}

/// What it does.
pub(super) enum Phase {
    Open,
    Waiting { until: Option<Duration> },
    Refused { until: Duration, answer: Vec<u8> },
    Over,
}

/// What it is to be sent next.
#[derive(Debug)]
pub(super) enum Expected {
    /// These bytes.
    Exactly(Vec<u8>),
    /// A message that begins like this.
    Begins(Vec<u8>),
    /// Some answer, with this line of an ActionID.
    Answer(Vec<u8>),
    /// The end of a wait, with the event that ended it, if one did. The line of its ActionID.
    Wait(Vec<u8>),
}

/// Who is logged in, and what it asks of events.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) name: Vec<u8>,
    pub(super) loaded: Rc<Loaded>,
    pub(super) mask: Classes,
    pub(super) filters: Vec<(Matcher, bool)>,
    /// Events that are sent to nobody.
    pub(super) disabled: Vec<Vec<u8>>,
}

impl Client {
    pub(super) fn new(remote: SocketAddr, socket: Socket, is_slow: bool, connected: Duration) -> Client {
        Client {
            remote,
            is_slow,
            socket,
            phase: Phase::Open,
            connected,
            deadline: Duration::MAX,
            login: None,
            challenge: None,
            expected: VecDeque::new(),
            looks: Vec::new(),
            heard: Vec::new(),
        }
    }

    pub(super) fn is_read(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Waiting { .. })
    }

    /// Is there something that it has sent, and that is looked at by now?
    pub(super) fn goes_on(&self) -> bool {
        matches!(self.phase, Phase::Open) && self.socket.has_more()
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// It looks at events like this from now on.
    pub(super) fn look(&mut self, login: Look) {
        self.looks.push(login.clone());
        self.login = Some(login);
    }

    /// It is cut off: what it was to be sent it need not get.
    pub(super) fn cut(&mut self) {
        self.expected.clear();
        self.phase = Phase::Over;
    }

    /// Is an event sent to it?
    pub(super) fn may_see(&self, event: Sent<'_>) -> bool {
        self.is_read() && self.login.as_ref().is_some_and(|look| look.delivers(event))
    }

    /// It takes what it is sent. All of it?
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
        while let Some(block) = self.block() {
            match self.expected.front() {
                Some(Expected::Exactly(wanted)) if *wanted == block => drop(self.expected.pop_front()),
                Some(Expected::Begins(start)) if block.starts_with(start) => {
                    if let Some(challenge) = block.strip_prefix(&start[..]).filter(|_| start.ends_with(b"Challenge: "))
                    {
                        let challenge = String::from_utf8_lossy(challenge).trim_end().to_owned();
                        assert_eq!(self.challenge.get_or_insert(challenge.clone()), &challenge, "another challenge");
                    }
                    self.expected.pop_front();
                }
                Some(Expected::Answer(id_line)) if is_answer(&block, id_line) => drop(self.expected.pop_front()),
                Some(Expected::Wait(id_line)) if block == waited(id_line) => {
                    let id_line = id_line.clone();
                    self.expected.pop_front();
                    self.end_wait(&id_line);
                }
                front => {
                    let is_own = own(&block).is_some_and(|event| self.looks.iter().any(|look| look.delivers(event)));
                    assert!(is_own, "`{}` comes, and not {front:?}", block.escape_ascii());
                }
            }
        }
        assert!(self.heard.is_empty(), "`{}` is half a message", self.heard.escape_ascii());
        let waits = matches!((&self.phase, self.expected.front()), (Phase::Waiting { .. }, Some(Expected::Wait(_))));
        assert!(waits && self.expected.len() == 1 || self.expected.is_empty(), "{:?} does not come", self.expected);
        if matches!(self.phase, Phase::Waiting { .. }) && !waits {
            self.phase = Phase::Open;
        }
        self.looks.clear();
        self.looks.extend(self.login.clone());
    }

    /// What follows the answer that ends a wait: the event that ended it, if one did, and that it is complete.
    fn end_wait(&mut self, id_line: &[u8]) {
        let complete = [b"Event: WaitEventComplete\r\n", id_line, b"\r\n"].concat();
        let block = self.block().expect("a wait that ends completely");
        if block == complete {
            return;
        }
        let meant = self.expected.iter().position(|it| matches!(it, Expected::Exactly(wanted) if *wanted == block));
        match meant {
            Some(at) => drop(self.expected.remove(at)),
            None => {
                let is_own = own(&block).is_some_and(|event| self.looks.iter().any(|look| look.delivers(event)));
                assert!(is_own, "`{}` ends a wait", block.escape_ascii());
            }
        }
        assert_eq!(self.block().as_ref(), Some(&complete), "a wait that ends with an event");
    }

    /// A whole message; the greeting is a line.
    fn block(&mut self) -> Option<Vec<u8>> {
        let end = match self.heard.starts_with(b"Asterisk") {
            true => memmem::find(&self.heard, b"\r\n")? + 2,
            false => memmem::find(&self.heard, b"\r\n\r\n")? + 4,
        };
        let rest = self.heard.split_off(end);
        Some(std::mem::replace(&mut self.heard, rest))
    }
}

/// Is it an answer that has this line of an ActionID, or none?
fn is_answer(block: &[u8], id_line: &[u8]) -> bool {
    let Some(first) = memmem::find(block, b"\r\n").filter(|_| block.starts_with(b"Response: ")) else { return false };
    let rest = &block[first + 2..];
    if id_line.is_empty() { !rest.starts_with(b"ActionID:") } else { rest.starts_with(id_line) }
}

/// The answer that ends a wait.
fn waited(id_line: &[u8]) -> Vec<u8> {
    [b"Response: Success\r\n", id_line, b"Message: Waiting for Event completed.\r\n\r\n"].concat()
}

/// An event that the server has told of its own accord, and whose text is not foreseen.
fn own(block: &[u8]) -> Option<Sent<'_>> {
    let rest = block.strip_prefix(b"Event: ")?;
    let name = &rest[..memmem::find(rest, b"\r\n")?];
    let (classes, is_security) = match rest[name.len() + 2..].strip_prefix(b"Privilege: ")? {
        rest if rest.starts_with(b"security,all\r\n") => (&b"security"[..], true),
        rest if rest.starts_with(b"system,all\r\n") => (&b"system"[..], false),
        _ => return None,
    };
    (is_security || name == b"Reload").then_some(Sent { text: block, name, classes })
}

impl Look {
    /// Is an event sent to it, as the evaluator explains it?
    pub(super) fn delivers(&self, event: Sent<'_>) -> bool {
        let (effective, manager) = (self.loaded.effective(), self.loaded.manager());
        let user = manager.accounts.find(&self.name).expect("a user that is logged in");
        let mut watcher = Watcher::of(user, self.mask);
        for (filter, excludes) in &self.filters {
            if *excludes { watcher.excludes.push(filter) } else { watcher.includes.push(filter) }
        }
        let fate = explain(Session { effective, manager, user, watcher: &watcher }, event).fate;
        // What is sent to nobody is a matter of the configuration of today.
        matches!(fate, Fate::Delivered | Fate::Disabled) && !self.disabled.iter().any(|name| name == event.name)
    }
}
