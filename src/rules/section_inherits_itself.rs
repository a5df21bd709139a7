//! A section that appends itself to itself.

use super::prelude::*;
use crate::syntax::HeaderItem;

pub(super) static RULE: Rule = Rule {
    name: "section-inherits-itself",
    summary: "a section inherits from itself, and Asterisk never finishes",
    severity: Severity::Error,
    doc: "\
`[bob](+,staff)` goes on with the section `bob` and copies what `staff` holds to its end. When the base is the very \
section that is appended to, as in `[bob](+,bob)`, Asterisk copies entries for as long as there are any left to copy, \
and each copy adds one. It never finishes to start, or to reload, and takes memory until the system kills it.

An empty name, as in `[bob](+,)`, stands for the first section of the configuration, which may be `bob` too.

Write `[bob](+)`: what the section holds already stays.",
    source: "main/config.c, process_text_line and inherit_category; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nread = call\n[bob](+,BOB)\n        ^^^ never comes back\n"),
        bad("[bob]\nread = call\n[bob](+,)\n     ^^^^ never comes back\n"),
        good("[bob]\nread = call\n[bob](+)\n[staff](!)\nwrite = call\n[bob](+,staff)\n"),
        good("[bob]\n[bob](+,bob)\n").because("there is nothing to copy yet"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes().filter(|(note, _)| note.what == What::InheritsItself) {
        let Node::Header(header) = context.effective.line(note.at).node() else { continue };
        let appends = |(item, _): &&(HeaderItem, _)| *item != HeaderItem::Append;
        let mut bases = header.items.iter().skip_while(appends).filter(|(item, _)| *item == HeaderItem::Base);
        let own = bases.find(|(_, text)| text.bytes.eq_ignore_ascii_case(header.name.bytes));
        let span = match (own, &header.options) {
            (Some((_, text)), _) => context.span(note.at, text.range.clone()),
            (None, Some(options)) => context.span(note.at, options.range.start - 1..options.range.end + 1),
            (None, None) => span,
        };
        let message = format!("the section `{}` inherits from itself", show(header.name.bytes));
        let effect = "Asterisk never comes back from reading the file, and takes all memory there is";
        let finding = findings.at(span, message, effect).help("leave it at `(+)`: what the section holds already stays");
        let two = [b"+,", header.name.bytes].concat();
        if let Some(options) = header.options.filter(|it| it.bytes.eq_ignore_ascii_case(&two)) {
            let itself = context.span(note.at, options.range.start + 1..options.range.end);
            finding.fix(Safety::Widening, "leave it at `(+)`", itself, "");
        }
    }
}
