//! A user that any address may try to log in to.

use super::address_lists::{Families, key, let_in, open_listeners, opener, pointless, undoing};
use super::prelude::*;
use crate::config::manager::acl::Rule as AclRule;
use crate::config::manager::listen::Listener;
use crate::config::manager::{AclState, Manager};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "no-address-restriction",
    summary: "AMI is open to the network, and a user to every address",
    severity: Severity::Warning,
    doc: "\
AMI listens on an address that other machines can reach, and nothing restricts from where this user may log in: it has \
no `deny` and no `acl`, or a later `permit` undoes them, or they are of the other family: `deny = ::/0` keeps out no \
IPv4 address. Whoever reaches the port can try secrets, and whoever has the secret has the account.

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
        bad("[general]\nenabled = yes\n[bob]\n ^^^ `bindaddr = 127.0.0.1`\nsecret = x\n"),
        bad("\
[general]
enabled = yes
[bob]
 ^^^ replace `permit = 0.0.0.0/0.0.0.0` by the addresses that need it
secret = x
deny = 0.0.0.0/0
permit = 0.0.0.0/0.0.0.0
"),
        bad("\
[general]
enabled = yes
bindaddr = 0.0.0.0
[bob]
 ^^^ replace `permit = 0/0`
secret = x
deny = 0.0.0.0/0,::/0
permit = 10.0.0.5
permit = 0/0
")
        .because("who comes over IPv4 meets rules for IPv4 alone"),
        bad("[general]\nenabled = yes\n[bob]\n ^^^ from any IPv4 address\nsecret = x\ndeny = ::/0\n"),
        bad("[general]\nenabled = yes\nbindaddr = 0.0.0.0\n[bob]\n ^^^ write `deny = 0.0.0.0/0`\nsecret = x\n\
             deny = ::/0\n"),
        bad("[general]\nenabled = yes\nbindaddr = 2001:db8::5\n[bob]\n ^^^ from any address\nsecret = x\n"),
        good("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = no\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8\n"),
        good("[general]\nenabled = yes\n[bob]\nread = all\n").because("without a secret nobody logs in"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nacl = lan\n").because("acl.conf is not here"),
        good("[general]\nenabled = yes\nbindaddr = ${ADDRESS}\n[bob]\nsecret = x\n").because("a tool fills it in"),
        good("[general]\nenabled = yes\nbindaddr = <address>\ntlsenable = yes\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\n[net](!)\ndeny = {{ closed }}\n[bob](net)\nsecret = x\n")
            .because("what a tool fills in may restrict it"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n{{ acl }}\n").because("what a tool fills in may be a `deny`"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\ndeny = ::/0\npermit = 10.0.0.5\n")
            .because("permit-without-deny says so"),
        good("[general]\nenabled = yes\nbindaddr = 2001:db8::5\n[bob]\nsecret = x\ndeny = ::/0\n"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n#include more.conf\n").because("it may add a `deny`"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let taken = open_listeners(context, manager).map(Families::of).fold(Families::default(), Families::or);
    if taken.is_none() || context.effective.is_partial() {
        return;
    }
    let accounts = &manager.accounts;
    let filled = context.filled();
    let mut known: Map<*const Vec<AclRule>, (Families, bool)> = Map::default();
    for user in accounts.users.iter().filter(|user| user.has_secret()) {
        let mut free = Families::BOTH;
        // Other rules speak of lists that are there and do nothing.
        let is_known = user.acls.iter().all(|acl| {
            let judge = || (let_in(&acl.rules), pointless(&acl.rules, taken).is_some());
            let (families, is_told) = *known.entry(key(acl)).or_insert_with(judge);
            free = free.and(families);
            acl.state == AclState::Ok && !is_told
        });
        // Where IPv4 is restricted and IPv6 is not, ipv4-only-acl says so.
        if !is_known || !free.v4 || free.and(taken).is_none() || is_placeholder(user.name) || filled.has(context, user) {
            continue;
        }
        let effective = accounts.effective(context.effective, user.at.part);
        let Node::Header(header) = effective.line(user.at.line).node() else { continue };
        let reached = |it: &&Listener<'_>| !Families::of(it).and(free).is_none();
        let Some(listener) = open_listeners(context, manager).find(reached) else { continue };
        let place = listener.address.map(|address| format!(" at {address}")).unwrap_or_default();
        let (where_from, any) = match free.v6 {
            true => ("where", "any address"),
            false => ("which IPv4 address", "any IPv4 address"),
        };
        let finding = findings.at(
            effective.span(user.at.line, header.name.range),
            format!("nothing restricts from {where_from} `{}` may log in", show(user.name)),
            format!("listens{place}, and takes this user from {any}"),
        );
        if let Some(rule) = undoing(user, free.and(taken)) {
            let span = accounts.span(context.effective, rule.at);
            let line = show(context.files.bytes(span));
            finding
                .help(format!("replace `{line}` by the addresses that need it, below a `deny` of everybody"))
                .see(span, "lets everybody in");
        } else if free.v6 {
            finding.help(
                "write `deny = 0.0.0.0/0`, `deny = ::/0` and a `permit` into its section of manager.conf, or \
                 `bindaddr = 127.0.0.1` into [general]",
            );
        } else {
            finding.help("write `deny = 0.0.0.0/0` and a `permit` into its section, or `bindaddr = 127.0.0.1` into [general]");
        }
        if let Some((span, why)) = opener(context, listener, "opens AMI to the network") {
            finding.see(span, why);
        }
    }
}
