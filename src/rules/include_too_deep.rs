//! Includes nested deeper than Asterisk reads.

use std::collections::HashSet;

use super::include_loop::open_files;
use super::prelude::*;
use crate::config::Note;
use crate::text::FileId;

/// How many levels Asterisk reads below the main file.
const DEEPEST: usize = 10;

pub(super) static RULE: Rule = Rule {
    name: "include-too-deep",
    summary: "an include is more than ten levels deep",
    severity: Severity::Error,
    doc: "\
Asterisk reads ten levels of includes below the main file. The next one is not read, as if its file was missing: the \
file with the `#include` ends at the directive, and what stands below, the `deny` of a user for example, is gone. \
`#tryinclude` only passes over the file.

An include that was cut short by a mistake in its file is never counted down. After ten of them Asterisk takes every \
further include for one that is too deep, also in the main file, which is then refused. The finding stands at the \
first of those; mend what cuts the other files short.

Include the files from one place instead: `#include users.d/*.conf`.",
    source: "main/config.c, ast_config_internal_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("#include 1\n").beside(&[
            ("1", "#include 2\n"),
            ("2", "#include 3\n"),
            ("3", "#include 4\n"),
            ("4", "#include 5\n"),
            ("5", "#include 6\n"),
            ("6", "#include 7\n"),
            ("7", "#include 8\n"),
            ("8", "#include 9\n"),
            ("9", "#include 10\n"),
            ("10", "#include 11\n         ^^ the rest of this file is not read\n[bob]\n"),
            ("11", "[a]\n"),
        ]),
        bad("\
[general]
#include x/a
#include x/b
#include x/c
#include x/d
#include x/e
#include x/f
#include x/g
#include x/h
#include x/i
#include x/j
#include x/ok
         ^^^^ the whole file is refused
")
        .beside(&[
            ("x/a", "[a\n"),
            ("x/b", "[b\n"),
            ("x/c", "[c\n"),
            ("x/d", "[d\n"),
            ("x/e", "[e\n"),
            ("x/f", "[f\n"),
            ("x/g", "[g\n"),
            ("x/h", "[h\n"),
            ("x/i", "[i\n"),
            ("x/j", "[j\n"),
            ("x/ok", "[ok]\n"),
        ])
        .because("ten includes were cut short"),
        good("[general]\n#include manager.conf\n").because("that is a loop, and has a rule of its own"),
        good("[general]\n#include 1\n").beside(&[("1", "#include 2\n"), ("2", "#include 3\n"), ("3", "[bob]\n")]),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut found: HashSet<(FileId, u32)> = HashSet::new();
    let mut cut: Option<&Note<'_>> = None;
    let mut said = false;
    for (note, _) in context.notes() {
        if note.fatal && !context.effective.in_root(note.at) {
            cut = cut.or(Some(note));
        }
        if note.what != What::IncludeTooDeep {
            continue;
        }
        let open = open_files(context.effective, note.at);
        let files: HashSet<FileId> = open.iter().map(|(file, _)| *file).collect();
        let leaks = open.len() <= DEEPEST;
        if files.len() < open.len() || (leaks && said) || !found.insert((open[0].0, note.at.line)) {
            continue;
        }
        said |= leaks;
        let Node::Directive(directive) = context.effective.line(note.at).node() else { continue };
        let effect = match directive.keyword.bytes.eq_ignore_ascii_case(b"tryinclude") {
            true => "the included file is not read",
            // Whatever the included file is, and wherever: it is not even looked for.
            false => context.refusal(&Note { fatal: true, ..note.clone() }),
        };
        let span = context.span(note.at, directive.argument.range);
        if leaks {
            let levels = DEEPEST + 1 - open.len();
            let message = format!("{levels} includes before this one were cut short, and count as open for ever");
            let finding = findings.at(span, message, effect).help("mend the files that are cut short");
            if let Some(cut) = cut {
                finding.see(context.effective.text(cut.at), "the first of them ends here");
            }
        } else {
            findings
                .at(span, "this include is more than ten levels deep", effect)
                .help("include the file from further above");
        }
    }
}
