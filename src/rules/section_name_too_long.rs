//! Section names that Asterisk keeps only in part.

use std::collections::{HashMap, HashSet};

use super::prelude::*;
use crate::config::Origin;
use crate::syntax::{Header, HeaderItem};

pub(super) static RULE: Rule = Rule {
    name: "section-name-too-long",
    summary: "a section name is longer than 79 bytes, and kept cut",
    severity: Severity::Warning,
    doc: "\
Asterisk keeps 79 bytes of a section's name and throws the rest away without a word. A user of that name logs in \
with the first 79 bytes only. Bytes are counted, not letters: an umlaut has two in UTF-8.

It is an error when more depends on the name. Two users whose names are equal in their first 79 bytes become one, \
and the later section throws away the ACL of the earlier one. And `(base)` and `(+)` look for a section by the name \
as it is written in full: such a one is never found, and the file is refused.",
    source: "main/config.c, ast_category_new and category_get_sep; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[general]
[{{a*80}}]
 ^^^^^^^ only 79 of its 80 bytes count
"),
        bad("\
[{{a*79}}b]
 ^^^^^^^ makes one user of this section and another one
[{{a*79}}c]
 ^^^^^^^ makes one user
"),
        bad("\
[{{a*80}}](!)
 ^^^^^^^ is not found
read = call
[bob]({{a*80}})
")
        .because("a base is looked for in full"),
        good("[general]\n[{{a*79}}]\nsecret = x\n"),
        good("[{{a*79}}](!)\n[bob]({{a*79}})\n"),
    ],
};

/// What Asterisk keeps of a name.
const KEPT: usize = 79;

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let is_cut = |what: &What<'_>| *what == What::NameCut;
    if !context.effective.notes.iter().any(|note| is_cut(&note.what)) {
        return;
    }
    let users = users(context);
    let asked = asked(context);
    for (note, _) in context.notes().filter(|(note, _)| is_cut(&note.what)) {
        let Some(header) = header(context, note.at) else { continue };
        let has = |item| header.items.iter().any(|(it, _)| *it == item);
        // `(+)` under such a name finds nothing: that is another rule's.
        if has(HeaderItem::Append) {
            continue;
        }
        let name = header.name.bytes.to_ascii_lowercase();
        let message = format!("only {KEPT} of its {} bytes count as the name of this section", name.len());
        let twin = users.get(&name[..KEPT]).and_then(|twins| twins.iter().find(|(other, _)| *other != name));
        let twin = twin.filter(|_| !has(HeaderItem::Template)).map(|(_, origin)| *origin);
        let (severity, effect) = match (twin, asked.contains(&name)) {
            (Some(_), _) => (Severity::Error, "drops the rest, and makes one user of this section and another one"),
            (None, true) => (Severity::Error, "drops the rest: asked for by its whole name, the section is not found"),
            (None, false) => (Severity::Warning, "drops the rest without a word"),
        };
        let finding = findings.at(context.span(note.at, header.name.range), message, effect);
        finding.severity(severity).help(format!("take a name of at most {KEPT} bytes"));
        if let Some(other) = twin.and_then(|twin| Some((twin, self::header(context, twin)?))) {
            finding.see(context.span(other.0, other.1.name.range), "the other section");
        }
    }
}

fn header<'a>(context: &Context<'a>, at: Origin) -> Option<Header<'a>> {
    match context.effective.line(at).node() {
        Node::Header(header) => Some(header),
        _ => None,
    }
}

/// For each name that may be cut the first two users that have it, under different whole names.
fn users(context: &Context<'_>) -> HashMap<Vec<u8>, Vec<(Vec<u8>, Origin)>> {
    let mut users: HashMap<Vec<u8>, Vec<(Vec<u8>, Origin)>> = HashMap::new();
    for section in context.users().filter(|section| section.name.len() == KEPT) {
        let Some(header) = header(context, section.origin) else { continue };
        let whole = header.name.bytes.to_ascii_lowercase();
        let twins = users.entry(section.name.to_ascii_lowercase()).or_default();
        if twins.len() < 2 && twins.iter().all(|(other, _)| *other != whole) {
            twins.push((whole, section.origin));
        }
    }
    users
}

/// Names that headers asked for and that were not found.
fn asked(context: &Context<'_>) -> HashSet<Vec<u8>> {
    let names = context.effective.notes.iter().filter_map(|note| match note.what {
        What::UnknownBase { name } | What::UnknownTarget { name, .. } => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    names.collect()
}
