//! Rules for IPv4 where AMI takes IPv6 too.

use std::collections::BTreeMap;

use super::address_lists::{Families, Fronts, deny_above, key, let_in, open_listeners, opener, others, undoing};
use super::prelude::*;
use crate::config::manager::acl::{Rule as AclRule, Sense};
use crate::config::manager::{AclState, At, Manager, Part};

pub(super) static RULE: Rule = Rule {
    name: "ipv4-only-acl",
    summary: "a user is restricted for IPv4, AMI takes IPv6 too, and IPv6 is open",
    severity: Severity::Warning,
    doc: "\
A rule for IPv4 never matches a client that comes over IPv6, and whom no rule matches is let in. `deny = 0.0.0.0/0` \
closes IPv4 only. Without a `bindaddr`, or with one that Asterisk cannot read, AMI listens on `::`, which is both \
families: then every IPv6 address may log in to the user, with the secret.

Write `deny = ::/0` as well, or `bindaddr = 0.0.0.0` to listen on IPv4 alone. A client that comes over IPv4 to a \
listener on `::` counts as IPv4.",
    source: "main/acl.c, ast_apply_ha, and main/manager.c, __init_manager; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = yes
[bob]
secret = x
deny = 0.0.0.0/0
^^^^^^^^^^^^^^^^ any IPv6 address
permit = 10.0.0.1
"),
        bad("[general]\nenabled = yes\nbindaddr = ::\n[bob]\nsecret = x\nacl = lan\n^^^^^^^^^ `deny = ::/0`\n")
            .beside(&[("acl.conf", "[lan]\ndeny = 0.0.0.0/0\npermit = 10.0.0.1\n")]),
        bad("\
[general]
enabled = yes
[net](!)
deny = 0.0.0.0/0
^^^^^^^^^^^^^^^^ `bob` and 1 more
permit = 10.0.0.1,::1
[bob](net)
secret = x
[alice](net)
secret = y
"),
        bad("\
[general]
enabled = yes
[bob]
secret = x
deny = 0.0.0.0/0,::/0
^^^^^^^^^^^^^^^^^^^^^ replace `permit = 10.0.0.1,::/0` by the addresses that need it
permit = 10.0.0.1,::/0
"),
        good("[general]\nenabled = yes\nbindaddr = 0.0.0.0\n[bob]\nsecret = x\ndeny = 0.0.0.0/0\npermit = 10.0.0.1\n"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\ndeny = 0.0.0.0/0,::/0\npermit = 10.0.0.1\n"),
        good(
            "\
[general]
enabled = yes
[bob]
secret = x
deny = 0.0.0.0/0
acl = lan
",
        )
        .because("acl.conf is not here"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\ndeny = 0.0.0.0/0\npermit = 0.0.0.0/0\n")
            .because("IPv4 is not restricted either"),
        good("[general]\nenabled = yes\nbindaddr = <address>\n[bob]\nsecret = x\ndeny = 0.0.0.0/0\n")
            .because("a tool, or a reader, fills it in"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\ndeny = 0.0.0.0/0\npermit = {{ address }}\n")
            .because("it may be one of IPv6"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let takes_v6 = open_listeners(context, manager).find(|it| Families::of(it).v6);
    let Some(listener) = takes_v6.filter(|_| !context.effective.is_partial()) else { return };
    let accounts = &manager.accounts;
    let filled = context.filled();
    let mut known: Map<*const Vec<AclRule>, (Option<At>, bool)> = Map::default();
    let mut lines: BTreeMap<At, (&[u8], usize, Option<At>)> = BTreeMap::new();
    'users: for user in accounts.users.iter().filter(|user| user.has_secret()) {
        let mut first = None;
        for acl in &user.acls {
            let (v4, v6) = *known.entry(key(acl)).or_insert_with(|| judge(&acl.rules));
            if acl.state != AclState::Ok || v6 {
                continue 'users;
            }
            first = first.or(v4.map(|rule| if rule.part == Part::Manager { rule } else { acl.at }));
        }
        if let Some(at) = first.filter(|_| !filled.has(context, user)) {
            let undone = undoing(user, Families { v4: false, v6: true }).map(|rule| rule.at);
            lines.entry(at).or_insert((user.name, 0, undone)).1 += 1;
        }
    }
    let mut fronts = None;
    for (at, (name, count, undone)) in lines {
        let place = listener.address.map(|address| format!(" on {address}")).unwrap_or_default();
        let too = if Families::of(listener).v4 { " too" } else { "" };
        let finding = findings.at(
            accounts.span(context.effective, at),
            format!("this keeps out IPv4 addresses only, and AMI takes IPv6{too}"),
            format!("listens{place}, and lets any IPv6 address log in to {}", others(name, count)),
        );
        match undone {
            // A `deny` that stands above it changes nothing.
            Some(at) => {
                let span = accounts.span(context.effective, at);
                let line = show(context.files.bytes(span));
                finding.help(format!("replace `{line}` by the addresses that need it, below `deny = ::/0`"));
                finding.see(span, "lets in every IPv6 address");
            }
            None => {
                finding.help("add `deny = ::/0`, or write `bindaddr = 0.0.0.0` into [general]");
                if fronts.get_or_insert_with(|| Fronts::of(manager, |rule| rule.network.is_v6())).has(at) {
                    let edit = deny_above(context, at, Families { v4: false, v6: true });
                    finding.fix_by(Safety::Hardening, "deny IPv6 as well", edit);
                }
            }
        }
        if let Some((span, why)) = opener(context, listener, &format!("opens AMI to IPv6{too}")) {
            finding.see(span, why);
        }
    }
}

/// The first line that denies something of IPv4 where that is restricted, and whether IPv6 is.
fn judge(rules: &[AclRule]) -> (Option<At>, bool) {
    let free = let_in(rules);
    let denies = |rule: &&AclRule| rule.sense == Sense::Deny && !rule.network.is_v6();
    let first = rules.iter().find(denies).filter(|_| !free.v4);
    (first.map(|rule| rule.at), !free.v6)
}
