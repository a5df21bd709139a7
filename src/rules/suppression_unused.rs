//! Suppressions of findings that are not there.

use super::prelude::*;
use super::suppress::{Allowed, Suppression};
use crate::text::Span;

pub(super) static RULE: Rule = Rule {
    name: "suppression-unused",
    summary: "a comment silences a rule that finds nothing there",
    severity: Severity::Warning,
    doc: "\
The rule that this comment silences finds nothing on its line, or in its section: what it excused was mended or has \
moved. Left in place it would hide the next mistake of that kind.

A suppression holds for its own line; when it stands alone, for the next line that is not a comment or empty; behind \
a section header, for the section up to the next header of the same file. One that is needed for some releases only \
is unused when the others are checked.

Nothing is said of rules that are switched off.",
    source: "amictl itself: src/rules/suppress.rs; to every Asterisk it is a comment",
    check: Check::Suppression(check),
    examples: &[
        bad("\
[general]
enabled = yes ; amictl: allow(text-before-section) generated
                              ^^^^^^^^^^^^^^^^^^^ finds nothing here
"),
        bad("\
; amictl: allow(text-before-section, unknown-base) generated
                                     ^^^^^^^^^^^^ finds nothing here
enabled = yes
[general]
"),
        bad("\
[general] ; amictl: allow(unknown-base) generated
                          ^^^^^^^^^^^^ in this section
[bob](bas) ; amictl: allow(unclosed-header) generated
                           ^^^^^^^^^^^^^^^ finds nothing here
"),
        good("enabled = yes ; amictl: allow(text-before-section) generated\n[general]\n"),
        good("[bob](base) ; amictl: allow(unknown-base) the base is made at installation\n"),
        good("[general] ; amictl: allow(no-such-rule) x\n").because("that is suppression-unknown-rule"),
    ],
};

fn check(suppression: &Suppression, findings: &mut Findings<'_>) {
    let is_unused = |allowed: &Allowed| !suppression.is_over && allowed.tried && !allowed.used;
    let goes = suppression.rules.iter().all(is_unused);
    for (number, allowed) in suppression.rules.iter().enumerate().filter(|(_, allowed)| is_unused(allowed)) {
        let message = format!("`{}` finds nothing here", allowed.name);
        findings
            .at(
                allowed.span,
                message,
                "sees a comment; it would hide the next finding of this kind on the line or in this section",
            )
            .help("take it out")
            .fix(
                Safety::Safe,
                if goes { "take the comment out" } else { "take the name out" },
                if goes { suppression.whole } else { with_comma(suppression, number) },
                "",
            );
    }
}

/// A name with the comma that joins it to the others.
fn with_comma(suppression: &Suppression, number: usize) -> Span {
    let span = suppression.rules[number].span;
    match (number.checked_sub(1), suppression.rules.get(number + 1)) {
        (Some(before), _) => Span { start: suppression.rules[before].span.end, ..span },
        (None, Some(next)) => Span { end: next.span.start, ..span },
        (None, None) => span,
    }
}
