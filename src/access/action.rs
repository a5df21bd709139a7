//! An action: what a client that is logged in asks the manager to do.

use super::headers::{self, Headers};
use super::login::{Configuration, NO_CONNECTION, header_value, no_user, not_here, not_loaded};
use super::trace::{Check, Outcome, Steps, Trace};
use crate::catalog::{self, ActionDef};
use crate::config::manager::User;
use crate::config::manager::classes::Classes;
use crate::release::Release;
use crate::text::{show, show_whole};

/// What Asterisk tells a client that holds none of the classes of an action.
const PERMISSION_DENIED: &str = "Permission denied";

/// A message that Asterisk sends is cut at so many bytes.
const LONGEST_MESSAGE: usize = 511;

/// One action, as a client that is logged in sends it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The user that the session belongs to.
    pub user: &'a [u8],
    /// The header `Action`.
    pub action: &'a [u8],
    /// The other headers, in their order; without any the action as such is asked about.
    pub headers: &'a [(Vec<u8>, Vec<u8>)],
}

/// Does Asterisk do it? Whether it can be done (is there such a channel, such a file) is not asked.
///
/// Source: `process_message` in main/manager.c, and for what it makes of headers the function of each action.
pub fn action(configuration: Configuration<'_, '_>, release: Release, request: Request<'_>) -> Trace {
    let (user, mut steps) = match logged_in(configuration, request.user) {
        Ok(found) => found,
        Err(trace) => return trace,
    };
    let name = header_value(request.action);
    if name.is_empty() {
        steps.add(Check::Action, Outcome::Denies, "no action is named", None);
        return steps.end(Outcome::Denies, "Missing action in request");
    }
    let Some(action) = catalog::action(release, name) else {
        steps.add(Check::Action, Outcome::Denies, unknown(release, name), None);
        return steps.end(Outcome::Denies, show_whole(&invalid_command(name)));
    };
    let module = action.module().map(|module| format!(", where {module} is loaded")).unwrap_or_default();
    steps.add(Check::Action, Outcome::Passes, format!("{} is known{module}", action.name()), None);
    let by = match classes(configuration, release, user, action, &mut steps) {
        Ok(by) => by,
        Err(trace) => return steps.end(Outcome::Denies, trace),
    };
    let headers = Headers { release, write: *user.write.value, all: request.headers };
    match headers::check(action.name(), headers, &mut steps) {
        Some(refusal) => steps.end(Outcome::Denies, refusal),
        None => steps.end(Outcome::Passes, by),
    }
}

/// Would a user whose `write` grants these classes, and who is logged in, be let run it?
pub fn suffices(release: Release, request: Request<'_>, write: Classes) -> bool {
    let action = catalog::action(release, header_value(request.action));
    action.is_some_and(|action| {
        let headers = Headers { release, write, all: request.headers };
        action.may_be_run_by(release, write.bits())
            && headers::check(action.name(), headers, &mut Steps::default()).is_none()
    })
}

/// What a user may run on a release, as far as the modules are loaded, the most dangerous first. Nothing where there is
/// no such user to log in.
pub fn rights(configuration: Configuration<'_, '_>, release: Release, user: &[u8]) -> (Trace, Vec<ActionDef>) {
    let (user, mut steps) = match logged_in(configuration, user) {
        Ok(found) => found,
        Err(trace) => return (trace, Vec::new()),
    };
    let at = user.write.at.map(|at| configuration.span(at));
    let write = user.write.value.bits();
    let mut may: Vec<_> = catalog::actions(release).filter(|action| action.may_be_run_by(release, write)).collect();
    may.sort_by_key(|action| (action.danger().is_none(), action.danger()));
    steps.add(Check::Class, Outcome::Passes, granted(user), at);
    let count = may.len();
    (steps.end(Outcome::Passes, format!("{count} actions, as far as their modules are loaded")), may)
}

/// The user of a session; a trace that ends where there can be none.
fn logged_in<'c, 't>(configuration: Configuration<'c, 't>, name: &[u8]) -> Result<(&'c User<'t>, Steps), Trace> {
    let mut steps = Steps::default();
    if let Some((text, at)) = not_loaded(configuration) {
        steps.add(Check::Load, Outcome::Denies, text, at);
        return Err(steps.end(Outcome::Denies, NO_CONNECTION));
    }
    let partial = not_here(configuration, &mut steps);
    let name = header_value(name);
    let Some(user) = configuration.accounts.find(name).filter(|_| !name.is_empty()) else {
        return Err(no_user(configuration, name, partial, steps));
    };
    let at = configuration.span(user.at);
    steps.add(Check::User, Outcome::Passes, format!("the user is [{}]", show(user.name)), Some(at));
    Ok((user, steps))
}

/// What is known of an action that a release does not know.
fn unknown(release: Release, name: &[u8]) -> String {
    let shown = show(name);
    let same = |action: &ActionDef| name.eq_ignore_ascii_case(action.name().as_bytes());
    if let Some(action) = catalog::all_actions().find(same) {
        return format!("no action of this release; {} is one of {}", action.name(), action.span());
    }
    match catalog::nearest_action(release, name) {
        Some(near) => format!("there is no action `{shown}`: did you mean `{near}`?"),
        None => format!("there is no action `{shown}`"),
    }
}

/// What a client is told that asks for an action that there is not.
pub fn invalid_command(name: &[u8]) -> Vec<u8> {
    let rest = b". Use Action: ListCommands to show available commands.";
    let mut message = [b"Invalid/unknown command: ", name, rest].concat();
    message.truncate(LONGEST_MESSAGE);
    message
}

/// Is a class granted that lets the action run? Says how, or what the client is told.
fn classes(
    configuration: Configuration<'_, '_>,
    release: Release,
    user: &User<'_>,
    action: ActionDef,
    steps: &mut Steps,
) -> Result<String, &'static str> {
    if action.is_open(release) {
        steps.add(Check::Class, Outcome::Passes, "it needs no class: whoever is logged in may run it", None);
        return Ok("allowed: it needs no class".to_owned());
    }
    let at = user.write.at.map(|at| configuration.span(at));
    let needs: Vec<&str> = action.any_of(release).map(catalog::ClassDef::name).collect();
    let held: Vec<&str> = needs.iter().copied().filter(|name| user.write.value.has(name)).collect();
    let needs = match needs.len() {
        1 => format!("it needs class {}", listed(&needs)),
        _ => format!("it needs one of the classes {}", listed(&needs)),
    };
    if held.is_empty() {
        steps.add(Check::Class, Outcome::Denies, format!("{needs}; {}", granted(user)), at);
        return Err(PERMISSION_DENIED);
    }
    steps.add(Check::Class, Outcome::Passes, format!("{needs}; {} {}", origin(user), listed(&held)), at);
    let noun = if held.len() == 1 { "class" } else { "classes" };
    Ok(format!("allowed by {noun} {}", listed(&held)))
}

/// What grants the classes of `write`.
fn origin(user: &User<'_>) -> &'static str {
    match user.write.at {
        Some(_) => "`write` grants",
        None => "without a `write`, users.conf grants",
    }
}

fn granted(user: &User<'_>) -> String {
    let write = *user.write.value;
    let names: Vec<&str> = write.names().collect();
    match () {
        () if write.is_none() && user.write.at.is_none() => "there is no `write`".to_owned(),
        () if names.is_empty() => format!("{} no class", origin(user)),
        () if write.is_all() => format!("{} all classes", origin(user)),
        () => format!("{} {}", origin(user), listed(&names)),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
