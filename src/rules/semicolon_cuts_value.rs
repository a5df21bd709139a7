//! A `;` that was meant as part of a value.

use super::prelude::*;
use crate::catalog;
use crate::text::{is_blank, is_secret_key};

pub(super) static RULE: Rule = Rule {
    name: "semicolon-cuts-value",
    summary: "a `;` inside of a value begins a comment",
    severity: Severity::Warning,
    doc: "\
A `;` begins a comment wherever it stands: with or without a blank before it, inside of quotes too. A secret with a `;` \
in it is therefore cut at that place. `secret = ab;cdef` lets anybody in who knows, or guesses, `ab`, while the client \
that has the whole secret is turned away. A filter or a variable is cut in the same way, without a word in the log.

Write `\\;` for a semicolon that belongs to the value. Quotes do not help: they are part of the value themselves.

It is found directly behind the value of a key that takes free text (`secret`, `eventfilter`, `setvar`, paths and \
ciphers of TLS) where text follows it directly, and behind any value that it parts from its closing quote. A comment \
with a blank before or behind its `;` is an ordinary one.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nsecret = ab;cdef\n           ^ the value ends before it\n"),
        bad("[bob]\nsecret = \"ab;cdef\"\n            ^ quotes do not protect it\n"),
        bad("[bob]\nsecret = 'ab ; cdef'\n             ^ quotes do not protect it\n"),
        bad("[bob]\nsecret = a\\;b;c\n             ^ write `\\;`\n").because("only the first one is escaped"),
        bad("[bob]\nsetvar = A=1;setvar=B=2\n            ^ the value of `setvar`\n"),
        bad("[general]\ntlscipher = AES128-SHA;AES256-SHA\n                      ^ begins a comment\n"),
        good("[bob]\nsecret = abcdef ; the old one\nread = call;all of them\n"),
        good("[bob]\nsecret = abcdef; the new one\nsecret = abcdef;; the new one\n"),
        good("[bob]\nsecret = ab\\;cdef\n"),
        good("[bob]\nsetvar = NAME=Bob's ; isn't it\n").because("an apostrophe is no quote"),
        good("[general]\nenabled = yes;really\n").because("nobody wants a semicolon in such a value"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (at, line) in context.lines().filter(|(_, line)| line.has_comment()) {
        let Node::Entry(entry) = line.node() else { continue };
        let (key, value) = (entry.name.bytes, entry.value.bytes);
        let end = entry.value.range.end;
        let behind = &context.files.get(context.effective.read(at).file).bytes()[end..line.range().end];
        let blanks = behind.iter().take_while(|&&byte| is_blank(byte)).count();
        let Some(comment) = behind[blanks..].strip_prefix(b";") else { continue };
        // A ruler, or a block comment, which has a rule of its own.
        if comment.starts_with(b"--") || comment.starts_with(b"amictl:") || value.is_empty() {
            continue;
        }
        let quoted = parts_quotes(value, comment);
        let text_follows = comment.first().is_some_and(|&byte| !is_blank(byte) && byte != b';');
        let cuts = blanks == 0 && text_follows && is_free_text(key);
        if !quoted && !cuts {
            continue;
        }
        let effect = if quoted {
            "the value ends before it: quotes do not protect it, they are part of the value"
        } else {
            "the value ends before it, and the rest of the line is thrown away"
        };
        let message = format!("this `;` in the value of `{}` begins a comment", show(key));
        let help = "write `\\;` for a semicolon that belongs to the value, or put a blank before the comment";
        let place = end + blanks;
        let finding = findings.at(context.span(at, place..place + 1), message, effect).help(help);
        // In live text these would begin or end a block comment.
        let has_marks = mend::has_marks(comment);
        if !has_marks && mend::has_room(line) {
            finding.fix(Safety::Widening, "write `\\;`", context.span(at, place..place), "\\");
        }
    }
}

/// Does the value of a key hold any text, so that a `;` may well be part of it?
pub(super) fn is_free_text(key: &[u8]) -> bool {
    let begins = |word: &str| key.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    let is_tls = || {
        let option = catalog::option(catalog::SectionKind::General, key);
        option.is_some_and(|option| matches!(option.name(), "tlscertfile" | "tlsprivatekey" | "tlscipher"))
    };
    is_secret_key(key) || key.eq_ignore_ascii_case(b"setvar") || begins("eventfilter") || is_tls()
}

/// Does a quote open in the value and close in the comment?
fn parts_quotes(value: &[u8], comment: &[u8]) -> bool {
    b"\"'".iter().any(|quote| {
        let is_odd = |text: &[u8]| text.iter().filter(|&byte| byte == quote).count() % 2 == 1;
        let last = value.iter().rposition(|byte| byte == quote);
        let opens = last.is_some_and(|at| at == 0 || is_blank(value[at - 1]) || value[at - 1] == b'=');
        opens && is_odd(value) && is_odd(comment)
    })
}
