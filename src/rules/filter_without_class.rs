//! A filter that includes events whose class the user may not read.

use std::collections::BTreeSet;

use super::filter_lines::{Events, Kind, is_asked_for, list};
use super::prelude::*;
use crate::catalog::{ClassDef, EventDef};
use crate::config::manager::Manager;
use crate::config::manager::filter::Asks;
use crate::release::Release;

pub(super) static RULE: Rule = Rule {
    name: "filter-without-class",
    summary: "a filter includes events whose class is not in `read`",
    severity: Severity::Warning,
    doc: "\
A filter gives nothing: it only picks from what the classes in `read` let through. One that includes events of a class \
that is not there never lets anything pass, and the client waits for events that never come. Nothing is logged.

Asterisk asks for the class in the second line of an event, `Privilege: `. An event with several classes needs all of \
them. And releases differ: `Newexten` needs `call` up to 13, and `dialplan` since 16. `amictl explain EVENT` has the \
classes.

Add the class to `read`, or take the filter out. A line that several users inherit is told when none of them may read \
its events.",
    source: "main/manager.c, process_events and should_send_event; classes recorded on 16.28.0 and 22.10.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = call
eventfilter = Event: Hangup
eventfilter = Event: (VarSet|Newexten)
              ^^^^^^^^^^^^^^^^^^^^^^^^ need class `dialplan`
")
        .on("16,22"),
        bad("\
[bob]
read = user
eventfilter(name(VoicemailPasswordChange)) =
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needs classes `system` and `user`
")
        .on("22"),
        bad("\
[base](!)
eventfilter = Event: Cdr
              ^^^^^^^^^^ needs class `cdr`
[bob](base)
read = call
[eve](base)
read = call,user
"),
        good("[bob]\nread = call\neventfilter = Event: Newexten\n").on("13"),
        good("[bob]\nread = call\neventfilter = !Event: VarSet\neventfilter = Event: (VarSet|Hangup)\n")
            .because("what is held back needs no class, and of the other line a part is sent"),
        good("[base](!)\neventfilter = Event: Cdr\n[bob](base)\nread = call\n[eve](base)\nread = cdr\n"),
        good("[bob]\nread = cdr\neventfilter = Event: Hangup|Channel: PJSIP\n").because("other events may match too"),
        good("[bob]\nread =\neventfilter = Event: Hangup\n").because("that it sees nothing is another matter"),
        good("[bob]\nread = Call\neventfilter = Event: Hangup\n").because("that is a matter of `unknown-class`"),
        good("[bob]\nread = {{ classes }}\neventfilter = Event: Hangup\n").because("a tool fills this in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let events = Events::of(context);
    let judge = |kind: &Kind| {
        // Who may read nothing at all is not after events.
        let reads: Vec<u32> = kind.reads.iter().copied().filter(|&read| read != 0).collect();
        if !kind.asks.only_these || reads.is_empty() {
            return Vec::new();
        }
        events.judge(|release, events| lacks(release, events, &kind.asks, &reads))
    };
    for (line, _, (message, releases)) in context.filter_lines(manager).judged(judge) {
        if !line.is_include {
            continue;
        }
        let effect = "sends none of them, and this filter includes no others";
        let finding = findings.at(line.span(context), message, effect);
        finding.help("add the class to `read`, or take the filter out").only(releases);
        if let Some(read) = line.read_at {
            finding.see(manager.accounts.span(context.effective, read), "the classes that are granted");
        }
    }
}

/// The classes that are missing, where all that a filter asks for needs some.
fn lacks(release: Release, events: &[EventDef], asks: &Asks, reads: &[u32]) -> Option<String> {
    let asked: Vec<&EventDef> = events.iter().filter(|event| event.is_broadcast() && is_asked_for(asks, event)).collect();
    let is_seen = |event: &&EventDef| reads.iter().any(|&read| event.is_seen_by(release, read));
    if asked.is_empty() || asked.iter().any(is_seen) {
        return None;
    }
    let needs: BTreeSet<Vec<&str>> = asked
        .iter()
        .flat_map(|event| event.classes(release))
        .map(|classes| classes.into_iter().map(ClassDef::name).collect())
        .collect();
    let names: Vec<&str> = asked.iter().map(|event| event.name()).collect();
    let subject = match &names[..] {
        [first, rest @ ..] if rest.len() > 2 => format!("`{first}` and {} others", rest.len()),
        names => list(names, "and"),
    };
    let verb = if names.len() == 1 { "needs" } else { "need" };
    let needs: Vec<String> = needs
        .iter()
        .map(|classes| format!("{} {}", if classes.len() == 1 { "class" } else { "classes" }, list(classes, "and")))
        .collect();
    Some(format!("{subject} {verb} {}, which `read` does not have", needs.join(", or ")))
}
