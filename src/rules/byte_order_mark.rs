//! Byte order marks that are text.

use std::collections::{HashMap, HashSet};

use super::prelude::*;
use crate::config::Origin;

const MARK: &[u8] = b"\xEF\xBB\xBF";

pub(super) static RULE: Rule = Rule {
    name: "byte-order-mark",
    summary: "a byte order mark is read as text",
    severity: Severity::Error,
    doc: "\
Editors that save \"UTF-8 with BOM\" put three invisible bytes, a byte order mark, before the text. Asterisk skips one \
such mark at the very beginning of a file, and older releases do not even know that one: 13 before 13.31 and 16 before \
16.8 refuse a manager.conf that begins with a mark.

Anywhere else a mark is text on every release: a second one, one behind a blank, one on a later line where files were \
joined, and one at the beginning of the second and later files of an `#include users.d/*.conf`. Before a `[` it turns \
the header into a line without `=`, which is dropped, and the user's entries land in the section before: another user \
gets the secret and the permissions. Before a key it makes a key that nobody knows.

Save the files as UTF-8 without a mark.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\u{feff}[general]\n^^^ the whole file is refused\nenabled = yes\n").on("13.12"),
        bad("[general]\nenabled = yes\n\u{feff}[bob]\n^^^ no section begins here\nsecret = x\n"),
        bad("[bob]\n  \u{feff}deny = 0.0.0.0/0\n  ^^^ the mark is a part of the key\n"),
        bad("[general]\n#include d/*.conf\n")
            .beside(&[
                ("d/1.conf", "\u{feff}[ann]\nsecret = x\n"),
                ("d/2.conf", "\u{feff}[bob]\n^^^ no section begins here\nread = all\n"),
            ])
            .on("16,22"),
        bad("[general]\n\u{feff}\n^^^ has no `=` and is dropped\nenabled = yes\n"),
        good("\u{feff}[general]\nenabled = yes\n").on("13.38,16,18,20,21,22,23"),
        good("[general]\n; \u{feff}a comment\nenabled = yes\n[b\u{feff}ob]\nsetvar = A=\u{feff}\n")
            .because("neither in a comment nor within a text is it worth a word"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let effective = context.effective;
    let mut from = HashSet::new();
    let mut seen = HashSet::new();
    let mut refusals: Option<HashMap<Origin, &str>> = None;
    for (id, read) in effective.reads() {
        let is_first = from.insert(read.from);
        if !seen.insert((read.file, std::ptr::from_ref(read.tree))) {
            continue;
        }
        let mut lines: Vec<usize> =
            memchr::memmem::find_iter(read.tree.source(), MARK).map(|at| read.tree.line_of(at)).collect();
        lines.dedup();
        for number in lines.into_iter().filter(|&number| number < read.lines) {
            let (at, line) = (effective.origin(id, number), read.tree.line(number));
            let text = match line.node() {
                Node::Entry(_) | Node::Text(_) => line.text(),
                _ => continue,
            };
            if !text.bytes.starts_with(MARK) {
                continue;
            }
            let fatal = || context.notes().filter(|(note, _)| note.fatal && note.what == What::NoSection);
            let refusals =
                refusals.get_or_insert_with(|| fatal().map(|(note, _)| (note.at, context.refusal(note))).collect());
            let start = text.range.start;
            let message = match start {
                0 if is_first => "this release does not skip the byte order mark at the start of a file",
                0 => "the byte order mark of a later file of one include is not skipped",
                _ => "a byte order mark is skipped only at the very start of a file",
            };
            let behind = &text.bytes[MARK.len()..];
            let effect = match (refusals.get(&at), line.node()) {
                (Some(refusal), _) => refusal,
                _ if behind.trim_ascii().starts_with(b"[") => {
                    "no section begins here: the entries below belong to the section before"
                }
                (None, Node::Entry(_)) => "the mark is a part of the key, which is not known so",
                (None, _) => "the line has no `=` and is dropped",
            };
            let finding = findings.at(context.span(at, start..start + MARK.len()), message, effect);
            finding.help("take the mark out: save the file as UTF-8 without BOM");
            let is_harmless = behind.is_empty() && !refusals.contains_key(&at);
            if is_harmless {
                finding.severity(Severity::Warning);
            }
            if !line.is_tangled() {
                let safety = if is_harmless { Safety::Safe } else { Safety::Widening };
                finding.fix(safety, "take the mark out", context.span(at, start..start + MARK.len()), "");
            }
        }
    }
}
