//! A deny of everything behind the permits.

use super::address_lists::{is_all, key};
use super::prelude::*;
use crate::config::manager::acl::{Rule as AclRule, Sense};
use crate::config::manager::{AclState, Manager, Part};

pub(super) static RULE: Rule = Rule {
    name: "deny-after-permit",
    summary: "a `deny` of everything stands below the `permit` lines",
    severity: Severity::Error,
    doc: "\
Of all rules that match an address, the last one counts. A `deny = 0.0.0.0/0` below the `permit` lines covers them \
all, and nobody of that family can log in. Firewalls often go by the first match: Asterisk does not. Inherited lines \
come before the user's own, so a template with a `permit` and a user with the `deny` do the same.

Write the `deny` first and the exceptions below it.",
    source: "main/acl.c, ast_apply_ha; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[bob]\nsecret = x\npermit = 10.0.0.0/8\ndeny = 0.0.0.0/0.0.0.0\n^^^^^^^^^^^^^^^^^^^^^^ no IPv4 address\n"),
        bad("[net](!)\npermit = ::1\n[bob](net)\ndeny = 0.0.0.0/0,::/0\n^^^^^^^^^^^^^^^^^^^^^ no IPv6 address\n"),
        bad("[bob]\nacl = lan\n")
            .beside(&[("acl.conf", "[lan]\npermit = 10.0.0.1\ndeny = 0/0\n^^^^^^^^^^ above the `permit` lines\n")]),
        good("[bob]\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8\ndeny = 10.0.0.7\n"),
        good("[bob]\npermit = 10.0.0.1\ndeny = 0.0.0.0/0\npermit = 10.0.0.2\n").because("one address gets in"),
        good("[bob]\npermit = ::1\ndeny = 0.0.0.0/0\n").because("these are two families"),
        good("[bob]\npermit = 10.0.0.1\ndeny = 0.0.0.0/0\npermit = {{ office }}\n").because("a tool fills in one more"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let accounts = &manager.accounts;
    let mut lists = Set::default();
    let mut told = Set::default();
    let filled = context.filled();
    let users = accounts.users.iter().filter(|user| !filled.has(context, user));
    for acl in users.flat_map(|user| &user.acls).filter(|acl| acl.state == AclState::Ok) {
        if !lists.insert(key(acl)) {
            continue;
        }
        for is_v6 in [false, true] {
            let Some((deny, permit)) = covered(&acl.rules, is_v6) else { continue };
            // A file that is not here may end with another permit.
            if context.effective.is_partial() && acl.is_local || !told.insert((deny.at, is_v6)) {
                continue;
            }
            let family = if is_v6 { "IPv6" } else { "IPv4" };
            let finding = findings
                .at(
                    accounts.span(context.effective, deny.at),
                    format!("this `deny` covers every {family} `permit` above it"),
                    format!("goes by the last rule that matches: no {family} address gets in"),
                )
                .help("write it above the `permit` lines")
                .see(accounts.span(context.effective, permit.at), "has no effect");
            if let Some(edits) = moved(context, &acl.rules, deny) {
                finding.fix_all(Safety::Widening, "write it above the `permit` lines", edits);
            }
        }
    }
}

/// The deny of a whole family behind which nothing is permitted, and the last permit before it.
fn covered(rules: &[AclRule], is_v6: bool) -> Option<(&AclRule, &AclRule)> {
    let mut family = rules.iter().rev().filter(|rule| rule.network.is_v6() == is_v6);
    let deny = family.find(|rule| rule.sense == Sense::Permit || is_all(rule.network))?;
    let permit = family.find(|rule| rule.sense == Sense::Permit)?;
    (deny.sense == Sense::Deny).then_some((deny, permit))
}

/// The line of a `deny` of everybody, put above the first line of its list, which must stand in the same section.
fn moved(context: &Context<'_>, rules: &[AclRule], deny: &AclRule) -> Option<Vec<Edit>> {
    let (effective, first) = (context.effective, rules.first()?.at);
    let is_whole = rules.iter().filter(|rule| rule.at == deny.at).all(|it| it.sense == Sense::Deny && is_all(it.network));
    let is_near = deny.at.part == Part::Manager && first.line.read == deny.at.line.read && first.line < deny.at.line;
    // Each line once, in the order of the file: nothing of it is inherited from elsewhere.
    let upto = rules.iter().rposition(|rule| rule.at == deny.at)?;
    let is_in_order = rules[..=upto].windows(2).all(|two| two[0].at <= two[1].at);
    if !is_in_order || !is_whole || !is_near || mend::is_looked_for(context, b"deny") {
        return None;
    }
    mend::plain(effective, deny.at.line)?;
    let read = effective.read(deny.at.line);
    let mut between = (first.line.line..deny.at.line.line).map(|line| read.tree.line(line as usize));
    if between.any(|line| line.is_tangled() || !matches!(line.node(), Node::Entry(_) | Node::Nothing(_))) {
        return None;
    }
    let line = read.tree.line(deny.at.line.line as usize).range();
    let source = &read.tree.source()[line.clone()];
    let is_simple = !mend::has_marks(source);
    let text = source.trim_ascii().to_vec();
    let gone = Edit { span: effective.span(deny.at.line, line), text: Vec::new() };
    is_simple.then_some(())?;
    Some(vec![mend::above(effective, first.line, &[text])?, gone])
}
