//! `execincludes` in asterisk.conf, and nothing that needs it.

use super::prelude::*;
use crate::config::manager::Manager;

pub(super) static RULE: Rule = Rule {
    name: "exec-includes-on",
    summary: "asterisk.conf has `#exec` run in every file, and no file here has one",
    severity: Severity::Info,
    doc: "\
`execincludes = yes` in [options] of asterisk.conf has Asterisk run the command of every `#exec`, in whichever of its \
files one stands, as its own user and at each load of that file. Without it such a line is skipped with a warning. Whoever \
gets to write a line into any file of the configuration, or into one that is included from elsewhere, gets a shell with \
it; nothing in a manager.conf that has no `#exec` needs it.

It gains an attacker nothing that writing extensions.conf would not, so this is a note and silent without `--strict`. \
amictl sees manager.conf, users.conf and acl.conf with what they include: look for `#exec` in the other files before \
you take the line out. Asterisk reads asterisk.conf only when it starts.",
    source: "main/options.c, load_asterisk_conf; main/config.c, process_text_line; recorded on 16.28.0 and 22.10.1",
    check: Check::Strict(check),
    examples: &[
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[("asterisk.conf", "[options]\nexecincludes = yes\n               ^^^ nothing here needs it\n")]),
        good("[general]\nenabled = yes\n#exec /usr/local/bin/options\n[bob]\nsecret = x\n")
            .beside(&[("asterisk.conf", "[options]\nexecincludes = yes\n")])
            .because("this file needs it"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n")
            .beside(&[("asterisk.conf", "[options]\nexecincludes = yes\nexecincludes = no\n")]),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\n").because("asterisk.conf is not here"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let Some(at) = manager.options.and_then(|options| options.execincludes.on()) else { return };
    let Some(effective) = &manager.asterisk_conf.effective else { return };
    let Some(written) = effective.written(at) else { return };
    let beside = manager.beside().filter_map(|it| it.effective.as_ref());
    // What is not here may have one.
    if beside.chain([context.effective]).any(|it| it.open().next().is_some()) {
        return;
    }
    findings
        .at(
            effective.span(at, written.value.range),
            "`#exec` is run wherever it stands, and nothing here needs it",
            "runs the command of any `#exec`, in any file, as its own user",
        )
        .help("if no other file has an `#exec`, write `execincludes = no`, and restart Asterisk");
}
