//! `+=` that makes one word of two.

use super::prelude::*;
use crate::config::Origin;
use crate::syntax::{Entry, Operator};

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

Bring the comma along, without a blank before or behind it: `read +=,call`. For `setvar`, `eventfilter`, `permit` and `deny` write \
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
        let mut tell = |message: String, effect: String, help: &str, (title, edit): (&str, Option<Edit>)| {
            let finding = findings.at(span, message, effect);
            finding.help(help).see(context.effective.text(*target), "joined to this value");
            finding.fix_by(Safety::Widening, title, edit);
        };
        let line = || ("write a line of its own", second_line(context, note.at, &entry));
        let between = || ("put a comma between the two", first_comma(context, note.at, &entry));
        let message = format!("`+=` puts no comma between the values of `{}`", show(entry.name.bytes));
        let word = format!("the two become one word: `{}`", glued(seam, added));
        match &key[..] {
            b"read" | b"write" => {
                tell(message, format!("{word}, which is no class and grants nothing"), &comma(&entry), between());
            }
            b"channelvars" | b"disabledevents" | b"acl" => tell(message, word, &comma(&entry), between()),
            b"deny" | b"permit" if *start != b'/' && *end != b'/' => {
                tell(message, format!("{word}, which is no address"), second, line());
            }
            b"setvar" if added.contains(&b'=') => {
                let effect = "the text becomes part of the value above: no second variable is set".to_owned();
                tell("`+=` does not begin a second variable".to_owned(), effect, second, line());
            }
            key if key.starts_with(b"eventfilter") && *start != b'|' && *end != b'|' => {
                let effect = "the text becomes part of the pattern above: both are one filter".to_owned();
                tell("`+=` does not begin a second filter".to_owned(), effect, second, line());
            }
            _ => {}
        }
    }
}

/// A line of its own where a `+=` was meant to begin one: the `+` goes.
fn second_line(context: &Context<'_>, at: Origin, entry: &Entry<'_>) -> Option<Edit> {
    let bytes = context.files.get(context.effective.read(at).file).bytes();
    let end = entry.name.range.end;
    let plus = end + memchr::memmem::find(&bytes[end..entry.value.range.end], b"+=")?;
    // Behind a `=`, a `>` would be a part of it.
    let is_arrow = entry.value.bytes.trim_ascii().starts_with(b">");
    let is_plain = !context.effective.line(at).is_tangled() && !is_arrow;
    is_plain.then(|| Edit { span: context.span(at, plus..plus + 1), text: Vec::new() })
}

/// The comma that is missing, in the place of the blanks, which would be a part of the word.
fn first_comma(context: &Context<'_>, at: Origin, entry: &Entry<'_>) -> Option<Edit> {
    let (start, value) = (entry.value.range.start, entry.value.bytes);
    let blanks = value.len() - value.trim_ascii_start().len();
    let is_plain = !context.effective.line(at).is_tangled() && entry.value.range.len() == value.len();
    is_plain.then(|| Edit { span: context.span(at, start..start + blanks), text: b",".to_vec() })
}

fn comma(entry: &Entry<'_>) -> String {
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
