//! Rules for IPv4 where AMI takes IPv6 too.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::no_address_restriction::{open_listeners, others, restricts};
use super::prelude::*;
use crate::config::manager::acl::{Network, Rule as AclRule, Sense};
use crate::config::manager::{AclState, At, Manager, Part, SecretState};

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
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let takes_v6 = open_listeners(context, manager)
        .find(|it| it.address.is_some_and(|address| address.ip.to_canonical().is_ipv6()));
    let Some(listener) = takes_v6.filter(|_| !context.effective.is_partial()) else { return };
    let accounts = &manager.accounts;
    let mut known: Map<*const Vec<AclRule>, (Option<At>, bool)> = Map::default();
    let mut lines: BTreeMap<At, (&[u8], usize)> = BTreeMap::new();
    'users: for user in accounts.users.iter().filter(|user| user.secret.value.state() != SecretState::Missing) {
        let mut first = None;
        for acl in &user.acls {
            let (v4, v6) = *known.entry(Rc::as_ptr(&acl.rules)).or_insert_with(|| judge(&acl.rules));
            if acl.state != AclState::Ok || v6 {
                continue 'users;
            }
            first = first.or(v4.map(|rule| if rule.part == Part::Manager { rule } else { acl.at }));
        }
        if let Some(at) = first {
            lines.entry(at).or_insert((user.name, 0)).1 += 1;
        }
    }
    for (at, (name, count)) in lines {
        let place = listener.address.map(|address| format!(" on {address}")).unwrap_or_default();
        let finding = findings.at(
            accounts.span(context.effective, at),
            "this keeps out IPv4 addresses only, and AMI takes IPv6 too",
            format!("listens{place}, and lets any IPv6 address log in to {}", others(name, count)),
        );
        finding.help("add `deny = ::/0`, or write `bindaddr = 0.0.0.0` into [general]");
        if let Some(at) = listener.at {
            finding.see(context.effective.text(at), "opens AMI to IPv6 too");
        }
    }
}

/// The first line that denies something of IPv4 where that is restricted, and whether IPv6 is.
fn judge(rules: &[AclRule]) -> (Option<At>, bool) {
    let denies = |rule: &&AclRule| rule.sense == Sense::Deny && matches!(rule.network, Network::V4 { .. });
    let first = rules.iter().find(denies).filter(|_| restricts(rules, false));
    (first.map(|rule| rule.at), restricts(rules, true))
}
