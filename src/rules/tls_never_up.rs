//! TLS that is asked for and does not come up.

use super::listener_address_not_read::is_filled_in;
use super::prelude::*;
use crate::config::Origin;
use crate::config::manager::Manager;
use crate::config::manager::listen::State;
use crate::config::manager::tls::{Trouble, TroubleKind, Verdict};

pub(super) static RULE: Rule = Rule {
    name: "tls-never-up",
    summary: "TLS is switched on and does not come up",
    severity: Severity::Error,
    doc: "\
`tlsenable = yes`, and no client will speak TLS to this manager. Asterisk needs a certificate and a key that OpenSSL \
can load: PEM, without a passphrase, the key that of the certificate, not too short, and a cipher list with at least \
one name that it knows (those of TLS 1.3 do not count). Of anything else it logs an ERROR and goes on without TLS: \
plain AMI alone runs, and sends its secrets in clear text.

A relative path is looked for in the working directory of Asterisk, not in its configuration directory; so is the \
default, `asterisk.pem`, which counts when there is no `tlscertfile`. Quotes are a part of the path. With an empty \
`tlscertfile` the listener opens and every handshake fails. TLS on the port of the plain listener cannot open. With \
neither `enabled = yes` nor a `tlsbindaddr` nothing opens at all (a warning).

A file that is not here to be looked at raises nothing, unless it is checked as on the switch itself.",
    source: "main/tcptls.c, __ssl_setup; main/manager.c, __init_manager; recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = yes
tlsenable = yes
tlscertfile = /etc/asterisk/keys/ami.pem
              ^^^^^^^^^^^^^^^^^^^^^^^^^^ is not there
")
        .complete(),
        bad("\
[general]
enabled = yes
tlsenable = yes
tlscertfile = \"/etc/asterisk/ami.pem\"
              ^^^^^^^^^^^^^^^^^^^^^^^ the quotes are a part of its name
"),
        bad("\
[general]
enabled = yes
tlsenable = yes
tlscertfile = keys/ami.pem
              ^^^^^^^^^^^^ is looked for in the working directory of Asterisk
"),
        bad("\
[general]
enabled = yes
tlsenable = yes
            ^^^ write the full path in `tlscertfile`
"),
        bad("\
[general]
enabled = yes
tlsenable = yes
tlscertfile = /etc/asterisk/ami.crt
              ^^^^^^^^^^^^^^^^^^^^^ holds no certificate
")
        .beside(&[("ami.crt", "nothing\n")]),
        bad("\
[general]
enabled = yes
tlsenable = yes
tlscertfile =
^^^^^^^^^^^ every handshake fails
"),
        bad("\
[general]
enabled = yes
port = 5039
tlsenable = yes
            ^^^ the plain listener has this port
tlscertfile = /etc/asterisk/ami.pem
"),
        bad("\
[general]
enabled = no
tlsenable = yes
            ^^^ nothing listens
"),
        good("[general]\nenabled = yes\ntlsenable = yes\ntlscertfile = /etc/asterisk/ami.pem\n")
            .because("the certificate is not here to be looked at"),
        good("[general]\nenabled = yes\ntlsenable = no\ntlscertfile = ami.pem\n"),
        good("[general]\nenabled = yes\ntlsenable = yes\n#include tls.conf\n")
            .because("the file is not here, and may name the certificate"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let general = &manager.general;
    let [plain, listener] = &manager.listeners;
    let Some(judgement) = manager.judgement.as_ref() else { return };
    if !general.loads || general.gave_up || general.unread.is_some() {
        return;
    }
    let on = general.tls.enable.at;
    if !general.enabled.value && general.tls.bindaddr.value.is_none() {
        if let Some(span) = place(context, on) {
            let message = "TLS is switched on, but AMI is not enabled and no `tlsbindaddr` counts";
            let help = "write `enabled = yes` if AMI is wanted, else `tlsenable = no`";
            findings.at(span, message, "opens no listener: nothing listens").severity(Severity::Warning).help(help);
        }
        return;
    }
    let left = match plain.state {
        State::Listens => "goes on without TLS: plain AMI alone runs, in clear text",
        State::Closed => "goes on without TLS: nothing listens",
        State::Indeterminate | State::Unknown => "goes on without TLS",
    };
    let no_file = judgement.warnings.iter().find(|trouble| trouble.kind == TroubleKind::NoFile);
    let (severity, trouble, effect) = match &judgement.verdict {
        Verdict::Refused(trouble) => (Severity::Error, trouble, left),
        Verdict::Unknown(trouble) if trouble.kind == TroubleKind::RelativePath => {
            let effect = "does not look beside its configuration: if the file is not there, TLS is off";
            (Severity::Warning, trouble, effect)
        }
        _ => match no_file {
            Some(trouble) => (Severity::Error, trouble, "opens the listener all the same"),
            None if listener.state == State::Closed => {
                if let Some(span) = place(context, on) {
                    let message = format!("the TLS listener cannot open: {}", listener.why);
                    let help = "give each listener an address and a port of its own";
                    findings.at(span, message, left).help(help);
                }
                return;
            }
            None => return,
        },
    };
    let at = trouble.at.or(on);
    let value = at.and_then(|at| context.effective.written(at)).map(|written| written.value.bytes);
    if value.is_none_or(is_filled_in) {
        return;
    }
    let Some(span) = place(context, at) else { return };
    findings.at(span, &*trouble.why, effect).severity(severity).help(help(trouble));
}

/// The value on a line; its key where it is empty.
fn place(context: &Context<'_>, at: Option<Origin>) -> Option<crate::text::Span> {
    let at = at?;
    let written = context.effective.written(at)?;
    let empty = written.value.range.is_empty();
    Some(context.span(at, if empty { written.name.range } else { written.value.range }))
}

fn help(trouble: &Trouble) -> &'static str {
    match trouble.kind {
        TroubleKind::RelativePath | TroubleKind::NoFile => "write the full path in `tlscertfile`",
        TroubleKind::QuotedPath => "write the path without the quotes",
        TroubleKind::Missing | TroubleKind::Unreadable => "name a file that is there",
        TroubleKind::Der => "convert it: `openssl x509 -inform DER`, or `openssl pkey -inform DER` for a key",
        TroubleKind::NoKey => "name the key in `tlsprivatekey`, or put it into the file of the certificate",
        TroubleKind::Encrypted => "take the passphrase off: `openssl pkey -in KEY -out KEY`",
        TroubleKind::Weak => "make a new certificate, with a key of 2048 bits or more and SHA-256",
        TroubleKind::Mismatch => "name the key that belongs to the certificate",
        TroubleKind::NoCipher => "name a cipher of TLS 1.2 that OpenSSL knows, or take the line out",
        _ => "name a file in PEM with a whole certificate, or key",
    }
}
