//! Block comments nested too deep.

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    name: "comment-nesting",
    summary: "block comments nest so deep that Asterisk never finishes reading",
    severity: Severity::Error,
    doc: "\
Block comments nest: each `;--` needs a `--;` of its own. At the 129th `;--` that is open at once Asterisk logs \
`Maximum nest limit of 128 reached.` and tries again, for ever. It never finishes to start, or to reload, and the log \
fills the disk with tens of megabytes a second.

Nobody nests comments that deep by hand. It happens to generated files in which every entry is preceded by a heading \
such as `;-- 6001` or by `;--;`: both open a comment that nothing closes.

Write headings as `;---` or `; --`.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("{{;--x*128}}\n;-- one more\n^^^ never comes back\n"),
        good("{{;--x*128}}\n{{--;x*128}}\n; an ordinary comment\n"),
        good("{{;---x*200}}\n").because("three dashes open nothing"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, _) in context.notes().filter(|(note, _)| note.what == What::CommentTooDeep) {
        let Some(start) = context.effective.read(note.at).tree.hangs() else { continue };
        let span = context.span(note.at, start..start + 3);
        let effect = "Asterisk never comes back from reading the file, and fills the disk with its log";
        let message = "this is the 129th block comment that is open at once";
        findings.at(span, message, effect).help("close each `;--` with a `--;`, or write headings as `;---`");
    }
}
