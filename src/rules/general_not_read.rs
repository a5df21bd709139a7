//! A [general] that is a template.

use super::prelude::*;
use crate::config::manager::{Manager, Why};

pub(super) static RULE: Rule = Rule {
    name: "general-not-read",
    summary: "a [general] is a template, and its options are nobody's",
    severity: Severity::Error,
    doc: "\
`[general](!)` is a template: the manager does not look at it, and none of its lines is an option of AMI. Where there is \
no other [general], AMI is off, with no word in the log. Where another one is read, what stands in the template counts \
only for sections that inherit from it.

Take the `(!)` out. It is an error when AMI was to be enabled and is off because of it, else a warning. A second [general] that is no template \
is the matter of `duplicate-section`, and `[general ]` that of `user-name-with-blank`.",
    source: "main/manager.c, __init_manager; recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[general](!)\n ^^^^^^^ AMI is off\nenabled = yes\n[bob]\nsecret = x\n"),
        bad("[General](!)\n ^^^^^^^ reads another [general]\nport = 5039\n[general]\nenabled = yes\n"),
        bad("[general](!)\n ^^^^^^^ AMI is off\nenabled = yes\n[bob](general)\nsecret = x\n"),
        good("[general](!)\nenabled = yes\n[general](general)\nport = 5039\n").because("it is inherited"),
        good("[general]\nenabled = yes\n[general](+)\nport = 5039\n"),
        good("[general](!)\nenabled = yes\n#include more.conf\n").because("a file that is not here may have another one"),
        good("[general](!)\n[general]\nenabled = yes\n").because("there is nothing in it"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let effective = context.effective;
    let is_off = manager.general.header.is_none();
    if effective.is_partial() {
        return;
    }
    for fact in manager.general.facts.iter().filter(|fact| fact.why == Why::GeneralTemplate) {
        let found = effective.sections().find(|(_, section)| section.origin == fact.at);
        let Some((id, section)) = found else { continue };
        let is_base = effective.sections.iter().any(|other| other.bases.contains(&id));
        if section.content.is_empty() || is_base && !is_off {
            continue;
        }
        let Node::Header(header) = effective.line(fact.at).node() else { continue };
        let is_no = |value: &[u8]| [&b"no"[..], b"false", b"off", b"0", b"n", b"f"].contains(&&value.to_ascii_lowercase()[..]);
        let enabled = section.content.iter().filter(|entry| entry.name.eq_ignore_ascii_case(b"enabled"));
        let is_meant = enabled.last().is_some_and(|entry| !is_no(&entry.value));
        let effect = match is_off {
            true => "reads no [general]: AMI is off",
            false => "reads another [general], and none of these lines",
        };
        let finding = findings.at(context.span(fact.at, header.name.range), "this [general] is a template", effect);
        finding.severity(if is_off && is_meant { Severity::Error } else { Severity::Warning });
        finding.help("take the `(!)` out");
        if let Some(options) = header.options.filter(|it| it.bytes == b"!" && is_off && header.ignored.is_none()) {
            let parentheses = context.span(fact.at, options.range.start - 1..options.range.end + 1);
            finding.fix(Safety::Widening, "take the `(!)` out", parentheses, "");
        }
        if let Some(read) = manager.general.header {
            finding.help("take the section out, or write its lines into the one that is read");
            finding.see(effective.text(read), "the one that is read");
        }
    }
}
