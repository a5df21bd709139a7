//! A file that includes itself.

use std::collections::HashSet;

use super::prelude::*;
use crate::config::{Effective, Origin};
use crate::text::FileId;

pub(super) static RULE: Rule = Rule {
    name: "include-loop",
    summary: "a file includes itself, or a file that includes it",
    severity: Severity::Error,
    doc: "\
A file that is included while it is being read is read again, and again within that, until ten levels are open. Every \
section in it then exists ten times, and a user's later section drops the access rules of the earlier ones.

The first load succeeds. The next reload at which none of the files has changed crashes Asterisk (SIGSEGV): whoever \
may run `manager reload` can take the switch down.

A pattern is enough: `#include *.conf` in manager.conf names manager.conf too.

The finding stands at the directive that closes the loop. Take it out, or narrow the pattern.",
    source: "main/config.c, config_text_file_load and ast_config_internal_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\n#include manager.conf\n         ^^^^^^^^^^^^ this file includes itself\n"),
        bad("[general]\n#include *.conf\n         ^^^^^^ this file includes itself\n").beside(&[("a.conf", "[bob]\n")]),
        bad("[general]\n#include a.conf\n").beside(&[
            ("a.conf", "[a]\n#include b.conf\n"),
            ("b.conf", "[b]\n#include a.conf\n         ^^^^^^ `a.conf` is still being read here\n"),
        ]),
        good("[general]\n#include a.conf\n#include b.conf\n")
            .beside(&[("a.conf", "[a]\n#include b.conf\n"), ("b.conf", "[b]\n")]),
        good("[general]\n;#include manager.conf\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let effective = context.effective;
    let is_loop = |what: &What<'_>| matches!(what, What::IncludeLoop { .. });
    let closing: HashSet<Origin> =
        context.notes().filter(|(note, _)| is_loop(&note.what)).map(|(note, _)| note.at).collect();
    let mut found: HashSet<(FileId, u32)> = HashSet::new();
    for read in &effective.reads {
        let Some(at) = read.from.filter(|at| closing.contains(at)) else { continue };
        // In the second round every include of the loop brings a file that is being read: only the first one closes it.
        let open = open_files(effective, at);
        let files: HashSet<FileId> = open.iter().map(|(file, _)| *file).collect();
        let Some(&(file, from)) = open.iter().find(|(file, _)| *file == read.file) else { continue };
        let place = (effective.read(at).file, at.line);
        if files.len() < open.len() || !found.insert(place) {
            continue;
        }
        let Node::Directive(directive) = effective.line(at).node() else { continue };
        let message = match file == place.0 {
            true => "this file includes itself".to_owned(),
            false => format!("`{}` is still being read here", base_name(context, file)),
        };
        let effect =
            "the file is read again, ten levels deep; a reload with nothing changed then crashes Asterisk (SIGSEGV)";
        let finding = findings.at(context.span(at, directive.argument.range), message, effect);
        finding.help("take the directive out, or narrow its pattern so that the file is not in it");
        if let Some(from) = from.filter(|_| file != place.0) {
            finding.see(effective.text(from), "here its reading began");
        }
    }
}

/// The files that are open at a line, and where each was included, the one with the line first.
pub(super) fn open_files(effective: &Effective<'_>, at: Origin) -> Vec<(FileId, Option<Origin>)> {
    let mut read = effective.read(at);
    let mut open = vec![(read.file, read.from)];
    while let Some(from) = read.from {
        read = effective.read(from);
        open.push((read.file, read.from));
    }
    open
}

/// A file's name without its folder.
pub(super) fn base_name(context: &Context<'_>, file: FileId) -> String {
    let name = context.files.get(file).name();
    show(name.rsplit('/').next().unwrap_or(name).as_bytes())
}
