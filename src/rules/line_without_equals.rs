//! A line that sets nothing.

use std::collections::{HashMap, HashSet};

use super::prelude::*;
use crate::catalog::{SectionKind, option};
use crate::config::manager::filter::FilterReader;
use crate::config::{Origin, ReadId};
use crate::release::{Quirk, Release};
use crate::text::{FileId, Span, is_blank, is_secret_key, is_template_line};

pub(super) static RULE: Rule = Rule {
    name: "line-without-equals",
    summary: "a line has no `=`, and is dropped",
    severity: Severity::Warning,
    doc: "\
A line that is no header, no directive and no comment must have a `=`. Asterisk drops one without it, with a warning, \
and the file loads. Where the line was to set an option (error), the option is not set: after `deny 0.0.0.0/0` or \
`deny: 0.0.0.0/0` the user has no access rule and may log in from anywhere, and with `eventfilter !Event: X` it \
receives all events.

A `;` begins a comment, in the criteria of an `eventfilter` too: `eventfilter(name(Hangup);method(exact)) = x` ends at \
it.

Put a `=` between key and value. A comment begins with `;`: text, rulers of dashes and `//` do no harm, but a `=` in \
one makes it an option.

Lines that are part of a template language (`{% … %}`, `{{ … }}`, `<% … %>`, `@…@`, `__…__`, `%…%`) are left alone.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nsecret = 7Qm3kd\ndeny 0.0.0.0/0\n^^^^^^^^^^^^^^ no address is kept out by it\n"),
        bad("[bob]\npermit: 10.0.0.0/8\n^^^^^^^^^^^^^^^^^^ write `permit = 10.0.0.0/8`\n"),
        bad("[bob]\nread: system, call\n^^^^^^^^^^^^^^^^^^ write `read = system,call`\n"),
        bad("[bob]\nsecret 7Qm3kd\n^^^^^^^^^^^^^ write `secret = …`\n"),
        bad("[general]\nenabled yes\n^^^^^^^^^^^ it does not set `enabled`\n"),
        bad("[general]\nenabled = yes\n--- users ---\n^^^^^^^^^^^^^ a comment begins with `;`\n"),
        bad("[bob]\nread the manual first\n^^^^^^^^^^^^^^^^^^^^^ the line is dropped\n"),
        bad("\
[bob]
eventfilter(header(Channel);method(none)) = SIP
^^^^^^^^^^^^^^^^^^^^^^^^^^^ the `;` cuts this line
"),
        bad("\
[bob]
read = all
eventfilter(header(Channel);method(contains)) = SIP
^^^^^^^^^^^^^^^^^^^^^^^^^^^ write `,`
")
        .on("22"),
        good("[bob]\nsecret = 7Qm3kd\ndeny = 0.0.0.0/0 ; deny 10.0.0.0/8\npermit => 10.0.0.0/8\n"),
        good("[general]\n{% if tls %}\ntlsenable = yes\n{% endif %}\n").because("a template writes the file"),
        good("[general]\nenabled = yes\n__USERS__\n%MORE_USERS%\n@REST@\n").because("a tool fills these in"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut places: HashSet<(FileId, u32)> = HashSet::new();
    let mut kinds = Kinds::default();
    for (note, span) in context.notes().filter(|(note, _)| note.what == What::NoEquals) {
        let Node::Text(text) = context.effective.line(note.at).node() else { continue };
        if is_template_line(text.bytes) || !places.insert((span.file, note.at.line)) {
            continue;
        }
        if is_cut(context, note.at, span) {
            findings
                .at(
                    span,
                    "the `;` cuts this line before its `=`",
                    "takes what is behind the `;` for a comment, and drops the line; no event is filtered by it",
                )
                .help("write `,` between the criteria")
                .severity(Severity::Error)
                .fix_by(Safety::Widening, "write `,` between the criteria", comma(context, note.at, span));
            continue;
        }
        let kind = kinds.at(context, note.at);
        let Some((key, value)) = meant(text.bytes, kind) else {
            let help = "put a `=` between key and value; a comment begins with `;`";
            let finding = findings.at(span, "this line has no `=`", "the line is dropped with a warning").help(help);
            finding.fix_by(Safety::Safe, "make the line a comment", mend::comment_out(context.effective, note.at));
            continue;
        };
        findings
            .at(span, "this line has no `=`", format!("the line is dropped with a warning; {}", lost(key)))
            .help(format!("write `{key} = {value}`"))
            .severity(Severity::Error)
            .fix_by(Safety::Show, "put a `=` between key and value", equals(context, note.at, text.bytes, span));
    }
}

/// Is it a filter whose criteria have a `;` between them?
fn is_cut(context: &Context<'_>, at: Origin, span: Span) -> bool {
    let text = context.files.bytes(span);
    let line = context.effective.line(at).range();
    let start = b"eventfilter(";
    let Some(behind) = context.files.get(span.file).bytes().get(span.range().end..line.end) else { return false };
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
        && behind.trim_ascii_start().starts_with(b";")
        && behind.contains(&b'=')
}

/// The first `;` of such a filter, as a comma.
fn comma(context: &Context<'_>, at: Origin, span: Span) -> Option<Edit> {
    let line = context.effective.line(at);
    let behind = &context.files.get(span.file).bytes()[span.range().end..line.range().end];
    let has_marks = mend::has_marks(behind);
    let place = span.range().end + memchr::memchr(b';', behind)?;
    // What comes of it must be a filter to all releases.
    let rest = behind.split(|&byte| byte == b';').nth(1)?;
    let whole = [context.files.bytes(span), b",", rest].concat();
    let equals = memchr::memchr(b'=', &whole)?;
    let (key, value) = (whole[..equals].trim_ascii(), whole[equals + 1..].trim_ascii());
    let criteria = key.split_at_checked(b"eventfilter(".len())?.1.strip_suffix(b")")?;
    let is_filter = |release: &Release| FilterReader::new(*release).of_session(Some(criteria), value).is_ok();
    let is_known = |release: &Release| release.has(Quirk::EventFilterPrefix) && is_filter(release);
    let is_clear = context.asked.iter().all(is_known) && key.starts_with(b"eventfilter(") && !line.is_tangled();
    (is_clear && !has_marks).then(|| Edit { span: context.span(at, place..place + 1), text: b",".to_vec() })
}

/// A `=` behind the key, in the place of a colon where there is one.
fn equals(context: &Context<'_>, at: Origin, text: &[u8], span: Span) -> Option<Edit> {
    let key = text.iter().position(|&byte| is_blank(byte) || byte == b':')?;
    let blanks = |from: usize| text[from..].iter().take_while(|&&byte| is_blank(byte)).count();
    let colon = key + blanks(key);
    let end = if text.get(colon) == Some(&b':') { colon + 1 } else { key };
    let start = span.range().start;
    // Blanks in a list lose what stands beside them.
    let is_free = [&b"eventfilter"[..], b"setvar"].iter().any(|it| text[..key].eq_ignore_ascii_case(it));
    let value = text[end..].trim_ascii();
    let is_clear = is_free || is_secret_key(&text[..key]) || !value.iter().copied().any(is_blank);
    (is_clear && !context.effective.line(at).is_tangled()).then(|| Edit { span: context.span(at, start + key..start + end), text: b" =".to_vec() })
}

/// What it comes to when an option is not there.
fn lost(key: &str) -> String {
    match key {
        "deny" => "no address is kept out by it".to_owned(),
        "permit" => "no address is let in by it".to_owned(),
        "acl" => "it names no access list".to_owned(),
        "eventfilter" => "no event is filtered by it".to_owned(),
        key => format!("it does not set `{key}`"),
    }
}

/// The option that a line was to set, and to what. Prose may begin with the name of one: its value is one word, a list
/// with commas or numbers, unless a colon stands before it.
fn meant(text: &[u8], kind: Option<SectionKind>) -> Option<(&'static str, String)> {
    let end = text.iter().position(|&byte| is_blank(byte) || byte == b':').filter(|&end| end > 0)?;
    let known =
        |asked: SectionKind| if kind.is_none_or(|kind| kind == asked) { option(asked, &text[..end]) } else { None };
    let key = known(SectionKind::User).or_else(|| known(SectionKind::General))?.name();
    let behind = text[end..].trim_ascii_start();
    let value = behind.strip_prefix(b":").unwrap_or(behind).trim_ascii_start();
    let colon = value.len() < behind.len();
    let words: Vec<&[u8]> = value.split(|&byte| is_blank(byte)).filter(|word| !word.is_empty()).collect();
    let list = words.windows(2).all(|pair| pair[0].ends_with(b",") || pair[1].starts_with(b","));
    let mended = match () {
        () if words.is_empty() => return None,
        () if is_secret_key(key.as_bytes()) => "…".to_owned(),
        // Blanks in a list lose what stands beside them.
        () if list => show(&words.concat()),
        () if words.len() == 2 && matches!(key, "deny" | "permit") => show(&words.join(&b'/')),
        () => show(value),
    };
    let numbers = value.iter().all(|byte| !byte.is_ascii_alphabetic());
    let free = matches!(key, "eventfilter" | "setvar");
    (words.len() == 1 || list || numbers || colon || free).then_some((key, mended))
}

/// The kinds of the sections in which lines stand, as far as headers of the same file tell.
#[derive(Default)]
struct Kinds {
    /// How far each reading was looked through, and the kind of the section that is open there.
    seen: HashMap<ReadId, (u32, Option<SectionKind>)>,
}

impl Kinds {
    fn at(&mut self, context: &Context<'_>, at: Origin) -> Option<SectionKind> {
        let (line, kind) = self.seen.entry(at.read).or_default();
        while *line < at.line {
            if let Node::Header(header) = context.effective.line(Origin { line: *line, ..at }).node() {
                let is_general = header.name.bytes.eq_ignore_ascii_case(b"general");
                *kind = Some(if is_general { SectionKind::General } else { SectionKind::User });
            }
            *line += 1;
        }
        *kind
    }
}
