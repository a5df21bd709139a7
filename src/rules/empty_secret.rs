//! Users whose secret is empty.

use std::collections::HashSet;

use super::prelude::*;
use crate::config::manager::{AclState, Manager, SecretState, User};

pub(super) static RULE: Rule = Rule {
    name: "empty-secret",
    summary: "a user's secret is empty: anybody who knows the name logs in",
    severity: Severity::Error,
    doc: "\
`secret =` with nothing behind it is a secret, the empty one. A login with an empty `Secret`, or with none, succeeds, \
and so does one by MD5 over the empty text. Whoever reaches the port and passes the user's ACL needs nothing but its \
name, and names are guessed. With `write = command` or `originate` that is the switch.

A value may be empty by accident: a `;` begins a comment unless a `\\` stands before it, so that `secret = ;x` is \
empty too. Without any `secret` line nobody can log in: to close an account take the line out, or better the section. \
But a reload keeps the old secret when the line is gone; only a restart forgets it.",
    source: "main/manager.c, authenticate; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[bob]\nsecret =\n^^^^^^^^ lets anybody in who gives the user's name, from any address\nread = all\n"),
        bad("\
[bob]
secret = ;x
^^^^^^^^ write `\\;` where a `;` belongs to it
deny = 0.0.0.0/0
permit = 10.0.0.5
"),
        bad("\
[staff](!)
secret =
^^^^^^^^ the secret is empty
deny = 0.0.0.0/0
[bob](staff)
[eve](staff)
")
        .because("it is told once, where it stands"),
        good("[bob]\nread = all\n").because("without a secret nobody logs in"),
        good("[bob]\nsecret =\nsecret = x\n").because("the last one counts"),
        good("[staff](!)\nsecret =\n[bob](staff)\nsecret = x\n")
            .because("the user has its own, and a template is no user"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    for user in manager.accounts.users.iter().filter(|user| user.secret.value.state() == SecretState::Empty) {
        let Some(at) = user.secret.at.filter(|&at| seen.insert((at, has_acl(user)))) else { continue };
        let effective = manager.accounts.effective(context.effective, at.part);
        let from = match has_acl(user) {
            true => "from every address that its ACL lets in",
            false => "from any address",
        };
        let effect = format!("lets anybody in who gives the user's name, {from}");
        let help = match effective.line(at.line).has_comment() {
            true => "give it a long random secret; write `\\;` where a `;` belongs to it, which else begins a comment",
            false => "give it a long random secret, or take the section out",
        };
        let span = manager.accounts.span(context.effective, at);
        findings.at(span, "the secret is empty", effect).help(help);
    }
}

/// Is there anything that an address must pass, as far as that is known?
pub(super) fn has_acl(user: &User<'_>) -> bool {
    user.acls.iter().any(|acl| match acl.state {
        AclState::Ok => !acl.rules.is_empty(),
        AclState::Undefined | AclState::Unknown => true,
        AclState::Unrestricted => false,
    })
}
