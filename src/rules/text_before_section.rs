//! Text before the first section header.

use super::prelude::*;
use crate::text::is_template_line;

pub(super) static RULE: Rule = Rule {
    name: "text-before-section",
    summary: "a line with text stands before the first section header",
    severity: Severity::Error,
    doc: "\
Asterisk refuses a file in which anything but comments and directives stands before the first `[section]`. At a start \
there is then no AMI at all, with a single NOTICE in the log; at a reload the old configuration silently stays.

In a file that is brought in by `#include` such a line is right when the including file has opened a section before. \
Where it has not, the included file ends at the line, and the load goes on without the rest of it.

An `#include` at the top of a file does not open a section for the lines behind it, whatever sections the included \
file has.

Put the line below a header, or make it a comment with `;`. A line for some tool to fill in (`{{ … }}`, `{% … %}`, \
`<% … %>`, `@…@`) is left alone: what comes of it may be a comment, or begin with a header.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
enabled = yes
^^^^^^^^^^^^^ the whole file is refused
[general]
port = 5038
"),
        bad("\
#include users.conf.inc
secret = x
^^^^^^^^^^ the whole file is refused
")
        .beside(&[("users.conf.inc", "[bob]\nsecret = y\n")])
        .because("an include opens no section for the lines behind it"),
        bad("#include top.conf\n[general]\n")
            .beside(&[("top.conf", "enabled = yes\n^^^^^^^^^^^^^ the rest of this file is not read\n")]),
        good("; a comment\n\n[general]\nenabled = yes\n"),
        good("{{ ansible_managed | comment(decoration='; ') }}\n[general]\nenabled = yes\n").because("a tool fills it in"),
        good("{% if ami %}\n[general]\nenabled = yes\n{% endif %}\n"),
        good("@HEAD@\n__GENERAL__\n[bob]\nsecret = x\n"),
        good("[general]\n#include top.conf\n").beside(&[("top.conf", "enabled = yes\n")]),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes() {
        // A byte order mark before a header makes it such a line; byte-order-mark speaks of it.
        let text = context.files.bytes(span);
        let marked = text.starts_with(b"\xEF\xBB\xBF");
        // What a tool makes of its own line may well begin with a header.
        if note.what == What::NoSection && note.fatal && !marked && !is_template_line(text) {
            findings
                .at(span, "text before the first section", context.refusal(note))
                .help("put it below a `[section]` header, or make it a comment with `;`");
        }
    }
}
