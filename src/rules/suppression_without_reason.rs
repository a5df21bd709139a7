//! Suppressions that do not say why.

use super::prelude::*;
use super::suppress::Suppression;

pub(super) static RULE: Rule = Rule {
    name: "suppression-without-reason",
    summary: "a comment silences a rule and does not say why",
    severity: Severity::Warning,
    doc: "\
`; amictl: allow(rule-name) reason` silences a rule on its line, on the next line when it stands alone, or, behind a \
section header, in that section. The reason is for whoever reads the file next: an exception that nobody can explain \
is kept for ever, or taken out at the wrong moment.

Write it behind the parenthesis, in a few words. The suppression counts all the same without one.",
    source: "amictl itself: src/rules/suppress.rs; to every Asterisk it is a comment",
    check: Check::Suppression(check),
    examples: &[
        bad("\
enabled = yes ; amictl: allow(text-before-section)
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ does not say why
"),
        bad("\
;; amictl:allow(unclosed-header, unknown-base)
   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ does not say why
[general]
"),
        good("enabled = yes ; amictl: allow(text-before-section) a header is put before it at installation\n"),
        good("; amictl: alow(text-before-section)\n[general]\n").because("that is none: suppression-unknown-rule"),
        good("; see amictl: allow(unknown-base)\n[general]\n").because("the comment does not begin with the word"),
    ],
};

fn check(suppression: &Suppression, findings: &mut Findings<'_>) {
    if suppression.is_clear && !suppression.has_reason {
        findings
            .at(
                suppression.span,
                "this suppression does not say why",
                "sees a comment; the rule is silenced all the same",
            )
            .help("write the reason behind the `)`");
    }
}
