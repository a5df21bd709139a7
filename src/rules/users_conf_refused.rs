//! A users.conf that Asterisk refuses, and dies of.

use super::prelude::*;
use crate::config::manager::{Manager, NeighbourState, Why};

pub(super) static RULE: Rule = Rule {
    name: "users-conf-refused",
    summary: "users.conf beside manager.conf is refused: Asterisk does not survive its start",
    severity: Severity::Error,
    doc: "\
users.conf is taken as a whole or not at all, and releases before 23 look at it for accounts of the manager. Where one \
line of it is wrong (a header without its `]`, text before the first section, an include that is not there) there are no \
accounts of it. What is worse, the module pbx_config, which reads extensions.conf and is loaded nearly everywhere, goes on \
with what it has not got: Asterisk dies with signal 11 at its next start, and at each one after that.

It is an error because that is an outage of the whole switch, and because nothing shows before: the running Asterisk goes \
on, and a reload keeps what it had.

Mend the line. Where nobody needs users.conf, take the file away: a missing one is none that is refused.",
    source: "main/manager.c, __init_manager; pbx/pbx_config.c, pbx_load_users; recorded on 16.28.0 to 22.10.1, and on 23.4.1, \
             which does not look at the file",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[("users.conf", "[general]\nhasmanager = no\n[6001\n^^^^^ dies at its next start\nsecret = y\n")])
            .on("16,22"),
        bad("[general]\nenabled = yes\n")
            .beside(&[("users.conf", "secret = y\n^^^^^^^^^^ before the first section\n")])
            .on("22"),
        good("[general]\nenabled = yes\n").beside(&[("users.conf", "[6001\n")]).on("23").because("it does not look at it"),
        good("[general]\nenabled = yes\n").beside(&[("users.conf", "[6001]\nsecret y\n")]).because("this line is dropped alone"),
        good("[general]\nenabled = yes\n")
            .beside(&[("users.conf", "#include users_custom.conf\n[6001](phone)\n")])
            .because("the include is not here, and may have that section"),
        good("[general]\nenabled = yes\n").complete().because("there is no users.conf"),
    ],
};

fn check(_: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let beside = &manager.accounts.users_conf;
    let Some(effective) = beside.effective.as_ref().filter(|_| beside.state == NeighbourState::Refused) else { return };
    let Some(fact) = beside.facts.iter().find(|fact| matches!(fact.why, Why::FileRefused { .. })) else { return };
    findings
        .at(
            effective.text(fact.at),
            format!("Asterisk refuses all of users.conf: {}", fact.why),
            "has none of its accounts, and dies at its next start if it loads pbx_config",
        )
        .help("mend the line, or take users.conf away if nobody needs it");
}
