//! A section whose name has a blank at an end.

use std::collections::HashSet;

use super::prelude::*;
use crate::config::{Origin, Section, SectionId};
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
    let sections = &context.effective.sections;
    let bases: HashSet<SectionId> = sections.iter().flat_map(|section| section.bases.iter().copied()).collect();
    let asked_for: HashSet<Origin> = bases.into_iter().map(|base| context.effective.section(base).origin).collect();
    let is_base = |section: &Section<'_>| asked_for.contains(&section.origin);
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
        let span = context.span(section.origin, header.name.range.clone());
        let finding = findings.at(span, format!("the name `{}` has a blank {place}", show(name)), effect);
        finding.severity(if is_off { Severity::Error } else { Severity::Warning }).help(help);
        // Whoever asks for the section by its name asks for the blank, too.
        let is_asked_for = !section.appended.is_empty() || context.effective.named(name).len() > 1 || is_base(section);
        let is_plain = !context.effective.line(section.origin).is_tangled() && name.len() == header.name.range.len();
        let is_second_general = is_general && context.general().is_some();
        if is_plain && !inner.is_empty() && !has_other && !is_asked_for && !is_second_general {
            finding.fix(Safety::Widening, "take the blank out", span, &name[inner]);
        }
    }
}
