//! Users without a secret.

use std::collections::HashSet;

use super::prelude::*;
use crate::config::SectionId;
use crate::config::manager::Manager;
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "missing-secret",
    summary: "a user has no secret: nobody can log in as it",
    severity: Severity::Info,
    doc: "\
Every section but `[general]` is a user, and without a `secret` nobody can log in as this one, with a plain login or \
with MD5. Nothing is logged when the file is read; a client sees `Authentication failed` as with a wrong secret.

That may be meant. It is not when the key is misspelt (`password`, `secert`), when the line has no `=`, or when the \
section is one that others inherit from: such a section is marked with `(!)`, or it is a user itself. Up to Asterisk \
22 a user may also have its secret from a section of the same name in `users.conf`. A reload keeps the secret that a \
user had before its line was taken out.

Nothing is said where a part of the configuration is not here, nor of a section that another one inherits from.",
    source: "main/manager.c, authenticate; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[bob]\n ^^^ lets nobody log in\nread = all\n"),
        bad("[bob]\n ^^^ no line here gives the user `bob` a secret\npassword = x\nread = all\n")
            .because("`password` is no option of a user"),
        bad("[staff](!)\nread = all\n[bob](staff)\n ^^^ give it a `secret`\n[eve](staff)\nsecret = x\n"),
        good("[bob]\nsecret =\n").because("that is a secret, the empty one: a matter of `empty-secret`"),
        good("[staff]\nread = all\n[bob](staff)\nsecret = x\n").because("the section is there for others"),
        good("[general ]\nenabled = yes\n").because("it was not to be a user: a matter of `user-name-with-blank`"),
        good("[bob]\nread = all\n[Bob]\nsecret = x\n").because("both are one user"),
        good("[bob]\nread = all\n[bob](+)\nsecret = x\n"),
        good("[bob]\nread = all\n#include \"secrets.d/bob.conf\"\n").because("that file may have it"),
        good("[{{ name }}]\n{{ lines }}\n").because("a tool fills this in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    if context.effective.is_partial() {
        return;
    }
    let mut filled: Option<bool> = None;
    let bases: HashSet<SectionId> =
        context.effective.sections.iter().flat_map(|section| section.bases.iter().copied()).collect();
    for user in manager.accounts.users.iter().filter(|user| !user.has_secret()) {
        let inherited = user.sections.iter().any(|section| bases.contains(section));
        // `[general ]` was not to be a user.
        let is_general = user.name.trim_ascii().eq_ignore_ascii_case(b"general");
        if is_general || inherited || is_placeholder(user.name) || *filled.get_or_insert_with(|| has_blanks_to_fill(context)) {
            continue;
        }
        let effective = manager.accounts.effective(context.effective, user.at.part);
        let Node::Header(header) = effective.line(user.at.line).node() else { continue };
        let span = effective.span(user.at.line, header.name.range);
        let message = format!("no line here gives the user `{}` a secret", show(user.name));
        findings
            .at(span, message, "lets nobody log in as a user without a secret")
            .help("give it a `secret`, take the section out, or mark it as a template with `(!)`");
    }
}

/// Has the file lines that some tool replaces by others?
pub(super) fn has_blanks_to_fill(context: &Context<'_>) -> bool {
    let mut texts = context.notes().filter(|(note, _)| note.what == What::NoEquals);
    texts.any(|(note, _)| matches!(context.effective.line(note.at).node(), Node::Text(text) if is_placeholder(text.bytes)))
}
