//! An `eventfilter` that Asterisk drops.

use super::prelude::*;
use crate::config::manager::{FactKind, Manager};
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
    for fact in &manager.accounts.facts {
        let Some(written) = context.effective.written(fact.at) else { continue };
        let is_filter = context.releases.first().is_some_and(|&release| takes(release, written.name.bytes));
        let is_other = ["a later section [", "a user that users.conf"].iter().any(|why| fact.why.starts_with(why));
        if !matches!(fact.kind, FactKind::Ignored { .. }) || !is_filter || is_other {
            continue;
        }
        if is_placeholder(written.name.bytes) || is_placeholder(written.value.bytes) {
            continue;
        }
        let (why, left) = fact.why.rsplit_once("; ").unwrap_or((&fact.why, ""));
        let effect = match left {
            _ if context.effective.is_partial() || left.is_empty() => "drops the filter".to_owned(),
            _ => format!("drops the filter: {left}"),
        };
        let in_value = why.starts_with("its expression does not compile") && !written.value.range.is_empty();
        let (range, help) = match in_value {
            true => (written.value.range, "write a POSIX extended regular expression"),
            false => (written.name.range, "mend it, for example `eventfilter(name(Hangup)) =`, or take the line out"),
        };
        findings.at(context.span(fact.at, range), format!("this filter is refused: {why}"), effect).help(help);
    }
}

/// Is a key one of a filter to a release?
fn takes(release: crate::release::Release, key: &[u8]) -> bool {
    crate::config::manager::filter::FilterReader::new(release).is_filter(key)
}
