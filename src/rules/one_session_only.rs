//! `allowmultiplelogin = no`.

use super::prelude::*;
use crate::config::manager::{At, Manager, Part};

pub(super) static RULE: Rule = Rule {
    name: "one-session-only",
    summary: "`allowmultiplelogin = no` locks a client out that has lost its connection",
    severity: Severity::Info,
    doc: "\
With `allowmultiplelogin = no` a user has one session at a time, over AMI and HTTP together: a second login is refused with \
`Login Already In Use`. It keeps nobody out who knows the secret, and it costs:

- A client whose connection breaks without being closed (a firewall that forgets it, a machine that is switched off) \
cannot log in again until Asterisk notices, which takes until something is written to the old session, and then many minutes.
- The question is asked before the ACL and the secret: whoever gets to the port learns, from any address and with any \
secret, which users exist and are logged in.
- Any word that is none for yes counts as no: `allowmultiplelogin = allow`.

Watch instead who logs in: `displayconnects` tells it, and the class `security` has SuccessfulAuth events. Some mean it as \
it is, so it is a note, and silent without `--strict`.",
    source: "main/manager.c, authenticate and action_login; recorded on 16.28.0 and 22.10.1",
    check: Check::Strict(check),
    examples: &[
        bad("[general]\nenabled = yes\nallowmultiplelogin = no\n^^^^^^^^^^^^^^^^^^^^^^^ before the ACL\n[bob]\nsecret = x\n"),
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\nallowmultiplelogin = no\n^^^^^^^^^^^^^^^^^^^^^^^ second login\n"),
        good("[general]\nenabled = yes\nallowmultiplelogin = no\n[bob]\nsecret = x\nallowmultiplelogin = yes\n")
            .because("it holds for nobody"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n").because("yes is the default"),
        good("[general]\nenabled = no\nallowmultiplelogin = no\n[bob]\nsecret = x\n").because("AMI is closed"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    if manager.is_closed() {
        return;
    }
    let general = manager.general.allowmultiplelogin.at.map(|line| At { part: Part::Manager, line });
    let single = manager.accounts.users.iter().filter(|user| user.has_secret() && !user.allowmultiplelogin.value);
    let mut lines: Vec<At> = single.filter_map(|user| user.allowmultiplelogin.at.or(general)).collect();
    lines.sort_unstable();
    lines.dedup();
    for at in lines {
        findings
            .at(
                manager.accounts.span(context.effective, at),
                "a client that has lost its connection is locked out until Asterisk notices",
                "refuses a second login, before the ACL and the secret are asked: anybody learns who is logged in",
            )
            .help("write `allowmultiplelogin = yes`, and watch who logs in");
    }
}
