//! A list of address rules in which nothing is denied.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::invalid_acl::is_template;
use super::no_address_restriction::{is_open, others};
use super::prelude::*;
use crate::config::manager::acl::{self, Network, Sense};
use crate::config::manager::{AclState, At, Manager};

pub(super) static RULE: Rule = Rule {
    name: "permit-without-deny",
    summary: "`permit` lines without any `deny` keep nobody out",
    severity: Severity::Warning,
    doc: "\
An address that no rule matches is let in. A list of nothing but `permit` lines restricts nobody: with the secret, any \
address may log in. Write a `deny` of everything above the `permit` lines, for both families:

    deny = 0.0.0.0/0
    deny = ::/0
    permit = 10.0.0.0/8

Each named ACL of acl.conf is such a list of its own, and the `permit` and `deny` lines of the user are another one. A \
list that permits everything on purpose (`permit = 0.0.0.0/0`) is not spoken of here. Where AMI listens on the machine \
itself only, the finding is for information.",
    source: "main/acl.c, ast_apply_ha; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = yes
[bob]
secret = x
permit = 10.0.0.0/8
^^^^^^^^^^^^^^^^^^^ any address
permit = ::1
"),
        bad("\
[net](!)
permit = 127.0.0.1/255.255.255.0
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `bob` and 1 more
[bob](net)
[alice](net)
"),
        bad("[bob]\nsecret = x\nacl = lan\n")
            .beside(&[("acl.conf", "[lan]\npermit = 10.0.0.0/8\n^^^^^^^^^^^^^^^^^^^ keep nobody out\n")]),
        good("[bob]\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1/255.255.255.0\n"),
        good("[bob]\npermit = 10.0.0.0/8,!0.0.0.0/0\n").because("`!` makes it a deny"),
        good("[bob]\npermit = 0.0.0.0/0.0.0.0\n").because("that is said in so many words"),
        good("[bob]\npermit = 10.0.0.1\n#include more.conf\n").because("a file that is not here may deny the rest"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    if context.effective.is_partial() {
        return;
    }
    let accounts = &manager.accounts;
    let mut known: Map<*const Vec<acl::Rule>, bool> = Map::default();
    let mut lines: BTreeMap<At, (&[u8], usize)> = BTreeMap::new();
    for user in &accounts.users {
        for acl in user.acls.iter().filter(|acl| acl.state == AclState::Ok) {
            let is_pointless = *known.entry(Rc::as_ptr(&acl.rules)).or_insert_with(|| is_pointless(&acl.rules));
            if let Some(first) = acl.rules.first().filter(|_| is_pointless) {
                lines.entry(first.at).or_insert((user.name, 0)).1 += 1;
            }
        }
    }
    let severity = if is_open(context, manager) { Severity::Warning } else { Severity::Info };
    for (at, (name, count)) in lines {
        let written = accounts.effective(context.effective, at.part).written(at.line);
        if written.is_some_and(|it| is_template(it.value.bytes)) {
            continue;
        }
        let effect = format!("lets in whom no rule matches: any address may try to log in to {}", others(name, count));
        findings
            .at(accounts.span(context.effective, at), "`permit` lines without a `deny` keep nobody out", effect)
            .severity(severity)
            .help("write `deny = 0.0.0.0/0` and `deny = ::/0` above it");
    }
}

/// Does a list permit some addresses, and deny none?
pub(super) fn is_pointless(rules: &[acl::Rule]) -> bool {
    let only_some = |rule: &acl::Rule| rule.sense == Sense::Permit && !is_all(rule.network);
    !rules.is_empty() && rules.iter().all(only_some)
}

/// Does a network hold every address of its family?
pub(super) fn is_all(network: Network) -> bool {
    matches!(network, Network::V4 { mask: 0, .. } | Network::V6 { mask: 0, .. })
}
