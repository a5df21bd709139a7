//! `#exec`.

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    name: "exec-directive",
    summary: "`#exec` runs a command, or is skipped",
    severity: Severity::Warning,
    doc: "\
Without `execincludes = yes` in asterisk.conf Asterisk skips an `#exec` with a warning, and what the command was to \
bring is missing. With it, the command runs as Asterisk's user at every start and every reload, and what it prints is \
read at this place: whoever can change the command, or what it reads, can make AMI users and run commands as Asterisk.

The output belongs to the section above until it has a header of its own, and so do the lines below the directive: a \
`secret` there is that of the user before. Before 18.21, 20.6, 21.1 and 22.0 Asterisk also reads what the command writes \
to standard error, an error message with a `=` in it for example.

Which of the two it is amictl reads in the asterisk.conf of the same folder, where there is one. \
amictl never runs the command, so what it brings is unknown here. Let the command write a file, and include that with \
`#tryinclude`. If it is meant, say so: `; amictl: allow(exec-directive) …`.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[general]
#exec /usr/local/bin/users
^^^^^^^^^^^^^^^^^^^^^^^^^^ execincludes
"),
        bad("[general]\n#EXEC \"/usr/bin/gen --token x\"\n^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ amictl never runs it\n"),
        bad("[general]\n#exec /usr/local/bin/users\n^^^^^^^^^^^^^^^^^^^^^^^^^^ runs it as Asterisk's user at each load\n")
            .beside(&[("asterisk.conf", "[options]\nExecIncludes => t\n")]),
        bad("[general]\n#exec /usr/local/bin/users\n^^^^^^^^^^^^^^^^^^^^^^^^^^ is skipped\n")
            .beside(&[("asterisk.conf", "[options]\nexecincludes = yes\nexecincludes = no\n")])
            .because("the last line counts"),
        bad("[general]\n#exec /usr/local/bin/users\n^^^^^^^^^^^^^^^^^^^^^^^^^^ is skipped\n")
            .complete()
            .because("there is no asterisk.conf"),
        good("[general]\n;#exec /usr/local/bin/users\n"),
        good("[general]\n#exec\n").because("no command is run"),
        good("[general]\n#executive users are in their own file\n"),
    ],
};

const RUNS: &str = "`#exec` runs a command, and reads what it prints";

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes() {
        let What::Exec { runs } = note.what else { continue };
        let Node::Directive(directive) = context.effective.line(note.at).node() else { continue };
        if !directive.argument.bytes.is_empty() {
            let (message, effect) = match runs {
                None => (
                    RUNS,
                    "skipped with a warning unless asterisk.conf has `execincludes = yes`; \
                     then it runs as Asterisk's user at each load, and amictl never runs it",
                ),
                Some(true) => (RUNS, "runs it as Asterisk's user at each load; amictl never runs it"),
                Some(false) => (
                    "`#exec` is skipped: asterisk.conf has no `execincludes = yes`",
                    "reads nothing here, and what the command was to bring is missing",
                ),
            };
            findings
                .at(span, message, effect)
                .help("let the command write a file, and include that with `#tryinclude`");
        }
    }
}
