//! What an action does. Whether it may is the evaluator's to say.

use std::rc::Rc;
use std::time::Duration;

use md5::{Digest as _, Md5};

use super::event::{Details, Event, Security};
use super::hub::{Hub, Id};
use super::session::{Login, State, answer};
use super::wire::Request;
use crate::access::{self, Attempt, Check, Outcome, Trace, Verdict};
use crate::catalog::{self, ActionDef, ClassDef};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::{Filter, FilterReader, Matcher};
use crate::config::manager::listen::ListenerKind;

/// Runs the action of a request, or says why not.
pub(super) fn run(hub: &mut Hub, id: Id, request: &Request, now: Duration) {
    let Some(session) = hub.sessions.get(&id) else { return };
    let action = request.action();
    let is = |name: &str| action.eq_ignore_ascii_case(name.as_bytes());
    let (account, since) =
        session.login.as_ref().map_or((Vec::new(), Duration::ZERO), |it| (it.name.clone(), it.since));
    let details = Details { account: &account, since, action, ..Details::default() };
    if action.is_empty() {
        hub.error(id, request, "Missing action in request");
        return hub.tell(id, Security::RequestBadFormat, Details { action: b"NONE", ..details }, now);
    }
    if session.login.is_none() {
        return match () {
            () if is("Login") => login(hub, id, request, now),
            () if is("Challenge") => challenge(hub, id, request, now),
            () if is("Logoff") => logoff(hub, id, request),
            () => {
                hub.error(id, request, "Permission denied");
                hub.tell(id, Security::RequestNotAllowed, details, now);
            }
        };
    }
    let trace = decide(hub, id, request);
    if trace.verdict() != Verdict::Accepted {
        let denied =
            trace.steps().iter().rev().find(|step| step.outcome == Outcome::Denies && step.check != Check::Verdict);
        hub.error(id, request, trace.answer());
        return match denied.map(|step| step.check) {
            Some(Check::Action) => hub.tell(id, Security::RequestBadFormat, details, now),
            Some(Check::Class) => hub.tell(id, Security::RequestNotAllowed, details, now),
            _ => {}
        };
    }
    match () {
        () if is("Login") => hub.send(id, &answer("Success", request, &[("Message", b"Already authenticated")])),
        () if is("Challenge") => challenge(hub, id, request, now),
        () if is("Logoff") => logoff(hub, id, request),
        () if is("Ping") => {
            let time = format!("{}.{:06}", now.as_secs(), now.subsec_micros());
            hub.send(id, &answer("Success", request, &[("Ping", b"Pong"), ("Timestamp", time.as_bytes())]));
        }
        () if is("Events") => events(hub, id, request),
        () if is("Filter") => filter(hub, id, request),
        () if is("UserEvent") => user_event(hub, id, request, now),
        () if is("WaitEvent") => wait_event(hub, id, request, now),
        () if is("ListCommands") => list_commands(hub, id, request),
        () => hub.error(id, request, "amictl serve has no answer for this action"),
    }
}

/// What the evaluator says of a request, under the configuration of the session's login.
fn decide(hub: &Hub, id: Id, request: &Request) -> Trace {
    let login = hub.sessions.get(&id).and_then(|session| session.login.as_ref());
    let Some(login) = login else { unreachable!("only who is logged in is asked about") };
    let headers = request.headers();
    let asked = access::Request { user: &login.name, action: request.action(), headers: &headers };
    access::action(login.loaded.configuration(), login.loaded.release(), asked)
}

fn login(hub: &mut Hub, id: Id, request: &Request, now: Duration) {
    let Some(session) = hub.sessions.get(&id) else { return };
    let name = request.header("Username").to_vec();
    let is_md5 = request.header("AuthType").eq_ignore_ascii_case(b"MD5");
    let peer = session.peer;
    let attempt = Attempt {
        user: &name,
        from: peer.remote.ip().to_canonical(),
        over: if peer.is_tls { ListenerKind::Tls } else { ListenerKind::Plain },
        secret: (!is_md5).then(|| request.header("Secret")),
        sessions: &in_use(hub, &name),
    };
    let loaded = Rc::clone(&hub.loaded);
    let trace = access::authenticate(loaded.configuration(), attempt);
    let details = Details { account: &name, ..Details::default() };
    if trace.verdict() != Verdict::Accepted {
        let denied =
            trace.steps().iter().rev().find(|step| step.outcome == Outcome::Denies && step.check != Check::Verdict);
        let has_secret = loaded.manager().accounts.find(&name).is_some_and(|user| user.has_secret());
        match denied.map(|step| step.check) {
            Some(Check::Session) => {
                hub.tell(id, Security::SessionLimit, Details { account: b"", ..details }, now);
            }
            Some(Check::User) if !name.is_empty() => hub.tell(id, Security::InvalidAccountId, details, now),
            Some(Check::Acl) => hub.tell(id, Security::FailedAcl, details, now),
            Some(Check::Secret) if has_secret => hub.tell(id, Security::InvalidPassword, details, now),
            _ => {}
        }
        let why = if trace.verdict() == Verdict::Denied { trace.answer() } else { "Authentication failed" };
        return hub.refuse(id, request, why, now);
    }
    if is_md5 && !proves(hub, id, request, &name, now) {
        return hub.refuse(id, request, "Authentication failed", now);
    }
    let Some(user) = loaded.manager().accounts.find(&name) else { return };
    let owned = |filters: &[Filter]| -> Vec<Matcher> { filters.iter().map(|filter| Matcher::clone(filter)).collect() };
    let mask = access::mask(request.header("Events")).unwrap_or(Classes::ALL);
    let login = Login {
        name: name.clone(),
        since: now,
        loaded: Rc::clone(&loaded),
        read: *user.read.value,
        mask,
        includes: owned(&user.filters.includes),
        excludes: owned(&user.filters.excludes),
        writetimeout: Duration::from_millis(u64::try_from(user.writetimeout.value).unwrap_or(0)),
        kind: 0,
    };
    let may_see = user.read.value.has("system") && mask.has("system");
    hub.admit(id, login);
    hub.send(id, &answer("Success", request, &[("Message", access::ACCEPTED.as_bytes())]));
    if may_see {
        let text = fully_booted(hub, now);
        hub.send(id, &text);
    }
    hub.tell(id, Security::SuccessfulAuth, Details { since: now, ..details }, now);
}

/// The names of a user's sessions, if it has any: that is all that matters of the others.
fn in_use(hub: &Hub, name: &[u8]) -> Vec<Vec<u8>> {
    let logins = hub.sessions.values().filter_map(|session| session.login.as_ref());
    logins.map(|login| &login.name).find(|other| other.eq_ignore_ascii_case(name)).cloned().into_iter().collect()
}

/// Does a client know the secret that it was challenged for?
fn proves(hub: &mut Hub, id: Id, request: &Request, name: &[u8], now: Duration) -> bool {
    let loaded = Rc::clone(&hub.loaded);
    let key = request.header("Key");
    let challenge = hub.sessions.get(&id).and_then(|session| session.challenge.clone());
    let Some(user) = loaded.manager().accounts.find(name) else { return false };
    let Some(challenge) = challenge.filter(|_| !key.is_empty()) else { return false };
    let right = user.secret.value.keyed(|secret| {
        let digest = Md5::new().chain_update(challenge.as_bytes()).chain_update(secret).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    });
    let Some(right) = right else { return false };
    if right.as_bytes() == key {
        return true;
    }
    let said = String::from_utf8_lossy(key).into_owned();
    let details = Details { challenge: [&challenge, &said, &right], ..Details::default() };
    hub.tell(id, Security::ChallengeResponseFailed, details, now);
    false
}

fn challenge(hub: &mut Hub, id: Id, request: &Request, now: Duration) {
    let name = request.header("Username");
    let user = hub.loaded.manager().accounts.find(name);
    let is_single = user.is_some_and(|user| !user.allowmultiplelogin.value);
    let is_stranger = hub.sessions.get(&id).is_some_and(|session| session.login.is_none());
    if is_stranger && !name.is_empty() && is_single && !in_use(hub, name).is_empty() {
        hub.tell(id, Security::SessionLimit, Details::default(), now);
        return hub.refuse(id, request, "Login Already In Use", now);
    }
    if !request.header("AuthType").eq_ignore_ascii_case(b"MD5") {
        return hub.error(id, request, "Must specify AuthType");
    }
    let fresh = ((hub.random)() % 1_000_000_000).to_string();
    let Some(session) = hub.sessions.get_mut(&id) else { return };
    let challenge = session.challenge.get_or_insert(fresh).clone();
    hub.send(id, &answer("Success", request, &[("Challenge", challenge.as_bytes())]));
}

fn logoff(hub: &mut Hub, id: Id, request: &Request) {
    hub.send(id, &answer("Goodbye", request, &[("Message", b"Thanks for all the fish.")]));
    hub.set(id, State::Closing);
}

/// Sent to who logs in, straight after the answer, whatever its filters.
fn fully_booted(hub: &Hub, now: Duration) -> Vec<u8> {
    let release = hub.loaded.release();
    let has_uptime = catalog::event(release, b"FullyBooted")
        .is_some_and(|event| event.headers(release).any(|header| header.name() == "Uptime"));
    let seconds = |since: Duration| now.saturating_sub(since).as_secs();
    let times = match has_uptime {
        true => format!("Uptime: {}\r\nLastReload: {}\r\n", seconds(hub.started), seconds(hub.reloaded)),
        false => String::new(),
    };
    format!("Event: FullyBooted\r\nPrivilege: system,all\r\n{times}Status: Fully Booted\r\n\r\n").into_bytes()
}

fn events(hub: &mut Hub, id: Id, request: &Request) {
    let Some(mask) = access::mask(request.header("EventMask")) else {
        return hub.error(id, request, "Invalid event mask");
    };
    hub.turn(id, |login| login.mask = mask);
    if hub.general().brokeneventsaction.value && mask.is_all() {
        return;
    }
    let word: &[u8] = if mask.is_none() { b"Off" } else { b"On" };
    hub.send(id, &answer("Success", request, &[("Events", word)]));
}

fn filter(hub: &mut Hub, id: Id, request: &Request) {
    let criteria = Some(request.header("MatchCriteria")).filter(|criteria| !criteria.is_empty());
    let release = hub.loaded.release();
    // That it is one was decided.
    if let Ok((filter, excludes)) = FilterReader::new(release).of_session(criteria, request.header("Filter")) {
        hub.turn(id, |login| if excludes { login.excludes.push(filter) } else { login.includes.push(filter) });
    }
    hub.send(id, &answer("Success", request, &[("Message", b"Success")]));
}

/// The event has every other line of the request, as it came.
fn user_event(hub: &mut Hub, id: Id, request: &Request, now: Duration) {
    hub.send(id, &answer("Success", request, &[("Message", b"Event Sent")]));
    let mut body = [b"UserEvent: ", request.header("UserEvent"), b"\r\n"].concat();
    for line in &request.lines {
        let begins = |name: &[u8]| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if !begins(b"Action:") && !begins(b"UserEvent:") {
            body.extend([line, &b"\r\n"[..]].concat());
        }
    }
    hub.publish(&Event { name: b"UserEvent".to_vec(), classes: b"user".to_vec(), body }, now);
}

fn wait_event(hub: &mut Hub, id: Id, request: &Request, now: Duration) {
    let seconds = std::str::from_utf8(request.header("Timeout")).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let until = seconds.map(|seconds| now + Duration::from_secs(seconds));
    hub.set(id, State::Waiting { until, asked: request.clone() });
    hub.wake(now);
}

fn list_commands(hub: &mut Hub, id: Id, request: &Request) {
    let Some(login) = hub.sessions.get(&id).and_then(|session| session.login.as_ref()) else { return };
    let loaded = Rc::clone(&login.loaded);
    let (_, mut may) = access::rights(loaded.configuration(), loaded.release(), &login.name);
    may.sort_by_key(|action| action.name().to_ascii_lowercase());
    let release = loaded.release();
    let line = |action: &ActionDef| {
        let classes: Vec<_> = action.any_of(release).map(ClassDef::name).collect();
        let classes = if classes.is_empty() { "<none>".to_owned() } else { format!("{},all", classes.join(",")) };
        (action.name(), format!("{}  (Priv: {classes})", action.gives()))
    };
    let lines: Vec<(&str, String)> = may.iter().map(line).collect();
    let lines: Vec<(&str, &[u8])> = lines.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    hub.send(id, &answer("Success", request, &lines));
}
