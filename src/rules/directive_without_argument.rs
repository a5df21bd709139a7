//! A directive that names nothing.

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    name: "directive-without-argument",
    summary: "an `#include` names no file",
    severity: Severity::Warning,
    doc: "\
A directive without its argument is skipped with a warning: no file is read, no command is run, and the file loads. \
What the other file was to bring is missing, a `deny` for the user above for example.

A comment is cut off first, so `#include ;users.conf` names nothing either. An empty pair of quotes is an argument: \
`#include \"\"` refuses the file.

Name the file, or take the line away.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\n#include\n^^^^^^^^ names no file\n"),
        bad("[general]\n#tryinclude ;users.conf\n^^^^^^^^^^^ behind the `;` is a comment\n"),
        bad("[general]\n#exec\n^^^^^ names no command\n"),
        good("[general]\n#include users.conf\n;#include\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes() {
        if !matches!(note.what, What::NoArgument | What::Exec { .. }) {
            continue;
        }
        let line = context.effective.line(note.at);
        let Node::Directive(directive) = line.node() else { continue };
        if !directive.argument.bytes.is_empty() {
            continue;
        }
        let (message, effect) = match note.what {
            What::Exec { .. } => ("this directive names no command", "the line is skipped with a warning; no command is run"),
            _ => ("this directive names no file", "the line is skipped with a warning; no file is read"),
        };
        let help = match line.has_comment() {
            true => "name it, or take the line away; what stands behind the `;` is a comment",
            false => "name it, or take the line away",
        };
        // What a `#exec` may bring is held to be unknown, whatever it is.
        let is_include = note.what == What::NoArgument;
        let comment = mend::comment_out(context.effective, note.at).filter(|_| is_include);
        findings.at(span, message, effect).help(help).fix_by(Safety::Safe, "make the line a comment", comment);
    }
}
