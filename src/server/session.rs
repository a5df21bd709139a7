//! One connection: what it has sent, what it is to be sent, and who it is.

use std::rc::Rc;
use std::time::Duration;

use super::event::Peer;
use super::hub::Id;
use super::loaded::Loaded;
use super::observe::{Client, End};
use super::wire::{Reader, Request};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::Matcher;

/// So much may wait to be sent. Who falls behind further is cut off, as no memory is there for all that some client does
/// not read; a write that hangs ends much sooner, by `writetimeout`.
const MOST_QUEUED: usize = 16 << 20;

/// A connection.
pub(super) struct Session {
    pub(super) peer: Peer,
    pub(super) reader: Reader,
    /// What it is to be sent.
    pub(super) out: Vec<u8>,
    pub(super) state: State,
    /// The text of its challenge, the same as long as it lasts.
    pub(super) challenge: Option<String>,
    pub(super) login: Option<Login>,
}

impl Session {
    /// Who that is, for those who observe.
    pub(super) fn client(&self, id: Id) -> Client<'_> {
        let (user, displayconnects) = match &self.login {
            Some(login) => (Some(&login.name[..]), login.displayconnects),
            None => (None, true),
        };
        Client { id, peer: self.peer, user, displayconnects }
    }

    /// Adds to what it is to be sent.
    pub(super) fn queue(&mut self, text: &[u8]) {
        if self.out.len() + text.len() <= MOST_QUEUED {
            self.out.extend_from_slice(text);
        } else {
            (self.out, self.state) = (Vec::new(), State::Closing(End::Backlog));
        }
    }
}

/// What a connection does.
pub(super) enum State {
    /// It is read from.
    Open,
    /// It is sent a text then, and closed; what it sends meanwhile is not read.
    Refused { until: Duration, text: Vec<u8> },
    /// It waits for an event, until then if there is an end to it.
    Waiting { until: Option<Duration>, asked: Request },
    /// It is closed once all is sent.
    Closing(End),
}

/// Who is logged in, with what the configuration of that moment gives: later ones change nothing of it.
pub(super) struct Login {
    /// As the client spelled it.
    pub(super) name: Vec<u8>,
    pub(super) since: Duration,
    pub(super) loaded: Rc<Loaded>,
    pub(super) read: Classes,
    pub(super) write: Classes,
    pub(super) mask: Classes,
    pub(super) includes: Vec<Matcher>,
    pub(super) excludes: Vec<Matcher>,
    pub(super) displayconnects: bool,
    /// How long a write to it may take.
    pub(super) writetimeout: Duration,
    /// Which of the kinds of sessions it is.
    pub(super) kind: usize,
}

/// The text of an answer.
pub(super) fn answer(kind: &str, request: &Request, lines: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = format!("Response: {kind}\r\n").into_bytes();
    text.extend(action_id(request));
    for (name, value) in lines {
        text.extend([name.as_bytes(), b": ", *value, b"\r\n"].concat());
    }
    text.extend(b"\r\n");
    text
}

/// The line that repeats the client's ActionID, if it sent one that is not empty.
pub(super) fn action_id(request: &Request) -> Vec<u8> {
    match request.header("ActionID") {
        b"" => Vec::new(),
        id => [b"ActionID: ", id, b"\r\n"].concat(),
    }
}
