//! A user who plainly wants events and is sent none.

use super::empty_class_item::lists;
use super::filter_lines::{Events, list, plain_read};
use super::prelude::*;
use crate::catalog::EventDef;
use crate::config::Origin;
use crate::config::manager::{Manager, User};
use crate::config::manager::classes::Classes;
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "sees-no-events",
    summary: "a user with filters, or with rights to read only, is sent no events",
    severity: Severity::Warning,
    doc: "\
Who has no class in `read` is sent no event, whatever the filters are. And no event at all has one of the classes \
`command`, `config`, `log`, `message`, `originate`, `test` and `verbose`, although they can be granted: `read = log` is \
not the log, and `read = command` is not what commands answer. Answers come to whoever may ask, by `write`.

The rule speaks up where events are plainly wanted: where such a user has event filters, or has nothing in `write`, so \
that the account is of no use. A user who only runs actions needs no `read`, and is no finding.

Name the classes whose events are meant, most often `system`, `call` and `user`.",
    source: "main/manager.c, process_events and should_send_event; recorded on 16.28.0 and 22.10.1: `read` of these \
             classes got nothing",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
 ^^^ has event filters and no class in `read`
secret = x
eventfilter = !Event: VarSet
"),
        bad("\
[bob]
secret = x
read = log,verbose
       ^^^^^^^^^^^ no event has class `log` or `verbose`
"),
        bad("\
[bob]
secret = x
read = command
       ^^^^^^^ no event has class `command`
write = command
eventfilter = Event: Hangup
"),
        good("[bob]\nsecret = x\nread = command\nwrite = system,call\n").because("it runs actions"),
        good("[bob]\nsecret = x\nread =\nwrite = originate\neventfilter = !Event: VarSet\n").because("that is said plainly"),
        good("[bob]\nsecret = x\nread = command,log,call\neventfilter = Event: Hangup\n"),
        good("[base](!)\neventfilter = !Event: VarSet\n[bob](base)\nread = call\n[eve](base)\nwrite = originate\n")
            .because("the filter is for others"),
        good("[bob]\nsecret = x\n#include more.conf\neventfilter = Event: Hangup\n").because("a file is not here"),
        good("[bob]\nread = {{ read }}\neventfilter = Event: Hangup\n").because("a tool fills this in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    if context.effective.is_partial() {
        return;
    }
    without_read(context, manager, findings);
    let events = Events::of(context);
    let wants = |user: &User<'_>| {
        !user.filters.is_empty() || user.write.value.is_none() && user.write.value.text.is_empty()
    };
    // A list counts when all who inherit it want events.
    let others: Set<_> = manager.accounts.users.iter().filter(|user| !wants(user)).filter_map(|user| user.read.at).collect();
    let is_wanted = |at| !others.contains(&at);
    let mut verdicts: Map<u32, Vec<_>> = Map::default();
    let asked = lists(context, manager, |user, key, grant| {
        key == "read" && !grant.is_none() && grant.is_plain && user.read.at.is_some_and(is_wanted)
    });
    for read in asked {
        let classes = Classes::parse(&read.value);
        let bits = classes.bits();
        let known = verdicts.entry(bits).or_insert_with(|| {
            let is_seen = |release, event: &EventDef| event.is_broadcast() && event.is_seen_by(release, bits);
            events.judge(|release, events| (!events.iter().any(|event| is_seen(release, event))).then_some(()))
        });
        for ((), releases) in known.iter() {
            let names: Vec<&str> = classes.names().collect();
            findings
                .at(read.span(0..read.value.len()), format!("no event has class {}", list(&names, "or")), "sends no events")
                .help("name the classes of the events that are meant, as `call`, or leave `read` empty")
                .only(releases.clone());
        }
    }
}

/// Users with filters who may read nothing, and of whom no line says so.
fn without_read(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let blind = context.filter_lines(manager).iter().filter(|(_, kind)| kind.reads == [0]);
    let blind: Set<Origin> = blind.map(|(line, _)| line.at).collect();
    for user in &manager.accounts.users {
        let filters = || user.filters.includes.iter().chain(&user.filters.excludes);
        let is_silent = user.read.at.is_none() && plain_read(user) == Some(0) && !user.filters.is_empty();
        if !is_silent || is_placeholder(user.name) || !filters().all(|filter| blind.contains(&filter.at)) {
            continue;
        }
        let effective = manager.accounts.effective(context.effective, user.at.part);
        let Node::Header(header) = effective.line(user.at.line).node() else { continue };
        let message = format!("the user `{}` has event filters and no class in `read`", show(user.name));
        findings
            .at(effective.span(user.at.line, header.name.range), message, "sends it no events")
            .help("add a `read` with the classes of these events, or take the filters out");
    }
}
