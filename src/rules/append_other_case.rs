//! `+=` that does not extend what it seems to extend.

use super::prelude::*;
use crate::catalog::{SectionKind, option};

pub(super) static RULE: Rule = Rule {
    name: "append-other-case",
    summary: "`+=` does not extend the entry that it seems to extend",
    severity: Severity::Warning,
    doc: "\
The manager reads keys in any letter case, but `+=` looks for a key that is spelled exactly as its own. Behind \
`Read = system` the line `read += ,call` finds nothing to extend and sets a second `read`, which alone counts: its \
permissions are lost, or a comma at its start grants all of them.

There is one more surprise: where an earlier entry has the same key, in any letter case, and the same value as the last \
one, `+=` changes that earlier entry. Where the last line counts, nothing is extended.

Spell the key alike in both lines, and write the whole value in one line where you can.",
    source: "main/config.c, process_text_line and ast_variable_update; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nRead = system\nread += ,call\n^^^^^^^^^^^^^ only this line counts\n"),
        bad("[lan](!)\nDeny = 0.0.0.0/0\n[bob](lan)\ndeny += 10.0.0.0/8\n^^^^^^^^^^^^^^^^^^ a line of its own\n"),
        bad("[bob]\nread = call\nread = log\nread = call\nread +=,dtmf\n^^^^^^^^^^^^ manager.conf:2\n").on("13,16,18,20,21,22"),
        bad("[bob]\nRead = system\nread +=,call\n^^^^^^^^^^^^ only this line counts\n"),
        good("[bob]\nread = system\nread += ,call\nWRITE = call\nWRITE += ,log\n"),
        good("[bob]\nNote = a\nnote += b\n").because("the manager does not read such a key at all"),
        good("[bob]\nread += system\n").because("there is nothing to extend, and no other spelling"),
    ],
};

/// Keys of which every line counts.
const ADDED_UP: [&[u8]; 5] = [b"deny", b"permit", b"acl", b"setvar", b"eventfilter"];

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes() {
        let Some(entry) = context.effective.written(note.at) else { continue };
        let name = entry.name.bytes;
        let is_known = |kind| option(kind, name).is_some();
        if !is_known(SectionKind::User) && !is_known(SectionKind::General) {
            continue;
        }
        match note.what {
            What::AppendedToNothing { other_case: Some(other) } => {
                let Some(spelled) = context.effective.written(other).map(|it| show(it.name.bytes)) else { continue };
                let message = format!("`{} +=` does not extend `{spelled}`", show(name));
                let effect = if ADDED_UP.iter().any(|key| name.eq_ignore_ascii_case(key)) {
                    "letter case counts for `+=`: it is a line of its own"
                } else {
                    "letter case counts for `+=`: it is a second entry, and only this line counts"
                };
                let finding = findings.at(span, message, effect);
                finding.help("spell the key alike in both lines");
                // Where no comma is brought along, the two would become one word.
                let is_list = entry.value.bytes.starts_with(b",") && !context.effective.line(note.at).is_tangled();
                if is_list && let Some(spelled) = context.effective.written(other).map(|it| it.name.bytes) {
                    let name = context.span(note.at, entry.name.range.clone());
                    finding.fix(Safety::Widening, format!("write `{}`", show(spelled)), name, spelled);
                }
                finding.see(context.effective.text(other), "spelled otherwise");
            }
            What::AppendedElsewhere { target, meant } => {
                let (target, meant) = (context.effective.text(target), context.effective.text(meant));
                let message = format!("this `+=` does not extend the last `{}` above", show(name));
                let effect = format!("it changes the one in {}, which has the same value", context.files.place(target));
                let finding = findings.at(span, message, effect);
                finding.help("write the whole value in one line, and take the double one out");
                finding.see(target, "changed").see(meant, "not changed");
            }
            _ => {}
        }
    }
}
