//! A filter that searches all the text of events for a name of one.

use std::collections::HashSet;

use super::prelude::*;
use crate::catalog;
use crate::config::manager::filter::{Filter, event_hash};
use crate::config::manager::{Manager, User};
use crate::posix::Answer;
use crate::release::{Quirk, Release};

pub(super) static RULE: Rule = Rule {
    name: "legacy-filter",
    summary: "an event filter searches all the text of events for the name of one",
    severity: Severity::Info,
    doc: "\
A filter without criteria is an expression that is searched for anywhere in an event, values included. `Event: Hangup` \
matches `HangupRequest` too, and any event into which somebody writes that text: a UserEvent from the dialplan or from \
another client may have a header `Event: Hangup`, or a value with these words. Each event is searched from end to end.

`eventfilter(name(Hangup)) =` compares the name alone. Releases from 18.26, 20.11, 21.6 and 22.1 on have such filters; \
nothing is said where an older one is among those that are checked.

The fix names each event of amictl's catalogue whose name the expression matches, so that the same events of the \
catalogue are sent as before, by their names. What is different: an event that is not in the catalogue and whose name \
only begins so, and an event that has the text elsewhere, as the value of a header of a UserEvent for instance. A filter \
that includes then sends less, and its fix is a hardening one. One that excludes then holds less back: it is mended \
only when this rule is named.",
    source: "main/manager.c, manager_add_filter and filter_cmp_fn; recorded on 18.26.4 to 23.4.1",
    check: Check::Strict(check),
    examples: &[
        bad("\
[bob]
read = all
eventfilter = Event: Newchannel
              ^^^^^^^^^^^^^^^^^ write `eventfilter(name(Newchannel)) =`
")
        .on("18,20,22"),
        bad("\
[quiet](!)
  eventfilter = !^Event: (VarSet|Newexten)[[:space:]] ; noise
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ holds back
[bob](quiet)
")
        .on("22"),
        bad("[bob]\neventfilter = Event: Hangup\n              ^^^^^^^^^^^^^ `HangupRequest`\n").on("22"),
        good("[bob]\neventfilter = Event: Newchannel\n").on("16,22").because("16 knows no other filters"),
        good("[bob]\neventfilter(name(Newchannel)) =\neventfilter = Channel: PJSIP\neventfilter = Event: New.*\n"),
        good("[bob]\neventfilter = Event: Mine\n").because("the catalogue has no such event"),
        good("[bob]\neventfilter = Event: CoreShowChannel\n").because("replies come whatever the filters are"),
    ],
};

/// More lines than this are no better than the expression.
const MOST_NAMES: usize = 8;

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    if !context.asked.iter().all(|release| release.has(Quirk::EventFilterPrefix)) {
        return;
    }
    let mut seen = HashSet::new();
    let of = |user: &User<'_>| -> Vec<(Filter, bool)> {
        let excludes = user.filters.excludes.iter().map(|filter| (filter.clone(), true));
        user.filters.includes.iter().map(|filter| (filter.clone(), false)).chain(excludes).collect()
    };
    for (filter, excludes) in manager.accounts.users.iter().flat_map(of) {
        if !seen.insert(filter.at) || filter.is_advanced || !is_of_names(&filter.pattern) {
            continue;
        }
        let Some(names) = names(&filter, context.asked) else { continue };
        let Some(entry) = mend::plain(context.effective, filter.at) else { continue };
        let key = |name: &&str| match excludes {
            true => format!("eventfilter(action(exclude),name({name})) ="),
            false => format!("eventfilter(name({name})) ="),
        };
        let lines: Vec<String> = names.iter().map(key).collect();
        let effect = match excludes {
            true => "searches each event for it, and holds back whatever event has this text in it",
            false => "searches each event for it, and sends whatever event has this text in it",
        };
        let shown: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("this expression stands for the events {}, and for their names in any text", shown.join(", "));
        let finding = findings.at(context.span(filter.at, entry.value.range.clone()), message, effect);
        let written: Vec<String> = lines.iter().map(|line| format!("`{line}`")).collect();
        finding.help(format!("write {}", written.join(" and ")));
        let line = context.effective.line(filter.at);
        let source = context.effective.read(filter.at).tree.source();
        let indent = &source[line.range().start..entry.name.range.start];
        if indent.iter().copied().all(crate::text::is_blank) {
            let between = [mend::line_end(context.effective, filter.at), indent].concat();
            let text = lines.iter().map(String::as_bytes).collect::<Vec<_>>().join(&between[..]);
            let safety = if excludes { Safety::Widening } else { Safety::Hardening };
            let span = context.span(filter.at, entry.name.range.start..entry.value.range.end);
            finding.fix(safety, "compare the names of the events", span, text);
        }
    }
}

/// Is an expression `Event: ` and names, and nothing else?
fn is_of_names(pattern: &[u8]) -> bool {
    let text = pattern.strip_prefix(b"^").unwrap_or(pattern);
    let Some(rest) = text.strip_prefix(b"Event: ") else { return false };
    let ends = [&b"[[:space:]]"[..], b"\\s", b"\\>", b"\\b"];
    let rest = ends.iter().find_map(|end| rest.strip_suffix(*end)).unwrap_or(rest);
    let inner = rest.strip_prefix(b"(").and_then(|inner| inner.strip_suffix(b")"));
    let is_name = |name: &[u8]| !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric);
    match inner {
        Some(inner) => inner.split(|&byte| byte == b'|').all(is_name),
        None => is_name(rest),
    }
}

/// The events whose names an expression matches, the same on all releases; nothing where a comparison of names would not
/// tell them from others.
fn names(filter: &Filter, releases: &[Release]) -> Option<Vec<&'static str>> {
    let mut known: Option<Vec<&str>> = None;
    for &release in releases {
        let events = || catalog::events(release).map(catalog::EventDef::name);
        let matches = |name: &&str| {
            let beginning = format!("Event: {name}\r\nPrivilege: ");
            filter.matches(beginning.as_bytes(), name.as_bytes()) == Answer::Yes
        };
        // Replies come whatever the filters are.
        let sent = catalog::events(release).filter(|event| event.is_broadcast()).map(catalog::EventDef::name);
        let names: Vec<&str> = sent.filter(matches).collect();
        // Names are compared by a hash of 31 bits.
        let is_alone = |name: &&str| {
            let hash = event_hash(name.as_bytes());
            events().filter(|other| event_hash(other.as_bytes()) == hash).all(|other| other == *name)
        };
        let is_usable = !names.is_empty() && names.len() <= MOST_NAMES && names.iter().all(is_alone);
        if !is_usable || known.as_ref().is_some_and(|known| *known != names) {
            return None;
        }
        known = Some(names);
    }
    known
}
