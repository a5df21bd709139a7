//! A section that inherits from one that is not there.

use super::prelude::*;
use crate::catalog::nearest;
use crate::syntax::HeaderItem;

pub(super) static RULE: Rule = Rule {
    name: "unknown-base",
    summary: "a section inherits from one that does not exist above it",
    severity: Severity::Error,
    doc: "\
`[bob](base)` copies what the section `base` holds at this point. The base must stand above, includes counted at their \
place, or Asterisk refuses the file. Letter case does not matter, blanks do: `( base )` and `(a, b)` ask for sections \
whose names have blanks.

A name of more than 79 bytes is kept cut, and asked for uncut: such a base is never found.",
    source: "main/config.c, process_text_line and category_get_sep; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\n[bob](basic)\n      ^^^^^ the whole file is refused\n[basic](!)\n")
            .because("the base must stand above"),
        bad("[staff](!)\n[bob]( staff )\n      ^^^^^^^ blanks count\n"),
        bad("[staff](!)\n[bob](staf)\n      ^^^^ did you mean `staff`?\n"),
        good("[staff](!)\nread = call\n[bob](STAFF)\n"),
        good("[general]\n#include templates.conf\n[bob](staff)\n").because("the file with the base may not be here"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, _) in context.notes() {
        let What::UnknownBase { name } = note.what else { continue };
        let Node::Header(header) = context.effective.line(note.at).node() else { continue };
        let item = header.items.iter().find(|(item, text)| *item == HeaderItem::Base && text.bytes == name);
        let Some((_, text)) = item.filter(|_| note.fatal) else { continue };
        let message = format!("no section `{}` stands above", show(name));
        let finding = findings.at(context.span(note.at, text.range.clone()), message, context.refusal(note));
        let sections = &context.effective.sections;
        let stands_above = |name: &str| {
            let same = sections.iter().filter(|section| section.name.eq_ignore_ascii_case(name.as_bytes()));
            same.map(|section| section.origin).any(|it| it.read == note.at.read && it.line < note.at.line)
        };
        let exists = |name: &[u8]| sections.iter().any(|section| section.name.eq_ignore_ascii_case(name));
        let names = sections.iter().filter_map(|section| std::str::from_utf8(section.name).ok());
        let span = context.span(note.at, text.range.clone());
        let is_plain = !context.effective.line(note.at).is_tangled();
        let trimmed = std::str::from_utf8(name.trim_ascii());
        if name != name.trim_ascii() && exists(name.trim_ascii()) {
            if is_plain && trimmed.is_ok_and(stands_above) {
                finding.fix(Safety::Widening, "take the blanks out", span, name.trim_ascii());
            }
            finding.help("blanks count here: write the names without any, also behind a comma");
        } else if let Some(near) = nearest(name, names) {
            if is_plain && stands_above(near) && mend::is_plain_name(near.as_bytes()) {
                finding.fix(Safety::Widening, format!("write `{near}`"), span, near);
            }
            finding.help(format!("did you mean `{near}`?"));
        } else {
            finding.help("move the section that it inherits from above this one");
        }
    }
}
