//! `live_dangerously` in asterisk.conf.

use super::address_lists::others;
use super::prelude::*;
use crate::config::manager::classes::Classes;
use crate::config::manager::{Manager, User};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "live-dangerously",
    summary: "asterisk.conf lets users of the manager read and write files",
    severity: Severity::Warning,
    doc: "\
With `live_dangerously = yes` in [options] of asterisk.conf the functions of the dialplan that reach beyond the call work \
for managers as well: Setvar with `FILE(/etc/asterisk/manager.conf)` writes that file, and needs no class but `call`; \
Getvar with `FILE` reads any file, secrets too, and needs `call` or `reporting`; DB writes the database. SHELL and EVAL \
alone stay refused to users without `system`. So a user that was meant to place calls or to see queues owns the switch: it \
writes itself an account, or dialplan that runs commands. From 16.29.1, 18.15.1, 19.7.1 and 20.0.1 on the same line also \
lets GetConfig and UpdateConfig out of the configuration folder. ARI has the same functions.

It is a warning where a user gains by it: one with a secret whose `write` has `call` or `reporting` and none of `system`, \
`command`, `config` and `originate`, which own the switch anyway. Where no such user is here it is a note.

Take the line out: no is the default since Asterisk 12, and what the client is to know or to set can be a variable that \
dialplan fills, or reads. Asterisk reads asterisk.conf only when it starts.",
    source: "main/options.c, load_asterisk_conf; main/pbx_functions.c; main/manager.c, action_getvar and action_setvar; \
             tried on 16.28.0 and 22.10.1",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = call,reporting\n").beside(&[(
            "asterisk.conf",
            "\
[options]
live_dangerously = yes
                   ^^^ `bob` may write any file
",
        )]),
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = reporting\n[eve]\nsecret = y\nwrite = reporting\n")
            .beside(&[(
                "asterisk.conf",
                "[Options]\nlive_dangerously = no\nLive_Dangerously => T\n                    ^ `bob` and 1 more may read any file\n",
            )]),
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = all\n").beside(&[(
            "asterisk.conf",
            "[options]\nlive_dangerously = yes\n                   ^^^ nobody here gains\n",
        )]),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = call\n").because("asterisk.conf is not here"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = call\n")
            .beside(&[("asterisk.conf", "[options]\n;live_dangerously = yes\nlive_dangerously = enabled\n")])
            .because("it is no word for yes"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = call\n")
            .beside(&[("asterisk.conf", "[options](!)\nlive_dangerously = yes\n[general]\nlive_dangerously = yes\n")])
            .because("Asterisk reads neither of these sections"),
        good("[general]\nenabled = no\n[bob]\nsecret = x\nwrite = call\n")
            .beside(&[("asterisk.conf", "[options]\nlive_dangerously = yes\n")])
            .because("AMI is closed"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let Some(at) = manager.options.and_then(|options| options.live_dangerously.on()) else { return };
    let Some(effective) = manager.asterisk_conf.effective.as_ref().filter(|_| !manager.is_closed()) else { return };
    let Some(written) = effective.written(at) else { return };
    let span = effective.span(at, written.value.range);
    let (write, read) = (Classes::of(["call"]), Classes::of(["reporting"]));
    let owns = Classes::of(["system", "command", "config", "originate"]);
    let counts = |user: &&User<'_>| user.has_secret() && !is_placeholder(user.name) && !user.write.value.meets(owns);
    let gains = |classes: Classes| {
        let mut users = manager.accounts.users.iter().filter(counts).filter(|user| user.write.value.meets(classes));
        users.next().map(|first| (first, users.count() + 1))
    };
    const MESSAGE: &str = "functions of the dialplan that reach beyond the call work for managers as well";
    const HELP: &str = "take the line out, and restart Asterisk";
    let (user, count, what) = match (gains(write), gains(read)) {
        (Some((user, count)), _) => (user, count, "may write any file that Asterisk may, by Setvar with FILE"),
        (None, Some((user, count))) => (user, count, "may read any file that Asterisk may, by Getvar with FILE"),
        (None, None) => {
            let effect = "lets them read and write files; nobody here gains, as each user has no rights, or all";
            findings.at(span, MESSAGE, effect).severity(Severity::Info).help(HELP);
            return;
        }
    };
    let effect = format!("lets them read and write files: {} {what}", others(user.name, count));
    let place = manager.accounts.span(context.effective, user.at);
    let finding = findings.at(span, MESSAGE, effect).help(HELP);
    finding.see(place, "this user gains by it");
}
