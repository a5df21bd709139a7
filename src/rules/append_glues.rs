//! `+=` that makes one word of two.

use super::prelude::*;
use crate::syntax::Operator;

pub(super) static RULE: Rule = Rule {
    name: "append-glues",
    summary: "`+=` joins two words of a list to one",
    severity: Severity::Warning,
    doc: "\
`+=` joins its text to the earlier value and puts nothing between them. `read = system` and `read += call` make \
`systemcall`, which is no class and grants nothing: both are lost. In the same way two addresses of a `permit` or a \
`deny` become one that is none. Such a rule costs the user, or on Asterisk 13 the rule is dropped and the user is less \
restricted than it looks.

`setvar` and `eventfilter` are no lists at all: a second variable or a second filter needs a line of its own, and joined \
to the first it becomes part of its value.

Bring the comma along, without a blank behind it: `read += ,call`. For `setvar`, `eventfilter`, `permit` and `deny` write \
a second line with `=`: these lines add up.

It is not found where the seam has a comma, and where the text plainly goes on within a word: `permit += /8`, or a \
filter with a `|`.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nread = log,system\nread += call\n^^^^^^^^^^^^ one word: `system call`\n"),
        bad("[bob]\nread = log,system\nread +=call\n^^^^^^^^^^^ one word: `systemcall`\n"),
        bad("[base](!)\ndeny = 10.0.0.1\n[bob](base)\ndeny +=10.0.0.2\n^^^^^^^^^^^^^^^ write a second line with `=`\n"),
        bad("[bob]\nsetvar = A=1\nsetvar += B=2\n^^^^^^^^^^^^^ part of the value above\n"),
        bad("[bob]\neventfilter = Event: Hangup\neventfilter += Event: Dial\n^^^^^^^^^^^^^^^^^^^^^^^^^^ one filter\n"),
        good("[bob]\nread = system\nread +=,call\nwrite = system,\nwrite += call\n"),
        good("[bob]\nread =\nread += call\nsecret = a\nsecret += b\n").because("nothing is glued, or it is no list"),
        good("[bob]\nsetvar = A=1\nsetvar +=,2\neventfilter = A\neventfilter +=|B\npermit = 10.0.0.0\npermit +=/8\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes() {
        let What::Appended { target, seam } = &note.what else { continue };
        let Some(entry) = context.effective.written(note.at).filter(|it| it.operator == Operator::Append) else {
            continue;
        };
        let (key, added) = (entry.name.bytes.to_ascii_lowercase(), entry.value.bytes);
        let (Some(end), Some(start)) = (seam.last(), added.trim_ascii().first()) else { continue };
        if *end == b',' || *start == b',' {
            continue;
        }
        let second = "write a second line with `=`: such lines add up";
        let (effect, help) = match &key[..] {
            b"read" | b"write" => {
                (format!("`{}`, which is no class and grants nothing", glued(seam, added)), comma(&entry))
            }
            b"channelvars" | b"disabledevents" | b"acl" => (format!("`{}`", glued(seam, added)), comma(&entry)),
            b"deny" | b"permit" if *start != b'/' && *end != b'/' => {
                (format!("`{}`, which is no address", glued(seam, added)), second.to_owned())
            }
            b"setvar" if added.contains(&b'=') => {
                let effect = "the text becomes part of the value above: no second variable is set";
                found(
                    findings.at(span, "`+=` does not begin a second variable", effect).help(second),
                    context,
                    *target,
                );
                continue;
            }
            key if key.starts_with(b"eventfilter") && *start != b'|' && *end != b'|' => {
                let effect = "the text becomes part of the pattern above: both are one filter";
                found(findings.at(span, "`+=` does not begin a second filter", effect).help(second), context, *target);
                continue;
            }
            _ => continue,
        };
        let message = format!("`+=` puts no comma between the values of `{}`", show(entry.name.bytes));
        found(findings.at(span, message, format!("the two become one word: {effect}")).help(help), context, *target);
    }
}

fn found(finding: &mut crate::finding::Finding, context: &Context<'_>, target: crate::config::Origin) {
    finding.see(context.effective.text(target), "joined to this value");
}

fn comma(entry: &crate::syntax::Entry<'_>) -> String {
    let first = entry.value.bytes.split(|&byte| byte == b',').next().unwrap_or_default();
    format!("bring the comma along: `{} +=,{}`", show(entry.name.bytes), show(first.trim_ascii()))
}

/// The word that stands where two values meet.
fn glued(seam: &[u8], added: &[u8]) -> String {
    let is_comma = |byte: &u8| *byte == b',';
    let before = seam.rsplit(is_comma).next().unwrap_or_default();
    let after = added.split(is_comma).next().unwrap_or_default();
    show([before, after].concat().trim_ascii())
}
