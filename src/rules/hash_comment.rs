//! `#` where a comment was meant.

use std::ops::Range;

use super::prelude::*;
use super::unknown_directive::Meant;
use crate::catalog::{SectionKind, option};
use crate::config::Origin;
use crate::syntax::Entry;
use crate::text::{Span, is_secret_key};

pub(super) static RULE: Rule = Rule {
    name: "hash-comment",
    summary: "`#` is used for a comment",
    severity: Severity::Warning,
    doc: "\
A comment begins with `;`, and only with that. In a value `#` is a byte like any other: `read = system # note` grants \
the class `system # note`, which does not exist, `enabled = yes # note` means no, and with `secret = z # note` the \
secret is all of it. After `permit = 10.0.0.1 # note`, which is no address, the manager deletes the user; 13.12 drops \
the line instead. Where only a number at the beginning counts (`authtimeout = 30 # s`), it does no harm (info).

At the start of a line `#` begins a directive. Asterisk skips one that it does not know, with a warning at each load, \
so such a comment does no harm (info). But `#include` at the start of one does: the rest of the sentence is then the \
name of a file that does not exist, and the whole file is refused.

Values in which a `#` may be meant are left alone: those of `eventfilter` and `setvar`, and a secret in which no blank \
follows.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nread = system # for the wallboard\n              ^^^^^^^^^^^^^^^^^^^ part of the value\n"),
        bad("[bob]\nsecret = 7Qm3kd # since May\n                ^^^^^^^^^^^ part of the secret\n"),
        bad("[bob]\npermit = 10.0.0.1 #office\n                  ^^^^^^^ a comment begins with `;`\n"),
        bad("[bob]\ndeny = 0.0.0.0/0 # all\n                 ^^^^^ only the number before it counts\n"),
        bad("[general]\n# users\n^^^^^^^ `#` does not begin a comment\n# and more\n#permit=10.0.0.0/8\n[bob]\nread = call\n")
            .because("one word for the whole block"),
        good("; # a comment\n[bob]\nread = system ; # note\nsecret = a#b\n"),
        good("[bob]\nsecret = 7Qm #3kd\n").because("that may be the secret"),
        good("[bob]\nsecret = \"7Qm # 3kd\"\n").because("so may that: the quotes are part of it"),
        good("[bob]\nsetvar = NOTE=line # 5\neventfilter = Exten: # \n"),
        good("[general]\n#inclde users.conf\n").because("a misspelt directive has a rule of its own"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    lines(context, findings);
    for (at, line) in context.lines_with(b"#") {
        let Node::Entry(entry) = line.node() else { continue };
        let Some(place) = comment(&entry) else { continue };
        let key = entry.name.bytes;
        // The place is one in the live text: where that has holes, the value stands for it.
        let range = match line.is_tangled() {
            true => entry.value.range.clone(),
            false => entry.value.range.start + place.start..entry.value.range.end,
        };
        let number = only_number_counts(&entry, place.start);
        let what = match key {
            _ if number => "the text behind the `#` is part of the value, of which only the number before it counts",
            _ if is_secret_key(key) => "the text behind the `#` is part of the secret",
            _ => "the text behind the `#` is part of the value",
        };
        let finding = findings.at(context.span(at, range), "`#` does not begin a comment", what);
        finding.help("a comment begins with `;`");
        if number {
            finding.severity(Severity::Info);
        }
        let safety = if number { Safety::Safe } else { Safety::Widening };
        let edit = mend::in_value(context, at, place.start..place.start + 1, b";");
        finding.fix_by(safety, "begin the comment with `;`", edit);
    }
}

/// One finding for each block of lines that begin with `#`.
fn lines(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut block: Option<(Span, Origin, Vec<Option<Edit>>)> = None;
    let mut end = |block: &mut Option<(Span, Origin, Vec<Option<Edit>>)>| {
        let Some((span, _, edits)) = block.take() else { return };
        let count = edits.len();
        let effect = match count {
            1 => "a directive that does not exist: the line is skipped with a warning at each load".to_owned(),
            _ => format!(
                "directives that do not exist: these {count} lines are skipped with a warning each at each load"
            ),
        };
        let finding = findings.at(span, "`#` does not begin a comment", effect);
        finding.help("a comment begins with `;`").severity(Severity::Info);
        if let Some(edits) = edits.into_iter().collect() {
            finding.fix_all(Safety::Safe, "begin the comment with `;`", edits);
        }
    };
    for (note, span) in context.notes().filter(|(note, _)| note.what == What::UnknownDirective) {
        let Node::Directive(directive) = context.effective.line(note.at).node() else { continue };
        if Meant::of(&directive).is_some() {
            continue;
        }
        // `;--` would begin a comment of many lines.
        let text = if directive.keyword.bytes.starts_with(b"--") { "; " } else { ";" };
        let hash = Span { end: span.start + 1, ..span };
        let edit = mend::comment_out(context.effective, note.at).map(|_| Edit { span: hash, text: text.into() });
        match &mut block {
            Some((_, last, edits)) if (last.read, last.line + 1) == (note.at.read, note.at.line) => {
                *last = note.at;
                edits.push(edit);
            }
            _ => {
                end(&mut block);
                block = Some((span, note.at, vec![edit]));
            }
        }
    }
    end(&mut block);
}

/// Where in a value a comment begins that was meant as one.
fn comment(entry: &Entry<'_>) -> Option<Range<usize>> {
    let (key, value) = (entry.name.bytes, entry.value.bytes);
    let is_free = |name: &[u8]| key.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    if is_free(b"eventfilter") || is_free(b"setvar") {
        return None;
    }
    option(SectionKind::User, key).or_else(|| option(SectionKind::General, key))?;
    let is_blank = |at: usize| value.get(at).is_some_and(|&byte| crate::text::is_blank(byte));
    let is_text = |at: usize| !is_secret_key(key) && value.get(at).is_some_and(u8::is_ascii_alphabetic);
    let is_quoted = matches!(value, [b'"', .., b'"'] | [b'\'', .., b'\'']);
    if is_secret_key(key) && is_quoted {
        return None;
    }
    let begins = |at: &usize| *at > 0 && is_blank(at - 1) && (is_blank(at + 1) || is_text(at + 1));
    memchr::memchr_iter(b'#', value).find(begins).map(|at| at..value.len())
}

/// Does Asterisk look at a number only, and not at what follows it?
fn only_number_counts(entry: &Entry<'_>, hash: usize) -> bool {
    let is = |name: &&str| entry.name.bytes.eq_ignore_ascii_case(name.as_bytes());
    let (before, behind) = entry.value.bytes.split_at(hash);
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if ["authtimeout", "authlimit", "httptimeout", "writetimeout"].iter().any(is) {
        return is_number(before.trim_ascii());
    }
    // A length of a prefix; with a dot or a colon in it, it would be read as an address.
    let slash = before.iter().rposition(|&byte| byte == b'/');
    let prefix = slash.is_some_and(|slash| is_number(before[slash + 1..].trim_ascii()));
    prefix && ["deny", "permit"].iter().any(is) && !behind.iter().any(|byte| b".:,".contains(byte))
}
