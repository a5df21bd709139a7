//! Accounts that users.conf makes.

use std::collections::BTreeMap;

use super::address_lists::others;
use super::prelude::*;
use crate::config::Origin;
use crate::config::manager::Manager;
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "users-conf-account",
    summary: "users.conf makes an account of the manager, with every class",
    severity: Severity::Warning,
    doc: "\
A section of users.conf with `hasmanager = yes`, or every section when [general] there has it, is an account of the \
manager too, on releases before 23. Where neither the section nor that [general] has a `read` or a `write`, it has \
every class: a shell on the switch for whoever knows the secret of a telephone, which stands in the telephone's settings. \
`managerread` and `managerwrite` are no options. The `permit` and `deny` of users.conf are those of the telephone and do \
not count here, and there are no filters.

A section of the same name in manager.conf gives it a `secret`, a `read`, a `write`, a `deny` and a `permit`; what is \
not written there stays, every class too, and an `eventfilter` there has no effect. Write `hasmanager = no`, and an \
account of its own into manager.conf.

It is a warning where `write` ends up as every class, also where `write = all` says so: nobody looks for the accounts \
of the manager in this file. It is no error, since Asterisk does what the file says, and the secret is needed. It is a \
note where only `read` ends up so. An account that no address restricts is the matter of `no-address-restriction`.",
    source: "main/manager.c, __init_manager; recorded on 16.28.0 to 22.10.1, and on 23.4.1, which does not look at the file",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\n")
            .beside(&[(
                "users.conf",
                "\
[6001]
secret = x
hasmanager = yes
             ^^^ may run every action
managerwrite = call
deny = 0.0.0.0/0
",
            )])
            .on("13,16,22"),
        bad("[general]\nenabled = yes\n")
            .beside(&[(
                "users.conf",
                "\
[general]
hasmanager = yes
             ^^^ `6001` and 1 more
[6001]
secret = x
[6002]
secret = y
[6003]
secret = z
hasmanager = no
",
            )])
            .on("22"),
        bad("[general]\nenabled = yes\n[6001]\nread = call\n")
            .beside(&[("users.conf", "[6001]\nsecret = x\nhasmanager = yes\n             ^^^ every action\n")])
            .on("22")
            .because("what manager.conf does not say stays"),
        bad("[general]\nenabled = yes\n")
            .beside(&[(
                "users.conf",
                "[6001]\nsecret = x\nhasmanager = yes\n             ^^^ sees every event\nwrite = call\n",
            )])
            .on("22"),
        good("[general]\nenabled = yes\n").because("users.conf is not here"),
        good("[general]\nenabled = yes\n")
            .beside(&[("users.conf", "[6001]\nsecret = x\nhasmanager = yes\n")])
            .on("23")
            .because("this release does not look at it"),
        good("[general]\nenabled = yes\n").beside(&[(
            "users.conf",
            "[general]\nhasmanager = no\n[6001]\nsecret = x\nhassip = yes\n[base](!)\nhasmanager = yes\n",
        )]),
        good("[general]\nenabled = yes\n")
            .beside(&[("users.conf", "[6001]\nsecret = x\nhasmanager = yes\nread = call\nwrite =\n")])
            .because("somebody has thought of its classes"),
        good("[general]\nenabled = yes\n[6001]\nread = call\nwrite = call\n")
            .beside(&[("users.conf", "[6001]\nsecret = x\nhasmanager = yes\n")])
            .because("manager.conf has its classes"),
        good("[general]\nenabled = yes\n")
            .beside(&[("users.conf", "[6001]\nhasmanager = yes\n")])
            .because("without a secret nobody logs in"),
        good("[general]\nenabled = no\n")
            .beside(&[("users.conf", "[6001]\nsecret = x\nhasmanager = yes\n")])
            .because("AMI is closed"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let Some(effective) = &manager.accounts.users_conf.effective else { return };
    // What is not here may have the classes.
    if context.effective.is_partial() || effective.is_partial() {
        return;
    }
    if manager.is_closed() {
        return;
    }
    let mut lines: BTreeMap<(Origin, bool), (&[u8], usize)> = BTreeMap::new();
    for user in manager.accounts.users.iter().filter(|user| user.has_secret()) {
        let Some(at) = user.granted_by.filter(|_| !is_placeholder(user.name)) else { continue };
        let runs_all = user.write.value.is_all();
        if runs_all || user.read.value.is_all() && user.read.at.is_none() {
            lines.entry((at, runs_all)).or_insert((user.name, 0)).1 += 1;
        }
    }
    for ((at, runs_all), (name, count)) in lines {
        let Some(written) = effective.written(at) else { continue };
        let range = if written.value.range.is_empty() { written.name.range } else { written.value.range };
        let who = others(name, count);
        let (severity, classes, what) = match runs_all {
            true => (Severity::Warning, "every class", "may run every action"),
            false => (Severity::Info, "every class in `read`", "sees every event"),
        };
        findings
            .at(
                effective.span(at, range),
                format!("this makes {who} an account of the manager, with {classes}"),
                format!("takes the secret of users.conf for a login that {what}"),
            )
            .severity(severity)
            .help("write `hasmanager = no`, or `read` and `write` with the classes that are needed");
    }
}
