//! What Perl writes in a regular expression, and POSIX reads otherwise.

use std::collections::HashSet;

use super::prelude::*;
use crate::config::manager::Manager;
use crate::posix::{Units, compile};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "perl-expression",
    summary: "an expression in Perl's notation, which means another thing here",
    severity: Severity::Warning,
    doc: "\
The expressions of event filters are POSIX extended ones, as glibc reads them. They compile with these, and match \
other texts than they look like:

`\\d`, `\\t`, `\\n`, `\\r`, `\\x41` and other escapes of Perl are the letter behind the backslash: `\\d` is `d`. Only \
`\\w \\W \\s \\S \\b \\B \\< \\>` and `\\1` to `\\9` are there. In brackets a backslash is itself: `[\\d]` is a \
backslash or a `d`. And `+?` and `??` are not lazy: the `?` makes what stands before it optional, and `a.+?b` \
matches `ab`.

Such a filter most often matches nothing: an including one withholds its events, an excluding one hands out what it \
was to hold back. Write `[0-9]` for `\\d`, and `[[:space:]]` for the ends of lines.",
    source: "main/manager.c, manager_add_filter (regcomp with REG_EXTENDED); recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
eventfilter = !Exten: \\d+
                      ^^ is the letter `d`
"),
        bad("\
[bob]
eventfilter = Channel: SIP/bob\\r\\n
                              ^^ is the letter `r`
"),
        bad("\
[bob]
eventfilter = Exten: [\\d*]+
                      ^^ is a backslash or `d`
"),
        bad("\
[bob]
eventfilter = Exten: .+?9
                      ^^ makes it optional
"),
        good("[bob]\neventfilter = Exten: [0-9]+[[:space:]]\neventfilter = !\\bSecret\\w*\\.\n"),
        good("[bob]\neventfilter = Exten: .*?9\n").because("it matches the same without the `?`"),
        good("[bob]\neventfilter = C:\\\\d\n").because("the backslash is escaped"),
        good("[bob]\neventfilter(header(Path),method(contains)) = \\d\n").because("that is no expression").on("22"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    let users = manager.accounts.users.iter();
    for filter in users.flat_map(|user| user.filters.includes.iter().chain(&user.filters.excludes)) {
        let pattern = &filter.pattern[..];
        if filter.method() != "regex" || is_placeholder(pattern) || !seen.insert(filter.at) {
            continue;
        }
        let Some((range, what)) = perl(pattern) else { continue };
        let Some(written) = context.effective.written(filter.at) else { continue };
        // Of a value with escapes or comments in it, or one that several lines make, no part can be pointed at.
        let value = context.span(filter.at, written.value.range.clone());
        let start = written.value.range.end.saturating_sub(pattern.len());
        let span = match context.files.bytes(value).ends_with(pattern) {
            true => context.span(filter.at, start + range.start..start + range.end),
            false => value,
        };
        let part = show(&pattern[range]);
        let (effect, help) = match what {
            Perl::Escape(letter) => {
                let help = match letter {
                    b'd' => "write `[0-9]`",
                    b'D' => "write `[^0-9]`",
                    b'n' | b'r' => "write `[[:space:]]` for the end of a line",
                    b't' | b'h' => "write `[[:blank:]]`",
                    _ => "write the character itself, or a class as `[[:alnum:]]`",
                };
                (format!("reads it as POSIX does: `{part}` is the letter `{}`", char::from(letter)), help)
            }
            Perl::InBrackets(letter) => {
                let effect =
                    format!("reads it as POSIX does: `{part}` in brackets is a backslash or `{}`", char::from(letter));
                let help = match letter {
                    b'd' => "write `0-9`",
                    b'w' => "write `[:alnum:]_`",
                    _ => "write `[:space:]`",
                };
                (effect, help)
            }
            Perl::Lazy => {
                let effect = "reads it as POSIX does: the `?` makes it optional, not lazy".to_owned();
                (effect, "take the `?` out")
            }
        };
        let message = format!("`{part}` is the notation of Perl, and means another thing here");
        let finding = findings.at(span, message, effect).help(help);
        // The pattern is the value, but for the `!` in front.
        let posix = posix(pattern).filter(|_| written.value.bytes.ends_with(pattern));
        if let Some(posix) = posix.filter(|posix| compile(posix, Units::Bytes).is_ok()) {
            let start = written.value.bytes.len() - pattern.len();
            let edit = mend::in_value(context, filter.at, start..written.value.bytes.len(), &posix);
            finding.fix_by(Safety::Widening, "write it as POSIX does", edit);
        }
    }
}

enum Perl {
    /// A backslash and a letter.
    Escape(u8),
    /// The same in brackets.
    InBrackets(u8),
    /// A second quantifier.
    Lazy,
}

/// An expression with all that is of Perl written as POSIX has it; nothing where that is not plain.
fn posix(pattern: &[u8]) -> Option<Vec<u8>> {
    let mut pattern = pattern.to_vec();
    let most = pattern.len();
    for _ in 0..most {
        let Some((range, what)) = perl(&pattern) else { return Some(pattern) };
        let lazy = [pattern[range.start]];
        let text: &[u8] = match what {
            Perl::Escape(b'd') => b"[0-9]",
            Perl::Escape(b'D') => b"[^0-9]",
            Perl::Escape(b'n' | b'r') => b"[[:space:]]",
            Perl::Escape(b't' | b'h') => b"[[:blank:]]",
            Perl::Escape(_) => return None,
            Perl::InBrackets(b'd') => b"0-9",
            Perl::InBrackets(b'w') => b"[:alnum:]_",
            Perl::InBrackets(_) => b"[:space:]",
            Perl::Lazy => &lazy,
        };
        pattern.splice(range, text.iter().copied());
    }
    None
}

/// The first thing of Perl in an expression that compiles.
fn perl(pattern: &[u8]) -> Option<(std::ops::Range<usize>, Perl)> {
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        let next = pattern.get(at + 1).copied();
        match (byte, next) {
            (b'\\', Some(letter)) if b"dDtnrfvxhHAzZQEpPR".contains(&letter) => {
                return Some((at..at + 2, Perl::Escape(letter)));
            }
            (b'\\', Some(_)) => at += 2,
            (b'+' | b'?', Some(b'?')) if at > 0 => return Some((at..at + 2, Perl::Lazy)),
            (b'[', _) => {
                let end = bracket_end(pattern, at);
                let inner = &pattern[at..end];
                let escape = |pair: &[u8]| pair[0] == b'\\' && b"dwstnr".contains(&pair[1]);
                if let Some(found) = inner.windows(2).position(escape) {
                    return Some((at + found..at + found + 2, Perl::InBrackets(inner[found + 1])));
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

/// Behind the `]` that ends the bracket which begins at `open`.
fn bracket_end(pattern: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    at += usize::from(pattern.get(at) == Some(&b'^'));
    at += usize::from(pattern.get(at) == Some(&b']'));
    while let Some(&byte) = pattern.get(at) {
        match (byte, pattern.get(at + 1)) {
            (b']', _) => return at + 1,
            (b'[', Some(&mark @ (b':' | b'.' | b'='))) => {
                let inner = pattern.get(at + 2..).unwrap_or_default();
                let end = inner.windows(2).position(|pair| pair == [mark, b']']);
                at += end.map_or(1, |end| end + 4);
            }
            _ => at += 1,
        }
    }
    pattern.len()
}
