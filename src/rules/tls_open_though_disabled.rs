//! TLS that is open although AMI is not enabled.

use super::prelude::*;
use crate::config::manager::Manager;
use crate::config::manager::listen::State;

pub(super) static RULE: Rule = Rule {
    name: "tls-open-though-disabled",
    summary: "the TLS listener is open although AMI is not enabled",
    severity: Severity::Error,
    doc: "\
`enabled = no` closes the plain listener only. With `tlsenable = yes` and a `tlsbindaddr`, Asterisk opens the TLS \
listener all the same, and logins succeed, while `manager show settings` says `Manager (AMI): No`. So it is where \
there is no `enabled` line at all. Who takes AMI for switched off does not watch the accounts that are open by it.

Write `tlsenable = no` to switch AMI off, or `enabled = yes` if it is wanted. Where it cannot be told from here \
whether the certificate can be used, the finding is a warning.",
    source: "main/manager.c, __init_manager; recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = no
          ^^ opens the TLS listener
tlsenable = yes
tlsbindaddr = 0.0.0.0:5039
tlscertfile = /etc/asterisk/keys/ami.pem
"),
        bad("\
[general]
tlsenable = yes
tlsbindaddr = 0.0.0.0
              ^^^^^^^ opens the TLS listener
tlscertfile = /etc/asterisk/keys/ami.pem
"),
        good("[general]\nenabled = yes\ntlsenable = yes\ntlsbindaddr = ::\ntlscertfile = /etc/asterisk/ami.pem\n"),
        good("[general]\nenabled = no\ntlsenable = no\ntlsbindaddr = 0.0.0.0\n"),
        good("[general]\nenabled = no\ntlsenable = yes\n").because("without `tlsbindaddr` it does not open"),
        good("[general]\ntlsenable = yes\ntlsbindaddr = ::\n#include enabled.conf\n")
            .because("the file is not here, and may enable AMI"),
        good("[general]\nenabled = no\ntlsenable = yes\ntlsbindaddr = ::\ntlscertfile = /etc/asterisk/ami.pem\n")
            .complete()
            .because("there is no such certificate, so TLS is off"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let general = &manager.general;
    let [_, tls] = &manager.listeners;
    let wanted = general.tls.enable.value && !general.enabled.value && general.unread.is_none();
    let Some(bind) = general.tls.bindaddr.at.filter(|_| wanted) else { return };
    let (severity, when) = match tls.state {
        State::Closed => return,
        State::Listens | State::Indeterminate => (Severity::Error, ""),
        State::Unknown => (Severity::Warning, ", if it can use the certificate,"),
    };
    let at = general.enabled.at.unwrap_or(bind);
    let Some(written) = context.effective.written(at) else { return };
    let empty = written.value.range.is_empty();
    let span = context.span(at, if empty { written.name.range } else { written.value.range });
    let whereto = tls.address.map(|address| format!(" on {}", show(address.to_string().as_bytes())));
    let effect = format!("opens the TLS listener{}{when} and lets users log in", whereto.unwrap_or_default());
    let finding = findings.at(span, "AMI is not enabled, but open over TLS", effect);
    finding.severity(severity).help("write `tlsenable = no`, or `enabled = yes` if AMI is wanted");
    if bind != at {
        finding.see(context.effective.text(bind), "`tlsbindaddr` opens it");
    }
}
