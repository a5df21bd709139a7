//! A section header without its `]` or `)`.

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    name: "unclosed-header",
    summary: "a section header has no `]`, or its `(` no `)`",
    severity: Severity::Error,
    doc: "\
A line whose first byte is `[` is a section header, whatever follows. Without a `]` on the line, or without a `)` \
behind a `(` that follows the `]` directly, Asterisk refuses the file. A comment is cut off before the header is looked \
at, so a `;` inside of the brackets takes the closing one away: write `\\;` for a semicolon that belongs to the name.

A key that begins with `[` is written `\\[key]=value`.

In an included file the reading of that file ends here: what its users would have had below, a `deny` for example, is \
gone, and the load succeeds.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general\n^^^^^^^^ no `]`\nenabled = yes\n"),
        bad("[general]\n[bob](!\n^^^^^^^ no `)`\n"),
        bad("[a;b]\n^^ the whole file is refused\n").because("the comment takes the `]` away"),
        bad("[general]\n#include users.d/bob.conf\n").beside(&[(
            "users.d/bob.conf",
            "[bob]\nsecret = x\n[x\n^^ the rest of this file is not read\ndeny = 0.0.0.0/0\n",
        )]),
        good("[general]\n[bob](!) ; a template\n[a\\;b]\n"),
        good("[general] (\n").because("the blank ends the header: what follows is ignored"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes() {
        let (missing, help) = match note.what {
            What::UnclosedName => ("`]`", "close the name with `]`; a `;` inside of it is written `\\;`"),
            What::UnclosedOptions => ("`)`", "close the options with `)`"),
            _ => continue,
        };
        let finding = findings.at(span, format!("this section header has no {missing}"), context.refusal(note)).help(help);
        // What else stands on the line may be meant to stand behind the header.
        let text = context.files.bytes(span);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        let is_clear = match note.what {
            What::UnclosedName => text.len() > 1 && text[1..].iter().all(is_name),
            _ => text.iter().all(|byte| is_name(byte) || b"[](!+,".contains(byte)),
        };
        if is_clear && !context.effective.line(note.at).is_tangled() {
            let end = context.span(note.at, span.range().end..span.range().end);
            finding.fix(Safety::Widening, format!("close it with {missing}"), end, missing.trim_matches('`'));
        }
    }
}
