//! A filter, or `disabledevents`, on something that only answers an action.

use super::filter_lines::{Events, Kind, disabled_names};
use super::prelude::*;
use crate::catalog::{self, EventDef};
use crate::config::Origin;
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
    let mut say = |name: &EventName, releases: Vec<Release>, span: Span, (effect, severity): (&str, Severity), edit| {
        let shown = show(&name.text);
        let message = match catalog::all_events().any(|event| event.name().as_bytes() == name.text) {
            true => format!("`{shown}` is only a reply to an action"),
            false => format!("only replies to actions have names that begin with `{shown}`"),
        };
        findings
            .at(span, message, effect)
            .severity(severity)
            .help("take it out; who gets the reply is a matter of `write`")
            // amictl cannot know that no module of others sends an event of this name.
            .fix_by(Safety::Widening, "take out what holds nothing back", edit)
            .only(releases);
    };
    let all = |releases: &[Release]| releases.len() == context.releases.len();
    for (line, kind, (name, releases)) in context.filter_lines(manager).judged(judge) {
        let told = match line.is_include {
            true => ("sends it whatever the filters are, and includes no other event with it", Severity::Info),
            false => ("sends it whatever the filters are", Severity::Warning),
        };
        // Without the only filter that includes something, everything would be sent.
        let is_useless = !line.is_include && kind.asks.only_these && kind.asks.events.len() == 1 && all(&releases);
        let edit = if is_useless { without_line(context, line.at) } else { None };
        say(&name, releases, line.event_span(context, &name), told, edit);
    }
    let Some(at) = manager.general.disabledevents.at else { return };
    for (name, span) in disabled_names(context, manager) {
        for ((), releases) in replies(&name) {
            let edit = if all(&releases) { without_item(context, at, span, &name) } else { None };
            say(&name, releases, span, ("sends it all the same", Severity::Warning), edit);
        }
    }
}

fn without_line(context: &Context<'_>, at: Origin) -> Option<Edit> {
    let entry = mend::plain(context.effective, at)?;
    mend::comment_out(context.effective, at).filter(|_| !mend::is_looked_for(context, entry.name.bytes))
}

/// Takes an item of a list out, with a comma beside it; not the only one.
fn without_item(context: &Context<'_>, at: Origin, span: Span, name: &EventName) -> Option<Edit> {
    let edit = mend::word(context, at, span, &name.text, "")?;
    let (source, range) = (context.effective.read(at).tree.source(), span.range());
    if source.get(range.end) == Some(&b',') {
        return Some(Edit { span: context.span(at, range.start..range.end + 1), ..edit });
    }
    let comma = source[..range.start].trim_ascii_end().len().checked_sub(1)?;
    (source[comma] == b',').then(|| Edit { span: context.span(at, comma..range.end), ..edit })
}

/// Is all that a name stands for sent only to who asked for it?
fn is_reply(events: &[EventDef], name: &EventName) -> bool {
    let mut named = events.iter().filter(|event| name.fits(event.name())).peekable();
    named.peek().is_some() && named.all(|event| !event.is_broadcast())
}
