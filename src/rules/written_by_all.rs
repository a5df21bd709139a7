//! Files of the configuration that everybody on the machine may write to.

use super::prelude::*;
use crate::config::manager::Manager;
use crate::text::Span;

pub(super) static RULE: Rule = Rule {
    name: "written-by-all",
    summary: "everybody on the machine may write to a file that makes users of the manager",
    severity: Severity::Error,
    doc: "\
Everybody who has an account on the machine may write to this file, or put another one in its place: its own mode, or \
that of a directory above it, lets them. One section more is a user with `write = all`, and after the next reload that is \
a shell with the rights of Asterisk, for any daemon that is broken into and any script of a web server. It is so with \
every file that Asterisk reads for the manager: manager.conf, users.conf, acl.conf and what they include; http.conf; and \
asterisk.conf, in which `execincludes` and `live_dangerously` stand.

Take the right away: `chmod o-w` for the file, and for the directories above it.

It is an error: nothing has to be guessed, and nothing is in the log. Modes are looked at only where they are those that \
Asterisk finds: in /etc/asterisk, or with `--complete`, and then not in a working tree of git, which does not keep them. \
That the group may write is no finding: programs that write the configuration are in it.",
    source: "the system's own rules for files; Asterisk looks at no mode",
    check: Check::Manager(check),
    examples: &[
        bad("[general]\n^^^^^^^^^ add users\nenabled = yes\n[bob]\nsecret = x\n").complete().written_by_all(&["manager.conf"]),
        bad("[general]\nenabled = yes\n#include bob.conf\n")
            .beside(&[("bob.conf", "\n[bob]\n^^^^^ chmod\nsecret = x\n")])
            .complete()
            .written_by_all(&["bob.conf"]),
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[("asterisk.conf", "[options]\n^^^^^^^^^ chmod\n")])
            .complete()
            .written_by_all(&["asterisk.conf"]),
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
        let texts = lines.map(|line| crate::text::trim(file.bytes(), line));
        let first = texts.into_iter().find(|range| !range.is_empty()).unwrap_or(0..0);
        findings
            .at(
                Span::new(exposed.file, first),
                "everybody on the machine may write to this file, or replace it",
                "takes it as it is: they can add users with every right, and run commands as Asterisk",
            )
            .help("take the right away: `chmod o-w`, for the file and for the directories above it");
    }
}
