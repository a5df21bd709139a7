//! A `\` at the start of a line that escapes nothing.

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    name: "invalid-escape",
    summary: "a `\\` at the start of a line escapes nothing",
    severity: Severity::Error,
    doc: "\
A `\\` as the first byte of a line takes the next byte as part of the key: `\\[key]=value` and `\\#key=value` are \
entries. Before a blank, before a byte that is not ASCII, or with nothing behind it, Asterisk refuses the file. At a \
start there is then no AMI at all.

In an included file the reading of that file ends here: what its users would have had below, a `deny` for example, is \
gone, and the load succeeds.

A `\\` does not continue a line. At the end of one it is part of the value; on a line of its own it is this mistake. \
Take it away, or put it directly before the byte that it is meant for. Inside of a value only `\\;` is special.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\n\\ secret = x\n^^ the whole file is refused\n"),
        bad("[bob]\nread = call\n  \\\n  ^ the whole file is refused\n"),
        bad("[general]\n#include bob.conf\n")
            .beside(&[("bob.conf", "[bob]\n\\\tx = 1\n^^ the rest of this file is not read\ndeny = 0.0.0.0/0\n")]),
        good("[bob]\n\\[key] = x\n\\#include = x\n\\;x = 1\nsecret = a\\b\\ \\\n"),
        good("; \\ in a comment\n[bob]\nsecret = x ; \\\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes() {
        if note.what != What::BadEscape {
            continue;
        }
        // A character that is no byte is shown whole.
        let text = &context.files.bytes(span)[1..];
        let behind = text.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        let length = 1 + behind.map_or(text.len().min(1), char::len_utf8);
        let start = span.start as usize;
        findings
            .at(context.span(note.at, start..start + length), "this `\\` escapes nothing", context.refusal(note))
            .help("take it away, or put it directly before the byte that it is meant for, such as `[` or `#`");
    }
}
