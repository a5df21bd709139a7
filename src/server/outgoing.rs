//! What sessions are sent: it waits with each until its connection takes it.

use std::time::Duration;

use super::hub::{Hub, Id};
use super::observe::{End, Observation, Receivers, What};
use super::queue::TURN;
use super::session::{Session, State};
use crate::access::Fate;

/// How long a write to a stranger may take.
const WRITETIMEOUT: Duration = Duration::from_millis(100);

/// What is to be done for a session.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// What it is to be sent.
    pub bytes: Vec<u8>,
    /// After that it is closed.
    pub closes: bool,
    /// It may be read from.
    pub listens: bool,
    /// After that there is more to do for it ([`Hub::go_on`]), once others have had their turn.
    pub goes_on: bool,
    /// How long a write may take.
    pub writetimeout: Duration,
}

/// What is kept of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The most bytes that one has sent and that are not done with.
    pub unread: usize,
    /// The bytes that wait to be sent, and that are being sent, of all.
    pub waiting: usize,
    /// How many have something that ends at some time.
    pub alarms: usize,
}

impl Hub {
    /// Sends an event whose text is as it is to be sent.
    pub fn deliver(&mut self, text: &[u8], name: &[u8], classes: &[u8]) {
        self.crowd.judge(text, name, classes);
        let (mut behind, mut count) = (Vec::new(), 0);
        // After an event that may have taken long it is the turn of others.
        self.load.add(text.len() + self.crowd.backward() * TURN);
        for id in self.crowd.sent() {
            let Some(session) = self.sessions.get_mut(&id).filter(|session| session.state.is_read()) else { continue };
            count += 1;
            if session.state.is_sent_events() {
                if !session.queue.push(text, &mut self.load) {
                    behind.push(id);
                }
                self.stirred.insert(id);
            }
        }
        let fates = self.crowd.fates();
        // Who waits is woken by what it is not sent, too.
        let fate = |id: Id| Some((id, fates[self.sessions.get(&id)?.login.as_ref()?.kind]));
        let ends_waits = !self.crowd.is_disabled(name);
        let woken: Vec<(Id, Fate)> = self.waiting.iter().filter(|_| ends_waits).filter_map(|&id| fate(id)).collect();
        let receivers = Receivers { sessions: &self.sessions, fates, count };
        let observation = Observation { at: self.now, client: None, what: What::Event { name, classes, receivers } };
        self.extras.observers.iter_mut().for_each(|observer| observer.observe(&observation));
        for (id, fate) in woken {
            self.end_wait(id, if fate == Fate::Delivered { text } else { b"" });
        }
        behind.into_iter().for_each(|id| self.cut(id, End::Backlog));
        self.relieve();
    }

    /// Sends a session something.
    pub(super) fn send(&mut self, id: Id, text: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if matches!(session.state, State::Cut(_)) {
            return;
        }
        self.load.add(text.len());
        self.stirred.insert(id);
        if !session.queue.push(text, &mut self.load) {
            self.cut(id, End::Backlog);
        }
        self.relieve();
    }

    /// Closes a session, whatever it was to be sent.
    pub(super) fn cut(&mut self, id: Id, end: End) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.queue.drop_all(&mut self.load);
            self.set(id, State::Cut(end));
        }
    }

    /// Where more waits than memory is meant for, those go that are furthest behind.
    fn relieve(&mut self) {
        while self.load.is_too_much() {
            let furthest = self.sessions.iter().max_by_key(|(_, session)| session.queue.length());
            let Some((&id, _)) = furthest else { return };
            self.cut(id, End::Backlog);
        }
    }

    /// Is a session to be closed, or gone?
    pub fn is_over(&self, id: Id) -> bool {
        self.sessions.get(&id).is_none_or(|session| matches!(session.state, State::Closing(_) | State::Cut(_)))
    }

    /// Is it not even to be sent what waits for it?
    pub fn is_cut(&self, id: Id) -> bool {
        self.sessions.get(&id).is_none_or(|session| matches!(session.state, State::Cut(_)))
    }

    /// How many sessions would be sent some event or other.
    pub fn audience(&self) -> usize {
        let logins = self.sessions.values().filter_map(|session| session.login.as_ref());
        logins.filter(|login| !login.asks.read.is_none() && !login.asks.mask.is_none()).count()
    }

    /// The most bytes that wait to be sent to one session.
    pub fn backlog(&self) -> usize {
        self.sessions.values().map(|session| session.queue.length()).max().unwrap_or(0)
    }

    /// What is to be done for a session; nothing for one that is gone.
    pub fn due(&mut self, id: Id) -> Option<Due> {
        let session = self.sessions.get_mut(&id)?;
        let writetimeout = session.login.as_ref().map_or(WRITETIMEOUT, |login| login.writetimeout);
        let closes = session.state.end().is_some();
        let goes_on = session.goes_on();
        let is_heard = matches!(session.state, State::Open | State::Waiting { .. });
        let listens = is_heard && !goes_on && !session.reader.has_ended();
        let bytes = session.queue.take(&mut self.load);
        if !bytes.is_empty() {
            self.observe(id, What::Sent(&bytes));
        }
        Some(Due { bytes, closes, listens, goes_on, writetimeout })
    }

    /// What was due has been sent. Who is sent something next needs as much memory again.
    pub fn reuse(&mut self, id: Id, bytes: Vec<u8>) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.queue.sent(bytes, &mut self.load);
        }
    }

    /// What is kept of sessions that come and go, beside what each of them is known by.
    pub fn kept(&self) -> Kept {
        let of = |session: &Session| session.reader.length() + session.unread.len();
        Kept {
            unread: self.sessions.values().map(of).max().unwrap_or(0),
            waiting: self.load.waiting(),
            alarms: self.timers.len(),
        }
    }
}
