//! One connection: what it has sent, what it is to be sent, and who it is.

use std::rc::Rc;
use std::time::Duration;

use super::crowd::Asks;
use super::event::Peer;
use super::hub::Id;
use super::loaded::Loaded;
use super::observe::{Client, End};
use super::queue::Queue;
use super::wire::{Reader, Request};
use crate::config::manager::classes::Classes;

/// A connection.
pub(super) struct Session {
    pub(super) peer: Peer,
    pub(super) reader: Reader,
    /// What it has sent and nobody has looked at: there was enough to do, or it waits.
    pub(super) unread: Vec<u8>,
    pub(super) queue: Queue,
    pub(super) state: State,
    /// When something ends for it: the time to log in, or a wait.
    pub(super) alarm: Option<Duration>,
    pub(super) connected: Duration,
    /// The text of its challenge, the same as long as it lasts.
    pub(super) challenge: Option<String>,
    /// In a box: strangers have none.
    pub(super) login: Option<Box<Login>>,
}

impl Session {
    /// Is there more to be looked at, before something else comes?
    pub(super) fn goes_on(&self) -> bool {
        matches!(self.state, State::Open) && self.reader.takes(self.unread.len())
    }

    /// Is its time to log in running?
    pub(super) fn is_to_log_in(&self) -> bool {
        self.login.is_none() && matches!(self.state, State::Open)
    }

    /// Who that is, for those who observe.
    pub(super) fn client(&self, id: Id) -> Client<'_> {
        let (user, displayconnects) = match &self.login {
            Some(login) => (Some(&login.name[..]), login.displayconnects),
            None => (None, true),
        };
        Client { id, peer: self.peer, user, displayconnects }
    }
}

/// What follows when the configuration was read again.
pub(super) struct Reloading {
    /// What whoever asked for it is answered.
    pub(super) answer: Vec<u8>,
    /// The modules that are told of, and with which status.
    pub(super) modules: Vec<(Vec<u8>, &'static str)>,
}

/// What a connection does.
pub(super) enum State {
    /// It is read from.
    Open,
    /// It is sent a text then, and closed; what it sends meanwhile is not read.
    Refused { until: Duration, text: Vec<u8> },
    /// It waits for an event, until then if there is an end to it. Of what asked for it the ActionID is kept.
    Waiting { until: Option<Duration>, asked: Request },
    /// The configuration is read again as it has asked for; then it is answered, and told of to all.
    Reloading(Box<Reloading>),
    /// It is closed once all is sent.
    Closing(End),
    /// It is closed, whatever was to be sent.
    Cut(End),
}

impl State {
    /// Is what it sends looked at?
    pub(super) fn is_read(&self) -> bool {
        matches!(self, State::Open | State::Waiting { .. } | State::Reloading(_))
    }

    /// Is it sent events as they come?
    pub(super) fn is_sent_events(&self) -> bool {
        matches!(self, State::Open | State::Reloading(_))
    }

    /// Why it is closed, if it is.
    pub(super) fn end(&self) -> Option<End> {
        match self {
            State::Closing(end) | State::Cut(end) => Some(*end),
            _ => None,
        }
    }
}

/// Who is logged in, with what the configuration of that moment gives: later ones change nothing of it.
pub(super) struct Login {
    /// As the client spelled it.
    pub(super) name: Vec<u8>,
    pub(super) since: Duration,
    pub(super) loaded: Rc<Loaded>,
    pub(super) write: Classes,
    /// What it asks of events.
    pub(super) asks: Rc<Asks>,
    pub(super) displayconnects: bool,
    /// How long a write to it may take.
    pub(super) writetimeout: Duration,
    /// Which of the kinds of sessions it is.
    pub(super) kind: usize,
}

/// The text of an answer.
pub(super) fn answer(kind: &str, request: &Request, lines: &[(&str, &[u8])]) -> Vec<u8> {
    answer_with(kind, &action_id(request), lines)
}

/// The text of an answer of an action that has room for so many bytes of the line of an ActionID.
///
/// Source: `idText` in main/manager.c; measured on 16.28.0 and 22.10.1.
pub(super) fn answer_within(room: usize, kind: &str, request: &Request, lines: &[(&str, &[u8])]) -> Vec<u8> {
    answer_with(kind, &action_id_within(room, request), lines)
}

fn answer_with(kind: &str, id_line: &[u8], lines: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = format!("Response: {kind}\r\n").into_bytes();
    text.extend(id_line);
    for (name, value) in lines {
        text.extend([name.as_bytes(), b": ", *value, b"\r\n"].concat());
    }
    text.extend(b"\r\n");
    text
}

/// As much of the line as there is room for: what is behind it then goes on in the same line.
pub(super) fn action_id_within(room: usize, request: &Request) -> Vec<u8> {
    let mut line = action_id(request);
    line.truncate(room);
    line
}

/// The line that repeats the client's ActionID, if it sent one that is not empty.
pub(super) fn action_id(request: &Request) -> Vec<u8> {
    match request.header("ActionID") {
        b"" => Vec::new(),
        id => [b"ActionID: ", id, b"\r\n"].concat(),
    }
}
