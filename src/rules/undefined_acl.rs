//! `acl` with a name that acl.conf does not have.

use std::collections::HashMap;
use std::ops::Range;

use super::address_lists::is_template;
use super::prelude::*;
use crate::config::manager::{AclState, At, Manager, Part};
use crate::text::is_blank;

pub(super) static RULE: Rule = Rule {
    name: "undefined-acl",
    summary: "`acl` asks for an ACL that acl.conf does not define",
    severity: Severity::Error,
    doc: "\
`acl = name` asks for a section of acl.conf. Where there is none of that name, Asterisk keeps the user and refuses \
every address: nobody can log in. Letter case counts, a blank before a comma belongs to the name, a template is no \
ACL, and an address or `!name` is just a name that does not exist.

Nothing is said when acl.conf is not here to be looked at.",
    source: "main/acl.c, ast_append_acl, and main/named_acl.c; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[bob]\nsecret = x\nacl = lan,office\n          ^^^^^^ nobody can log in\n")
            .beside(&[("acl.conf", "[lan]\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8\n")]),
        bad("\
[bob]
secret = x
acl = Lan
      ^^^ it has `lan`
")
        .beside(&[("acl.conf", "[lan]\ndeny = 0.0.0.0/0\n")]),
        bad("[bob]\nsecret = x\nacl = lan ,wan\n      ^^^^ write it without the blank\n")
            .beside(&[("acl.conf", "[lan]\n[wan]\n")]),
        bad("[bob]\nsecret = x\nacl =\n^^^^^ without a name\n").beside(&[("acl.conf", "")]),
        good("[bob]\nsecret = x\nacl = lan, wan\n").beside(&[("acl.conf", "[lan]\n[wan]\n")]),
        good("[bob]\nsecret = x\nacl = lan\n").because("acl.conf is not here"),
        good("[bob]\nsecret = x\nacl = ${ACL}\n").beside(&[("acl.conf", "")]).because("a tool fills it in"),
    ],
};

/// Of the name of an ACL so many bytes count.
const LONGEST_ACL_NAME: usize = 79;

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let accounts = &manager.accounts;
    // Of each line, where its names stand, and no name that has been told.
    let mut lines: HashMap<At, HashMap<&[u8], Range<usize>>> = HashMap::new();
    let mut defined: Option<HashMap<Vec<u8>, &[u8]>> = None;
    for acl in accounts.users.iter().flat_map(|user| &user.acls).filter(|acl| acl.state == AclState::Undefined) {
        let name = &acl.name[..];
        let effective = accounts.effective(context.effective, acl.at.part);
        let names = lines.entry(acl.at).or_insert_with(|| {
            let written = effective.written(acl.at.line).filter(|it| !is_template(it.value.bytes));
            written.map(|it| items(it.value.bytes)).unwrap_or_default()
        });
        let Some((range, written)) = names.remove(name).zip(effective.written(acl.at.line)) else { continue };
        let value = written.value.range;
        let span = match () {
            () if value.is_empty() => accounts.span(context.effective, acl.at),
            () if range.is_empty() || value.len() != written.value.bytes.len() => effective.span(acl.at.line, value),
            () => effective.span(acl.at.line, value.start + range.start..value.start + range.end),
        };
        let defined = defined.get_or_insert_with(|| {
            let sections = accounts.acl_conf.effective.iter().flat_map(|effective| &effective.sections);
            sections.filter(|it| !it.template).map(|it| (it.name.to_ascii_lowercase(), it.name)).collect()
        });
        let trimmed = name.trim_ascii();
        let (end, help) = match defined.get(&trimmed.to_ascii_lowercase()) {
            _ if name.is_empty() => (String::new(), "name a section of acl.conf, and write no comma at the end"),
            Some(other) if *other == trimmed => {
                (": the blank belongs to the name".to_owned(), "write it without the blank")
            }
            Some(other) => {
                (format!("; it has `{}`", show(other)), "write the name as acl.conf does: letter case counts")
            }
            None => (String::new(), "define it in acl.conf, or name one that is there"),
        };
        let message = match name {
            [] => "`acl` asks for an ACL without a name".to_owned(),
            _ => format!("acl.conf has no ACL `{}`{end}", show(name)),
        };
        let finding = findings.at(span, message, "refuses every address: nobody can log in to this user").help(help);
        let other = defined.get(&trimmed.to_ascii_lowercase()).filter(|_| !name.is_empty());
        if let Some(other) = other.filter(|other| mend::is_plain_name(other) && acl.at.part == Part::Manager && !range.is_empty()) {
            let edit = mend::in_value(context, acl.at.line, range, other);
            finding.fix_by(Safety::Widening, format!("write `{}`", show(other)), edit);
        }
    }
}

/// The names of a value as Asterisk takes them, and where they stand in it.
fn items(value: &[u8]) -> HashMap<&[u8], Range<usize>> {
    let mut start = 0;
    let mut list = HashMap::new();
    for item in value.split(|&byte| byte == b',') {
        let blanks = item.iter().take_while(|&&byte| is_blank(byte)).count();
        let name = &item[blanks..];
        list.entry(&name[..name.len().min(LONGEST_ACL_NAME)]).or_insert(start + blanks..start + item.len());
        start += item.len() + 1;
    }
    list
}
