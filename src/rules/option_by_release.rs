//! Options that some releases know and others do not.

use super::prelude::*;
use crate::catalog::{self, SectionKind, option};
use crate::config::manager::filter::FilterReader;
use crate::config::{Entry, Origin};
use crate::release::{Quirk, Release};

pub(super) static RULE: Rule = Rule {
    name: "option-by-release",
    summary: "a key is known to some releases, and not to those that are asked for",
    severity: Severity::Warning,
    doc: "\
The key is an option on some releases of Asterisk, and ignored on those that the configuration is checked for.

- `eventfilter`: releases from 18.26, 20.11, 21.6 and 22.1 on take every key that begins with `eventfilter` in lower \
case, and no other: `EventFilter` is ignored without a word. Older ones, 13 and 16 among them, take just \
`eventfilter`, in any letter case: `eventfilter(name(Hangup))` and `eventfilters` are ignored without a word. A user \
whose filters are all ignored receives every event of the classes in `read`, so an upgrade can hand out what was \
filtered before.
- `disabledevents`: unknown before 16.25, 18.11 and 19.3, on 13 and on certified 16.8 and 18.9. The events are sent to \
everybody, and a NOTICE is logged.

Plain `eventfilter` in lower case, with a regular expression, works everywhere. Name the releases that you run with \
`--asterisk`: this rule speaks only of those.",
    source: "main/manager.c, __init_manager and manager_add_filter; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[bob]
read = all
EventFilter = !Secret
^^^^^^^^^^^ releases before 18.26, 20.11, 21.6 and 22.1 act on it; write `eventfilter`, in lower case
")
        .because("13 and 16 take it, all later ones do not"),
        bad("\
[bob]
read = all
eventfilter(name(Hangup)) =
^^^^^^^^^^^^^^^^^^^^^^^^^ receives every event
")
        .on("16,20.9,22"),
        bad("\
[bob]
read = all
eventfilters = Hangup
^^^^^^^^^^^^ releases from 18.26, 20.11, 21.6 and 22.1 on act on it
")
        .on("16"),
        bad("\
[general]
disabledevents = VarSet
^^^^^^^^^^^^^^ these events are sent; releases from 16.25, 18.11 and 19.3 on act on it
")
        .on("13,22"),
        bad("[bob]\nread = all\nEventFilter = Dial\n^^^^^^^^^^^ in lower case\neventfilter = Hangup\n")
            .because("one more filter that includes would give events")
            .on("22"),
        good("[bob]\neventfilter = Hangup\nREAD = all\n"),
        good("[bob]\neventfilter(name(Hangup)) =\n[general]\ndisabledevents = VarSet\n").on("18,20,22,23"),
        good("[bob]\nEVENTFILTER = Hangup\n").on("13,16,20.9"),
        good("[bob]\nDisabledEvents = VarSet\n").on("13").because("that is no option of a user anywhere"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let series = Release::all_series();
    let is_filter = |name: &[u8]| name.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"eventfilter"));
    let filters = context.options().map(|(entry, _)| entry).filter(|entry| is_filter(entry.name));
    let includes = filters.filter(|entry| !entry.value.starts_with(b"!")).map(|entry| entry.origin).collect();
    for (entry, kinds) in context.options() {
        let knows = |release: &Release| kinds.iter().any(|&kind| catalog::knows(*release, kind, entry.name));
        if context.releases.iter().all(knows) {
            continue;
        }
        let ignoring: Vec<Release> = context.releases.iter().copied().filter(|it| !knows(it)).collect();
        let acting: Vec<Release> = series.iter().copied().filter(knows).collect();
        if acting.is_empty() {
            continue;
        }
        let Some(written) = context.effective.written(entry.origin) else { continue };
        let user = catalog::option(SectionKind::General, entry.name).is_none();
        let ignored = match user {
            true => {
                "ignores this filter without a word: with no other one the user receives every event of its classes"
            }
            false => "ignores the line but for a NOTICE: these events are sent",
        };
        let quirk = catalog::option(SectionKind::General, entry.name).map_or(Some(Quirk::EventFilterPrefix), |it| it.quirk());
        let acts = quirk.map(|quirk| match acting.iter().any(|release| release.has(quirk)) {
            true => format!("; releases from {} on act on it", quirk.begins()),
            false => format!("; releases before {} act on it", quirk.begins()),
        });
        let effect = format!("{ignored}{}", acts.unwrap_or_default());
        let message = format!("`{}` is an option on other releases only", show(entry.name));
        let help = match () {
            () if !user => "filter the events with `eventfilter` in each user's section",
            () if entry.name.contains(&b'(') => {
                "write it as `eventfilter = …` with a regular expression, which all releases take"
            }
            () => "write `eventfilter`, in lower case, which all releases take",
        };
        let span = context.span(entry.origin, written.name.range);
        let mend = mend(context, entry, &ignoring, &includes);
        let finding = findings.at(span, message, effect).help(help).only(ignoring);
        if let Some(safety) = mend {
            finding.fix(safety, "write `eventfilter`", span, "eventfilter");
        }
    }
}

/// What it does to a filter to be read by releases that take no notice of it; nothing where it would be none.
fn mend(context: &Context<'_>, entry: &Entry<'_>, ignoring: &[Release], includes: &Set<Origin>) -> Option<Safety> {
    let plain = mend::plain(context.effective, entry.origin)?;
    let is_other = plain.name.bytes.contains(&b'(') || option(SectionKind::General, entry.name).is_some();
    let is_filter = |&release| FilterReader::new(release).of_session(None, &entry.value).is_ok();
    if is_other || !ignoring.iter().all(is_filter) || mend::is_looked_for(context, b"eventfilter") {
        return None;
    }
    // To a user that has other filters, one more that includes gives events.
    let is_only = entry.value.starts_with(b"!") || includes.iter().all(|&at| at == entry.origin);
    Some(if is_only { Safety::Hardening } else { Safety::Widening })
}
