//! An including filter whose events are all held back by something else.

use std::collections::hash_map::Entry;

use super::filter_lines::{Events, is_asked_for, plain_read};
use super::prelude::*;
use crate::catalog::EventDef;
use crate::config::Origin;
use crate::config::manager::filter::{Asks, Filter, Filters};
use crate::config::manager::{Manager, User};

pub(super) static RULE: Rule = Rule {
    name: "filter-overruled",
    summary: "all that a filter includes is excluded or disabled elsewhere",
    severity: Severity::Warning,
    doc: "\
An event is sent when a filter without `!` matches and none with `!` does, in whatever order they stand, and when \
`disabledevents` does not name it. A filter whose events all are excluded by another one of the same user, or that \
nobody is sent as `disabledevents` has them, never lets anything pass.

Expressions are looked for anywhere in the text: `!Event: Hangup` also excludes `HangupRequest`. Write `!Event: \
Hangup[[:space:]]`, or take one of the two lines out.",
    source: "main/manager.c, should_send_event and manager_event; recorded on 16.28.0 and 22.10.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = call
eventfilter = Event: HangupRequest
              ^^^^^^^^^^^^^^^^^^^^ sends nothing of what it includes
eventfilter = Event: Newchannel
eventfilter = !Event: Hangup
"),
        bad("\
[general]
disabledevents = VarSet,Newexten
[bob]
read = call,dialplan
eventfilter = Event: (VarSet|Newexten)
              ^^^^^^^^^^^^^^^^^^^^^^^^ sends nothing of what it includes
eventfilter = Event: Hangup
")
        .on("16,22"),
        bad("\
[bob]
read = call
eventfilter(name(Hangup)) =
^^^^^^^^^^^^^^^^^^^^^^^^^ sends nothing of what it includes
eventfilter(action(exclude),name(Hangup)) =
")
        .on("22"),
        good("[bob]\nread = call\neventfilter = Event: Hangup\neventfilter = !Event: HangupRequest\n"),
        good("[bob]\nread = call\neventfilter = Event: Hangup\neventfilter = !Event: Hangup.*Channel: Local/\n")
            .because("only some of them are held back"),
        good("[general]\ndisabledevents = VarSet\n[bob]\nread = call,dialplan\neventfilter = Event: (VarSet|Hangup)\n"),
        good("\
[base](!)
eventfilter = Event: Hangup
[bob](base)
read = call
eventfilter = !Event: Hangup
[eve](base)
read = call
")
        .because("the line counts for another user"),
        good("[bob]\nread = call\neventfilter = !Event\n").because("there is nothing that it includes"),
    ],
};

/// What holds an event back.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Disabled,
    Exclude(Origin),
}

/// What a user has, as far as it matters here: most are like others.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'m> {
    read: u32,
    /// Their kinds.
    includes: Vec<usize>,
    excludes: Vec<Words<'m>>,
}

/// Event, header, method and pattern of a filter.
type Words<'m> = (Option<&'m [u8]>, Option<&'m [u8]>, &'static str, &'m [u8]);

fn words(filters: &[Filter]) -> Vec<Words<'_>> {
    filters.iter().map(|it| (it.event.as_deref(), it.header(), it.method(), &it.pattern[..])).collect()
}

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let disabled: Set<&[u8]> = manager.general.disabled_events().into_iter().collect();
    let users = || manager.accounts.users.iter().filter(|user| !user.filters.includes.is_empty());
    let has_a_say = |user: &User<'_>| !user.filters.excludes.is_empty() || !disabled.is_empty();
    if context.effective.is_partial() || !users().any(has_a_say) {
        return;
    }
    let (events, all_lines) = (Events::of(context), context.filter_lines(manager));
    // Of each line, release by release, what holds back all of it; nothing, where some user is sent something.
    let mut lines: Map<Origin, Vec<Option<By>>> = Map::default();
    let mut known: Map<Likeness<'_>, Vec<Vec<Option<usize>>>> = Map::default();
    for user in users() {
        let Filters { includes, excludes } = &user.filters;
        let read = plain_read(user).unwrap_or(u32::MAX);
        let kinds = includes.iter().map(|filter| all_lines.kind(filter)).collect();
        let likeness = Likeness { read, includes: kinds, excludes: words(excludes) };
        let verdicts = known.entry(likeness).or_insert_with_key(|likeness| {
            let asks = likeness.includes.iter().map(|&kind| all_lines.asks(kind)).collect();
            judge(&events, asks, excludes, read, &disabled)
        });
        for (filter, verdicts) in includes.iter().zip(verdicts) {
            let by = |at: usize| excludes.get(at).map_or(By::Disabled, |exclude| By::Exclude(exclude.at));
            let new = verdicts.iter().map(|at| at.map(by));
            match lines.entry(filter.at) {
                Entry::Vacant(slot) => drop(slot.insert(new.collect())),
                Entry::Occupied(mut slot) => {
                    slot.get_mut().iter_mut().zip(new).for_each(|(old, new)| *old = old.filter(|_| new.is_some()));
                }
            }
        }
    }
    if lines.values().flatten().any(Option::is_some) {
        tell(context, manager, &lines, findings);
    }
}

fn tell(
    context: &Context<'_>,
    manager: &Manager<'_>,
    lines: &Map<Origin, Vec<Option<By>>>,
    findings: &mut Findings<'_>,
) {
    for (line, _) in context.filter_lines(manager).iter().filter(|(line, _)| line.is_include) {
        let Some(verdicts) = lines.get(&line.at) else { continue };
        let mut told: Vec<By> = Vec::new();
        for by in verdicts.iter().flatten() {
            if told.contains(by) {
                continue;
            }
            told.push(*by);
            let releases = context.releases.iter().zip(verdicts).filter(|(_, it)| **it == Some(*by));
            let message = match by {
                By::Disabled => "the events that this filter includes are disabled",
                By::Exclude(_) => "the events that this filter includes are excluded by another one",
            };
            let finding = findings.at(line.span(context), message, "sends nothing of what it includes");
            finding
                .help("take one of the two out, or exclude less")
                .only(releases.map(|(release, _)| *release).collect());
            let (at, why) = match by {
                By::Disabled => (manager.general.disabledevents.at, "nobody is sent these"),
                By::Exclude(at) => (Some(*at), "holds them back"),
            };
            if let Some(at) = at {
                finding.see(context.effective.text(at), why);
            }
        }
    }
}

/// Of each including filter, release by release, the number of the excluding one that holds the first of its events back,
/// where all are held back; one more than there are stands for `disabledevents`.
fn judge(
    events: &Events,
    asks: Vec<&Asks>,
    excludes: &[Filter],
    read: u32,
    disabled: &Set<&[u8]>,
) -> Vec<Vec<Option<usize>>> {
    let mut verdicts: Vec<Vec<Option<usize>>> = vec![Vec::new(); asks.len()];
    for (release, events) in events.all() {
        let holder = |event: &EventDef| match disabled.contains(event.name().as_bytes()) {
            true => Some(excludes.len()),
            false => excludes.iter().position(|exclude| exclude.takes_all_of(event.name())),
        };
        let mut holders: Vec<Option<Option<usize>>> = vec![None; events.len()];
        for (asks, verdicts) in asks.iter().zip(&mut verdicts) {
            let mut by: Option<usize> = None;
            let all_held = events.iter().zip(&mut holders).all(|(event, known)| {
                if !event.is_broadcast() || !event.is_seen_by(release, read) || !is_asked_for(asks, event) {
                    return true;
                }
                let holder = *known.get_or_insert_with(|| holder(event));
                by = by.or(holder);
                holder.is_some()
            });
            verdicts.push(by.filter(|_| all_held));
        }
    }
    verdicts
}
