//! A filter, or `disabledevents`, on something that only answers an action.

use super::filter_lines::{Events, Kind, disabled_names};
use super::prelude::*;
use crate::catalog::{self, EventDef};
use crate::config::manager::Manager;
use crate::config::manager::filter::EventName;
use crate::release::Release;
use crate::text::Span;

pub(super) static RULE: Rule = Rule {
    name: "filter-on-reply",
    summary: "a filter or `disabledevents` names what is only a reply to an action",
    severity: Severity::Warning,
    doc: "\
Some events are no broadcasts but the items of a list that an action is answered with: `CoreShowChannel` comes for the \
action CoreShowChannels, to the session that ran it. Asterisk sends them whatever `read`, the filters and \
`disabledevents` say.

A filter with `!` on such a name, or the name in `disabledevents`, does not keep the reply from anybody: whoever may run \
the action gets it. What an action gives away is a matter of `write`, and some actions need no class at all \
(`amictl explain ACTION`). A filter that includes such a name includes nothing, which is a note only: the replies come, \
and what else comes is up to the other filters. When there are none, nothing but replies is sent.",
    source: "main/manager.c, astman_append beside manager_event; recorded on 16.28.0 and 22.10.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = all
eventfilter = !Event: CoreShowChannel
                      ^^^^^^^^^^^^^^^ whatever the filters are
eventfilter = Event: PeerEntry
                     ^^^^^^^^^ includes no other event
")
        .on("13,16,20"),
        bad("[general]\ndisabledevents = VarSet,QueueMember\n                        ^^^^^^^^^^^ sends it all the same\n")
            .on("22"),
        good("[bob]\nread = all\neventfilter = !Event: QueueMember\neventfilter = Event: (Hangup|DeviceStateChange)\n")
            .because("other events begin so, and the state of a device is sent to all as well"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let events = Events::of(context);
    let replies = |name: &EventName| events.judge(|_, events| is_reply(events, name).then_some(()));
    let judge = |kind: &Kind| -> Vec<_> {
        let of_name = |name: &EventName| replies(name).into_iter().map(|((), releases)| (name.clone(), releases)).next();
        kind.asks.events.iter().filter_map(of_name).collect()
    };
    let mut say = |name: &EventName, releases: Vec<Release>, span: Span, effect: &str, severity: Severity| {
        let shown = show(&name.text);
        let message = match catalog::all_events().any(|event| event.name().as_bytes() == name.text) {
            true => format!("`{shown}` is only a reply to an action"),
            false => format!("only replies to actions have names that begin with `{shown}`"),
        };
        findings
            .at(span, message, effect)
            .severity(severity)
            .help("take it out; who gets the reply is a matter of `write`")
            .only(releases);
    };
    for (line, _, (name, releases)) in context.filter_lines(manager).judged(judge) {
        let (effect, severity) = match line.is_include {
            true => ("sends it whatever the filters are, and includes no other event with it", Severity::Info),
            false => ("sends it whatever the filters are", Severity::Warning),
        };
        say(&name, releases, line.event_span(context, &name), effect, severity);
    }
    for (name, span) in disabled_names(context, manager) {
        for ((), releases) in replies(&name) {
            say(&name, releases, span, "sends it all the same", Severity::Warning);
        }
    }
}

/// Is all that a name stands for sent only to who asked for it?
fn is_reply(events: &[EventDef], name: &EventName) -> bool {
    let mut named = events.iter().filter(|event| name.fits(event.name())).peekable();
    named.peek().is_some() && named.all(|event| !event.is_broadcast())
}
