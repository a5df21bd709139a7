//! Keys in `[general]` that the manager does not know.

use super::prelude::*;
use crate::catalog::{self, SectionKind, nearest_option};
use crate::release::Release;
use crate::text::{is_placeholder, is_secret_key};

pub(super) static RULE: Rule = Rule {
    name: "unknown-general-option",
    summary: "a key in [general] is no option of AMI",
    severity: Severity::Warning,
    doc: "\
No release knows the key in `[general]`: it is misspelt, it belongs into a user's section, or it is an option of \
another part of Asterisk. TLS options are the usual case: AMI knows fewer of them than other modules, and it cannot \
ask for client certificates. What the line was to do, it does not do: a misspelt `bindaddr` leaves AMI on all \
addresses.

Asterisk logs a NOTICE with the key *and its value* at every load. A `secret` in `[general]` is therefore in the log \
in clear text, which is an error here: take it out, and change it where it is really used.

The keys of a template are judged as those of `[general]` when nothing but `[general]` inherits from it. A second \
`[general]` is not judged at all: Asterisk does not read it.",
    source: "main/manager.c, __init_manager; main/tcptls.c, ast_tls_read_conf; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[general]
enabled = yes
bindaddress = 127.0.0.1
^^^^^^^^^^^ did you mean `bindaddr`?
"),
        bad("\
[general]
read = all
^^^^ an option of users
[bob]
read = all
"),
        bad("\
[general]
secret = hunter2
^^^^^^ prints the line with its value into the log
"),
        bad("\
[tls](!)
tlscafile = /etc/ca.pem
^^^^^^^^^ AMI cannot ask clients for certificates
[general](tls)
")
        .because("only [general] inherits from the template"),
        good("[General]\nEnabled = yes\nsslcert = /etc/ami.pem\ndisabledevents = VarSet\n")
            .because("keys have no letter case, and `ssl` is an older name for `tls`"),
        good("[general]\nenabled = yes\n[general]\nsecert = x\n").because("nobody reads the second one"),
        good("[general](!)\nsecert = x\n").because("nobody reads a template that nobody inherits from"),
        good("[general]\n{{ item.key }} = {{ item.value }}\n").because("a tool fills this in"),
        good("[general]\n#include a.conf\n#include b.conf\n")
            .beside(&[("b.conf", "secret = x\n")])
            .because("a.conf is not here, and may have opened a section"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let series = Release::all_series();
    for (entry, kinds) in context.options() {
        let key = entry.name;
        let known = || series.iter().any(|&release| catalog::knows(release, SectionKind::General, key));
        if kinds != [SectionKind::General] || known() || is_placeholder(key) {
            continue;
        }
        let Some(written) = context.effective.written(entry.origin) else { continue };
        let users = series.iter().any(|&release| catalog::knows(release, SectionKind::User, key));
        let name = show(key);
        let message = match users {
            true => format!("`{name}` is an option of users, not of [general]"),
            false => format!("[general] has no option `{name}`"),
        };
        let effect = "ignores the line, and prints the line with its value into the log";
        let finding = findings.at(context.span(entry.origin, written.name.range.clone()), message, effect);
        if is_secret_key(key) {
            finding.severity(Severity::Error);
        }
        match (users, catalog::refused(key), nearest_option(SectionKind::General, key)) {
            (true, ..) => finding.help("move it into the section of the user"),
            (_, Some(why), _) => finding.help(format!("{why}; take the line out")),
            (.., Some(near)) => {
                if mend::plain(context.effective, entry.origin).is_some() {
                    let name = context.span(entry.origin, written.name.range);
                    finding.fix(Safety::Widening, format!("write `{near}`"), name, near);
                }
                finding.help(format!("did you mean `{near}`?"))
            }
            _ => finding.help("take the line out"),
        };
    }
}
