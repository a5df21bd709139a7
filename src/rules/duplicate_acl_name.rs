//! The same named ACL twice in one user.

use std::collections::HashSet;

use super::address_lists::is_template;
use super::prelude::*;
use crate::config::Origin;
use crate::config::manager::{AclFault, FactKind, Manager, Why};

pub(super) static RULE: Rule = Rule {
    name: "duplicate-acl-name",
    summary: "a user asks twice for the same named ACL",
    severity: Severity::Error,
    doc: "\
From 16 on, a user whose `acl` lines name the same ACL twice is deleted: every login fails, and only the log says why. \
The names are compared without regard to letter case, so `acl = lan,LAN` counts too, and so does an empty name (`acl \
=`, `acl = lan,`) behind a `permit` or `deny` of the user. A template that asks for an ACL and a user that does so \
again is the usual way to get there.

Asterisk 13 skips the second name and keeps the user.",
    source: "main/acl.c, ast_append_acl; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[bob]\nsecret = x\nacl = lan\nacl = LAN\n      ^^^ deletes the user `bob`\n").on("16,22"),
        bad("[bob]\nsecret = x\nacl = lan,LAN\n      ^^^^^^^ skips the second one\n").on("13"),
        bad("\
[net](!)
acl = lan
[bob](net)
secret = x
acl = lan,wan
      ^^^^^^^ deletes the user `bob`
")
        .on("22"),
        bad("[bob]\nsecret = x\ndeny = 0.0.0.0/0\nacl =\n^^^^^ an empty name\n").on("22"),
        good("[bob]\nacl = lan,wan\n[alice]\nacl = lan\n"),
        good("[bob]\nacl = lan\n[bob]\nacl = lan\n").because("the second section drops the lines of the first"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    for fact in &manager.accounts.facts {
        let (Why::BadAclDeletes { fault: AclFault::Twice, .. } | Why::BadAclSkipped { fault: AclFault::Twice }) = fact.why
        else {
            continue;
        };
        let Some(written) = context.effective.written(fact.at).filter(|it| !is_template(it.value.bytes)) else {
            continue;
        };
        if !seen.insert(fact.at) {
            continue;
        }
        let span = match written.value.range.is_empty() {
            true => context.effective.text(fact.at),
            false => context.span(fact.at, written.value.range),
        };
        let has_empty = written.value.bytes.split(|&byte| byte == b',').any(|item| item.trim_ascii().is_empty());
        let help = match has_empty {
            true => "take it out; an empty name counts as that of the user's own `permit` and `deny` lines",
            false => "name each ACL once; letter case does not matter, and inherited lines count",
        };
        let message = "this user already has an ACL of this name";
        let edit = once(context, fact.at);
        match &fact.kind {
            FactKind::Dropped { user } => {
                let effect = format!("deletes the user `{}`: every login fails", show(user));
                let finding = findings.at(span, message, effect).help(help);
                finding.fix_by(Safety::Widening, "name it once", edit);
            }
            _ => {
                let effect = "skips the second one, and keeps the user";
                let finding = findings.at(span, message, effect).severity(Severity::Warning).help(help);
                finding.fix_by(Safety::Widening, "name it once", edit);
            }
        }
    }
}

/// Takes out the first name that the same value has already.
fn once(context: &Context<'_>, at: Origin) -> Option<Edit> {
    let value = mend::plain(context.effective, at)?.value.bytes;
    let (mut start, mut seen) = (0, HashSet::new());
    for item in value.split(|&byte| byte == b',') {
        let end = start + item.len();
        if !item.is_empty() && !seen.insert(item.trim_ascii_start().to_ascii_lowercase()) {
            return mend::in_value(context, at, start - 1..end, b"");
        }
        start = end + 1;
    }
    None
}
