//! Suppressions that silence nothing, because they cannot be understood.

use super::prelude::*;
use super::suppress::Suppression;
use super::{by_name, names};
use crate::catalog::nearest;

pub(super) static RULE: Rule = Rule {
    name: "suppression-unknown-rule",
    summary: "a comment for amictl names no rule that there is, or cannot be read",
    severity: Severity::Warning,
    doc: "\
A comment that begins with `amictl:` is meant to silence a rule: `; amictl: allow(rule-name) reason`, or several \
rules with commas between. This one cannot be read so, or there is no rule of that name, and it silences nothing.

`amictl explain` lists the rules. Names are written in full and in lower case; neither `all` nor a pattern is a name. A day \
behind the reason is written `until 2027-01-31`.",
    source: "amictl itself: src/rules/suppress.rs; to every Asterisk it is a comment",
    check: Check::Suppression(check),
    examples: &[
        bad("\
[bob](base) ; amictl: allow(unknown-bases) the base is made at installation
                            ^^^^^^^^^^^^^ did you mean `unknown-base`?
"),
        bad("\
; amictl: allow(unknown-base, all) old
                              ^^^ there is no rule `all`
[general]
"),
        bad("\
; amictl: alow(unknown-base) old
  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write `; amictl: allow(rule-name) reason`
[general]
"),
        bad("\
; amictl: allow() old
  ^^^^^^^^^^^^^^^^^^^ names no rule
[general]
"),
        bad("\
; amictl: allow(unknown-base) old until 2027-13-01
  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cannot be read
[general]
"),
        good("; amictl: allow(unknown-base) old\n[general]\n"),
        good("; amictl is used here\n[general]\n; allow(nothing)\n"),
    ],
};

fn check(suppression: &Suppression, findings: &mut Findings<'_>) {
    const EFFECT: &str = "sees a comment, and amictl silences nothing by it";
    const FORM: &str = "write `; amictl: allow(rule-name) reason`";
    if !suppression.is_clear {
        findings.at(suppression.span, "this comment for amictl cannot be read", EFFECT).help(FORM);
        return;
    }
    for allowed in suppression.rules.iter().filter(|allowed| by_name(&allowed.name).is_none()) {
        if allowed.name.is_empty() {
            findings.at(suppression.span, "this suppression names no rule", EFFECT).help(FORM);
            continue;
        }
        let name = show(allowed.name.as_bytes());
        let finding = findings.at(allowed.span, format!("there is no rule `{name}`"), EFFECT);
        match nearest(allowed.name.as_bytes(), names()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .fix(Safety::Safe, format!("write `{near}`"), allowed.span, near),
            None => finding.help("`amictl explain` lists the rules"),
        };
    }
}
