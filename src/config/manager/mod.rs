//! The manager as loaded: what Asterisk holds in memory after `__init_manager` has gone over the sections.
//!
//! Everything that was dropped, ignored or is dangerous stays on record as a [`Fact`], with its reason and place.

mod accounts;
pub mod acl;
mod ciphers;
pub mod classes;
mod exposure;
mod fact;
pub mod filter;
pub mod general;
pub mod http;
mod keys;
pub mod listen;
mod meaning;
mod named_acl;
mod neighbour;
mod pem;
pub mod show;
pub mod tls;
mod user;
mod users_conf;
mod value;

pub use accounts::Accounts;
pub use exposure::Exposed;
pub use fact::{AclFault, Fact, FactKind, Harm, When, Why};
pub use named_acl::acl_conf_faults;
pub use neighbour::{Neighbour, NeighbourState};
pub use user::{Acl, AclState, Defaults, Given, Secret, SecretState, User, Variable};
pub(crate) use value::{atoi, truth};

pub use value::Address;

use super::options::Options;
use super::{Effective, Origin, World};
use crate::release::{Quirk, Release};

/// All that the manager of one release holds.
pub struct Manager<'t> {
    /// The options of `[general]`.
    pub general: general::General<'t>,
    /// What there is to say of certificate and key, where TLS is wanted.
    pub judgement: Option<tls::Judgement>,
    /// The plain listener and the TLS one.
    pub listeners: [listen::Listener<'t>; 2],
    /// The users.
    pub accounts: Accounts<'t>,
    /// The HTTP server, where `webenabled` would have it carry AMI.
    pub http: Option<http::Http<'t>>,
    /// asterisk.conf; absent where there are no users.
    pub asterisk_conf: Neighbour<'t>,
    /// What its `[options]` say, if that can be told.
    pub options: Option<Options>,
    /// The files with which everybody on the machine may do something.
    pub exposed: Vec<Exposed>,
}

impl<'t> Manager<'t> {
    /// Is every listener closed for sure?
    pub fn is_closed(&self) -> bool {
        self.listeners.iter().all(|listener| listener.state == listen::State::Closed)
    }

    /// What a release makes of a manager.conf and the files beside it.
    pub fn load(world: &'t World<'_>, effective: &'t Effective<'t>, release: Release) -> Manager<'t> {
        let general = general::General::read(effective, release);
        let judgement = general.tls.enable.value.then(|| tls::judge(world, &general.tls));
        let listeners = general.listeners(judgement.as_ref());
        let accounts = Accounts::load(world, effective, release, (&general).into());
        let neighbour = |name| Neighbour::load(world, name, release);
        let has_web = general.enabled.value && general.webenabled.value;
        let http = has_web.then(|| http::Http::load(world, neighbour("http.conf")));
        let asterisk_conf = if accounts.users.is_empty() { Neighbour::absent() } else { neighbour("asterisk.conf") };
        let options = match (asterisk_conf.state, &asterisk_conf.effective) {
            (NeighbourState::Absent, _) => Some(Options::default()),
            (NeighbourState::Loaded | NeighbourState::Refused, Some(effective)) => Options::read(effective),
            _ => None,
        };
        let exposed = Vec::new();
        let mut manager = Manager { general, judgement, listeners, accounts, http, asterisk_conf, options, exposed };
        let read = manager.beside().filter_map(|it| it.effective.as_ref()).chain([effective]);
        manager.exposed = exposure::find(world, read);
        manager
    }

    /// The files beside manager.conf that were read for it.
    pub fn beside(&self) -> impl Iterator<Item = &Neighbour<'t>> {
        let all = [&self.accounts.users_conf, &self.accounts.acl_conf, &self.asterisk_conf];
        all.into_iter().chain(self.http.as_ref().map(|http| &http.file))
    }

    /// Do two releases hold the same of every manager.conf that they read alike?
    pub fn is_alike(one: Release, other: Release) -> bool {
        const MATTERS: [Quirk; 5] = [
            Quirk::BadAclDeletesUser,
            Quirk::UsersConf,
            Quirk::EventFilterPrefix,
            Quirk::RegexInCharacters,
            Quirk::DisabledEvents,
        ];
        MATTERS.iter().all(|&quirk| one.has(quirk) == other.has(quirk))
    }
}

/// A value, and the line that set it; without one it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The line that set it.
    pub at: Option<Origin>,
}

impl<T> Sourced<T> {
    /// A default.
    pub fn default_of(value: T) -> Sourced<T> {
        Sourced { value, at: None }
    }

    /// What a line says.
    pub fn set(value: T, at: Origin) -> Sourced<T> {
        Sourced { value, at: Some(at) }
    }
}

/// Which of the files that the manager is loaded from, with what each of them includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// manager.conf.
    Manager,
    /// users.conf.
    Users,
    /// acl.conf.
    Acl,
}

/// A line of one of these files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The file.
    pub part: Part,
    /// The line.
    pub line: Origin,
}
