//! A list of address rules in which nothing is denied.

use std::collections::BTreeMap;

use super::address_lists::{Families, Fronts, Pointless, deny_above, is_open, key, let_in, others, pointless};
use super::prelude::*;
use crate::config::manager::{Acl, AclState, At, Manager, acl};

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
        bad("\
[general]
enabled = yes
bindaddr = 0.0.0.0
[bob]
secret = x
deny = ::/0
permit = 10.0.0.1
^^^^^^^^^^^^^^^^^ any IPv4 address
")
        .because("the `deny` is for IPv6"),
        bad("[bob]\nacl = lan\npermit = 10.0.0.1\n^^^^^^^^^^^^^^^^^ only other lists can keep somebody from `bob`\n")
            .beside(&[("acl.conf", "[lan]\ndeny = 0.0.0.0/0,::/0\npermit = 10.0.0.0/8\n")]),
        bad("\
[net](!)
permit = 10.0.0.1
^^^^^^^^^^^^^^^^^ `bob`
[bob](net)
[lan](!)
deny = 0.0.0.0/0
permit = 10.0.0.2
[alice](lan,net)
")
        .because("a `deny` in the template would undo a `permit` of `alice`"),
        bad("[bob]\nsecret = x\n\n  ; the office\n  permit = 10.0.0.1\n  ^^^^^^^^^^^^^^^^^ any address"),
        good("[bob]\ndeny = {{ closed }}\npermit = 10.0.0.1\n").because("a tool fills it in"),
        good("[general]\nenabled = yes\nbindaddr = 2001:db8::5\n[bob]\ndeny = ::/0\npermit = 10.0.0.1\n")
            .because("nobody comes over IPv4"),
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
    let filled = context.filled();
    let is_open = is_open(context, manager);
    let taken = manager.listeners.iter().map(Families::of).fold(Families::default(), Families::or);
    let taken = if taken.is_none() { Families::BOTH } else { taken };
    let mut known: Map<*const Vec<acl::Rule>, (Option<Pointless>, Families)> = Map::default();
    let mut lines: BTreeMap<(At, bool, bool), (&[u8], usize)> = BTreeMap::new();
    for user in accounts.users.iter().filter(|user| !filled.has(context, user)) {
        let mut judge = |acl: &Acl<'_>| {
            *known.entry(key(acl)).or_insert_with(|| (pointless(&acl.rules, taken), let_in(&acl.rules)))
        };
        // Each of a user's lists is asked.
        let closed = user.acls.iter().any(|acl| match acl.state {
            AclState::Ok => judge(acl).1 != Families::BOTH && judge(acl).0.is_none(),
            AclState::Undefined | AclState::Unknown => true,
            AclState::Unrestricted => false,
        });
        for acl in user.acls.iter().filter(|acl| acl.state == AclState::Ok) {
            let (is_v4, first) = match judge(acl).0 {
                None => continue,
                Some(Pointless::Wholly) => (false, acl.rules.first()),
                Some(Pointless::OfV4) => (true, acl.rules.iter().find(|rule| !rule.network.is_v6())),
            };
            if let Some(rule) = first {
                lines.entry((rule.at, is_v4, closed)).or_insert((user.name, 0)).1 += 1;
            }
        }
    }
    let severity = if is_open { Severity::Warning } else { Severity::Info };
    let is_permit = |rule: &acl::Rule| rule.sense == acl::Sense::Permit;
    let mut fronts = None;
    for ((at, is_v4, closed), (name, count)) in lines {
        let any = if is_v4 { "any IPv4 address" } else { "any address" };
        let users = others(name, count);
        let effect = match closed {
            true => format!("lets in whom no rule matches: only other lists can keep somebody from {users}"),
            false => format!("lets in whom no rule matches: {any} may try to log in to {users}"),
        };
        let (message, help) = match is_v4 {
            true => (
                "`permit` lines for IPv4 without a `deny` for IPv4 keep nobody out",
                "write `deny = 0.0.0.0/0` above it: a `deny` for IPv6 keeps out no IPv4 address",
            ),
            false => (
                "`permit` lines without a `deny` keep nobody out",
                "write `deny = 0.0.0.0/0` and `deny = ::/0` above it",
            ),
        };
        let finding = findings.at(accounts.span(context.effective, at), message, effect).severity(severity).help(help);
        if fronts.get_or_insert_with(|| Fronts::of(manager, is_permit)).has(at) {
            let families = if is_v4 { Families { v4: true, v6: false } } else { Families::BOTH };
            finding.fix_by(Safety::Hardening, "deny everybody above it", deny_above(context, at, families));
        }
    }
}
