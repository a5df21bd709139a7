//! An account with `setvar`, with which Asterisk may not survive a reload.

use std::collections::HashSet;

use super::prelude::*;
use crate::config::manager::{Manager, Part};

pub(super) static RULE: Rule = Rule {
    name: "setvar-hazard",
    summary: "an account with `setvar`: after a reload Asterisk uses memory that it has freed",
    severity: Severity::Error,
    doc: "\
When the manager is reloaded, which every change of manager.conf asks for, Asterisk frees the variables of an account \
and goes on using them. What comes of it depends on the build: at the next login of that user, or at `manager show \
user`, Asterisk was seen to die with signal 11, to hang and eat all memory, or to show garbage. A reload that finds \
the `setvar` lines taken out does the same once more: restart Asterisk instead. So an outage is one reload and one \
login away.

Set the variables in the dialplan, or with the `Variable` header of the action Originate. Where `setvar` has to stay, \
restart Asterisk instead of reloading it.",
    source: "main/manager.c, __init_manager; recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
secret = x
setvar = A=1
^^^^^^ goes on using them
setvar = B=2
"),
        bad("\
[base](!)
setvar => MODEL=gxp1625
^^^^^^ goes on using them
[bob](base)
[eve](base)
")
        .because("it is told once for both users"),
        good("[bob]\nsecret = x\nsetvar = A\n").because("without a second `=` it sets nothing"),
        good("[base](!)\nsetvar = A=1\n[bob]\nsecret = x\n").because("nobody inherits from the template"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    for user in &manager.accounts.users {
        let lines = user.setvar.iter().filter(|variable| variable.at.part == Part::Manager);
        let Some(first) = lines.map(|variable| variable.at.line).min() else { continue };
        if !seen.insert(first) {
            continue;
        }
        let Some(written) = context.effective.written(first) else { continue };
        findings
            .at(
                context.span(first, written.name.range),
                "Asterisk may not survive a reload: this account has `setvar`",
                "frees the variables at a reload and goes on using them: it may crash or hang at the user's next login",
            )
            .help("set the variables in the dialplan or in Originate, and restart instead of reloading");
    }
}
