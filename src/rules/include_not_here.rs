//! An include of files that amictl cannot look at.

use std::collections::HashSet;

use super::include_missing::is_pattern;
use super::prelude::*;
use crate::config::Origin;

pub(super) static RULE: Rule = Rule {
    name: "include-not-here",
    summary: "an included file is not here, so what it holds is unknown",
    severity: Severity::Info,
    doc: "\
A configuration is often looked at without the files that it includes: in a repository they may be missing because \
they are written on the switch. amictl then does not know what they hold, and concludes nothing from it: a template \
that nobody has seen, a section that `(+)` asks for, or the `deny` of a user may stand there.

Each finding of this rule is a part of the configuration that nobody has checked. An attacker needs only one user \
without a `deny` in one of those files.

Run amictl on the switch, or name a copy of Asterisk's configuration directory with `--etc DIR`. With `--complete` \
what is not there is absent, as it would be for Asterisk.",
    source: "main/config.c, config_text_file_load: what an include brings is only known where its files are",
    check: Check::Config(check),
    examples: &[
        bad("[general]\n#include users.conf\n         ^^^^^^^^^^ `users.conf` is not here\n#include users.conf\n")
            .because("one word for each name"),
        bad("[general]\n#tryinclude <users.d/*.conf>\n            ^^^^^^^^^^^^^^^^ `users.d/*.conf`\n"),
        good("[general]\n#include users.conf\n").beside(&[("users.conf", "[bob]\nsecret = 7Qm3kd\n")]),
        good("[general]\n#tryinclude users.conf\n").complete().because("on the switch it is absent"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    // What is a directory, or too deep, is noted first: then nothing is unknown.
    let mut known: Option<Origin> = None;
    let mut names: HashSet<&[u8]> = HashSet::new();
    for (note, _) in context.notes() {
        let name = match note.what {
            What::NotRegular { name } if is_pattern(name) => continue,
            What::NotRegular { .. } | What::IncludeTooDeep => {
                known = Some(note.at);
                continue;
            }
            What::IncludeUnknown { name } if known != Some(note.at) && names.insert(name) => name,
            _ => continue,
        };
        let Node::Directive(directive) = context.effective.line(note.at).node() else { continue };
        findings
            .at(
                context.span(note.at, directive.argument.range),
                format!("`{}` is not here to be looked at", show(name)),
                "what it holds is read at this place; amictl does not know it and concludes nothing from it",
            )
            .help("name a copy of Asterisk's configuration directory with `--etc DIR`; `--complete` says that there is no such file");
    }
}
