//! Files of the configuration that everybody on the machine may write to.

use super::prelude::*;
use crate::config::Effective;
use crate::config::manager::{Manager, Neighbour};
use crate::text::{FileId, Span};

pub(super) static RULE: Rule = Rule {
    name: "written-by-all",
    summary: "everybody on the machine may write to manager.conf or a file beside it",
    severity: Severity::Error,
    doc: "\
Everybody who has an account on the machine may write to this file, or put another one in its place: its own mode, or \
that of a directory above it, lets them. What that gives to any daemon that is broken into, and to any script of a web \
server:

- manager.conf, users.conf and what they include: one section more is a user with `write = all`, and after the next reload \
that is a shell with the rights of Asterisk.
- asterisk.conf: `execincludes`, `live_dangerously`, the folder that modules are loaded from; a shell at the next start.
- acl.conf and http.conf: the addresses from which users may log in, and those at which AMI over HTTP listens. It takes a \
secret besides.

Nothing has to be guessed for the first two, and nothing is in the log: they are errors. The last is a warning.

Take the right away: `chmod o-w` for the file, and for the directories above it. Modes are looked at only where they are \
those that Asterisk finds: in /etc/asterisk, or with `--complete`, and then not in a working tree of git, which does not \
keep them. That the group may write is no finding: programs that write the configuration are in it.",
    source: "the system's own rules for files; Asterisk looks at no mode",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\n^^^^^^^^^ add users\nenabled = yes\n[bob]\nsecret = x\n").complete().written_by_all(&["manager.conf"]),
        bad("[general]\nenabled = yes\n#include bob.conf\n")
            .beside(&[("bob.conf", "\n[bob]\n^^^^^ chmod\nsecret = x\n")])
            .complete()
            .written_by_all(&["bob.conf"]),
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[("asterisk.conf", "[options]\n^^^^^^^^^ at its next start\n")])
            .complete()
            .written_by_all(&["asterisk.conf"]),
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\nacl = lan\n")
            .beside(&[("acl.conf", "[lan]\n^^^^^ let in any address\ndeny = 0.0.0.0/0\n")])
            .complete()
            .written_by_all(&["acl.conf"]),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n").complete(),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n")
            .written_by_all(&["manager.conf"])
            .because("these may be other modes than those on the switch"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    for exposed in manager.exposed.iter().filter(|it| it.rights.write) {
        let file = context.files.get(exposed.file);
        // The first line that says something stands for the file.
        let lines = (1..).map_while(|number| file.line(number));
        let mut texts = lines.map(|line| crate::text::trim(file.bytes(), line));
        let first = texts.find(|range| !range.is_empty()).unwrap_or(0..0);
        let (severity, effect) = gain(context, manager, exposed.file);
        findings
            .at(
                Span::new(exposed.file, first),
                "everybody on the machine may write to this file, or replace it",
                format!("takes it as it is: {effect}"),
            )
            .severity(severity)
            .help("take the right away: `chmod o-w`, for the file and for the directories above it");
    }
}

/// What it is good for to write to a file, and how bad that is.
fn gain(context: &Context<'_>, manager: &Manager<'_>, file: FileId) -> (Severity, &'static str) {
    let is_in = |effective: &Effective<'_>| effective.reads.iter().any(|read| read.file == file);
    let is_of = |beside: &Neighbour<'_>| beside.effective.as_ref().is_some_and(is_in);
    match () {
        () if is_in(context.effective) || is_of(&manager.accounts.users_conf) => {
            (Severity::Error, "they can add users with every right, and run commands as Asterisk")
        }
        () if is_of(&manager.asterisk_conf) => {
            (Severity::Error, "they can have it run commands, and load modules, of their own at its next start")
        }
        () if is_of(&manager.accounts.acl_conf) => (Severity::Warning, "they can let in any address"),
        () => (Severity::Warning, "they can open AMI over HTTP, without TLS, on any address"),
    }
}
