//! AMI over HTTP that is asked for and not there.

use super::prelude::*;
use crate::config::manager::Manager;
use crate::config::manager::listen::State;
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "web-without-http",
    summary: "`webenabled` is on, and AMI over HTTP is not there",
    severity: Severity::Info,
    doc: "\
`webenabled = yes` puts AMI on the HTTP server: /rawman, /manager, /mxml, and the same with a login by digest under \
/arawman, /amanager and /amxml. That takes two more lines: `enabled = yes` here in [general], without which these pages \
are not found, also while AMI over TLS runs on its own `tlsbindaddr`; and an HTTP server, which listens only if http.conf \
has both `enabled = yes` and a `bindaddr` (nothing is opened without one), or TLS with a `tlsbindaddr`.

A client of these pages does not get in, and nothing is open, so it is a note. Take `webenabled` out if nobody needs it: \
the next one who switches on HTTP, for ARI or WebRTC, puts AMI on the network with it. A reload does not take it back; \
after a reload without the line AMI stays on HTTP until Asterisk restarts, unless the line says `webenabled = no`.

An http.conf that is not here says nothing, unless the file is checked as on the switch itself.",
    source: "main/manager.c, __init_manager; main/http.c, __ast_http_load; recorded on 16.28.0 and 22.10.1",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\nwebenabled = yes\n             ^^^ enabled is not yes\n[bob]\nsecret = x\n")
            .beside(&[("http.conf", "[general]\nbindaddr = 127.0.0.1\n")]),
        bad("[general]\nenabled = yes\nwebenabled = yes\n             ^^^ there is no bindaddr\n[bob]\nsecret = x\n")
            .beside(&[("http.conf", "[general]\nenabled = yes\n")]),
        bad("[general]\nenabled = yes\nwebenabled = yes\n             ^^^ there is no http.conf\n[bob]\nsecret = x\n")
            .complete(),
        bad("[general]\nenabled = no\nwebenabled = yes\n             ^^^ AMI itself is not enabled\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nwebenabled = yes\n[bob]\nsecret = x\n").because("http.conf is not here"),
        good("[general]\nenabled = yes\nwebenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[("http.conf", "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n")]),
        good("[general]\nenabled = yes\nwebenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[(
                "http.conf",
                "[general]\nenabled = no\ntlsenable = yes\ntlsbindaddr = 10.0.0.5\ntlscertfile = /etc/ssl/pbx.pem\n",
            )])
            .because("TLS listens on its own"),
        good("[general]\nenabled = yes\nwebenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[("http.conf", "[general]\n#include http_custom.conf\n")])
            .because("a part of http.conf is not here"),
        good("[general]\nenabled = ${AMI}\nwebenabled = yes\n[bob]\nsecret = x\n").because("a tool fills it in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let general = &manager.general;
    if !general.webenabled.value || general.unread.is_some() {
        return;
    }
    let written = |at| context.effective.written(at);
    let Some((at, word)) = general.webenabled.at.and_then(|at| Some((at, written(at)?))) else { return };
    let span = context.span(at, word.value.range);
    const MESSAGE: &str = "`webenabled` is on, and AMI over HTTP is not there";
    let Some(http) = &manager.http else {
        if general.enabled.at.and_then(written).is_some_and(|it| is_placeholder(it.value.bytes)) {
            return;
        }
        findings
            .at(span, format!("{MESSAGE}: AMI itself is not enabled"), "does not put its pages on the HTTP server")
            .help("write `enabled = yes` if AMI is wanted, else `webenabled = no`");
        return;
    };
    let [plain, secure] = &http.listeners;
    if http.listeners.iter().any(|listener| listener.state != State::Closed) {
        return;
    }
    let why = match (&http.file.effective, secure.why.as_str()) {
        (Some(_), "tlsenable is not yes") | (None, _) => plain.why.clone(),
        (Some(_), tls) => format!("{}, and for TLS {tls}", plain.why),
    };
    let why = if http.file.effective.is_some() { format!("in http.conf {why}") } else { why };
    let finding = findings.at(span, format!("{MESSAGE}: {why}"), "has no HTTP server that listens");
    finding.help("write `webenabled = no`; if it is wanted, `enabled = yes` and a `bindaddr` into http.conf");
    if let Some((effective, at)) = http.file.effective.as_ref().zip(plain.at) {
        finding.see(effective.text(at), "this decides it");
    }
}
