//! An acl.conf that is absent or refused, and users that ask for its ACLs.

use super::prelude::*;
use crate::config::manager::{AclState, Manager, NeighbourState};

pub(super) static RULE: Rule = Rule {
    name: "acl-conf-not-loaded",
    summary: "`acl` is used, and Asterisk takes nothing from acl.conf",
    severity: Severity::Error,
    doc: "\
acl.conf is taken as a whole or not at all. Where it is missing when Asterisk starts, or one line of it is wrong, \
there is no named ACL, and every `acl = name` of every user restricts nobody: all addresses are let in, even for names \
that never existed. Only the log says so.

What is wrong in acl.conf: an address that cannot be read, a blank beside a comma, a key other than `permit` and \
`deny`, a section called `general`, a line before the first section, a header without its `]`. At a reload the ACLs of \
before stay until the next start.

The `permit` and `deny` lines of manager.conf itself count in any case: for an account that matters, write them there. \
That acl.conf is missing is only known on the switch, or with `--complete`.",
    source: "main/named_acl.c, main/config_options.c, aco_process_config; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[bob]\nsecret = x\nacl = lan\n^^^^^^^^^ there is no acl.conf\n[alice]\nacl = lan\n").complete(),
        bad("[bob]\nsecret = x\nacl = lan\n^^^^^^^^^ Asterisk takes nothing from acl.conf\n").beside(&[(
            "acl.conf",
            "[lan]\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8, 127.0.0.1\n[wan]\nallow = 10.0.0.1\n",
        )]),
        bad("[bob]\nsecret = x\nacl = lan\n^^^^^^^^^ no ACL may be called general\n")
            .beside(&[("acl.conf", "[general]\n[lan]\n")]),
        good("[bob]\nsecret = x\nacl = lan\n").beside(&[("acl.conf", "[lan]\ndeny = 0.0.0.0/0\n")]).complete(),
        good("[bob]\nsecret = x\nacl = lan\n").because("acl.conf may be on the switch"),
        good("[bob]\nsecret = x\n").complete().because("no user asks for an ACL"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let accounts = &manager.accounts;
    let acls = accounts.users.iter().flat_map(|user| &user.acls);
    let Some(first) = acls.filter(|acl| acl.state == AclState::Unrestricted).map(|acl| acl.at).min() else { return };
    let at = accounts.span(context.effective, first);
    let refused = accounts.acl_conf.effective.as_ref().zip(accounts.acl_conf.facts.first());
    match (accounts.acl_conf.state, refused) {
        (NeighbourState::Refused, Some((acl_conf, fact))) => {
            findings
                .at(
                    at,
                    format!("a named ACL is asked for, and Asterisk takes nothing from acl.conf: {}", fact.why),
                    "has no named ACL then, after a start: every `acl` line of every user restricts nobody",
                )
                .help("mend acl.conf; until then only `permit` and `deny` in manager.conf restrict anybody")
                .see(acl_conf.text(fact.at), "for this line it is refused");
        }
        (NeighbourState::Absent, _) => {
            findings
                .at(
                    at,
                    "a named ACL is asked for, and there is no acl.conf",
                    "has no named ACL then: every `acl` line of every user restricts nobody",
                )
                .help("write an acl.conf with this ACL, or use `permit` and `deny` in the user's section");
        }
        _ => {}
    }
}
