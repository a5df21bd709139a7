//! An event filter that no event can match.

use std::collections::HashSet;
use std::ops::Range;

use super::prelude::*;
use crate::config::manager::Manager;
use crate::config::manager::filter::Filter;
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "filter-never-matches",
    summary: "an event filter that no event can match",
    severity: Severity::Warning,
    doc: "\
A filter without a `header(…)` looks at the whole text of an event, from `Event: ` at its beginning to the empty line \
at its end, and not line by line. `^` stands for the very beginning: `^Channel: ` never matches. `$` stands for the \
very end, behind CR LF CR LF: `Hangup$` never matches. And a blank stands between `Event:` and the name. The methods \
`starts_with`, `ends_with` and `exact` look at the same text.

When no other filter includes anything, the user is sent nothing; a filter with `!` holds nothing back.

Write `[[:space:]]Channel: ` for the beginning of a line and `[[:space:]]` for its end, or, where there are advanced \
filters, ask for a header: `eventfilter(header(Channel),method(starts_with)) = PJSIP/`.",
    source: "main/manager.c, match_eventdata, filter_cmp_fn and until 20.9 match_filter; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
eventfilter = ^Channel: PJSIP
              ^^^^^^^^^^^^^^^ `^` is the beginning of the whole event
"),
        bad("\
[bob]
eventfilter = ^Event:Newchannel
              ^^^^^^^^^^^^^^^^^ write `Event: `, with a blank behind the colon
eventfilter = Event:(Hangup|Newstate)
              ^^^^^^^^^^^^^^^^^^^^^^^ a blank stands between `Event:` and the name
"),
        bad("\
[bob]
eventfilter = !Event: VarSet$
              ^^^^^^^^^^^^^^^ holds nothing back
"),
        bad("\
[bob]
eventfilter = Exten: [0-9]+$
              ^^^^^^^^^^^^^^ includes no event
"),
        bad("\
[bob]
eventfilter(name(Hangup),method(starts_with)) = Channel
                                                ^^^^^^^ begins with `Event: `
")
        .on("22"),
        good("[bob]\neventfilter = ^Event: (Hangup|Newchannel)\neventfilter = Alpha.*$\neventfilter = [[:space:]]+$\n"),
        good("[bob]\neventfilter = ^E\neventfilter = ^E?x\neventfilter = ^x*Event\neventfilter = ^(Channel|Event)\n"),
        good("[bob]\neventfilter = ^Channel|Event:Hangup\neventfilter = UserEvent:Hangup\neventfilter = costs 5\\$\neventfilter = x*$\n"),
        good("[bob]\neventfilter(header(Channel),method(regex)) = ^PJSIP/bob$\n")
            .on("22")
            .because("of a header these are the ends of its value"),
    ],
};

/// How every event begins.
const BEGINNING: &[u8] = b"Event: ";

/// What is wrong with `Event:Hangup`.
const NO_BLANK: &str = "a blank stands between `Event:` and the name";

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    for user in &manager.accounts.users {
        let includes = user.filters.includes.iter().map(|filter| (filter, "includes no event with it"));
        let excludes = user.filters.excludes.iter().map(|filter| (filter, "holds nothing back with it"));
        for (filter, effect) in includes.chain(excludes) {
            if is_placeholder(&filter.pattern) || !seen.insert(filter.at) {
                continue;
            }
            let Some(why) = hopeless(filter) else { continue };
            let Some(written) = context.effective.written(filter.at) else { continue };
            let help = match filter.is_advanced {
                _ if why == NO_BLANK => "write `Event: `, with a blank behind the colon",
                true => "look at one header with `header(…)`, or use the method `contains`",
                false => "write `[[:space:]]` for the beginning or the end of a line",
            };
            let span = context.span(filter.at, written.value.range.clone());
            let finding = findings.at(span, format!("no event matches this filter: {why}"), effect).help(help);
            if !written.value.bytes.ends_with(&filter.pattern) {
                continue;
            }
            let (start, end) = (written.value.bytes.len() - filter.pattern.len(), written.value.bytes.len());
            if why == NO_BLANK {
                let edit = mend::in_value(context, filter.at, start..end, &with_blanks(&filter.pattern));
                finding.fix_by(Safety::Widening, "write `Event: `", edit);
            } else if let Some((part, text)) = mend(filter) {
                let edit = mend::in_value(context, filter.at, start + part.start..start + part.end, text);
                finding.fix_by(Safety::Widening, "write `[[:space:]]` for it", edit);
            }
        }
    }
}

/// Why a filter matches nothing, if that is certain.
fn hopeless(filter: &Filter) -> Option<&'static str> {
    let pattern = &filter.pattern[..];
    if filter.header().is_some() {
        return None;
    }
    let differs = |text: &[u8]| text.iter().zip(BEGINNING).any(|(one, other)| one != other);
    match filter.method() {
        "starts_with" if differs(pattern) => Some("every event begins with `Event: `"),
        "contains" if has_no_blank(pattern) => Some(NO_BLANK),
        "ends_with" | "exact" => Some("the text of an event ends in CR LF CR LF, which no value holds"),
        "regex" if needs_no_blank(filter) => Some(NO_BLANK),
        // With alternatives, another one may match.
        "regex" if !pattern.contains(&b'|') => {
            let start = pattern.strip_prefix(b"^").map(literal);
            match start {
                Some(text) if differs(text) => {
                    Some("`^` is the beginning of the whole event, which begins with `Event: `")
                }
                _ if ends_before_the_end(pattern) => Some("`$` is the end of the whole event, behind CR LF CR LF"),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Does an expression match nothing without an `Event:` that a name follows at once?
fn needs_no_blank(filter: &Filter) -> bool {
    let needs = filter.expression().and_then(|expression| expression.needs());
    needs.is_some_and(|needs| needs.all.iter().any(|texts| texts.iter().all(|text| has_no_blank(text))))
}

fn has_no_blank(text: &[u8]) -> bool {
    text.strip_prefix(b"Event:").is_some_and(|name| name.first().is_some_and(u8::is_ascii_alphanumeric))
}

/// A pattern with a blank behind each `Event:` that a name follows at once.
fn with_blanks(pattern: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(pattern.len() + 1);
    for (at, &byte) in pattern.iter().enumerate() {
        let before = pattern[..at].strip_suffix(b"Event:");
        let is_word = before.is_some_and(|rest| !rest.last().is_some_and(u8::is_ascii_alphanumeric));
        if is_word && (byte.is_ascii_alphanumeric() || byte == b'(') {
            text.push(b' ');
        }
        text.push(byte);
    }
    text
}

/// The part of an expression without criteria that makes it hopeless, and what is meant: the beginning or the end of a
/// line.
fn mend(filter: &Filter) -> Option<(Range<usize>, &'static [u8])> {
    let pattern = &filter.pattern[..];
    if filter.is_advanced || pattern.contains(&b'|') {
        return None;
    }
    let start = pattern.strip_prefix(b"^").map(literal);
    let is_header = |text: &[u8]| text.iter().position(|&byte| byte == b':').is_some_and(|colon| colon > 0);
    match start {
        Some(text) if text.starts_with(b"Event:") => end_of_line(pattern),
        Some(text) if is_header(text) => Some((0..1, b"[[:space:]]")),
        Some(_) => None,
        None => end_of_line(pattern),
    }
}

fn end_of_line(pattern: &[u8]) -> Option<(Range<usize>, &'static [u8])> {
    ends_before_the_end(pattern).then(|| (pattern.len() - 1..pattern.len(), &b"[[:space:]]"[..]))
}

/// The bytes that an expression asks for first, as they are.
fn literal(pattern: &[u8]) -> &[u8] {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b':' | b'-' | b'_' | b'/');
    let length = pattern.iter().take_while(|byte| plain(byte)).count();
    let is_optional = matches!(pattern.get(length), Some(b'*' | b'?' | b'{'));
    &pattern[..length - usize::from(is_optional && length > 0)]
}

/// Does an expression want its last `$` right behind a character that is no end of a line?
fn ends_before_the_end(pattern: &[u8]) -> bool {
    let Some(rest) = pattern.strip_suffix(b"$") else { return false };
    let rest = rest.strip_suffix(b"+").unwrap_or(rest);
    let Some((&last, before)) = rest.split_last() else { return false };
    let escapes = before.iter().rev().take_while(|&&byte| byte == b'\\').count();
    if escapes > 0 {
        // Only a mark that was escaped for certain: `\.$`.
        return escapes == 1 && b".+*?()[]{}/-".contains(&last);
    }
    match last {
        b']' => is_plain_bracket(before),
        _ => last.is_ascii_alphanumeric() || matches!(last, b' ' | b':' | b'-' | b'_' | b'/' | b'"' | b'\''),
    }
}

/// Does a text end in a bracket of letters, digits and ranges of them, but for its `]`?
fn is_plain_bracket(text: &[u8]) -> bool {
    let inner = text.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let before = text[..text.len() - inner].strip_suffix(b"[");
    inner > 0 && before.is_some_and(|before| !matches!(before.last(), Some(b'\\' | b'^' | b'[')))
}
