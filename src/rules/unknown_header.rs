//! A filter that looks for a header which its events do not have.

use super::filter_lines::{Events, Kind, is_asked_for};
use super::prelude::*;
use crate::catalog::{self, EventDef, Header, is_slip};
use crate::config::manager::Manager;
use crate::release::Release;

pub(super) static RULE: Rule = Rule {
    name: "unknown-header",
    summary: "a filter looks for a header that its events do not have",
    severity: Severity::Warning,
    doc: "\
`header(…)` is compared byte by byte with what stands before the colon, as is what an expression has there: letter case \
counts. A filter for a header that none of its events has matches nothing. Then it includes nothing, or, with `!`, \
holds nothing back: what was to stay inside is sent. Nothing is logged.

The events are those that the filter names and that the classes in `read` let through. Of `header(…)` each name that \
none of them has is told; of an expression, which may look for a part of a value, only what is hardly anything else than \
a slip of the pen.

A UserEvent, a Cdr and a TestEvent have whatever headers they are given. Where one of these may be looked at as well, a \
slip is a note, and no warning. So is a header that only other releases send. `amictl explain EVENT` lists the headers \
of an event.",
    source: "main/manager.c, filter_cmp_fn and match_eventdata; recorded on 22.10.1. The headers are those of the \
             catalogue, held against what 16.28.0 and 22.10.1 sent",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = call
eventfilter(name(Newchannel),header(Chanel),method(starts_with)) = PJSIP/
                                    ^^^^^^ did you mean `Channel`?
eventfilter(action(exclude),name(Hangup),header(cause-txt),method(contains)) = Busy
                                                ^^^^^^^^^ write `Cause-txt`: letter case counts
eventfilter(name(Hangup),header(DestChannel),method(contains)) = PJSIP
                                ^^^^^^^^^^^ `Hangup` has no header `DestChannel`
eventfilter(header(Membership),method(exact)) = static
                   ^^^^^^^^^^ none of the events
")
        .on("22"),
        bad("\
[bob]
read = call,dialplan
eventfilter = Event: Newexten.*channel: PJSIP
                               ^^^^^^^ write `Channel`
eventfilter = !CalleridNum: 100
               ^^^^^^^^^^^ write `CallerIDNum`
")
        .on("16,22"),
        bad("\
[bob]
read = call,user
eventfilter(header(exten),method(exact)) = 100
                   ^^^^^ only events with headers of their own
eventfilter(name(Hangup),header(TechCause),method(exact)) = x
                                ^^^^^^^^^ these releases send it: 20 from 20.17.0
")
        .on("22.5.0"),
        good("\
[bob]
read = call,user
eventfilter(name(UserEvent),header(Chanel),method(contains)) = x
eventfilter(name(Newchannel),header(Channel:),method(contains)) = x
eventfilter(header(Mood),method(contains)) = x
eventfilter(name(OriginateResponse),header(Response),method(exact)) = Failure
")
        .on("22"),
        good("\
[bob]
read = call,dialplan
eventfilter = Channel: PJSIP
eventfilter = !Num: 100
eventfilter = AppData: note: x
eventfilter = Privilege: call,all
eventfilter = Wombat: x
")
        .because("`Num: ` ends `CallerIDNum: `, and `Wombat: ` may stand in a value"),
        good("[bob]\neventfilter(name(Hangup),header({{ header }}),method(exact)) = 5\n").because("a tool fills this in"),
    ],
};

#[derive(Clone, PartialEq)]
enum Verdict {
    /// None of its events has it.
    Missing { help: String, or_free: bool, meant: Option<&'static str> },
    /// Only other releases send it.
    Elsewhere(String),
}

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let events = Events::of(context);
    let judge = |kind: &Kind| -> Vec<_> {
        let whole = kind.asks.header.iter().map(|header| (header, true));
        let all = whole.chain(kind.asks.in_text.iter().map(|header| (header, false)));
        let mut told = Vec::new();
        for (header, is_whole) in all {
            let verdicts = events.judge(|release, events| verdict(release, events, kind, header, is_whole));
            told.extend(verdicts.into_iter().map(|(verdict, releases)| (header.clone(), verdict, releases)));
        }
        told
    };
    for (line, kind, (header, verdict, releases)) in context.filter_lines(manager).judged(judge) {
        let span = line.header_span(context, &header);
        let effect = match line.is_include {
            true => "sends nothing for it",
            false => "holds nothing back for it",
        };
        let shown = show(&header);
        let missing = match &kind.asks.events[..] {
            [only] if kind.asks.only_these && only.is_whole => {
                format!("the event `{}` has no header `{shown}`", show(&only.text))
            }
            _ => format!("none of the events that this filter looks at has a header `{shown}`"),
        };
        let finding = match verdict {
            Verdict::Missing { help, or_free: false, meant } => {
                let finding = findings.at(span, missing, effect).help(help);
                let meant = meant.filter(|_| releases.len() == context.releases.len());
                let edit = meant.and_then(|meant| mend::word(context, line.at, span, &header, meant));
                finding.fix_by(Safety::Widening, "write the name of the header", edit)
            }
            Verdict::Missing { help, or_free: true, .. } => {
                let message = format!("only events with headers of their own, as UserEvent, have a header `{shown}`");
                findings.at(span, message, format!("{effect} in others")).severity(Severity::Info).help(help)
            }
            Verdict::Elsewhere(those) => findings
                .at(span, missing, effect)
                .severity(Severity::Info)
                .help(format!("these releases send it: {those}")),
        };
        finding.only(releases);
    }
}

fn verdict(release: Release, events: &[EventDef], kind: &Kind, asked: &[u8], is_whole: bool) -> Option<Verdict> {
    let is_looked_at = |event: &&EventDef| {
        let is_seen = kind.reads.iter().any(|&read| event.is_seen_by(release, read));
        event.is_broadcast() && is_seen && is_asked_for(&kind.asks, event)
    };
    let looked_at: Vec<&EventDef> = events.iter().filter(is_looked_at).collect();
    let fits = |header: &Header| match is_whole {
        true => header.name().as_bytes() == asked,
        // An expression is found at the end of a name, too.
        false => header.name().as_bytes().ends_with(asked),
    };
    let has_it = |event: &&EventDef| event.headers(release).any(|header| fits(&header));
    if looked_at.iter().all(|event| event.has_free_headers()) || looked_at.iter().any(has_it) {
        return None;
    }
    let or_free = looked_at.iter().any(|event| event.has_free_headers());
    let fixed = || looked_at.iter().filter(|event| !event.has_free_headers());
    if let Some(late) = fixed().flat_map(|event| event.all_headers()).find(fits) {
        return Some(Verdict::Elsewhere(late.span().to_string()));
    }
    let mut names: Vec<&'static str> = fixed().flat_map(|event| event.headers(release)).map(Header::name).collect();
    names.sort_unstable();
    names.dedup();
    let same = names.iter().copied().find(|name| asked.eq_ignore_ascii_case(name.as_bytes()));
    let slip = catalog::nearest(asked, names.iter().copied()).filter(|name| is_slip(asked, name));
    let help = match (same, slip) {
        (Some(name), _) => format!("write `{name}`: letter case counts"),
        (_, Some(near)) => format!("did you mean `{near}`?"),
        _ if or_free || !is_whole => return None,
        _ => match &looked_at[..] {
            [event] => format!("`amictl explain {}` lists its headers", event.name()),
            _ => "check the name: `amictl explain EVENT` lists the headers of an event".to_owned(),
        },
    };
    Some(Verdict::Missing { help, or_free, meant: same.or(slip) })
}
