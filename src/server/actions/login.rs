//! Login, Challenge and Logoff.

use std::rc::Rc;
use std::time::Duration;

use md5::{Digest as _, Md5};

use super::super::crowd::Asks;
use super::super::event::{Details, Security};
use super::super::hub::{Hub, Id};
use super::super::observe::{End, What};
use super::super::session::{Login, State, answer};
use super::super::wire::Request;
use super::{denied, reason};
use crate::access::{self, Attempt, Check, Trace, Verdict};
use crate::catalog;
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::Matcher;
use crate::config::manager::listen::ListenerKind;

pub(super) fn login(hub: &mut Hub, id: Id, request: &Request) {
    let Some(session) = hub.sessions.get(&id) else { return };
    let name = request.header("Username").to_vec();
    let is_md5 = request.header("AuthType").eq_ignore_ascii_case(b"MD5");
    let peer = session.peer;
    let attempt = Attempt {
        user: &name,
        from: peer.remote.ip().to_canonical(),
        over: if peer.is_tls { ListenerKind::Tls } else { ListenerKind::Plain },
        secret: (!is_md5).then(|| request.header("Secret")),
        sessions: if hub.is_in_use(&name) { std::slice::from_ref(&name) } else { &[] },
    };
    let loaded = Rc::clone(&hub.loaded);
    let trace = access::authenticate(loaded.configuration(), attempt);
    if trace.verdict() != Verdict::Accepted {
        return deny(hub, id, request, &trace);
    }
    if is_md5 && let Err(why) = prove(hub, id, request, &name) {
        hub.observe(id, What::LoginRefused { user: &name, check: Check::Secret, why });
        return hub.refuse(id, request, "Authentication failed");
    }
    let Some(user) = loaded.manager().accounts.find(&name) else { return };
    let mask = access::mask(request.header("Events")).unwrap_or(Classes::ALL);
    let mut asks = Asks::new(*user.read.value, mask);
    for (filters, excludes) in [(&user.filters.includes, false), (&user.filters.excludes, true)] {
        filters.iter().for_each(|filter| asks.add(Matcher::clone(filter), excludes));
    }
    let login = Login {
        name: name.clone(),
        since: hub.now,
        loaded: Rc::clone(&loaded),
        write: *user.write.value,
        asks: Rc::new(asks),
        displayconnects: user.displayconnects.value,
        writetimeout: Duration::from_millis(u64::try_from(user.writetimeout.value).unwrap_or(0)),
        kind: 0,
    };
    let may_see = user.read.value.has("system") && mask.has("system");
    hub.admit(id, login);
    hub.observe(id, What::LoggedIn);
    if !mask.is_all() {
        hub.observe(id, What::AskedFor { mask, read: *user.read.value });
    }
    hub.send(id, &answer("Success", request, &[("Message", access::ACCEPTED.as_bytes())]));
    if may_see {
        let text = fully_booted(hub);
        hub.send(id, &text);
        hub.observe(id, What::FullyBooted);
    }
    hub.tell(id, Security::SuccessfulAuth, Details { account: &name, since: hub.now, ..Details::default() });
}

/// Sends away who does not get in, and tells those who may know.
fn deny(hub: &mut Hub, id: Id, request: &Request, trace: &Trace) {
    let name = request.header("Username");
    let loaded = Rc::clone(&hub.loaded);
    let has_secret = loaded.manager().accounts.find(name).is_some_and(|user| user.has_secret());
    let details = Details { account: name, ..Details::default() };
    match denied(trace).map(|step| step.check) {
        Some(Check::Session) => hub.tell(id, Security::SessionLimit, Details::default()),
        Some(Check::User) if !name.is_empty() => hub.tell(id, Security::InvalidAccountId, details),
        Some(Check::Acl) => hub.tell(id, Security::FailedAcl, details),
        Some(Check::Secret) if has_secret => hub.tell(id, Security::InvalidPassword, details),
        _ => {}
    }
    let (check, why) = reason(&loaded, trace);
    hub.observe(id, What::LoginRefused { user: name, check, why: &why });
    let said = if trace.verdict() == Verdict::Denied { trace.answer() } else { "Authentication failed" };
    hub.refuse(id, request, said);
}

/// Does a client know the secret that it was challenged for? Says why not.
fn prove(hub: &mut Hub, id: Id, request: &Request, name: &[u8]) -> Result<(), &'static str> {
    let loaded = Rc::clone(&hub.loaded);
    let key = request.header("Key");
    let challenge = hub.sessions.get(&id).and_then(|session| session.challenge.clone());
    let Some(user) = loaded.manager().accounts.find(name) else { return Err("there is no such user") };
    let Some(challenge) = challenge else { return Err("it has asked for no Challenge") };
    if key.is_empty() {
        return Err("it has sent no Key");
    }
    let right = user.secret.value.keyed(|secret| {
        let digest = Md5::new().chain_update(challenge.as_bytes()).chain_update(secret).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    });
    let Some(right) = right else { return Err("the user has no secret") };
    if right.as_bytes() == key {
        return Ok(());
    }
    let details = Details { challenge: [challenge.as_bytes(), key, right.as_bytes()], ..Details::default() };
    hub.tell(id, Security::ChallengeResponseFailed, details);
    Err("the Key is not that of the secret and the challenge")
}

pub(super) fn challenge(hub: &mut Hub, id: Id, request: &Request) {
    let name = request.header("Username");
    let user = hub.loaded.manager().accounts.find(name);
    let is_single = user.is_some_and(|user| !user.allowmultiplelogin.value);
    let is_stranger = hub.sessions.get(&id).is_some_and(|session| session.login.is_none());
    if is_stranger && !name.is_empty() && is_single && hub.is_in_use(name) {
        hub.tell(id, Security::SessionLimit, Details::default());
        let name = name.to_vec();
        hub.observe(id, What::LoginRefused { user: &name, check: Check::Session, why: access::IN_USE });
        return hub.refuse(id, request, "Login Already In Use");
    }
    if !request.header("AuthType").eq_ignore_ascii_case(b"MD5") {
        return hub.error(id, request, "Must specify AuthType");
    }
    let fresh = ((hub.random)() % 1_000_000_000).to_string();
    let Some(session) = hub.sessions.get_mut(&id) else { return };
    let challenge = session.challenge.get_or_insert(fresh).clone();
    hub.send(id, &answer("Success", request, &[("Challenge", challenge.as_bytes())]));
}

pub(super) fn logoff(hub: &mut Hub, id: Id, request: &Request) {
    hub.send(id, &answer("Goodbye", request, &[("Message", b"Thanks for all the fish.")]));
    hub.set(id, State::Closing(End::Logoff));
}

/// Sent to who logs in, straight after the answer, whatever its filters.
fn fully_booted(hub: &Hub) -> Vec<u8> {
    let release = hub.loaded.release();
    let has_uptime = catalog::event(release, b"FullyBooted")
        .is_some_and(|event| event.headers(release).any(|header| header.name() == "Uptime"));
    let seconds = |since: Duration| hub.now.saturating_sub(since).as_secs();
    let times = match has_uptime {
        true => format!("Uptime: {}\r\nLastReload: {}\r\n", seconds(hub.started), seconds(hub.reloaded)),
        false => String::new(),
    };
    format!("Event: FullyBooted\r\nPrivilege: system,all\r\n{times}Status: Fully Booted\r\n\r\n").into_bytes()
}
