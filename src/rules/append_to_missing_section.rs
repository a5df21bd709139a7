//! `[name](+)` where there is nothing to append to.

use std::collections::{HashMap, HashSet};

use super::prelude::*;
use crate::catalog::nearest;
use crate::config::Origin;
use crate::syntax::HeaderItem;

/// How many names are compared in search of those that were meant, in all.
const MOST_COMPARED: usize = 2_000_000;

pub(super) static RULE: Rule = Rule {
    name: "append-to-missing-section",
    summary: "`(+)` appends to a section that does not exist above it",
    severity: Severity::Error,
    doc: "\
`[bob](+)` adds lines to the first section `bob` above it, includes counted at their place. Where there is none, \
Asterisk refuses the file. A file for additions that is included before the file with the users, or a user that was \
renamed in one of the two, is enough to lose the whole AMI at the next start.

`(+)` alone does not find templates: `(+TEMPLATES=include)` does. `(+key=value)` finds the first section of the name \
that has an entry for which both regular expressions match; an expression that does not compile finds nothing.

Letter case does not matter, blanks do. With `[](+)` the name is empty, which stands for the first section of the file.

Move the header below the section that it adds to, or mend the name. A section that is meant to be new has no `(+)`.",
    source: "main/config.c, process_text_line and category_get_sep; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\n[bob](+)\n      ^ no section `bob` stands above\nread = call\n"),
        bad("[general]\n[bob](+)\n      ^ move it below\nread = call\n[bob]\nsecret = 7Qm3kd\n"),
        bad("[robert]\nread = call\n[Rober](+)\n        ^ did you mean `robert`?\nwrite = call\n"),
        bad("[staff](!)\nread = call\n[staff](+)\n        ^ (+TEMPLATES=include)\nwrite = call\n"),
        bad(
            "[bob]\nread = call\n[bob](+read=system)\n      ^^^^^^^^^^^^ no section `bob` above has an entry\nwrite = call\n",
        ),
        bad("[general]\n#include more.conf\n")
            .beside(&[("more.conf", "[bob](+)\n      ^ the rest of this file is not read\nread = call\n")]),
        good("[bob]\nread = call\n[BOB](+)\nwrite = call\n"),
        good("[staff](!)\nread = call\n[staff](+TEMPLATES=include)\nwrite = call\n"),
        good("[general]\n#include users.conf\n[bob](+)\nread = call\n")
            .because("the file with the section may not be here"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let missing = |what: &What<'_>| matches!(what, What::UnknownTarget { .. });
    let places: HashSet<Origin> =
        context.notes().filter(|(note, _)| missing(&note.what)).map(|(note, _)| note.at).collect();
    if places.is_empty() {
        return;
    }
    // Is there a section of a name that is no template? The sections that the load made up do not count.
    let mut names: HashMap<String, bool> = HashMap::new();
    for section in context.effective.sections.iter().filter(|section| !places.contains(&section.origin)) {
        *names.entry(lower(section.name)).or_default() |= !section.template;
    }
    let mut compared = 0;
    for (note, _) in context.notes() {
        let What::UnknownTarget { name, filter } = note.what else { continue };
        let Node::Header(header) = context.effective.line(note.at).node() else { continue };
        let is_it = |text: &[u8]| text.strip_prefix(b"+") == Some(filter);
        let item = header.items.iter().find(|(item, text)| *item == HeaderItem::Append && is_it(text.bytes));
        let Some((_, text)) = item.filter(|_| note.fatal) else { continue };
        let known = names.get(&lower(name));
        let (message, help) = match known {
            Some(_) if !filter.is_empty() => (
                format!("no section `{}` above has an entry that `{}` finds", show(name), show(text.bytes)),
                "write `(+)` for the first section of the name, or mend the key and the value of the filter".to_owned(),
            ),
            Some(false) => (
                format!("`{}` is a template, and `(+)` does not find templates", show(name)),
                "write `(+TEMPLATES=include)`, below the template".to_owned(),
            ),
            _ => {
                compared += names.len();
                let near = nearest(
                    lower(name).as_bytes(),
                    names.keys().map(String::as_str).filter(|_| compared <= MOST_COMPARED),
                );
                let help = match near {
                    _ if known.is_some() => "move it below the section that it appends to".to_owned(),
                    Some(near) => format!("did you mean `{}`?", show(near.as_bytes())),
                    None => "move it below the section that it appends to; a new section has no `(+)`".to_owned(),
                };
                (format!("no section `{}` stands above", show(name)), help)
            }
        };
        findings.at(context.span(note.at, text.range.clone()), message, context.refusal(note)).help(help);
    }
}

fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_lowercase()
}
