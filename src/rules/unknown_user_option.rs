//! Keys in a user's section that the manager does not know.

use super::prelude::*;
use crate::catalog::{self, SectionKind, nearest_option};
use crate::config::Entry;
use crate::config::manager::acl::{self, Sense};
use crate::config::manager::{At, Part};
use crate::release::Release;
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "unknown-user-option",
    summary: "a key in a user's section is no option of a user",
    severity: Severity::Warning,
    doc: "\
Every section but `[general]` is a user, and no release knows this key in one. Asterisk ignores it without a word, \
so that a misspelt key is worse than it looks: `permits` or `acls` leave a user open to every address, `readperm` \
gives no class, and with `password` instead of `secret` nobody can log in.

Keys that are known here and in no other section are `secret`, `deny`, `permit`, `acl`, `read`, `write`, \
`displayconnects`, `allowmultiplelogin`, `writetimeout`, `setvar` and `eventfilter`; letter case does not matter, \
but for the last one. There is no `enabled`, `host` or `username`: a user is switched off by taking the section out.

The keys of a template are judged once, where they stand. A key that only some releases know is a matter of \
`option-by-release`.",
    source: "main/manager.c, __init_manager; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[bob]
password = x
^^^^^^^^ did you mean `secret`?
permits = 10.0.0.1
^^^^^^^ ignores the line without a word
"),
        bad("[bob]\nsecret = x\ndenny = 0.0.0.0/0,::/0\n^^^^^ did you mean `deny`?\npermit = 10.0.0.1\n"),
        bad("\
[staff](!)
enabled = yes
^^^^^^^ an option of [general]
[bob](staff)
[eve](staff)
")
        .because("it is judged once, in the template"),
        bad("\
[staff](!)
allowed = yes
^^^^^^^ users have no option `allowed`
")
        .because("neither a user nor [general] has such an option"),
        bad("\
[bob]
secret = x
[bob](+)
readperm += call
^^^^^^^^ did you mean `read`?
"),
        good("[bob]\nSecret = x\nREAD => all\neventfilter(name(Hangup)) =\nEventFilter = Hangup\n")
            .because("some release knows each of them"),
        good("[general]\nenabled = yes\nport = 5038\n[bob](general)\nsecret = x\n")
            .because("what comes from [general] is an option where it stands"),
        good("[limits](!)\nauthlimit = 5\n").because("nobody inherits yet: it may be meant for [general]"),
        good("[@USER@]\n@KEY@ = x\n__OPTION__ = x\n").because("a tool fills this in"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let series = Release::all_series();
    for (entry, kinds) in context.options() {
        let key = entry.name;
        let knows = |kind| series.iter().any(|&release| catalog::knows(release, kind, key));
        if !kinds.contains(&SectionKind::User) || kinds.iter().any(|&kind| knows(kind)) || is_placeholder(key) {
            continue;
        }
        let Some(written) = context.effective.written(entry.origin) else { continue };
        let general = knows(SectionKind::General);
        let name = show(key);
        let message = match general {
            true => format!("`{name}` is an option of [general], not of users"),
            false => format!("users have no option `{name}`"),
        };
        let span = context.span(entry.origin, written.name.range);
        let finding = findings.at(span, message, "ignores the line without a word");
        match nearest_option(SectionKind::User, key) {
            _ if general => finding.help("move it into [general], or take it out"),
            Some(near) => {
                if mend::plain(context.effective, entry.origin).is_some() {
                    finding.fix(safety(context, near, entry), format!("write `{near}`"), span, near);
                }
                finding.help(format!("did you mean `{near}`?"))
            }
            None => finding.help("take the line out, or make it a comment with `;`"),
        };
    }
}

/// What it does to be an option: one more `deny` that can be read only keeps addresses out.
fn safety(context: &Context<'_>, option: &str, entry: &Entry<'_>) -> Safety {
    let at = At { part: Part::Manager, line: entry.origin };
    let mut rules = Vec::new();
    let is_read = acl::append(Sense::Deny, &entry.value, at, &mut rules).is_ok();
    let denies = option == "deny" && is_read && rules.iter().all(|rule| rule.sense == Sense::Deny);
    match denies && !mend::is_looked_for(context, b"deny") {
        true => Safety::Hardening,
        false => Safety::Widening,
    }
}
