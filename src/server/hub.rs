//! All sessions and what they do to each other, without sockets and clocks: bytes come in with the time, bytes and waits
//! come out.
//!
//! Source: `process_message` and what it calls in main/manager.c; measured on 16.28.0 and 22.10.1.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use super::actions;
use super::channels::Channels;
use super::crowd::{Asks, Crowd};
use super::event::{Details, Peer, Security};
use super::extras::Extras;
use super::later::{Later, Schedule};
use super::loaded::Loaded;
use super::observe::{End, What};
use super::queue::{Load, Queue, TURN};
use super::session::{Login, Session, State, action_id_within, answer};
use super::wire::{Fault, Reader, Request};
use crate::config::manager::general::General;

/// Names a session.
pub type Id = u64;

/// A client that is refused waits so long for the answer.
pub(super) const REFUSAL: Duration = Duration::from_secs(1);

/// So many bytes the end of a wait has room for of the line of an ActionID.
const WAIT_ID: usize = 255;

/// Everybody that is connected.
pub struct Hub {
    pub(super) loaded: Rc<Loaded>,
    pub(super) sessions: BTreeMap<Id, Session>,
    pub(super) crowd: Crowd,
    pub(super) started: Duration,
    pub(super) reloaded: Duration,
    /// `systemname`, which is read at the start only.
    pub(super) system_name: Vec<u8>,
    /// The time, as it was told last.
    pub(super) now: Duration,
    pub(super) random: Box<dyn FnMut() -> u64>,
    /// Events that were sent, to whomever.
    pub(super) sequence: u64,
    /// When there is something to do for whom: of each session the alarm, if it has one.
    pub(super) timers: BTreeSet<(Duration, Id)>,
    /// The sessions for which there is something to do at once.
    pub(super) stirred: BTreeSet<Id>,
    /// Those that have not logged in.
    strangers: usize,
    /// Of those that have, the names in lower case, and how many sessions each has.
    names: HashMap<Vec<u8>, usize>,
    /// Those that wait for events.
    pub(super) waiting: BTreeSet<Id>,
    next: Id,
    /// Nobody else is let in.
    closed: bool,
    pub(super) load: Load,
    pub(super) channels: Channels,
    pub(super) extras: Extras,
    pub(super) later: Schedule,
    pub(super) wants_reload: bool,
}

impl Hub {
    /// A server without clients.
    pub fn new(loaded: Rc<Loaded>, random: Box<dyn FnMut() -> u64>, now: Duration) -> Hub {
        let crowd = Crowd::new(disabled(&loaded));
        let (sessions, timers, stirred) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let (started, reloaded) = (now, now);
        let system_name = loaded.system_name();
        Hub {
            loaded,
            sessions,
            crowd,
            started,
            reloaded,
            system_name,
            now,
            random,
            sequence: 0,
            timers,
            stirred,
            strangers: 0,
            names: HashMap::new(),
            waiting: BTreeSet::new(),
            next: 1,
            closed: false,
            load: Load::default(),
            channels: Channels::default(),
            extras: Extras::default(),
            later: Schedule::default(),
            wants_reload: false,
        }
    }

    /// So late it is.
    pub fn tick(&mut self, now: Duration) {
        self.now = now;
    }

    /// The configuration that holds.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// At the first whole second after the time is over, a client is cut off.
    pub(super) fn give_time_to_log_in(&mut self, id: Id) {
        let Some(session) = self.sessions.get(&id) else { return };
        let timeout = u64::try_from(self.general().authtimeout.value).unwrap_or(0);
        let over = session.connected.as_secs().saturating_add(timeout).saturating_add(1);
        self.alarm(id, Some(Duration::from_secs(over)));
    }

    /// Somebody connects; nothing where too many are there that have not logged in: it is closed at once.
    pub fn connect(&mut self, peer: Peer) -> Option<Id> {
        let limit = self.general().authlimit.value;
        if self.closed || self.strangers >= usize::try_from(limit).unwrap_or(0) {
            if !self.closed {
                self.observe(0, What::TurnedAway(peer));
            }
            return None;
        }
        let id = self.next;
        self.next += 1;
        self.strangers += 1;
        let greeting = format!("Asterisk Call Manager/{}\r\n", self.loaded.release().manager_version());
        let session = Session {
            peer: Peer { session: (self.random)() >> 16, ..peer },
            reader: Reader::default(),
            unread: Vec::new(),
            queue: Queue::default(),
            state: State::Open,
            alarm: None,
            connected: self.now,
            challenge: None,
            login: None,
        };
        self.sessions.insert(id, session);
        self.observe(id, What::Connected);
        self.send(id, greeting.as_bytes());
        self.give_time_to_log_in(id);
        Some(id)
    }

    /// A client has sent something, over TLS one record. Of what it asks for so much is done as may be in one go; the rest is
    /// for [`Hub::go_on`].
    pub fn received(&mut self, id: Id, bytes: &[u8]) {
        self.load.begin();
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.state.is_read()) else { return };
        if bytes.is_empty() {
            return;
        }
        if session.peer.is_tls {
            session.reader.record(bytes.len());
        }
        if session.unread.is_empty() && !matches!(session.state, State::Reloading(_)) {
            // Whatever it sends ends its wait.
            self.end_wait(id, b"");
            self.read(id, bytes);
        } else {
            session.unread.extend_from_slice(bytes);
            self.end_wait(id, b"");
        }
    }

    /// Goes on with what a client has sent, if there is any of that left. Is there still, then?
    pub fn go_on(&mut self, id: Id) -> bool {
        self.load.begin();
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.goes_on()) else { return false };
        let unread = mem::take(&mut session.unread);
        self.read(id, &unread);
        self.sessions.get(&id).is_some_and(Session::goes_on)
    }

    /// Does what a client asks for with these bytes, until there is enough to do or it waits.
    fn read(&mut self, id: Id, bytes: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let mut reader = mem::take(&mut session.reader);
        let rest = reader.take(bytes, |request, fault, is_ready| {
            self.message(id, &request, fault);
            if is_ready {
                self.end_wait(id, b"");
            }
            self.load.effort() < TURN
                && self.sessions.get(&id).is_some_and(|session| matches!(session.state, State::Open))
        });
        if let Some(session) = self.sessions.get_mut(&id).filter(|session| session.state.is_read()) {
            session.reader = reader;
            session.unread = rest.to_vec();
            if !rest.is_empty() && matches!(session.state, State::Open) && !session.goes_on() {
                self.observe(id, What::NotRead(rest.len()));
            }
            self.end_if_done(id);
        }
    }

    /// How much was done for what was received last: as much as sending one session so many bytes.
    pub fn effort(&self) -> usize {
        self.load.effort()
    }

    /// A client will send no more: what it asked for is answered, and then it is closed.
    pub fn ended(&mut self, id: Id) {
        if let Some(session) = self.sessions.get_mut(&id).filter(|session| session.state.is_read()) {
            session.reader.end();
            self.end_wait(id, b"");
            self.end_if_done(id);
        }
    }

    pub(super) fn end_if_done(&mut self, id: Id) {
        let is_done = |session: &Session| {
            session.reader.has_ended() && matches!(session.state, State::Open) && !session.goes_on()
        };
        if self.sessions.get(&id).is_some_and(is_done) {
            self.set(id, State::Closing(End::Client));
        }
    }

    /// A connection is no more; `end`: why, where the hub does not know.
    pub fn gone(&mut self, id: Id, end: Option<End>) {
        let own = self.sessions.get(&id).and_then(|session| session.state.end());
        self.observe(id, What::Left(own.or(end).unwrap_or(End::Client)));
        self.alarm(id, None);
        let Some(mut session) = self.sessions.remove(&id) else { return };
        session.queue.drop_all(&mut self.load);
        self.waiting.remove(&id);
        match session.login {
            Some(login) => {
                self.crowd.leave(id, login.kind);
                self.forget(&login.name);
            }
            None => self.strangers -= 1,
        }
    }

    /// When there is something to do next.
    pub fn next_timer(&self) -> Option<Duration> {
        let timer = self.timers.first().map(|(at, _)| *at);
        timer.into_iter().chain(self.later.next()).min()
    }

    /// Does what is to be done by now.
    pub fn wake(&mut self) {
        while let Some(&(_, id)) = self.timers.first().filter(|(at, _)| *at <= self.now) {
            self.alarm(id, None);
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            match &mut session.state {
                State::Refused { text, .. } => {
                    let text = mem::take(text);
                    self.send(id, &text);
                    self.set(id, State::Closing(End::Refused));
                    // Who does not take it is not waited for.
                    self.alarm(id, Some(self.now + REFUSAL));
                }
                State::Waiting { .. } => self.end_wait(id, b""),
                state if session.login.is_none() => {
                    let end = state.end().unwrap_or(End::AuthTimeout);
                    self.cut(id, end);
                }
                _ => {}
            }
        }
        while let Some(later) = self.later.take(self.now) {
            match later {
                Later::Answer(id, text) => self.send(id, &text),
                Later::Event(event, variables) => self.publish_with(event, &variables),
            }
        }
    }

    /// The sessions for which there is something to do, since this was asked last.
    pub fn stirred(&mut self) -> impl Iterator<Item = Id> + use<> {
        mem::take(&mut self.stirred).into_iter()
    }

    /// Closes everybody, once all is sent, and lets in nobody else.
    pub fn close(&mut self) {
        self.closed = true;
        let open: Vec<Id> = self.sessions.keys().copied().filter(|&id| !self.is_over(id)).collect();
        open.into_iter().for_each(|id| self.set(id, State::Closing(End::Shutdown)));
    }

    pub(super) fn general(&self) -> &General<'_> {
        &self.loaded.manager().general
    }

    pub(super) fn error(&mut self, id: Id, request: &Request, why: &str) {
        self.send(id, &answer("Error", request, &[("Message", why.as_bytes())]));
    }

    /// Sends a client away: after a while it is told why, and closed.
    pub(super) fn refuse(&mut self, id: Id, request: &Request, why: &str) {
        let text = answer("Error", request, &[("Message", why.as_bytes())]);
        self.set(id, State::Refused { until: self.now + REFUSAL, text });
    }

    /// Gives a session another state, and minds when that ends.
    pub(super) fn set(&mut self, id: Id, state: State) {
        match &state {
            State::Refused { until, .. } => self.alarm(id, Some(*until)),
            State::Waiting { until, .. } => self.alarm(id, *until),
            State::Open | State::Reloading(_) | State::Closing(_) | State::Cut(_) => {}
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            match &state {
                State::Waiting { .. } => self.waiting.insert(id),
                _ => self.waiting.remove(&id),
            };
            if !state.is_read() {
                (session.reader, session.unread) = (Reader::default(), Vec::new());
            }
            session.state = state;
            self.stirred.insert(id);
        }
    }

    /// Minds when something ends for a session, in place of what it minded before.
    fn alarm(&mut self, id: Id, at: Option<Duration>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(old) = mem::replace(&mut session.alarm, at) {
            self.timers.remove(&(old, id));
        }
        self.timers.extend(at.map(|at| (at, id)));
    }

    /// Lets a session in.
    pub(super) fn admit(&mut self, id: Id, mut login: Login) {
        self.alarm(id, None);
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.login.is_none()) else { return };
        (login.kind, login.asks) = self.crowd.join(id, login.asks);
        *self.names.entry(login.name.to_ascii_lowercase()).or_default() += 1;
        session.login = Some(Box::new(login));
        self.strangers -= 1;
    }

    /// A session of a user is no more.
    fn forget(&mut self, name: &[u8]) {
        let name = name.to_ascii_lowercase();
        let Some(count) = self.names.get_mut(&name) else { return };
        *count -= 1;
        if *count == 0 {
            self.names.remove(&name);
        }
    }

    /// Has a user a session, in whatever letter case it was named?
    pub(super) fn is_in_use(&self, name: &[u8]) -> bool {
        self.names.contains_key(&name.to_ascii_lowercase())
    }

    /// A session asks for other events than before.
    pub(super) fn turn(&mut self, id: Id, change: impl FnOnce(&mut Asks)) {
        let Some(login) = self.sessions.get_mut(&id).and_then(|session| session.login.as_mut()) else { return };
        // Nobody else may ask for it: then it need not be copied.
        self.crowd.leave(id, login.kind);
        change(Rc::make_mut(&mut login.asks));
        (login.kind, login.asks) = self.crowd.join(id, Rc::clone(&login.asks));
    }

    /// Tells those who may know what was tried.
    pub(super) fn tell(&mut self, id: Id, what: Security, details: Details<'_>) {
        let Some(session) = self.sessions.get(&id) else { return };
        if let Some(event) = what.event(session.peer, details, self.now) {
            self.publish(&event);
        }
    }

    fn message(&mut self, id: Id, request: &Request, fault: Option<Fault>) {
        self.observe(id, What::Received(request, fault));
        match fault {
            Some(fault) => self.error(id, request, &fault.to_string()),
            None => actions::run(self, id, request),
        }
    }

    /// Ends a wait for events, with the event that ended it if that is what did.
    pub(super) fn end_wait(&mut self, id: Id, event: &[u8]) {
        let Some(session) = self.sessions.get(&id) else { return };
        let State::Waiting { asked, .. } = &session.state else { return };
        let id_line = action_id_within(WAIT_ID, asked);
        let mut text = answer("Success", asked, &[("Message", b"Waiting for Event completed.")]);
        text.extend_from_slice(event);
        text.extend([b"Event: WaitEventComplete\r\n", &id_line[..], b"\r\n"].concat());
        self.alarm(id, None);
        self.set(id, State::Open);
        self.send(id, &text);
    }
}

pub(super) fn disabled(loaded: &Loaded) -> Vec<Vec<u8>> {
    loaded.manager().general.disabled_events().into_iter().map(<[u8]>::to_vec).collect()
}
