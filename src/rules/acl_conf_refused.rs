//! A line for which Asterisk refuses all of acl.conf.

use std::collections::HashSet;

use super::Role;
use super::address_lists::is_template;
use super::prelude::*;
use crate::config::manager::acl_conf_faults;

pub(super) static RULE: Rule = Rule {
    name: "acl-conf-refused",
    summary: "a line for which Asterisk refuses all of acl.conf",
    severity: Severity::Error,
    doc: "\
acl.conf is taken as a whole or not at all. For one line that Asterisk does not take there is no named ACL when it \
starts, and every `acl = name` of every user in manager.conf restricts nobody: all addresses are let in. Only the log \
says so. At a reload the ACLs of before stay until the next start.

Asterisk does not take an address that it cannot read (names are not looked up), a blank beside a comma, a key other \
than `permit` and `deny`, and a section called `general`. A line without `=` is only dropped.

What this does to the users of a manager.conf is told there, by `acl-conf-not-loaded`.",
    source: "main/named_acl.c, main/config_options.c, aco_process_config; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[lan]
deny = 0.0.0.0/0
permit = 10.0.0.0/8, 127.0.0.1
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a blank stands beside an address
")
        .called("acl.conf"),
        bad("[lan]\nallow = 10.0.0.1\n^^^^^^^^^^^^^^^^ acl.conf knows no option `allow`\n").called("acl.conf"),
        bad("[General]\n^^^^^^^^^ no ACL may be called general\n[lan]\ndeny = 0.0.0.0/0\n").called("acl.conf"),
        bad("\
[net](!)
deny = any
^^^^^^^^^^ an item is no numeric address
[lan](net)
[wan](net)
")
        .called("acl.conf")
        .because("it is told once"),
        good("[lan]\nDeny = 0.0.0.0/0,::/0\npermit = 10.0.0.0/8\nno equals here\n").called("acl.conf"),
        good("[net](!)\ndeny = any\n").called("acl.conf").because("nobody inherits from the template"),
        good("[lan]\npermit = {{ network }}\n").called("acl.conf").because("a tool fills it in"),
        good("[lan]\nallow = 10.0.0.1\n").because("that is no acl.conf"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    if context.role != Role::Acl {
        return;
    }
    let mut told = HashSet::new();
    for fact in acl_conf_faults(context.effective) {
        let written = context.effective.written(fact.at);
        let is_open = written.is_some_and(|it| is_template(it.value.bytes) || is_template(it.name.bytes));
        if is_open || !told.insert(fact.at) {
            continue;
        }
        findings
            .at(
                context.effective.text(fact.at),
                format!("Asterisk does not take this: {}", fact.why),
                "refuses the whole file after a start: no named ACL is left, and every `acl` line restricts nobody",
            )
            .help("mend the line, or take it out");
    }
}
