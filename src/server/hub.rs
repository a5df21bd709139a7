//! All sessions and what they do to each other, without sockets and clocks: bytes come in with the time, bytes and waits
//! come out.
//!
//! Source: `process_message` and what it calls in main/manager.c; measured on 16.28.0 and 22.10.1.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use super::actions;
use super::crowd::Crowd;
use super::event::{Details, Event, Peer, Security};
use super::extras::Extras;
use super::later::{Later, Schedule};
use super::loaded::Loaded;
use super::session::{Login, Session, State, answer};
use super::wire::{Fault, Reader, Request};
use crate::access::Fate;
use crate::config::manager::general::General;

/// Names a session.
pub type Id = u64;

/// A client that is refused waits so long for the answer.
pub(super) const REFUSAL: Duration = Duration::from_secs(1);

/// Everybody that is connected.
pub struct Hub {
    pub(super) loaded: Rc<Loaded>,
    pub(super) sessions: BTreeMap<Id, Session>,
    pub(super) crowd: Crowd,
    pub(super) started: Duration,
    pub(super) reloaded: Duration,
    pub(super) random: Box<dyn FnMut() -> u64>,
    /// Events that were sent, to whomever.
    sequence: u64,
    /// When there is something to do for whom. A session is asked what that is, which may be nothing any more.
    timers: BTreeSet<(Duration, Id)>,
    /// The sessions for which there is something to do at once.
    stirred: BTreeSet<Id>,
    /// Those that have not logged in.
    strangers: usize,
    next: Id,
    pub(super) extras: Extras,
    pub(super) later: Schedule,
    pub(super) wants_reload: bool,
}

/// What is to be done for a session.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// What it is to be sent.
    pub bytes: Vec<u8>,
    /// After that it is closed.
    pub closes: bool,
    /// It may be read from.
    pub listens: bool,
    /// How long a write may take.
    pub writetimeout: Duration,
}

impl Hub {
    /// A server without clients.
    pub fn new(loaded: Rc<Loaded>, random: Box<dyn FnMut() -> u64>, now: Duration) -> Hub {
        let crowd = Crowd::new(disabled(&loaded));
        let (sessions, timers, stirred) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let (started, reloaded) = (now, now);
        Hub {
            loaded,
            sessions,
            crowd,
            started,
            reloaded,
            random,
            sequence: 0,
            timers,
            stirred,
            strangers: 0,
            next: 1,
            extras: Extras::default(),
            later: Schedule::default(),
            wants_reload: false,
        }
    }

    /// The configuration that holds.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// From now on another configuration holds. Sessions keep what they have.
    pub fn reload(&mut self, loaded: Rc<Loaded>, now: Duration) {
        self.crowd.disable(disabled(&loaded));
        (self.loaded, self.reloaded) = (loaded, now);
    }

    /// Somebody connects; nothing where too many are there that have not logged in: it is closed at once.
    pub fn connect(&mut self, peer: Peer, now: Duration) -> Option<Id> {
        let general = self.general();
        let (limit, timeout) = (general.authlimit.value, general.authtimeout.value);
        if self.strangers >= usize::try_from(limit).unwrap_or(0) {
            return None;
        }
        let id = self.next;
        self.next += 1;
        self.strangers += 1;
        let greeting = format!("Asterisk Call Manager/{}\r\n", self.loaded.release().manager_version());
        let session = Session {
            peer: Peer { session: (self.random)() >> 16, ..peer },
            reader: Reader::default(),
            out: greeting.into_bytes(),
            state: State::Open,
            challenge: None,
            login: None,
        };
        self.sessions.insert(id, session);
        // At the first whole second after the time is over.
        let over = now.as_secs() + u64::try_from(timeout).unwrap_or(0) + 1;
        self.timers.insert((Duration::from_secs(over), id));
        self.stirred.insert(id);
        Some(id)
    }

    /// A client has sent something.
    pub fn received(&mut self, id: Id, bytes: &[u8], now: Duration) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let mut reader = std::mem::take(&mut session.reader);
        reader.take(bytes, |request, fault| {
            self.message(id, &request, fault, now);
            self.sessions.get(&id).is_some_and(|session| matches!(session.state, State::Open | State::Waiting { .. }))
        });
        if let Some(session) = self.sessions.get_mut(&id) {
            session.reader = reader;
        }
    }

    /// A client will send no more: what it asked for is answered, and then it is closed.
    pub fn ended(&mut self, id: Id) {
        self.end_wait(id, b"");
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.state, State::Refused { .. }) {
            session.state = State::Closing;
        }
        self.stirred.insert(id);
    }

    /// A connection is no more.
    pub fn gone(&mut self, id: Id) {
        let Some(session) = self.sessions.remove(&id) else { return };
        match session.login {
            Some(login) => self.crowd.leave(login.kind),
            None => self.strangers -= 1,
        }
    }

    /// Sends an event to whoever may see it.
    pub fn publish(&mut self, event: &Event, now: Duration) {
        let more = self.stamps(event, now);
        // What is told to nobody has no number.
        self.sequence += u64::from(!self.crowd.is_disabled(&event.name) && !self.sessions.is_empty());
        self.deliver(&event.text(&more), &event.name, &event.classes);
    }

    /// Sends an event whose text is as it is to be sent.
    pub fn deliver(&mut self, text: &[u8], name: &[u8], classes: &[u8]) {
        let fates = self.crowd.judge(text, name, classes);
        let mut woken = Vec::new();
        for (&id, session) in &mut self.sessions {
            let Some(fate) = session.login.as_ref().map(|login| fates[login.kind]) else { continue };
            let is_sent = fate == Fate::Delivered;
            // Who waits is woken by what it is not sent, too.
            if matches!(session.state, State::Waiting { .. }) && fate != Fate::Disabled {
                woken.push((id, is_sent));
            } else if is_sent && matches!(session.state, State::Open) {
                session.queue(text);
                self.stirred.insert(id);
            }
        }
        for (id, is_sent) in woken {
            self.end_wait(id, if is_sent { text } else { b"" });
        }
    }

    /// Is a session to be closed, or gone?
    pub fn is_over(&self, id: Id) -> bool {
        self.sessions.get(&id).is_none_or(|session| matches!(session.state, State::Closing))
    }

    /// How many sessions would be sent some event or other.
    pub fn audience(&self) -> usize {
        let logins = self.sessions.values().filter_map(|session| session.login.as_ref());
        logins.filter(|login| !login.read.is_none() && !login.mask.is_none()).count()
    }

    /// The most bytes that wait to be sent to one session.
    pub fn backlog(&self) -> usize {
        self.sessions.values().map(|session| session.out.len()).max().unwrap_or(0)
    }

    /// When there is something to do next.
    pub fn next_timer(&self) -> Option<Duration> {
        let timer = self.timers.first().map(|(at, _)| *at);
        timer.into_iter().chain(self.later.next()).min()
    }

    /// Does what is to be done by now.
    pub fn wake(&mut self, now: Duration) {
        while let Some(&(at, id)) = self.timers.first().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, id));
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            match &mut session.state {
                State::Refused { until, text } if *until <= now => {
                    session.out.append(text);
                    session.state = State::Closing;
                    self.stirred.insert(id);
                }
                State::Waiting { until: Some(until), .. } if *until <= now => self.end_wait(id, b""),
                State::Open if session.login.is_none() => {
                    session.state = State::Closing;
                    self.stirred.insert(id);
                }
                _ => {}
            }
        }
        while let Some(later) = self.later.take(now) {
            match later {
                Later::Answer(id, text) => self.send(id, &text),
                Later::Event(event) => self.publish(&event, now),
            }
        }
    }

    /// The sessions for which there is something to do, since this was asked last.
    pub fn stirred(&mut self) -> impl Iterator<Item = Id> + use<> {
        std::mem::take(&mut self.stirred).into_iter()
    }

    /// What is to be done for a session; nothing for one that is gone.
    pub fn due(&mut self, id: Id) -> Option<Due> {
        let session = self.sessions.get_mut(&id)?;
        let writetimeout = session.login.as_ref().map_or(Duration::from_millis(100), |login| login.writetimeout);
        let closes = matches!(session.state, State::Closing);
        let listens = matches!(session.state, State::Open | State::Waiting { .. });
        Some(Due { bytes: std::mem::take(&mut session.out), closes, listens, writetimeout })
    }

    /// Gives back what was sent: the next events for that session need as much memory again.
    pub fn reuse(&mut self, id: Id, mut bytes: Vec<u8>) {
        const MOST_KEPT: usize = 1 << 18;
        if let Some(session) = self.sessions.get_mut(&id)
            && session.out.capacity() == 0
            && bytes.capacity() <= MOST_KEPT
        {
            bytes.clear();
            session.out = bytes;
        }
    }

    /// Closes everybody, once all is sent.
    pub fn close(&mut self) {
        for (&id, session) in &mut self.sessions {
            session.state = State::Closing;
            self.stirred.insert(id);
        }
    }

    pub(super) fn general(&self) -> &General<'_> {
        &self.loaded.manager().general
    }

    /// Sends a session something.
    pub(super) fn send(&mut self, id: Id, text: &[u8]) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.queue(text);
            self.stirred.insert(id);
        }
    }

    pub(super) fn error(&mut self, id: Id, request: &Request, why: &str) {
        self.send(id, &answer("Error", request, &[("Message", why.as_bytes())]));
    }

    /// Sends a client away: after a while it is told why, and closed.
    pub(super) fn refuse(&mut self, id: Id, request: &Request, why: &str, now: Duration) {
        let text = answer("Error", request, &[("Message", why.as_bytes())]);
        self.set(id, State::Refused { until: now + REFUSAL, text });
    }

    /// Gives a session another state, and minds when that ends.
    pub(super) fn set(&mut self, id: Id, state: State) {
        if let State::Refused { until, .. } | State::Waiting { until: Some(until), .. } = &state {
            self.timers.insert((*until, id));
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.state = state;
            self.stirred.insert(id);
        }
    }

    /// Lets a session in.
    pub(super) fn admit(&mut self, id: Id, mut login: Login) {
        login.kind = self.crowd.join(&login);
        if let Some(session) = self.sessions.get_mut(&id)
            && session.login.replace(login).is_none()
        {
            self.strangers -= 1;
        }
    }

    /// A session asks for other events than before.
    pub(super) fn turn(&mut self, id: Id, change: impl FnOnce(&mut Login)) {
        let Some(login) = self.sessions.get_mut(&id).and_then(|session| session.login.as_mut()) else { return };
        let old = login.kind;
        change(login);
        login.kind = self.crowd.join(login);
        self.crowd.leave(old);
    }

    /// Tells those who may know what was tried.
    pub(super) fn tell(&mut self, id: Id, what: Security, details: Details<'_>, now: Duration) {
        let Some(session) = self.sessions.get(&id) else { return };
        let event = what.event(session.peer, details, now);
        self.publish(&event, now);
    }

    fn message(&mut self, id: Id, request: &Request, fault: Option<Fault>, now: Duration) {
        self.end_wait(id, b"");
        match fault {
            Some(fault) => self.error(id, request, &fault.to_string()),
            None => actions::run(self, id, request, now),
        }
    }

    /// Ends a wait for events, with the event that ended it if that is what did.
    fn end_wait(&mut self, id: Id, event: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let State::Waiting { asked, .. } = &session.state else { return };
        let id_line = super::session::action_id(asked);
        let mut text = answer("Success", asked, &[("Message", b"Waiting for Event completed.")]);
        text.extend_from_slice(event);
        text.extend([b"Event: WaitEventComplete\r\n", &id_line[..], b"\r\n"].concat());
        session.out.extend(text);
        session.state = State::Open;
        self.stirred.insert(id);
    }

    /// What the configuration adds to every event.
    fn stamps(&self, event: &Event, now: Duration) -> Vec<u8> {
        let general = self.general();
        let mut text = String::new();
        if general.timestampevents.value {
            text += &format!("Timestamp: {}.{:06}\r\n", now.as_secs(), now.subsec_micros());
        }
        if general.debug.value {
            text += &format!("SequenceNumber: {}\r\n{}", self.sequence, event.raised(self.loaded.release()));
        }
        text.into_bytes()
    }
}

fn disabled(loaded: &Loaded) -> Vec<Vec<u8>> {
    loaded.manager().general.disabled_events().into_iter().map(<[u8]>::to_vec).collect()
}
