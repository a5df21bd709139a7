//! One account: what is held of it, each thing with the line that said it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::acl::Rule;
use super::classes::Grant;
use super::filter::Filters;
use super::general::General;
use super::{At, Fact, Why};
use crate::config::names::lower;
use crate::config::{Entry, Origin, SectionId};
use crate::text::MASK;

/// A `writetimeout` below this, in milliseconds, is not taken. It is also the default.
pub(super) const LEAST_WRITE_TIMEOUT: i32 = 100;

/// Of a `setvar` so many bytes count.
pub(super) const LONGEST_VARIABLE: usize = 255;

/// A value of an account, and the line that set it, in whichever file; without one it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// The line that set it.
    pub at: Option<At>,
}

impl<T> Given<T> {
    pub(super) fn default_of(value: T) -> Given<T> {
        Given { value, at: None }
    }

    pub(super) fn set(value: T, at: At) -> Given<T> {
        Given { value, at: Some(at) }
    }
}

/// What `[general]` of manager.conf gives to accounts that say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// `displayconnects`.
    pub displayconnects: bool,
    /// `allowmultiplelogin`.
    pub allowmultiplelogin: bool,
}

impl From<&General<'_>> for Defaults {
    fn from(general: &General<'_>) -> Defaults {
        Defaults {
            displayconnects: general.displayconnects.value,
            allowmultiplelogin: general.allowmultiplelogin.value,
        }
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct User<'t> {
    /// Its name, as the first section spells it; it is compared without case.
    pub name: &'t [u8],
    /// The header of its first section.
    pub at: At,
    /// Its sections in manager.conf, in order; of the last one alone ACL, filters and variables count.
    pub sections: Vec<SectionId>,
    /// The `hasmanager` of users.conf that makes it one.
    pub granted_by: Option<Origin>,
    /// What a client must know.
    pub secret: Given<Secret<'t>>,
    /// Which events it may see.
    pub read: Given<Grant<'t>>,
    /// Which actions it may run.
    pub write: Given<Grant<'t>>,
    /// Are its logins told at the console?
    pub displayconnects: Given<bool>,
    /// May it have several sessions?
    pub allowmultiplelogin: Given<bool>,
    /// How long a write to it may take, in milliseconds.
    pub writetimeout: Given<i32>,
    /// The variables of the channels that it originates, newest first, as Asterisk holds them.
    pub setvar: Vec<Variable<'t>>,
    /// What an address must pass, each of them, in this order.
    pub acls: Vec<Acl<'t>>,
    /// Which events it is sent; one of users.conf has none.
    pub filters: Filters,
}

impl<'t> User<'t> {
    /// Is there a secret, be it an empty one? Without any nobody gets in.
    pub fn has_secret(&self) -> bool {
        self.secret.value.state() != SecretState::Missing
    }

    pub(super) fn new(name: &'t [u8], at: At, defaults: Defaults) -> User<'t> {
        User {
            name,
            at,
            sections: Vec::new(),
            granted_by: None,
            secret: Given::default_of(Secret::default()),
            read: Given::default_of(Grant::default()),
            write: Given::default_of(Grant::default()),
            displayconnects: Given::default_of(defaults.displayconnects),
            allowmultiplelogin: Given::default_of(defaults.allowmultiplelogin),
            writetimeout: Given::default_of(LEAST_WRITE_TIMEOUT),
            setvar: Vec::new(),
            acls: Vec::new(),
            filters: Filters::default(),
        }
    }
}

/// A secret. Nothing prints it: Debug and Display give the mask.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret<'t>(Option<Cow<'t, [u8]>>);

/// Is there a secret?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// There is one.
    Set,
    /// It is empty: a client gets in without one.
    Empty,
    /// No line gives one: nobody gets in.
    Missing,
}

impl<'t> Secret<'t> {
    pub(super) fn of(value: Cow<'t, [u8]>) -> Secret<'t> {
        Secret(Some(value))
    }

    /// Is there one?
    pub fn state(&self) -> SecretState {
        match self.0.as_deref() {
            Some([]) => SecretState::Empty,
            Some(_) => SecretState::Set,
            None => SecretState::Missing,
        }
    }

    /// What is made of it with something else, such as a digest; nothing where there is none.
    pub fn keyed<T>(&self, make: impl FnOnce(&[u8]) -> T) -> Option<T> {
        self.0.as_deref().map(make)
    }

    /// Is it one of fewer bytes than this?
    pub fn is_shorter(&self, than: usize) -> bool {
        self.0.as_deref().is_some_and(|secret| secret.len() < than)
    }

    /// Does a client that gives this one get in? All bytes count, blanks and letter case too.
    pub fn accepts(&self, given: &[u8]) -> bool {
        self.0.as_deref() == Some(given)
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// One `setvar`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable<'t> {
    /// Its name, perhaps empty.
    pub name: Cow<'t, [u8]>,
    /// Its value, perhaps empty.
    pub value: Cow<'t, [u8]>,
    /// The line that set it.
    pub at: At,
}

/// A list of rules that an address must pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl<'t> {
    /// The name that it was asked for by; empty for the account's own rules.
    pub name: Cow<'t, [u8]>,
    /// It holds rules of the account's own lines.
    pub is_local: bool,
    /// What it does.
    pub state: AclState,
    /// Its rules, in order.
    pub rules: Rc<Vec<Rule>>,
    /// The line that asked for it, or gave the first rule.
    pub at: At,
}

/// What a list of rules does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AclState {
    /// Its rules count.
    Ok,
    /// There is no ACL of this name: every address is refused.
    Undefined,
    /// acl.conf is absent or refused: no address is refused.
    Unrestricted,
    /// acl.conf is not here to be looked at.
    Unknown,
}

/// Names without regard to letter case, and where they are in some list.
#[derive(Debug, Default)]
pub(super) struct Names<'t>(HashMap<Cow<'t, [u8]>, usize, RandomState>);

impl<'t> Names<'t> {
    pub(super) fn with_capacity(count: usize) -> Names<'t> {
        Names(HashMap::with_capacity_and_hasher(count, RandomState::default()))
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        self.0.get(&*lower(name)).copied()
    }

    pub(super) fn add(&mut self, name: &'t [u8], at: usize) {
        self.0.insert(lower(name), at);
    }
}

/// What there is to say of a `writetimeout` that is not taken.
pub(super) fn short_timeout<'t>(entry: &Entry<'_>) -> Fact<'t> {
    Fact::ignored(b"writetimeout", Why::ShortWriteTimeout, entry.origin)
}
