//! A block comment that begins in a value.

use super::prelude::*;
use super::semicolon_cuts_value::is_free_text;
use crate::syntax::PieceKind;
use crate::text::is_blank;

pub(super) static RULE: Rule = Rule {
    name: "comment-block-in-value",
    summary: "`;--` directly behind a value opens a block comment",
    severity: Severity::Warning,
    doc: "\
`;--` opens a block comment on any line, also directly behind a value: `secret = pw;--x` sets the secret `pw`, and \
everything from there to the next `--;` is comment, the lines below included. Without a `--;` below, that is the rest of \
the file, with all users in it.

Where the `--;` follows on the same line, what stands before and behind the comment is joined: `x = a;--b--;c` is `ac`.

Write `\\;--` if the text belongs to the value. A comment behind a value begins with a blank and a single `;`. With a \
blank before it, `;--` is taken to be meant, and so is a whole block comment at the end of a line that ends the value \
of a key without free text.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nsecret = pw;--x\n           ^^^ the lines below included\ndeny = 0.0.0.0/0\n"),
        bad("[bob]\nsecret = pw;--x--;yz\n           ^^^ joined\n"),
        bad("[bob]\nread =;-- all\n      ^^^ `read` opens a block comment\n--;\n"),
        good("[bob]\nsecret = pw ;-- the old one: abc --;\nread = call;-- reporting --;\n"),
        good("[bob]\nsecret = pw\\;--x\n"),
        good("[bob]\nread = call ;---------- and nothing else\nwrite = call;----\n").because("three dashes open nothing"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (at, line) in context.lines_with(b";--").filter(|(_, line)| line.has_comment()) {
        let bytes = context.files.get(context.effective.read(at).file).bytes();
        let Node::Entry(entry) = line.node() else { continue };
        let begins = |start: usize| bytes[start..].starts_with(b";--") && !is_blank(bytes[start - 1]);
        let pieces = line.pieces();
        let block = pieces.iter().find(|piece| {
            let start = piece.range.start;
            piece.kind == PieceKind::BlockComment && start > entry.name.range.end && begins(start)
        });
        let Some(block) = block else { continue };
        let is_closed = bytes[block.range.clone()].ends_with(b"--;");
        let effect = match block.range.end < entry.value.range.end {
            _ if !is_closed => {
                "the value ends here, and all text up to the next `--;` is comment, the lines below included"
            }
            true => "what stands before and behind the comment is joined to one value",
            false if !is_free_text(entry.name.bytes) => continue,
            false => "the value ends here",
        };
        let start = block.range.start;
        let message = format!("this `;--` in the value of `{}` opens a block comment", show(entry.name.bytes));
        let help = "write `\\;--` if it belongs to the value; a comment behind a value begins with a blank and one `;`";
        findings.at(context.span(at, start..start + 3), message, effect).help(help);
    }
}
