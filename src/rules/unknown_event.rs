//! A filter, or `disabledevents`, that names an event which does not exist.

use super::filter_lines::{Events, Kind, disabled_names, list};
use super::prelude::*;
use crate::catalog::{self, EventDef, is_slip, nearest, nearest_event};
use crate::config::Origin;
use crate::config::manager::Manager;
use crate::config::manager::filter::EventName;
use crate::release::Release;
use crate::text::{Span, is_blank};

pub(super) static RULE: Rule = Rule {
    name: "unknown-event",
    summary: "a filter or `disabledevents` names an event that does not exist",
    severity: Severity::Warning,
    doc: "\
The names of events are compared byte by byte: letter case counts, and Asterisk's own documentation has one of them \
wrong (`NewExten` is `Newexten` on the wire). Libraries for clients have names of their own (`HangupEvent`), and \
releases up to 11 had others (`Join` is `QueueCallerJoin` since 12). Nothing is logged when a name is that of no event. A filter with it \
then includes nothing, and a client waits for events that never come; with `!`, and in `disabledevents`, it holds \
nothing back: what was to stay inside is sent.

`name(…)` and the items of `disabledevents` are whole names, without patterns and quotes. In `disabledevents` a blank \
behind a name, before the comma, belongs to the name. An expression such as `Event: New` asks for every event whose \
name begins so.

It is a note, and no warning, where an event exists in other releases only, and where a name is not near any that \
amictl knows: a module that is not part of Asterisk may send it. And the expression `Event: Foo` also finds a \
`UserEvent: Foo`, which is better asked for by just that.",
    source: "main/manager.c, should_send_event, match_eventdata and event_is_disabled (ast_in_delimited_string); \
             recorded on 16.28.0 to 23.4.1. The events are those of the catalogue: `amictl explain EVENT`",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = all
eventfilter = Event: NewExten
                     ^^^^^^^^ write `Newexten`: letter case counts
eventfilter = !Event: (RTCPSend|VarSet)
                       ^^^^^^^^ did you mean `RTCPSent`?
"),
        bad("\
[bob]
read = all
eventfilter(name(newchannel),header(Channel),method(starts_with)) = PJSIP/
                 ^^^^^^^^^^ write `Newchannel`
eventfilter(action(exclude),name(RTCP*)) =
                                 ^^^^^ name each of `RTCPReceived` and `RTCPSent`
eventfilter(name(DTMF)) =
                 ^^^^ names are compared whole: write `DTMFBegin` or `DTMFEnd`
")
        .on("22"),
        bad("\
[bob]
read = all
eventfilter = Event: (HangupEvent|Join)
                      ^^^^^^^^^^^ write `Hangup`: the rest is how libraries name it
                                  ^^^^ write `QueueCallerJoin`
"),
        bad("\
[general]
disabledevents = VarSet , Newexten,RTCP.*,varset,\"Hangup\"
                 ^^^^^^^ take the blank behind it out
                                   ^^^^^^ there are no patterns here
                                          ^^^^^^ write `VarSet`
                                                 ^^^^^^^^ write `Hangup`
")
        .on("22"),
        bad("\
[bob]
read = all
eventfilter(name(CallStarted)) =
                 ^^^^^^^^^^^ a UserEvent is asked for with `name(UserEvent),header(UserEvent)`
")
        .on("22"),
        bad("\
[bob]
read = all
eventfilter = Event: MonitorStart
                     ^^^^^^^^^^^^ these releases have it: 13 to 20
eventfilter = Event: SIPInvite
                     ^^^^^^^^^ unless a module that is not part of Asterisk sends it
")
        .on("22"),
        good("\
[bob]
read = all
eventfilter = Event: New
eventfilter = !Event: RTCP*
eventfilter = ^Event: (Hangup|Bridge.*|[Vv]arSet)
eventfilter = UserEvent: start-in-call
eventfilter = NewExten
"),
        good("[bob]\nread = all\neventfilter = Event: MonitorStart\n").on("13,16,18,20"),
        good("[bob]\nread = all\neventfilter = Event: Newstate\\r\\nPrivilege\n")
            .because("that is a matter of `perl-expression`"),
        good("[general]\ndisabledevents = VarSet,  Newexten,,RTCPSent\n"),
        good("[bob]\nread = all\neventfilter(name(UserEvent),header(UserEvent),method(exact)) = NewExten\n")
            .on("22")
            .because("a UserEvent has whatever name it is given"),
        good("[general]\ndisabledevents = {{ events }}\n").because("a tool fills this in"),
    ],
};

#[derive(Clone, PartialEq)]
enum Verdict {
    /// It is hardly anything else than this; what to do, and what is to stand there.
    Slip(String, Option<String>),
    /// There are characters in it that no name has; the same.
    Pattern(String, Option<String>),
    /// The releases that have it.
    Elsewhere(String),
    /// Perhaps this is meant.
    Unknown(Option<&'static str>),
}

/// Where a name stands.
#[derive(Clone, Copy)]
struct Place {
    at: Origin,
    span: Span,
    how: Use,
}

/// What it is there for.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Include,
    Exclude,
    Disabled,
}

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let events = Events::of(context);
    let judge = |name: &EventName| -> Vec<_> {
        let verdicts = events.judge(|release, events| verdict(release, events, name));
        verdicts.into_iter().map(|(verdict, releases)| (name.clone(), verdict, releases)).collect()
    };
    let of_kind = |kind: &Kind| kind.asks.events.iter().flat_map(judge).collect();
    for (line, _, (name, verdict, releases)) in context.filter_lines(manager).judged(of_kind) {
        // What Perl writes in an expression is the matter of another rule.
        if !line.may_be_escape(context, &name.text) {
            let how = if line.is_include { Use::Include } else { Use::Exclude };
            let at = Place { at: line.at, span: line.event_span(context, &name), how };
            tell(context, &name, at, &verdict, releases, findings);
        }
    }
    let Some(at) = manager.general.disabledevents.at else { return };
    for (name, span) in disabled_names(context, manager) {
        for (name, verdict, releases) in judge(&name) {
            tell(context, &name, Place { at, span, how: Use::Disabled }, &verdict, releases, findings);
        }
    }
}

fn verdict(release: Release, events: &[EventDef], name: &EventName) -> Option<Verdict> {
    let text = &name.text[..];
    if events.iter().any(|event| name.fits(event.name())) {
        return None;
    }
    if let Some(event) = catalog::all_events().find(|event| name.fits(event.name())) {
        return Some(Verdict::Elsewhere(event.span().to_string()));
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if let Some(end) = text.iter().position(|byte| !is_part(byte)) {
        let (help, meant) = without_pattern(events, text, end);
        return Some(Verdict::Pattern(help, meant));
    }
    let begins = |event: &&EventDef| {
        let start = event.name().get(..text.len());
        start.is_some_and(|start| start.as_bytes().eq_ignore_ascii_case(text) && (!name.is_whole || start == event.name()))
    };
    if let Some(event) = events.iter().find(begins) {
        let meant = &event.name()[..text.len()];
        return Some(Verdict::Slip(format!("write `{meant}`: letter case counts"), Some(meant.to_owned())));
    }
    if let Some((help, meant)) = other_name(events, text) {
        return Some(Verdict::Slip(help, meant));
    }
    // Most names that are not near any event of all releases are asked for once only.
    let is_near = nearest(text, catalog::all_events().map(EventDef::name)).is_some();
    Some(match nearest_event(release, text).filter(|_| is_near) {
        Some(near) if is_slip(text, near) => {
            Verdict::Slip(format!("did you mean `{near}`?"), Some(near.to_owned()))
        }
        near => Verdict::Unknown(near),
    })
}

/// What to write for a name that an event has elsewhere: in older releases, in documentation, in libraries for clients,
/// or together with others that begin so.
fn other_name(events: &[EventDef], text: &[u8]) -> Option<Advice> {
    let named = |event: &EventDef| Some(event.name().to_owned());
    let is = |name: &str| name.as_bytes().eq_ignore_ascii_case(text);
    if let Some(event) = events.iter().find(|event| event.mistaken().iter().any(|name| is(name))) {
        return Some((format!("write `{}`", event.name()), named(event)));
    }
    let bare = text.len().checked_sub(5).filter(|&end| text[end..].eq_ignore_ascii_case(b"Event")).map(|end| &text[..end]);
    if let Some(event) = events.iter().find(|event| bare.is_some_and(|bare| event.name().as_bytes().eq_ignore_ascii_case(bare))) {
        return Some((format!("write `{}`: the rest is how libraries name it", event.name()), named(event)));
    }
    let begun: Vec<&str> = events.iter().map(|event| event.name()).filter(|name| name.as_bytes().starts_with(text)).collect();
    (text.len() > 3 && (1..=6).contains(&begun.len()))
        .then(|| (format!("names are compared whole: write {}", list(&begun, "or")), None))
}

/// What to do, and what is to stand there, where that is clear.
type Advice = (String, Option<String>);

/// What to write for a name with other characters in it than names have; `end`: the place of the first.
fn without_pattern(events: &[EventDef], text: &[u8], end: usize) -> Advice {
    let known = |name: &[u8]| events.iter().find(|event| event.name().as_bytes().eq_ignore_ascii_case(name));
    let bare = text.trim_ascii_end();
    let quoted = bare.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let begun: Vec<&str> = events.iter().map(|event| event.name()).filter(|name| name.as_bytes().starts_with(&text[..end])).collect();
    match (known(bare), quoted.and_then(known), &begun[..]) {
        (Some(event), ..) => ("take the blank behind it out".to_owned(), Some(event.name().to_owned())),
        (_, Some(event), _) => (format!("write `{}`", event.name()), Some(event.name().to_owned())),
        (.., [_, ..]) if end > 0 && begun.len() <= 4 => {
 (format!("there are no patterns here: name each of {}", list(&begun, "and")), None) }
        _ if text.iter().any(|&byte| is_blank(byte)) => ("put commas between the names".to_owned(), None),
        _ => ("there are no patterns here: write the whole name of one event".to_owned(), None),
    }
}

fn tell(
    context: &Context<'_>,
    name: &EventName,
    Place { at, span, how }: Place,
    verdict: &Verdict,
    releases: Vec<Release>,
    findings: &mut Findings<'_>,
) {
    let shown = show(&name.text);
    let nothing = match how {
        Use::Include => "sends nothing for it",
        Use::Exclude => "holds nothing back for it",
        Use::Disabled => "disables nothing for it",
    };
    let no_event = match name.is_whole {
        true => format!("no event is called `{shown}`"),
        false => format!("no event has a name that begins with `{shown}`"),
    };
    let finding = match verdict {
        Verdict::Slip(help, meant) | Verdict::Pattern(help, meant) => {
            let finding = findings.at(span, no_event, nothing).help(help.clone());
            // What one release has no event for, another may have.
            let meant = meant.as_ref().filter(|_| releases.len() == context.releases.len());
            let edit = meant.and_then(|meant| mend::word(context, at, span, &name.text, meant));
            finding.fix_by(safety(verdict, how), "write the name of the event", edit)
        }
        Verdict::Elsewhere(span_of) => findings
            .at(span, format!("this release has no event `{shown}`"), nothing)
            .severity(Severity::Info)
            .help(format!("these releases have it: {span_of}")),
        Verdict::Unknown(near) => {
            let or_users = match how == Use::Disabled || name.is_whole {
                true => "",
                false => ", or a UserEvent may have that name",
            };
            let effect = format!("{nothing}, unless a module that is not part of Asterisk sends it{or_users}");
            let finding = findings.at(span, no_event, effect).severity(Severity::Info);
            match near {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None if name.is_whole && how != Use::Disabled => {
                    finding.help("check the name; a UserEvent is asked for with `name(UserEvent),header(UserEvent)`")
                }
                None => finding.help("check the name: `amictl explain EVENT` knows those of Asterisk"),
            }
        }
    };
    finding.only(releases);
}

/// Nothing that could not be the name of an event is disabled. Of other names amictl cannot know that none has them, and a
/// filter on one may find the text elsewhere.
fn safety(verdict: &Verdict, how: Use) -> Safety {
    match (verdict, how) {
        (Verdict::Pattern(..), Use::Disabled) => Safety::Hardening,
        _ => Safety::Widening,
    }
}
