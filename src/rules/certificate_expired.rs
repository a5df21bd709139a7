//! A certificate that is not valid now.

use super::prelude::*;
use crate::config::manager::Manager;
use crate::config::manager::tls::TroubleKind;

pub(super) static RULE: Rule = Rule {
    name: "certificate-expired",
    summary: "the certificate of the TLS listener is not valid now",
    severity: Severity::Warning,
    doc: "\
The certificate in `tlscertfile` has expired, or is not valid yet, by the clock of the machine that checks. Asterisk \
loads it without a word and opens the listener. Clients that verify it, as they should, do not connect; what still \
connects does not verify, and an attacker in between can read its secret.

Renew it. Asterisk loads a renewed certificate under the same path only when manager.conf itself has changed since: \
touch the file, then `manager reload`.",
    source: "main/tcptls.c, __ssl_setup, which asks OpenSSL for no dates; recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = yes
tlsenable = yes
tlscertfile = /etc/asterisk/ami.crt
              ^^^^^^^^^^^^^^^^^^^^^ is not valid yet
tlsprivatekey = /etc/asterisk/keys/ami.key
")
        .beside(&[("ami.crt", CERTIFICATE)])
        .because("the clock of these examples stands at 1970"),
        good("[general]\nenabled = yes\ntlsenable = no\ntlscertfile = /etc/asterisk/ami.crt\n")
            .beside(&[("ami.crt", CERTIFICATE)])
            .because("nobody looks at it"),
        good("[general]\nenabled = yes\ntlsenable = yes\ntlscertfile = /etc/asterisk/ami.crt\n")
            .because("the certificate is not here to be looked at"),
    ],
};

/// Valid from 2026 to 2036.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBazCCARGgAwIBAgIUJVRfV601lBgawbVCfaQrrBTwIEEwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDcGJ4MB4XDTI2MTEyMzA1NDY1MVoXDTM2MTEyMDA1NDY1MVow
DjEMMAoGA1UEAwwDcGJ4MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtyQGW+BN
k4Mg0xm39uSRQTkARqTdhCVNflAOXB6SAZnDwemmBusnC9sA92qP7uifNDVM1ipc
a+fXA/FTA6opm6NNMEswHQYDVR0OBBYEFHNjxkd0A9GJSqAYR8eaxnRE+FGcMB8G
A1UdIwQYMBaAFHNjxkd0A9GJSqAYR8eaxnRE+FGcMAkGA1UdEwQCMAAwCgYIKoZI
zj0EAwIDSAAwRQIgYx5ZsfU9Qbc8td2cdDhdB7wx0t8iIYivRiHXt3XijkcCIQCD
KuXdULEbyQddoJRS2YAMvneC46r6f1LGGjm0I+B2PA==
-----END CERTIFICATE-----
";

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let general = &manager.general;
    let idle = !general.enabled.value && general.tls.bindaddr.value.is_none();
    if idle || general.unread.is_some() {
        return;
    }
    let troubles = manager.judgement.iter().flat_map(|judgement| &judgement.warnings);
    for trouble in troubles {
        if !matches!(trouble.kind, TroubleKind::Expired | TroubleKind::NotYetValid) {
            continue;
        }
        let Some(at) = trouble.at else { continue };
        let Some(written) = context.effective.written(at) else { continue };
        findings
            .at(
                context.span(at, written.value.range),
                &*trouble.why,
                "loads it without a word; clients that verify it do not connect",
            )
            .help("renew it, touch manager.conf, then `manager reload`");
    }
}
