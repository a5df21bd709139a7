//! A login: `Action: Login` as a client sends it.

use std::net::IpAddr;

use super::trace::{Check, Outcome, Steps, Trace};
use crate::config::manager::acl::{self, Sense};
use crate::config::manager::listen::{Listener, ListenerKind, State};
use crate::config::manager::{Accounts, Acl, AclState, At, Fact, FactKind, SecretState, User};
use crate::config::{self, Effective};
use crate::text::{Span, is_blank, show};

/// What Asterisk tells a client that gets in.
pub const ACCEPTED: &str = "Authentication accepted";

/// What it tells one that does not, whatever the reason.
const FAILED: &str = "Authentication failed";

/// What it tells one whose user has a session and may have no other.
/// What a client is told whose user has a session, and may have no other.
pub const IN_USE: &str = "Login Already In Use";

/// What is said where a client is told nothing.
pub(super) const NO_CONNECTION: &str = "no connection";

/// What is said where the files that are here do not decide it.
const NOT_HERE: &str = "that depends on what is not here";

/// A configuration, as one release holds it.
#[derive(Clone, Copy)]
pub struct Configuration<'c, 't> {
    /// manager.conf.
    pub effective: &'c Effective<'t>,
    /// Its accounts.
    pub accounts: &'c Accounts<'t>,
    /// Its listeners.
    pub listeners: &'c [Listener<'c>],
}

/// One try to log in.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    /// The header `Username`.
    pub user: &'a [u8],
    /// Where the client is.
    pub from: IpAddr,
    /// Which listener it comes to.
    pub over: ListenerKind,
    /// The header `Secret`; `None` for whatever is right.
    pub secret: Option<&'a [u8]>,
    /// The users that have a session already.
    pub sessions: &'a [Vec<u8>],
}

/// Tries to connect and to log in.
///
/// Asterisk: `process_message`, `action_login` and `authenticate` in main/manager.c, alike in all releases: the check of
/// `allowmultiplelogin` comes before those of user, address and secret.
pub fn login(configuration: Configuration<'_, '_>, attempt: Attempt<'_>) -> Trace {
    let mut steps = Steps::default();
    if let Some((text, at)) = not_loaded(configuration) {
        steps.add(Check::Load, Outcome::Denies, text, at);
        return steps.end(Outcome::Denies, NO_CONNECTION);
    }
    let partial = not_here(configuration, &mut steps);
    let known = match listener(configuration, attempt, &mut steps) {
        Outcome::Denies => return steps.end(Outcome::Denies, NO_CONNECTION),
        outcome => outcome == Outcome::Passes,
    };
    connected(configuration, attempt, steps, partial, known)
}

/// Tries to log in, for a client that is connected already, to whichever listener.
pub fn authenticate(configuration: Configuration<'_, '_>, attempt: Attempt<'_>) -> Trace {
    let mut steps = Steps::default();
    let partial = not_here(configuration, &mut steps);
    connected(configuration, attempt, steps, partial, true)
}

/// What follows when there is a connection. `partial`: not all of the file is here; `known`: the connection is certain.
fn connected(
    configuration: Configuration<'_, '_>,
    attempt: Attempt<'_>,
    mut steps: Steps,
    partial: bool,
    mut known: bool,
) -> Trace {
    let name = header_value(attempt.user);
    let user = if name.is_empty() { None } else { configuration.accounts.find(name) };
    if let Some(user) = user
        && !session(configuration, user, attempt.sessions, &mut steps)
    {
        return steps.end(Outcome::Denies, IN_USE);
    }
    let Some(user) = user else {
        return no_user(configuration, name, partial, steps);
    };
    let at = configuration.span(user.at);
    steps.add(Check::User, Outcome::Passes, format!("the user is [{}]", show(user.name)), Some(at));
    for acl in &user.acls {
        match apply(configuration, acl, attempt.from, &mut steps) {
            Outcome::Denies => return steps.end(Outcome::Denies, FAILED),
            Outcome::Unknown => known = false,
            _ => {}
        }
    }
    if user.acls.is_empty() {
        steps.add(Check::Acl, Outcome::Passes, "the user has no ACL: every address may try", None);
    }
    match (secret(configuration, user, attempt.secret.map(header_value), &mut steps), known) {
        (false, _) => steps.end(Outcome::Denies, FAILED),
        (true, false) => steps.end(Outcome::Unknown, NOT_HERE),
        (true, true) => steps.end(Outcome::Passes, ACCEPTED),
    }
}

/// The value of a header: blanks before it are not part of it.
pub fn header_value(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|&&byte| is_blank(byte)).count()..]
}

impl Configuration<'_, '_> {
    pub(super) fn span(self, place: At) -> Span {
        self.accounts.span(self.effective, place)
    }
}

/// Why there is nothing to log in to, if there is nothing, and the line that is to blame.
pub(super) fn not_loaded(configuration: Configuration<'_, '_>) -> Option<(String, Option<Span>)> {
    match configuration.effective.outcome {
        config::Outcome::Loads if configuration.accounts.gave_up => {
            Some(("amictl gives up: the sections of the file hold too many entries".to_owned(), None))
        }
        config::Outcome::Loads => None,
        config::Outcome::Refused(note) | config::Outcome::Hangs(note) | config::Outcome::Limit(note) => {
            let note = &configuration.effective.notes[note];
            Some((format!("nothing is loaded: {}", note.message()), Some(configuration.effective.text(note.at))))
        }
    }
}

/// Is there a listener that can take a connection from this address?
fn listener(configuration: Configuration<'_, '_>, attempt: Attempt<'_>, steps: &mut Steps) -> Outcome {
    let kind = match attempt.over {
        ListenerKind::Plain => "plain",
        ListenerKind::Tls => "TLS",
    };
    let Some(listener) = configuration.listeners.iter().find(|listener| listener.kind == attempt.over) else {
        steps.add(Check::Listener, Outcome::Denies, format!("there is no {kind} listener"), None);
        return Outcome::Denies;
    };
    let why = &listener.why;
    let (outcome, text) = match (listener.state, listener.address) {
        (State::Closed, _) => (Outcome::Denies, format!("the {kind} listener is closed: {why}")),
        (State::Listens, Some(address)) if takes(address.ip, attempt.from) => {
            (Outcome::Passes, format!("the {kind} listener is on {address}"))
        }
        (State::Listens, Some(address)) => {
            (Outcome::Denies, format!("the {kind} listener is on {address}, where {} cannot come", attempt.from))
        }
        (State::Listens | State::Indeterminate | State::Unknown, _) => {
            (Outcome::Unknown, format!("the {kind} listener: {why}"))
        }
    };
    let at = listener.at.map(|at| configuration.effective.text(at));
    steps.add(Check::Listener, outcome, text, at);
    outcome
}

/// Can a client at `from` connect to a socket that listens on `bound`? Linux: `::` takes both families, an address of this
/// machine alone (`127.0.0.1`) takes only clients on this machine.
fn takes(bound: IpAddr, from: IpAddr) -> bool {
    let (bound, from) = (bound.to_canonical(), from.to_canonical());
    match bound {
        IpAddr::V6(any) if any.is_unspecified() => true,
        IpAddr::V4(any) if any.is_unspecified() => from.is_ipv4(),
        _ => bound.is_ipv4() == from.is_ipv4() && (!bound.is_loopback() || from.is_loopback()),
    }
}

/// Says what of the file is not here to be looked at. Is there anything?
pub(super) fn not_here(configuration: Configuration<'_, '_>, steps: &mut Steps) -> bool {
    let effective = configuration.effective;
    let Some(note) = effective.open().next() else { return false };
    steps.add(Check::Load, Outcome::Unknown, note.message(), Some(effective.text(note.at)));
    true
}

/// Is it certain that a file that loads has nothing whatever to do with a user of this name?
pub fn is_nobody(configuration: Configuration<'_, '_>, name: &[u8]) -> bool {
    let name = header_value(name);
    not_loaded(configuration).is_none()
        && configuration.accounts.find(name).is_none()
        && dropped(configuration, name).is_none()
        && !not_here(configuration, &mut Steps::default())
}

/// What deleted a user, if something did.
fn dropped<'c, 't>(configuration: Configuration<'c, 't>, name: &[u8]) -> Option<&'c Fact<'t>> {
    configuration.accounts.facts.iter().find(|fact| match fact.kind {
        FactKind::Dropped { user } => user.eq_ignore_ascii_case(name),
        _ => false,
    })
}

/// Ends the login of a name that is no user, and blames the line that deleted it, if one did.
pub(super) fn no_user(configuration: Configuration<'_, '_>, name: &[u8], partial: bool, mut steps: Steps) -> Trace {
    if name.is_empty() {
        steps.add(Check::User, Outcome::Denies, "there is no user without a name", None);
        return steps.end(Outcome::Denies, FAILED);
    }
    if let Some(fact) = dropped(configuration, name) {
        let at = configuration.effective.text(fact.at);
        steps.add(Check::User, Outcome::Denies, format!("the user was deleted: {}", fact.why), Some(at));
        return steps.end(Outcome::Denies, FAILED);
    }
    if partial {
        steps.add(Check::User, Outcome::Unknown, format!("there is no user `{}` in what is here", show(name)), None);
        return steps.end(Outcome::Unknown, NOT_HERE);
    }
    steps.add(Check::User, Outcome::Denies, format!("there is no user `{}`", show(name)), None);
    steps.end(Outcome::Denies, FAILED)
}

/// May the user have another session?
fn session(configuration: Configuration<'_, '_>, user: &User<'_>, sessions: &[Vec<u8>], steps: &mut Steps) -> bool {
    if !sessions.iter().any(|name| name.eq_ignore_ascii_case(user.name)) {
        return true;
    }
    let at = user.allowmultiplelogin.at.map(|at| configuration.span(at));
    let (outcome, text) = match user.allowmultiplelogin.value {
        true => (Outcome::Passes, "the user has a session, and may have more"),
        false => (Outcome::Denies, "the user has a session, and `allowmultiplelogin` is off"),
    };
    steps.add(Check::Session, outcome, text, at);
    user.allowmultiplelogin.value
}

/// Applies one ACL, rule by rule.
fn apply(configuration: Configuration<'_, '_>, acl: &Acl<'_>, from: IpAddr, steps: &mut Steps) -> Outcome {
    for rule in acl.rules.iter().filter(|_| acl.state == AclState::Ok) {
        let sense = match rule.sense {
            Sense::Permit => "permit",
            Sense::Deny => "deny",
        };
        let outcome = if rule.network.holds(from) { Outcome::Matches } else { Outcome::Misses };
        let at = configuration.span(rule.at);
        steps.add(Check::Rule, outcome, format!("{sense} {}", rule.network), Some(at));
    }
    let (name, lets, keeps) = match acl.is_local {
        true => ("the user's own rules".to_owned(), "let", "keep"),
        false => (format!("the ACL `{}`", show(&acl.name)), "lets", "keeps"),
    };
    let decides = acl::deciding(&acl.rules, from).filter(|_| acl.state == AclState::Ok);
    let (outcome, text) = match acl.state {
        AclState::Ok => match decides.map(|rule| rule.sense) {
            None => (Outcome::Passes, format!("{name} {lets} {from} in, as no rule matches")),
            Some(Sense::Permit) => (Outcome::Passes, format!("{name} {lets} {from} in")),
            Some(Sense::Deny) => (Outcome::Denies, format!("{name} {keeps} {from} out")),
        },
        AclState::Undefined => (Outcome::Denies, format!("{name} is not defined: it keeps everybody out")),
        AclState::Unrestricted => (Outcome::Passes, format!("{name} restricts nobody: acl.conf is absent or refused")),
        AclState::Unknown => (Outcome::Unknown, format!("{name} is in acl.conf, which is not here")),
    };
    // The line that decides, or else the one that asks for the ACL.
    let at = decides.map_or(acl.at, |rule| rule.at);
    steps.add(Check::Acl, outcome, text, Some(configuration.span(at)));
    outcome
}

fn secret(configuration: Configuration<'_, '_>, user: &User<'_>, given: Option<&[u8]>, steps: &mut Steps) -> bool {
    let at = user.secret.at.map(|at| configuration.span(at));
    let (outcome, text) = match (user.secret.value.state(), given) {
        (SecretState::Missing, _) => (Outcome::Denies, "the user has no secret: nobody gets in"),
        (SecretState::Empty, None | Some([])) => (Outcome::Passes, "the secret is empty: no secret is needed"),
        (SecretState::Set, None) => (Outcome::Passes, "taken as right"),
        (_, Some(given)) if user.secret.value.accepts(given) => (Outcome::Passes, "right"),
        (_, Some(_)) => (Outcome::Denies, "wrong"),
    };
    steps.add(Check::Secret, outcome, text, at);
    outcome == Outcome::Passes
}
