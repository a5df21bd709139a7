//! A `httptimeout` with which nobody can wait for events.

use super::prelude::*;
use crate::config::manager::Manager;

pub(super) static RULE: Rule = Rule {
    name: "short-http-timeout",
    summary: "with this `httptimeout` WaitEvent does not wait",
    severity: Severity::Info,
    doc: "\
Over HTTP events come only in answer to the action WaitEvent, which waits for one; but for no longer than `httptimeout` \
less ten seconds, whatever its own Timeout says. With 10 or less it answers at once, and a client that asks again, as it \
should, does so as fast as it can, and keeps a processor of the switch busy. A session that is idle for `httptimeout` seconds ends besides, and its client has to log in anew.

60 is the default. Nothing is open that should not be, so it is a note.",
    source: "main/manager.c, action_waitevent and purge_sessions; recorded on 16.28.0 and 22.10.1, over HTTP",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\nwebenabled = yes\nhttptimeout = 10\n              ^^ answers at once\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nwebenabled = yes\nhttptimeout = 25\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nhttptimeout = 5\n[bob]\nsecret = x\n").because("AMI over HTTP is off"),
        good("[general]\nenabled = yes\nwebenabled = yes\nhttptimeout = 0\n[bob]\nsecret = x\n")
            .because("Asterisk does not take it: it is 60"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let timeout = manager.general.httptimeout;
    let Some(at) = timeout.at.filter(|_| manager.http.is_some() && timeout.value <= 10) else { return };
    let Some(written) = context.effective.written(at) else { return };
    findings
        .at(
            context.span(at, written.value.range),
            "with this `httptimeout` the action WaitEvent does not wait",
            "answers at once, for it waits ten seconds less than this: a client that asks again never rests",
        )
        .help("take the line out: 60 is the default");
}
