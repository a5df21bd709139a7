//! What an action does: one file for each, or for a few that belong together. Whether it may is the evaluator's to say.

mod about;
mod command;
mod events;
mod get_config;
mod list_commands;
mod login;
mod reload;

use std::time::Duration;

use super::event::{Details, Security};
use super::hub::{Hub, Id};
use super::loaded::Loaded;
use super::observe::What;
use super::session;
use super::wire::Request;
use crate::access::{self, Check, Outcome, Step, Trace, Verdict};

/// Does what a request asks for, and answers it.
type Act = fn(&mut Hub, Id, &Request);

/// All that a server does by itself, in any letter case.
const ACTIONS: [(&str, Act); 16] = [
    ("Challenge", login::challenge),
    ("Command", command::command),
    ("CoreSettings", about::settings),
    ("CoreStatus", about::status),
    ("Events", events::events),
    ("Filter", events::filter),
    ("GetConfig", get_config::lines),
    ("GetConfigJSON", get_config::json),
    ("ListCategories", get_config::categories),
    ("ListCommands", list_commands::list_commands),
    ("Login", already),
    ("Logoff", login::logoff),
    ("Ping", about::ping),
    ("Reload", reload::reload),
    ("UserEvent", events::user_event),
    ("WaitEvent", events::wait_event),
];

/// The actions of who is not logged in.
const STRANGERS: [(&str, Act); 3] =
    [("Challenge", login::challenge), ("Login", login::login), ("Logoff", login::logoff)];

/// Runs the action of a request, or says why not.
pub(super) fn run(hub: &mut Hub, id: Id, request: &Request) {
    let Some(session) = hub.sessions.get(&id) else { return };
    let action = request.action();
    let is_stranger = session.login.is_none();
    let (account, since) =
        session.login.as_ref().map_or((Vec::new(), Duration::ZERO), |it| (it.name.clone(), it.since));
    let details = Details { account: &account, since, action, ..Details::default() };
    if action.is_empty() {
        hub.error(id, request, "Missing action in request");
        hub.observe(id, What::Refused { request, check: Check::Action, why: "no action is named" });
        return hub.tell(id, Security::RequestBadFormat, Details { action: b"NONE", ..details });
    }
    if is_stranger {
        if let Some(act) = named(&STRANGERS, action) {
            return act(hub, id, request);
        }
        hub.error(id, request, "Permission denied");
        hub.observe(id, What::Refused { request, check: Check::User, why: "it has not logged in" });
        return hub.tell(id, Security::RequestNotAllowed, details);
    }
    let trace = decide(hub, id, request);
    if trace.verdict() != Verdict::Accepted {
        return refuse(hub, id, request, &trace, details);
    }
    hub.observe(id, What::Ran(request));
    let replies = hub.replies();
    if let Some(reply) = replies.find(request) {
        return super::replies::give(hub, id, request, reply);
    }
    match named(&ACTIONS, action) {
        Some(act) => act(hub, id, request),
        None => {
            hub.error(id, request, "amictl serve has no answer for this action");
            hub.observe(id, What::Unanswered(request));
        }
    }
}

fn named(actions: &[(&str, Act)], action: &[u8]) -> Option<Act> {
    actions.iter().find(|(name, _)| action.eq_ignore_ascii_case(name.as_bytes())).map(|(_, act)| *act)
}

/// What the evaluator says of a request, under the configuration of the session's login.
fn decide(hub: &Hub, id: Id, request: &Request) -> Trace {
    let login = hub.sessions.get(&id).and_then(|session| session.login.as_ref());
    let Some(login) = login else { unreachable!("only who is logged in is asked about") };
    let headers = request.headers();
    let asked = access::Request { user: &login.name, action: request.action(), headers: &headers };
    access::action(login.loaded.configuration(), login.loaded.release(), asked)
}

/// Tells why an action is not run.
fn refuse(hub: &mut Hub, id: Id, request: &Request, trace: &Trace, details: Details<'_>) {
    if trace.answer() == access::CRASH {
        // Asterisk is gone here. This server tells its client what is wrong, and whoever runs it what would have been.
        hub.observe(id, What::WouldCrash(request));
        return hub.error(id, request, access::MALFORMED_FILTER);
    }
    let check = denied(trace).map(|step| step.check);
    match check {
        // In the very bytes that it sent.
        Some(Check::Action) => {
            let why = access::invalid_command(details.action);
            hub.send(id, &session::answer("Error", request, &[("Message", &why)]));
        }
        _ => hub.error(id, request, trace.answer()),
    }
    if let Some(login) = hub.sessions.get(&id).and_then(|session| session.login.as_ref()) {
        let (check, why) = reason(&login.loaded, trace);
        hub.observe(id, What::Refused { request, check, why: &why });
    }
    match check {
        Some(Check::Action) => hub.tell(id, Security::RequestBadFormat, details),
        Some(Check::Class) => hub.tell(id, Security::RequestNotAllowed, details),
        _ => {}
    }
}

/// The step on which a trace comes to its refusal.
fn denied(trace: &Trace) -> Option<&Step> {
    trace.steps().iter().rev().find(|step| step.outcome == Outcome::Denies && step.check != Check::Verdict)
}

/// The reason that a client is not told: what was looked at, in words, with its line.
fn reason(loaded: &Loaded, trace: &Trace) -> (Check, String) {
    let Some(step) = denied(trace) else { return (Check::Verdict, trace.answer().to_owned()) };
    let place = step.at.map(|at| format!(" ({})", loaded.ask(|world, _| world.files.place(at)))).unwrap_or_default();
    (step.check, format!("{}{place}", step.text))
}

fn already(hub: &mut Hub, id: Id, request: &Request) {
    hub.send(id, &session::answer("Success", request, &[("Message", b"Already authenticated")]));
}
