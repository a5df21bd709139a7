//! A user that any address may try to log in to.

use std::net::IpAddr;
use std::rc::Rc;

use super::invalid_acl::is_template;
use super::permit_without_deny::{is_all, is_pointless};
use super::prelude::*;
use crate::config::manager::acl::{Network, Rule as AclRule, Sense};
use crate::config::manager::listen::{Listener, State};
use crate::config::manager::{AclState, Manager, SecretState};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "no-address-restriction",
    summary: "AMI is open to the network, and a user to every address",
    severity: Severity::Warning,
    doc: "\
AMI listens on an address that other machines can reach, and nothing restricts from where this user may log in: it has \
no `deny` and no `acl`, or a later `permit` undoes them. Whoever reaches the port can try secrets, and whoever has the \
secret has the account.

Write into the user's section

    deny = 0.0.0.0/0
    deny = ::/0
    permit = 10.0.0.5

or let AMI listen on the machine itself only: `bindaddr = 127.0.0.1`. A firewall helps too; say so where you suppress \
this finding.",
    source: "main/manager.c, authenticate, and main/acl.c, ast_apply_acl; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\nbindaddr = 0.0.0.0\n[bob]\n ^^^ from any address\nsecret = x\n"),
        bad("\
[general]
enabled = yes
[bob]
 ^^^ `bindaddr = 127.0.0.1`
secret = x
deny = 0.0.0.0/0
permit = 0.0.0.0/0
"),
        good("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = no\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8\n"),
        good("[general]\nenabled = yes\n[bob]\nread = all\n").because("without a secret nobody logs in"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nacl = lan\n").because("acl.conf is not here"),
        good("[general]\nenabled = yes\nbindaddr = ${ADDRESS}\n[bob]\nsecret = x\n").because("a tool fills it in"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n#include more.conf\n").because("it may add a `deny`"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let Some(listener) = open_listeners(context, manager).next() else { return };
    if context.effective.is_partial() {
        return;
    }
    let accounts = &manager.accounts;
    let mut free: Map<*const Vec<AclRule>, bool> = Map::default();
    for user in accounts.users.iter().filter(|user| user.secret.value.state() != SecretState::Missing) {
        // Other rules speak of lists that are there and do nothing.
        let is_free = user.acls.iter().all(|acl| {
            let judge = || !is_pointless(&acl.rules) && !restricts(&acl.rules, false) && !restricts(&acl.rules, true);
            acl.state == AclState::Ok && *free.entry(Rc::as_ptr(&acl.rules)).or_insert_with(judge)
        });
        if !is_free || is_placeholder(user.name) {
            continue;
        }
        let effective = accounts.effective(context.effective, user.at.part);
        let Node::Header(header) = effective.line(user.at.line).node() else { continue };
        let place = listener.address.map(|address| format!(" at {address}")).unwrap_or_default();
        let finding = findings.at(
            effective.span(user.at.line, header.name.range),
            format!("nothing restricts from where `{}` may log in", show(user.name)),
            format!("listens{place}, and takes this user from any address"),
        );
        finding.help(
            "write `deny = 0.0.0.0/0`, `deny = ::/0` and a `permit` into its section of manager.conf, or \
             `bindaddr = 127.0.0.1` into [general]",
        );
        if let Some(at) = listener.at {
            finding.see(context.effective.text(at), "opens AMI to the network");
        }
    }
}

/// Is AMI, or may it be, open to other machines?
pub(super) fn is_open(context: &Context<'_>, manager: &Manager<'_>) -> bool {
    let unsure = |it: &Listener<'_>| matches!(it.state, State::Unknown | State::Indeterminate);
    let local = |it: &Listener<'_>| it.address.is_some_and(|address| address.ip.to_canonical().is_loopback());
    manager.listeners.iter().any(|it| unsure(it) && !local(it)) || open_listeners(context, manager).next().is_some()
}

/// The listeners that other machines can surely reach.
pub(super) fn open_listeners<'m, 't>(
    context: &Context<'_>,
    manager: &'m Manager<'t>,
) -> impl Iterator<Item = &'m Listener<'t>> {
    let effective = context.effective;
    manager.listeners.iter().filter(move |listener| {
        let is_local = |ip: IpAddr| ip.to_canonical().is_loopback();
        let written = listener.at.and_then(|at| effective.written(at));
        listener.state == State::Listens
            && listener.address.is_some_and(|it| !is_local(it.ip) && it.interface != Some(b"lo"))
            && !written.is_some_and(|it| is_template(it.value.bytes))
    })
}

/// Does a list keep some address of a family out?
pub(super) fn restricts(rules: &[AclRule], is_v6: bool) -> bool {
    let mut family = rules.iter().rev().filter(|rule| matches!(rule.network, Network::V6 { .. }) == is_v6);
    let last = family.find(|rule| match rule.sense {
        Sense::Permit => is_all(rule.network),
        Sense::Deny => !is_nobody(rule.network),
    });
    last.is_some_and(|rule| rule.sense == Sense::Deny)
}

/// Does a network hold the unspecified address alone, which no client has?
pub(super) fn is_nobody(network: Network) -> bool {
    matches!(network, Network::V4 { address: 0, mask: u32::MAX } | Network::V6 { address: 0, mask: u128::MAX })
}

/// `` `bob` and 2 more``.
pub(super) fn others(name: &[u8], count: usize) -> String {
    match count {
        0 | 1 => format!("`{}`", show(name)),
        _ => format!("`{}` and {} more", show(name), count - 1),
    }
}
