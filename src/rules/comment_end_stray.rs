//! A `--;` that ends no block comment.

use super::comment_block_unclosed::lost;
use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    name: "comment-end-stray",
    summary: "a `--;` that ends no comment makes the rest of the file dead",
    severity: Severity::Error,
    doc: "\
`--;` closes a block comment. Where none is open, it does not begin a comment either: it and all that follows it on its \
line are text, so a secret ends in it. From the next line on nothing of the file is read any more. Users below are gone, \
and so is a `deny` of the section that it stands in.

The only trace is a WARNING on an unterminated comment with a line number that makes no sense. A `;--` further down \
makes only the text between it and its `--;` live again.

In the files of one `#include users.d/*.conf` the damage goes on into the next of them.

Take the `--;` out, or put a blank between the dashes and the `;`. One finding stands for the whole file: more may show \
up when it is mended. It is not found where neither its line nor one below it would count.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nsecret = x --; note\n           ^^^ the value goes on to the end of the line\n"),
        bad("[general]\nenabled = yes\n--;\n^^^ 2 lines that would count, up to manager.conf:5\n[bob]\nsecret = x\n"),
        bad("[general]\n; ---- users ----\n----- users -----;\n               ^^^ 1 line that would count, manager.conf:4\n[bob]\n"),
        good("[general]\n;-- users --;\n;--\nold\n--; enabled = yes\n"),
        good("[general]\nenabled = yes ; --; no end inside of a line comment\n;---- users ----;\nport = 5038\n"),
        good("[general]\nenabled = yes\n--;\n; the end\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for lost in lost(context.effective, |tree| tree.strays(), |depth| depth < 0) {
        let is_entry = matches!(context.effective.line(lost.at).node(), Node::Entry(_));
        let below = lost.last.map(|last| format!("nothing below is read: {}", lost.words(last, context.files)));
        let effect = match (is_entry, below) {
            (false, None) => continue,
            (false, Some(below)) => below,
            (true, None) => "the value goes on to the end of the line, `--;` included".to_owned(),
            (true, Some(below)) => format!("the value goes on to the end of the line, `--;` included, and {below}"),
        };
        let span = context.span(lost.at, lost.marker - 2..lost.marker + 1);
        let help = "take the `--;` out, or open the comment with `;--`; a blank before the `;` makes it a line comment";
        let finding = findings.at(span, "this `--;` ends no block comment", effect).help(help);
        // A line that says nothing else is a ruler or a heading.
        let line = context.effective.line(lost.at);
        if matches!(line.node(), Node::Text(_)) && !line.is_tangled() {
            let start = line.text().range.start;
            finding.fix(Safety::Widening, "make the line a comment", context.span(lost.at, start..start), "; ");
        }
    }
}
