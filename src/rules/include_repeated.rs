//! A file with users that is included twice.

use std::collections::{HashMap, HashSet};

use super::include_loop::{base_name, open_files};
use super::prelude::*;
use crate::config::Origin;
use crate::text::FileId;

pub(super) static RULE: Rule = Rule {
    name: "include-repeated",
    summary: "a file with users is included twice",
    severity: Severity::Warning,
    doc: "\
A file that two directives include is read twice, so each user in it has two sections. The manager makes one user of \
them, and the second section drops the access rules, event filters and variables of the first: what a `(+)` in between \
has added, a `deny` perhaps, is gone. A user with a `setvar` that has two sections can crash Asterisk.

A pattern counts as well: `#include users.d/*.conf` beside `#include users.d/bob.conf`. Asterisk itself only warns when \
the same name is written twice.

Files without users are not found, although Asterisk warns of them too: common lines that are included into several \
sections, and common templates that several files include, do no harm.

Take one of the two directives out.",
    source: "main/config.c, config_text_file_load; main/manager.c, __init_manager; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\n#include bob.conf\n#include bob.conf\n         ^^^^^^^^ `bob.conf` is included twice\n")
            .beside(&[("bob.conf", "[bob]\nsecret = 7Qm3kd\ndeny = 0.0.0.0/0\n")]),
        bad("[general]\n#include d/bob.conf\n#include d/*.conf\n         ^^^^^^^^ `bob.conf` is included twice\n")
            .beside(&[("d/bob.conf", "[bob]\n"), ("d/zoe.conf", "[zoe]\n")]),
        bad("[general]\n#include all.conf\n#include all.conf\n         ^^^^^^^^ `all.conf` is included twice\n")
            .beside(&[("all.conf", "#include bob.conf\n"), ("bob.conf", "[bob]\n")]),
        good("[bob]\n#include office.inc\n[zoe]\n#include office.inc\n")
            .beside(&[("office.inc", "deny = 0.0.0.0/0\npermit = 10.0.0.0/8\n")])
            .because("common lines of several users"),
        good("[general]\n#include bob.conf\n#include zoe.conf\n")
            .beside(&[
                ("staff.conf", "[staff](!)\nread = call\n"),
                ("bob.conf", "#include staff.conf\n[bob](staff)\n"),
                ("zoe.conf", "#include staff.conf\n[zoe](staff)\n"),
            ])
            .because("a template that is there twice does no harm"),
        good("[general]\n#include manager.conf\n[bob]\n").because("that is a loop, and has a rule of its own"),
        good("[general]\n#include bob.conf\n#include bob.conf\n").because("the file may hold anything"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let effective = context.effective;
    let place = |at: Origin| (effective.read(at).file, at.line);
    let with_users = files_with_users(context);
    let mut brings: HashMap<Origin, usize> = HashMap::new();
    effective.reads.iter().filter_map(|read| read.from).for_each(|at| *brings.entry(at).or_default() += 1);
    let mut first: HashMap<FileId, Origin> = HashMap::new();
    let mut found: HashSet<(FileId, u32)> = HashSet::new();
    for read in effective.reads.iter().filter(|read| with_users.contains(&read.file)) {
        let Some(at) = read.from else { continue };
        let before = *first.entry(read.file).or_insert(at);
        // The same directive again: its own file is read twice, and that is said there.
        if place(before) == place(at) || found.contains(&place(at)) {
            continue;
        }
        if open_files(effective, at).iter().any(|(file, _)| *file == read.file) {
            continue;
        }
        found.insert(place(at));
        let Node::Directive(directive) = effective.line(at).node() else { continue };
        let name = base_name(context, read.file);
        findings
            .at(
                context.span(at, directive.argument.range),
                format!("`{name}` is included twice"),
                "its users have two sections each; the second drops the access rules, filters and variables of the first",
            )
            .help("take one of the two directives out")
            .see(effective.text(before), "the first include of it")
            .fix_by(Safety::Widening, "make the second directive a comment", double(context, at, &brings));
    }
}

/// A directive that brings one file alone, as a comment.
fn double(context: &Context<'_>, at: Origin, brings: &HashMap<Origin, usize>) -> Option<Edit> {
    mend::comment_out(context.effective, at).filter(|_| brings.get(&at) == Some(&1))
}

/// The files that bring a section of a user, by themselves or through what they include.
fn files_with_users(context: &Context<'_>) -> HashSet<FileId> {
    let is_user = |name: &[u8], template: bool| !template && !name.eq_ignore_ascii_case(b"general");
    let sections = context.effective.sections.iter().filter(|section| is_user(section.name, section.template));
    let reads: HashMap<_, _> = sections.map(|section| (section.origin.read, section.origin)).collect();
    reads.values().flat_map(|&at| open_files(context.effective, at)).map(|(file, _)| file).collect()
}
