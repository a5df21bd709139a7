//! Lists of classes from before there was `originate`.

use super::empty_class_item::lists;
use super::prelude::*;
use crate::config::manager::classes::{Classes, Grant};
use crate::config::manager::{Manager, User};

pub(super) static RULE: Rule = Rule {
    name: "originate-not-granted",
    summary: "`write` has `call`, which no longer places calls, and not `originate`",
    severity: Severity::Info,
    doc: "\
Up to Asterisk 1.4 the action Originate needed the class `call`. Since 1.6 it needs `originate`, and that alone; lists \
such as `system,call,log,verbose,command,agent,user` have been copied from manual to manual since. A user with one may do \
nearly everything on the switch, `command` and `system` are as good as a shell, and is refused when its client places a \
call: `Permission denied`. Only the client gets to see that.

If the client places calls, add `originate`. If it does not, the list holds far more than the client needs: see \
`write-gives-shell`.

Nothing is wrong where nobody places calls, so it is a note and silent without `--strict`. A list with neither `command` \
nor `system` is taken for one that somebody has thought of.",
    source: "main/manager.c, where Originate is registered with EVENT_FLAG_ORIGINATE; recorded on 16.28.0 and 22.10.1",
    check: Check::Strict(check),
    examples: &[
        bad("\
[general]
enabled = yes
[bob]
secret = x
write = system,call,log,verbose,command,agent,user
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ refuses Originate
"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = system,call,log,verbose,command,agent,user,originate\n"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = call,agent\n").because("somebody has thought of this one"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nread = system,call,log,verbose,command\nwrite = all\n"),
        good("[general]\nenabled = yes\n[bob]\nwrite = system,call,command\n").because("without a secret nobody logs in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    if manager.is_closed() {
        return;
    }
    let (call, shells) = (Classes::of(["call"]), Classes::of(["system", "command"]));
    let originate = Classes::of(["originate"]);
    let is_old = |user: &User<'_>, key: &str, grant: &Grant<'_>| {
        key == "write" && user.has_secret() && grant.meets(call) && grant.meets(shells) && !grant.meets(originate)
    };
    for list in lists(context, manager, is_old) {
        findings
            .at(
                list.span(0..list.value.len()),
                "`write` has `call`, and not the `originate` that places calls",
                "refuses Originate to this user: `Permission denied`",
            )
            .help("add `originate` if the client places calls; else grant only the classes that it needs");
    }
}
