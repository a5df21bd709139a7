//! Secrets that everybody on the machine may read.

use super::prelude::*;
use crate::config::manager::tls::TroubleKind;
use crate::config::manager::{At, Manager, Part, SecretState, User};
use crate::text::{FileId, is_placeholder};

pub(super) static RULE: Rule = Rule {
    name: "secret-read-by-all",
    summary: "everybody on the machine may read a secret, or the key of the TLS listener",
    severity: Severity::Warning,
    doc: "\
The mode of a file lets everybody read it who has an account on the machine, and it holds the secret of a user of the \
manager, or the private key of its TLS listener. Any daemon that is broken into, and any script of a web server, has \
accounts of the manager then, with all that these may do; with the key, whoever listens on the way can pose as the switch.

Take the right away: `chmod o-r`, or `chmod 640` with the group that Asterisk runs in. Directories count as well: where \
everybody is kept out of /etc/asterisk (mode 750, as Debian has it), the modes of the files in it do not matter, and \
nothing is said.

It is a warning since an attacker must have got onto the machine first. What everybody may write to is the matter of \
`written-by-all`. Modes are looked at only where they are those that Asterisk finds: in /etc/asterisk, or with \
`--complete`, and then not in a working tree of git, which does not keep them.",
    source: "the system's own rules for files; Asterisk looks at no mode",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\n^^^^^^^^^^ and 1 more in this file\n[eve]\nsecret = y\n")
            .complete()
            .read_by_all(&["manager.conf"]),
        bad("[general]\nenabled = yes\n#include users.d/bob.conf\n")
            .beside(&[("users.d/bob.conf", "[bob]\nsecret = x\n^^^^^^^^^^ chmod\n")])
            .complete()
            .read_by_all(&["users.d/bob.conf"]),
        good("[general]\nenabled = yes\n#include bob.conf\n")
            .beside(&[("bob.conf", "[bob]\nsecret = x\n")])
            .complete()
            .read_by_all(&["manager.conf"])
            .because("the secret is in the other file"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n")
            .read_by_all(&["manager.conf"])
            .because("these may be other modes than those on the switch"),
        good("[general]\nenabled = yes\n[bob]\nsecret =\n[eve]\nsecret = ${SECRET}\n")
            .complete()
            .read_by_all(&["manager.conf"])
            .because("there is nothing to be read"),
    ],
};

const HELP: &str = "take the right away: `chmod o-r`, or mode 640 with Asterisk's group";

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    for exposed in manager.exposed.iter().filter(|it| it.rights.read && !it.rights.write) {
        let place = |user: &User<'_>| kept_in(context, manager, user, exposed.file);
        let mut places: Vec<At> = manager.accounts.users.iter().filter_map(place).collect();
        places.sort_unstable();
        places.dedup();
        let Some(&first) = places.first() else { continue };
        let more = match places.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more in this file"),
        };
        findings
            .at(
                manager.accounts.span(context.effective, first),
                format!("everybody on the machine may read this secret{more}"),
                "lets in whoever has read it",
            )
            .help(HELP);
    }
    for trouble in manager.judgement.iter().flat_map(|judgement| &judgement.warnings) {
        let Some(at) = trouble.at.filter(|_| trouble.kind == TroubleKind::ReadByAll) else { continue };
        let Some(written) = context.effective.written(at) else { continue };
        let span = context.span(at, written.value.range);
        findings.at(span, &*trouble.why, "uses it all the same; whoever has read it can pose as the switch").help(HELP);
    }
}

/// The line of a user's secret, if there is one to be read, and it is in this file.
fn kept_in(context: &Context<'_>, manager: &Manager<'_>, user: &User<'_>, file: FileId) -> Option<At> {
    let at = user.secret.at.filter(|_| user.secret.value.state() == SecretState::Set)?;
    let effective = manager.accounts.effective(context.effective, at.part);
    let is_in = effective.read(at.line).file == file && at.part != Part::Acl;
    let written = effective.written(at.line).filter(|_| is_in)?;
    (!is_placeholder(written.value.bytes)).then_some(at)
}
