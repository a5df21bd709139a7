//! A line that does not fit into Asterisk's buffer.

use super::prelude::*;
use crate::config::Origin;
use crate::syntax::{LONGEST_LINE, Nothing};

pub(super) static RULE: Rule = Rule {
    name: "line-too-long",
    summary: "a line is longer than 8190 bytes, and is dropped",
    severity: Severity::Error,
    doc: "\
Asterisk drops a line of more than 8190 bytes whole, with a warning, whatever stands on it; blanks, a comment and the \
CR of a CRLF count. After a `deny` on such a line the user has no access rule. After a header the lines below belong \
to the section above it. A block comment is not opened, or not closed.

Before 13.21 a line of exactly 8190 bytes is too long as well, and takes the next line with it.

Move a comment to a line of its own. `permit`, `deny` and `eventfilter` may be repeated; a long value goes on with \
`key += more`, which joins without a separator. Lines that are nothing but a comment are left alone.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\ndeny = 0.0.0.0/0 ; {{a*8190}}\n^^^^^^^^^^^^^^^^ the whole line is dropped\n"),
        bad("[bob]\nsecret = x\n[zoe] ; {{a*8190}}\n^^^^^ belong to the section above\nread = call\n"),
        bad("[general]\n;-- {{a*8190}}\n^^^ the whole line is dropped\nenabled = yes\n--;\n"),
        bad("[bob]\nx={{a*8188}}\n^^^^^ the next line with it\nread = call\n").on("13.12.2"),
        bad("[bob]\n;{{a*8189}}\n^^^^^ the next line with it\nread = call\n").on("13.12.2"),
        good("[bob]\nx={{a*8188}}\nread = call\n").on("16,18,22"),
        good("[bob]\n; {{a*8190}}\n;--- {{a*8190}}\n"),
        good("[general]\n;--\n{{a*8191}}\n--;\n").because("it stands in a block comment"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, _) in context.notes().filter(|(note, _)| note.what == What::TooLong) {
        let range = context.effective.line(note.at).range();
        let text = context.files.bytes(context.span(note.at, range.clone()));
        let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
        let (first, rest) = text.split_at(end);
        let place = crate::text::trim(first, 0..end);
        let live = &first[place.clone()];
        let takes_next = rest.len() > 1;
        let harmless = live.is_empty() || is_comment(live) || is_in_block(context, note.at, live);
        if harmless && !takes_next {
            continue;
        }
        let is_just_full = first.len() <= LONGEST_LINE;
        let message = match is_just_full {
            true => "this line has 8190 bytes".to_owned(),
            false => "this line is longer than 8190 bytes".to_owned(),
        };
        let mut effect = "the whole line is dropped, with a warning".to_owned();
        if takes_next {
            effect.push_str(", and the next line with it");
        }
        if live.starts_with(b"[") {
            effect.push_str("; the lines below belong to the section above");
        }
        let help = "move a comment to its own line; a list may be split, a long value goes on with `key += more`";
        findings
            .at(context.span(note.at, range.start + place.start..range.start + place.end), message, effect)
            .help(help);
    }
}

/// Nothing but a comment, which opens no block.
fn is_comment(text: &[u8]) -> bool {
    text.starts_with(b";") && (!text.starts_with(b";--") || text.get(3) == Some(&b'-'))
}

/// Is the line in a block comment, and neither opens nor ends one?
fn is_in_block(context: &Context<'_>, at: Origin, text: &[u8]) -> bool {
    let tree = context.effective.read(at).tree;
    let line = at.line as usize;
    let in_block = |line: usize| matches!(tree.line(line).node(), Node::Nothing(Nothing::Block));
    let near = (line > 0 && in_block(line - 1)) || (line + 1 < tree.len() && in_block(line + 1));
    let marks = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
    near && !marks(b"--;") && !marks(b";--")
}
