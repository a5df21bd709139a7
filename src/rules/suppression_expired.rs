//! Suppressions whose day has passed.

use super::prelude::*;
use super::suppress::Suppression;

pub(super) static RULE: Rule = Rule {
    name: "suppression-expired",
    summary: "a comment silences a rule until a day that is over",
    severity: Severity::Warning,
    doc: "\
`; amictl: allow(rule-name) reason until 2027-01-31` silences a rule up to and with that day, in UTC. The day is over, so \
what the rule finds is told again, and the comment does nothing.

Mend what it excused, and take the comment out; or, where the reason still holds, give it another day.",
    source: "amictl itself: src/rules/suppress.rs; to every Asterisk it is a comment",
    check: Check::Suppression(check),
    examples: &[
        bad("\
enabled = yes ; amictl: allow(text-before-section) the installer puts a header here until 2025-12-31
                                                                                    ^^^^^^^^^^^^^^^^ silences nothing
"),
        bad("; amictl: allow(unknown-base) until 2025-12-31\n                              ^^^^^^^^^^^^^^^^ is over\n[a](b)\n"),
        good("enabled = yes ; amictl: allow(text-before-section) the installer puts a header here until 2026-01-01\n"),
        good("enabled = yes ; amictl: allow(text-before-section) nobody knows until when\n"),
    ],
};

fn check(suppression: &Suppression, findings: &mut Findings<'_>) {
    let Some((day, span)) = suppression.until.filter(|_| suppression.is_over) else { return };
    findings
        .at(span, format!("{day} is over"), "sees a comment; it silences nothing any more")
        .help("mend what it excused and take it out, or give it another day");
}
