//! Plain AMI on all addresses of the machine.

use super::plain_on_public_address::exposed;
use super::prelude::*;
use crate::config::manager::Manager;
use crate::config::manager::listen::State;

pub(super) static RULE: Rule = Rule {
    name: "plain-on-all-addresses",
    summary: "AMI without TLS listens on all addresses of the machine",
    severity: Severity::Warning,
    doc: "\
`bindaddr` is `0.0.0.0` or `::`, or there is none that Asterisk can read: the listener without TLS is open on every \
address that the machine has, and that it will have tomorrow. Secrets, events and answers go over it in clear text, to \
be read and changed on the way, and every network that the machine is in may try to log in. A `permit` for one address \
keeps others from logging in and not from reading along.

Name the one address that clients use, `bindaddr = 127.0.0.1` when they are on the machine itself, and open TLS to the \
others: `tlsenable = yes`, `tlsbindaddr` and `tlscertfile`.

Most files in use listen so, behind a firewall that amictl does not see: this rule is silent without `--strict`. And it \
is silent when nobody but the machine itself can log in.",
    source: "main/manager.c, __init_manager; recorded on 13.12.2 to 23.4.1",
    check: Check::Strict(check),
    examples: &[
        bad("\
[general]
enabled = yes
bindaddr = 0.0.0.0
           ^^^^^^^ in clear text, at 0.0.0.0:5038
[bob]
secret = x
deny = 0.0.0.0/0
permit = 10.0.0.0/8
"),
        bad("[general]\n ^^^^^^^ at [::]:5038\nenabled = yes\n[bob]\nsecret = x\n")
            .because("without `bindaddr` it is all addresses"),
        bad("\
[general]
enabled = yes
bindaddr = localhost
           ^^^^^^^^^ at [::]:5038
tlsenable = yes
tlscertfile = /etc/asterisk/keys/ami.pem
[bob]
secret = x
")
        .because("a name is none that Asterisk can read"),
        good("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nbindaddr = 10.0.0.5\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = no\nbindaddr = 0.0.0.0\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nbindaddr = ${ADDRESS}\n[bob]\nsecret = x\n").because("a tool fills it in"),
        good(
            "\
[general]
enabled = yes
bindaddr = 0.0.0.0
[bob]
secret = x
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.0
",
        )
        .because("only this machine can log in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let Some((listener, span)) = exposed(context, manager) else { return };
    let Some(address) = listener.address.filter(|address| address.is_any()) else { return };
    let has_tls = manager.listeners[1].state == State::Listens;
    let help = match has_tls {
        true => "write `bindaddr = 127.0.0.1` and leave the other machines to TLS, with a `tlsbindaddr` of its own",
        false => "write the one address that clients use, and TLS for other machines: `tlsenable = yes`",
    };
    let effect = format!("takes secrets, and sends events, in clear text, at {address}");
    findings.at(span, "AMI without TLS is open on all addresses", effect).help(help);
}
