//! An `eventfilter` that Asterisk drops.

use std::collections::HashSet;

use super::prelude::*;
use crate::config::Origin;
use crate::config::manager::filter::{Fault, FilterReader, Left};
use crate::config::manager::{Manager, Why};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "filter-dropped",
    summary: "an event filter that does not compile or parse, and is dropped",
    severity: Severity::Error,
    doc: "\
An `eventfilter` whose expression does not compile, or whose criteria Asterisk does not take, is dropped; the user \
and its other filters stay. When no filter is left, the user is sent every event of the classes in `read`; when it \
was one with `!`, what it was to hold back is sent. Releases without advanced filters (13, 16, and others before \
18.26, 20.11, 21.6 and 22.1) do so without a word, later ones with a WARNING.

Expressions are POSIX extended ones: `*` stands behind what it repeats (`.*foo`, not `*foo`), a bracket is closed, \
and `(?i)` and the like of Perl do not exist. Of the criteria in `eventfilter(…)`, each is `name(…)`, `header(…)`, \
`method(…)` or `action(…)`. A value needs a method, and every method but `none` needs a value.",
    source: "main/manager.c, manager_add_filter; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
secret = x
read = all
eventfilter = *Hangup
              ^^^^^^^ no filter is left, so everything is sent
"),
        bad("\
[bob]
read = all
eventfilter = Event: Hangup
eventfilter = !(?i)secret
              ^^^^^^^^^^^ what it was to hold back is sent
"),
        bad("\
[bob]
read = all
eventfilter(name(UserEvent)) = Alpha
^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it has a value and no method to test it with
")
        .on("18,20,21,22,23"),
        bad("\
[bob]
read = all
eventfilter =
^^^^^^^^^^^ its expression is empty
")
        .on("22"),
        good("[bob]\nread = all\neventfilter = Event: (Hangup|Newchannel)\neventfilter = !foo)\n"),
        good("[bob]\nread = all\neventfilter = !\n").on("16").because("it matches everything there"),
        good("[bob]\nread = all\neventfilter(name(Hangup)) =\neventfilter(header(Channel),method(contains)) = x\n")
            .on("22"),
        good("[bob]\nread = all\neventfilter(name(Hangup)) =\n")
            .on("16")
            .because("that a release does not know it is another matter"),
        good("[bob]\neventfilter = {{ filter }}\n").because("a tool fills this in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let among_others: HashSet<Origin> = manager
        .accounts
        .facts
        .iter()
        .filter(|fact| matches!(fact.why, Why::FilterRefused { left: Left::OtherFilters, .. }))
        .map(|fact| fact.at)
        .collect();
    for fact in &manager.accounts.facts {
        let Why::FilterRefused { fault, left } = &fact.why else { continue };
        // To these releases the key is none of a filter, which is another matter.
        if matches!(fault, Fault::UpperCase | Fault::CriteriaUnknown | Fault::OtherKey) {
            continue;
        }
        let Some(written) = context.effective.written(fact.at) else { continue };
        if is_placeholder(written.name.bytes) || is_placeholder(written.value.bytes) {
            continue;
        }
        let effect = match context.effective.is_partial() {
            true => "drops the filter".to_owned(),
            false => format!("drops the filter: {left}"),
        };
        let in_value = matches!(fault, Fault::Expression(_)) && !written.value.range.is_empty();
        let (range, help) = match in_value {
            true => (written.value.range, "write a POSIX extended regular expression"),
            false => (written.name.range, "mend it, for example `eventfilter(name(Hangup)) =`, or take the line out"),
        };
        let finding = findings.at(context.span(fact.at, range), format!("this filter is refused: {fault}"), effect).help(help);
        if in_value && let Some(edit) = without_star(context, fact.at) {
            // One more that includes gives events to a user that has others.
            let safety = if among_others.contains(&fact.at) { Safety::Widening } else { Safety::Hardening };
            finding.fix_all(safety, "take the `*` at its beginning out", vec![edit]);
        }
    }
}

/// The star that patterns of files begin with, taken out: an expression need not match from the beginning.
fn without_star(context: &Context<'_>, at: Origin) -> Option<Edit> {
    let entry = mend::plain(context.effective, at)?;
    let (mark, pattern) = match entry.value.bytes {
        [b'!', rest @ ..] => (1, rest),
        all => (0, all),
    };
    let rest = pattern.strip_prefix(b"*").filter(|rest| !rest.is_empty() && !entry.name.bytes.contains(&b'('))?;
    let is_filter = |&release| FilterReader::new(release).of_session(None, rest).is_ok();
    if !context.releases.iter().all(is_filter) {
        return None;
    }
    mend::in_value(context, at, mark..mark + 1, b"")
}
