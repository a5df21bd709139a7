//! What happens on a server, told to whoever observes it: a log, a record of the conversation, an account of rights,
//! counters. The hub knows none of these.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::Peer;
use super::hub::{Hub, Id};
use super::session::Session;
use super::wire::{Fault, Request};
use crate::access::{Check, Fate};
use crate::config::manager::classes::Classes;

/// Is told all that happens.
pub trait Observer {
    /// Something has happened.
    fn observe(&mut self, observation: &Observation<'_>);
}

/// Something that happened.
#[derive(Clone, Copy)]
pub struct Observation<'a> {
    /// When, since the beginning of 1970.
    pub at: Duration,
    /// Whom it concerns; nobody where it concerns all.
    pub client: Option<Client<'a>>,
    /// What it was.
    pub what: What<'a>,
}

/// A connection, and who it is.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    /// Its number; connections are counted from 1.
    pub id: Id,
    /// Its addresses.
    pub peer: Peer,
    /// The user, as the client spelled it; nobody before the login.
    pub user: Option<&'a [u8]>,
    /// Are its coming and going told of: `displayconnects`?
    pub displayconnects: bool,
}

/// What can happen.
#[derive(Clone, Copy)]
pub enum What<'a> {
    /// A client is connected.
    Connected,
    /// A connection was closed at once, as too many clients are there that have not logged in.
    TurnedAway(Peer),
    /// A connection was closed, as no TLS was agreed on, and why.
    NoTls(Peer, &'a str),
    /// A client is logged in.
    LoggedIn,
    /// A client is not, and will be told after a second.
    LoginRefused {
        /// The user that it named.
        user: &'a [u8],
        /// What was looked at then.
        check: Check,
        /// What Asterisk does not tell it.
        why: &'a str,
    },
    /// A message came. Nothing is looked at of one with a fault.
    Received(&'a Request, Option<Fault>),
    /// Of a record of TLS so many bytes are not looked at before something else comes.
    NotRead(usize),
    /// Not all events are asked for.
    AskedFor {
        /// The classes that are.
        mask: Classes,
        /// Those that the user may read.
        read: Classes,
    },
    /// An action is run.
    Ran(&'a Request),
    /// An action is not run.
    Refused {
        /// What was asked for.
        request: &'a Request,
        /// What was looked at then.
        check: Check,
        /// Why.
        why: &'a str,
    },
    /// An action that Asterisk would not have survived.
    WouldCrash(&'a Request),
    /// An action may be run, and neither the server nor its replies have an answer to it.
    Unanswered(&'a Request),
    /// An event was sent to whoever may see it.
    Event {
        /// Its name.
        name: &'a [u8],
        /// Its classes, with commas between.
        classes: &'a [u8],
        /// Who that is.
        receivers: Receivers<'a>,
    },
    /// A client that has logged in was sent FullyBooted.
    FullyBooted,
    /// Bytes are on their way to a client.
    Sent(&'a [u8]),
    /// A client is no more.
    Left(End),
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client sends no more, or is gone.
    Client,
    /// It has logged off.
    Logoff,
    /// Its login was refused.
    Refused,
    /// It has not logged in within `authtimeout`.
    AuthTimeout,
    /// It has not read within `writetimeout`.
    WriteTimeout,
    /// Too much waits that it does not read.
    Backlog,
    /// The server stops.
    Shutdown,
}

impl End {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            End::Client => "client",
            End::Logoff => "logoff",
            End::Refused => "refused",
            End::AuthTimeout => "authtimeout",
            End::WriteTimeout => "writetimeout",
            End::Backlog => "backlog",
            End::Shutdown => "shutdown",
        }
    }
}

/// The sessions that an event was sent to.
#[derive(Clone, Copy)]
pub struct Receivers<'a> {
    pub(super) sessions: &'a BTreeMap<Id, Session>,
    pub(super) fates: &'a [Fate],
    pub(super) count: usize,
}

impl<'a> Receivers<'a> {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The users of these sessions, as the clients spelled them.
    pub fn users(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let fates = self.fates;
        let open = self.sessions.values().filter(|it| it.state.is_read());
        let logins = open.filter_map(|session| session.login.as_ref());
        logins.filter(|login| fates[login.kind] == Fate::Delivered).map(|login| &login.name[..])
    }
}

impl Hub {
    /// Tells all observers what has happened to a client.
    pub(super) fn observe(&mut self, id: Id, what: What<'_>) {
        let client = self.sessions.get(&id).map(|session| session.client(id));
        let observation = Observation { at: self.now, client, what };
        self.extras.observers.iter_mut().for_each(|observer| observer.observe(&observation));
    }
}
