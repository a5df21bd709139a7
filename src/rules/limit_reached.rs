//! Files at which amictl gives up.

use super::prelude::*;
use crate::finding::{Finding, MOST_FINDINGS};
use crate::release::Release;
use crate::text::Span;

pub(super) static RULE: Rule = Rule {
    name: "limit-reached",
    summary: "amictl gave up here: what it says of the configuration is not complete",
    severity: Severity::Error,
    doc: "\
No input makes amictl use time and memory without bounds. Where includes read files more than 100,000 times, a \
section inherits more than a million entries, or `+=` and `(+filter)` have to look at more than 200 million entries, \
it stops and says so. Nothing behind that line is checked, and what is said of the lines before it may be \
incomplete. Of one rule 50,000 findings are told.

These bounds are of amictl and far beyond any configuration in use: files that include themselves, and templates \
that inherit from each other many times over, grow without their author's notice. Asterisk goes on, with as much \
memory as it takes.",
    source: "amictl itself: src/config/load.rs; Asterisk 13.12.2 to 23.4.1 has no such bounds",
    check: Check::Config(check),
    examples: &[
        bad("\
[a](!)
x = 1
[b](!,a,a,a,a,a,a,a,a,a,a)
[c](!,b,b,b,b,b,b,b,b,b,b)
[d](!,c,c,c,c,c,c,c,c,c,c)
[e](!,d,d,d,d,d,d,d,d,d,d)
[f](!,e,e,e,e,e,e,e,e,e,e)
[g](!,f,f,f,f,f,f,f,f,f,f)
[h](!,g,g,g,g,g,g,g,g,g,g)
^^^^^^^^^^^^^^^^^^^^^^^^^^ a section inherits more than a million entries
"),
        bad("[general]\n#tryinclude a.conf\n").beside(&[(
            "a.conf",
            "\
#tryinclude a.conf
^^^^^^^^^^^^^^^^^^ includes read files more than
#tryinclude a.conf
#tryinclude a.conf
#tryinclude a.conf
",
        )]),
        good("[a](!)\nx = 1\n[b](!,a,a,a,a,a,a,a,a,a,a)\n[c](b,b,b,b,b,b,b,b,b,b)\n"),
        good("[general]\n#tryinclude a.conf\n").beside(&[("a.conf", "#include a.conf\n")]),
    ],
};

/// The finding for a rule that found more than is kept.
pub(super) fn too_many(rule: &'static Rule, span: Span, releases: &[Release], list: &mut Vec<Finding>) {
    let message = format!("amictl gives up: more than {MOST_FINDINGS} findings of {}", rule.name);
    Findings::new(RULE.name, RULE.severity, releases, list)
        .at(span, message, "reads on; what this rule has to say of the lines behind this one is not told")
        .help("mend what is told, and run amictl again");
}

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes() {
        if let What::Limit(limit) = note.what {
            findings
                .at(span, format!("amictl gives up: {}", limit.what()), "reads on; nothing behind this line is checked")
                .help("look for files that include themselves, and for templates that inherit many times over");
        }
    }
}
