//! AMI over HTTP without TLS.

use super::prelude::*;
use super::well_known_secret::Reach;
use crate::config::manager::Manager;
use crate::config::manager::listen::State;
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "web-plain-http",
    summary: "AMI over HTTP without TLS is open to other machines",
    severity: Severity::Warning,
    doc: "\
`webenabled = yes` puts AMI on the HTTP server of http.conf, and that server listens without TLS on an address that \
other machines reach. A login over /rawman, /manager or /mxml sends the secret in clear text, in the address of the \
request as a rule, where proxies and browsers keep it; then whoever has seen the cookie `mansession_id` is that user. The \
pages with a digest (/arawman and so on) hide the secret and nothing else. `bindaddr` of manager.conf does not keep these \
requests out, and neither do `authlimit` and `authtimeout`; the `deny` and `permit` of the users do.

Let the plain server listen on the machine itself, and give other machines TLS:

    [general]
    enabled = yes
    bindaddr = 127.0.0.1
    tlsenable = yes
    tlsbindaddr = 10.0.0.5:8089
    tlscertfile = /etc/asterisk/keys/http.pem

A proxy with TLS on the same machine does as well. If HTTP is there for ARI or WebRTC only, write `webenabled = no`.

It is a warning because an attacker needs to sit on the way, or to know the secret. Nothing is said where only this \
machine can log in, where http.conf has sections of `type = restriction` (from 20.19, 22.9 and 23.3 on), or where \
`bindaddr` is a name. Asterisk takes `0.0.0.0` and `::` for all addresses.",
    source: "main/http.c, __ast_http_load; main/manager.c, generic_http_callback; recorded on 16.28.0 and 22.10.1",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\nbindaddr = 127.0.0.1\nwebenabled = yes\n[bob]\nsecret = x\n").beside(&[(
            "http.conf",
            "\
[general]
enabled = yes
bindaddr = 0.0.0.0
           ^^^^^^^ in clear text, at 0.0.0.0:8088
",
        )]),
        bad("[general]\nenabled = yes\nbindaddr = 127.0.0.1\nwebenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[(
                "http.conf",
                "\
[general]
enabled = yes
bindaddr = 192.168.1.5:80
           ^^^^^^^^^^^^^^ at 192.168.1.5:80
prefix = asterisk
tlsenable = yes
tlscertfile = /etc/asterisk/keys/http.pem
",
            )])
            .because("the TLS listener does not close the plain one"),
        good("[general]\nenabled = yes\nwebenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[("http.conf", "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n")]),
        good("[general]\nenabled = yes\nwebenabled = no\n[bob]\nsecret = x\n")
            .beside(&[("http.conf", "[general]\nenabled = yes\nbindaddr = 0.0.0.0\n")])
            .because("the HTTP server does not carry AMI"),
        good("[general]\nenabled = yes\nwebenabled = yes\n[bob]\nsecret = x\ndeny = 0.0.0.0/0,::/0\npermit = 127.0.0.1\n")
            .beside(&[("http.conf", "[general]\nenabled = yes\nbindaddr = 0.0.0.0\n")])
            .because("only this machine can log in"),
        good("[general]\nenabled = yes\nwebenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[(
                "http.conf",
                "[general]\nenabled = yes\nbindaddr = 0.0.0.0\n[/rawman]\ntype = restriction\ndeny = 0.0.0.0/0\n",
            )])
            .because("somebody has thought of who may come"),
        good("[general]\nenabled = yes\nwebenabled = yes\n[bob]\nsecret = x\n").because("http.conf is not here"),
    ],
};

fn check(_: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let Some(http) = manager.http.as_ref().filter(|http| !http.has_restrictions) else { return };
    let [plain, secure] = &http.listeners;
    let far = plain.address.filter(|address| !address.ip.to_canonical().is_loopback());
    let Some(address) = far.filter(|_| plain.state == State::Listens) else { return };
    let mut reach = Reach::through([plain]);
    let mut users = manager.accounts.users.iter().filter(|user| user.has_secret() && !is_placeholder(user.name));
    if !users.any(|user| reach.may_be_open(user)) {
        return;
    }
    let Some((effective, at)) = http.file.effective.as_ref().zip(plain.at) else { return };
    let Some(written) = effective.written(at) else { return };
    let help = match secure.state {
        State::Listens => "write `bindaddr = 127.0.0.1` and give TLS a `tlsbindaddr`, or `webenabled = no` in manager.conf",
        _ => "write `bindaddr = 127.0.0.1`, and TLS for other machines, or `webenabled = no` in manager.conf",
    };
    let effect = format!("takes secrets, and answers, in clear text, at {address}");
    findings.at(effective.span(at, written.value.range), "AMI over HTTP is open without TLS", effect).help(help);
}
