//! Sections that others inherit from, and that are users themselves.

use super::prelude::*;
use crate::config::manager::Manager;

pub(super) static RULE: Rule = Rule {
    name: "base-is-a-user",
    summary: "a section that others inherit from is a user itself",
    severity: Severity::Info,
    doc: "\
A section without `(!)` that others inherit from is a user like any other: whoever knows its name and its secret logs in, \
with all that it grants. Where every heir has a secret of its own, the one of the base is the account that nobody \
thinks of when secrets are changed.

If it is meant as a template, write `(!)` right behind its name: `[staff](!)`. A user may well be a base on purpose, so it \
is a note, and silent without `--strict`.",
    source: "main/config.c, process_text_line; main/manager.c, __init_manager; recorded on 13.12.2 to 23.4.1",
    check: Check::Strict(check),
    examples: &[
        bad("\
[general]
enabled = yes
[staff]
 ^^^^^ logs in like any other
secret = x
read = all
[bob](staff)
secret = y
"),
        good("[general]\nenabled = yes\n[staff](!)\nsecret = x\nread = all\n[bob](staff)\nsecret = y\n"),
        good("[general]\nenabled = yes\n[staff]\nread = all\n[bob](staff)\nsecret = y\n")
            .because("without a secret nobody logs in as staff"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n[eve](bob)\nread = call\n")
            .because("the heir shares the secret: it is meant so, or nothing is gained"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    if manager.is_closed() {
        return;
    }
    let users = &manager.accounts.users;
    let secrets: Map<_, _> = users.iter().filter_map(|user| Some((*user.sections.first()?, user.secret.at?))).collect();
    let mut told = Set::default();
    for user in users {
        let Some(&heir) = user.sections.first() else { continue };
        for &base in &context.effective.section(heir).bases {
            let Some(&secret) = secrets.get(&base) else { continue };
            if user.secret.at == Some(secret) || !told.insert(base) {
                continue;
            }
            let origin = context.effective.section(base).origin;
            let Node::Header(header) = context.effective.line(origin).node() else { continue };
            findings
                .at(
                    context.span(origin, header.name.range),
                    "a section that others inherit from is a user itself",
                    "takes it for an account, which logs in like any other with the secret here",
                )
                .help("write `(!)` right behind the name if it is meant as a template");
        }
    }
}
