//! A section whose name has a blank at an end.

use super::prelude::*;
use crate::text::{is_placeholder, trim};

pub(super) static RULE: Rule = Rule {
    name: "user-name-with-blank",
    summary: "a section's name begins or ends with a blank, which belongs to the name",
    severity: Severity::Warning,
    doc: "\
What stands between `[` and `]` is the name, blanks and all: `[bob ]` and `[bob]` are two users. Of the name that a \
client gives Asterisk drops the blanks in front, so that nobody can log in as `[ bob]`, and keeps those behind it, so \
that `bob` is not `[bob ]`. The client is told that authentication failed.

`[general ]` is a user of that name: none of its lines is an option of AMI. It is an error when there is no other \
[general], as AMI is off then.

Take the blank out. Blanks inside a name do no harm.",
    source: "main/config.c, process_text_line, and main/manager.c, authenticate; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob ]\n ^^^^ a login as `bob` does not find this user\nsecret = x\n"),
        bad("[ bob ]\n ^^^^^ nobody can log in\nsecret = x\n"),
        bad("[general ]\n ^^^^^^^^ AMI is off\nenabled = yes\n"),
        bad("[general]\nenabled = yes\n[ General]\n ^^^^^^^^ takes it for a user\nport = 5039\n"),
        bad("[bob]\nsecret = x\n[bob ]\n ^^^^ write `[bob](+)`\nread = all\n"),
        good("[bob]\nsecret = x\n[bob (night)]\nsecret = y\n").because("blanks inside do no harm"),
        good("[ staff ](!)\nread = all\n").because("nobody logs in to a template"),
        good("[ {{ user }} ]\nsecret = x\n").because("a tool fills it in"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for section in context.users() {
        let (name, inner) = (section.name, trim(section.name, 0..section.name.len()));
        let Node::Header(header) = context.effective.line(section.origin).node() else { continue };
        if inner.len() == name.len() || is_placeholder(name) {
            continue;
        }
        let bare = show(&name[inner.clone()]);
        let is_general = name[inner.clone()].eq_ignore_ascii_case(b"general");
        let is_off = is_general && context.general().is_none() && !context.effective.is_partial();
        let effect = match () {
            () if is_off => {
                "takes it for a user of that name: no [general] is left, and AMI is off".to_owned()
            }
            () if is_general => "takes it for a user of that name, and its lines for no options of AMI".to_owned(),
            () if inner.start > 0 => "takes the blank for a part of the name: nobody can log in".to_owned(),
            () => format!("takes the blank for a part of the name: a login as `{bare}` does not find this user"),
        };
        let has_other = !context.effective.named(&name[inner.clone()]).is_empty();
        let help = match () {
            () if inner.is_empty() => "give the user a name".to_owned(),
            () if has_other => format!("take the blank out: write `[{bare}](+)` to add to the section of that name"),
            () => format!("take the blank out: `[{bare}]`"),
        };
        let place = match (inner.start > 0, inner.end < name.len()) {
            (true, true) => "at both ends",
            (true, false) => "in front",
            _ => "at its end",
        };
        let span = context.span(section.origin, header.name.range);
        let finding = findings.at(span, format!("the name `{}` has a blank {place}", show(name)), effect);
        finding.severity(if is_off { Severity::Error } else { Severity::Warning }).help(help);
    }
}
