//! An empty name among the bases of a section.

use super::prelude::*;
use crate::syntax::Field;

pub(super) static RULE: Rule = Rule {
    name: "empty-base",
    summary: "an empty name between the parentheses inherits the first section",
    severity: Severity::Error,
    doc: "\
Between the parentheses of a header each item counts, an empty one too: it stands for the first section of the whole \
configuration. `[bob]()`, `[bob](staff,)`, `[bob](,staff)` and `[staff](!,)` all get a copy of everything that stands in \
that section.

Usually that is `[general]`, whose options a user ignores. But where a user or a template comes first, its secret, its \
permissions and its ACL are inherited, and they are easy to miss: somebody may log in with the secret of another user.

Take the comma out, or the empty parentheses.",
    source: "main/config.c, process_text_line and category_get_sep; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\nenabled = yes\n[bob]()\n     ^^ all entries of the first section, `general`\n"),
        bad("[root]\nsecret = x\n[staff](!)\n[bob](staff,)\n     ^^^^^^^^ whatever secret, permissions and ACL are in it\n"),
        bad("[root]\nsecret = x\n[staff](!,)\n       ^^^^ `root`\n[bob](,staff)\n     ^^^^^^^^ `root`\n"),
        bad("[general]\n[bob]()\n     ^^ has no entries\n"),
        good("[general]\n[staff](!)\n[bob](staff)\n[ann]\n[eve] ()\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut alike = None;
    for (note, _) in context.notes() {
        let What::EmptyBase { first } = note.what else { continue };
        let Node::Header(header) = context.effective.line(note.at).node() else { continue };
        let Some(options) = header.options else { continue };
        let section = context.effective.section(first);
        let name = show(section.name);
        let (heir, is_empty) = (show(header.name.bytes), section.content.is_empty());
        let effect = match () {
            () if is_empty => format!("it stands for the first section, `{name}`, which has no entries"),
            () if section.name.eq_ignore_ascii_case(b"general") => {
                format!("`{heir}` gets a copy of all entries of the first section, `{name}`")
            }
            () => {
                format!(
                    "`{heir}` gets a copy of all entries of the first section, `{name}`, with whatever secret, permissions and ACL are in it"
                )
            }
        };
        let span = context.span(note.at, options.range.start - 1..options.range.end + 1);
        let finding = findings.at(span, "an empty name stands between the parentheses", effect);
        finding.help(if options.bytes.is_empty() {
            "take the parentheses out"
        } else {
            "take the superfluous comma out"
        });
        finding.see(context.effective.text(section.origin), "the first section");
        if is_empty {
            finding.severity(Severity::Warning);
        }
        // What is ignored behind the parentheses would count without them.
        if !context.effective.line(note.at).is_tangled() && header.ignored.is_none() {
            // To releases that read a line otherwise, the first section may not be empty.
            let is_safe = is_empty && *alike.get_or_insert_with(|| mend::is_read_alike(context.effective));
            let safety = if is_safe { Safety::Safe } else { Safety::Widening };
            let (range, text) = without_empty(&options);
            finding.fix(safety, "take the empty name out", context.span(note.at, range), text);
        }
    }
}

/// The options of a header without empty names; without any name, the parentheses go.
fn without_empty(options: &Field<'_>) -> (std::ops::Range<usize>, Vec<u8>) {
    let names: Vec<&[u8]> = options.bytes.split(|&byte| byte == b',').filter(|name| !name.is_empty()).collect();
    match names.is_empty() {
        true => (options.range.start - 1..options.range.end + 1, Vec::new()),
        false => (options.range.clone(), names.join(&b","[..])),
    }
}
