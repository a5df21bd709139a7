//! A low `authlimit`.

use super::prelude::*;
use crate::config::manager::Manager;
use crate::config::manager::listen::State;

pub(super) static RULE: Rule = Rule {
    name: "few-logins-at-once",
    summary: "a handful of idle connections lock every client out",
    severity: Severity::Warning,
    doc: "\
`authlimit` is how many connections may be open that have not logged in, from all addresses together. One more is closed \
at once, without a greeting and without a line in the log, whoever it is from and however right its secret. A connection \
that says nothing keeps its place for `authtimeout` seconds (30), and one that guesses wrong for a second. So with a limit \
of 4 four idle connections keep all clients out, from addresses that no ACL lets in, for as long as somebody cares to \
open new ones; a monitor that looks whether the port is open does so by accident.

It is no defence against guessing: that is what a long secret, `deny` and a firewall are for. Take the line out (50 is the \
default). It is a warning below 5, which a few clients that start together reach by themselves, and only where other \
machines reach the port.",
    source: "main/manager.c, session_do; recorded on 16.28.0 and \
             22.10.1",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\nauthlimit = 2\n            ^ 2 idle connections\n[bob]\nsecret = x\n"),
        bad("[general]\nenabled = yes\nauthtimeout = 300\nauthlimit = 1\n            ^ for 300 seconds\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nauthlimit = 5\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nauthlimit = 0\n[bob]\nsecret = x\n").because("Asterisk does not take it: it stays at 50"),
        good("[general]\nenabled = yes\nbindaddr = 127.0.0.1\nauthlimit = 2\n[bob]\nsecret = x\n")
            .because("only this machine gets to the port"),
    ],
};

/// Fewer than these are few.
const FEW: i32 = 5;

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let limit = manager.general.authlimit;
    let open = manager.listeners.iter().filter(|listener| listener.state == State::Listens);
    let mut far = open.filter_map(|it| it.address).filter(|address| !address.ip.to_canonical().is_loopback());
    let Some(at) = limit.at.filter(|_| limit.value < FEW && far.next().is_some()) else { return };
    let Some(written) = context.effective.written(at) else { return };
    let idle = if limit.value == 1 { "1 idle connection".to_owned() } else { format!("{} idle connections", limit.value) };
    let seconds = manager.general.authtimeout.value;
    findings
        .at(
            context.span(at, written.value.range),
            format!("{idle} from anywhere lock every client out"),
            format!("closes each further connection at once, for {seconds} seconds, whoever it is from"),
        )
        .help("take the line out: 50 is the default; a firewall and `deny` keep strangers away");
}
