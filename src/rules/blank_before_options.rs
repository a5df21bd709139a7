//! Options of a header that do not count because of a blank.

use std::ops::Range;

use super::prelude::*;
use crate::config::{Effective, Section, SectionId};
use crate::syntax::Header;
use crate::text::is_blank;

pub(super) static RULE: Rule = Rule {
    name: "blank-before-options",
    summary: "a blank between `]` and `(` makes the options of a header void",
    severity: Severity::Error,
    doc: "\
The options of a section count only when their `(` is the very next byte behind the `]`. With a blank or a tab between \
them they are ignored without a word.

So `[staff] (!)` is no template but a user, and with a secret in it, somebody can log in as that user. `[bob] (staff)` \
inherits nothing from `staff`: no permissions, and no `deny`. `[bob] (+)` begins a second section, which in manager.conf \
throws away the ACL, the filters and the variables of the first one.

Take the blank out. Text in parentheses that is neither `!` nor `+` nor the name of a section is left to the rule \
`text-after-header`.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[staff] (!)\n        ^^^ `staff` is no template but a user who can log in\nsecret = x\n"),
        bad(
            "[staff](!)\ndeny = 0.0.0.0/0\n[bob] (staff) ; one of them\n      ^^^^^^^ nothing is inherited from `staff`\n",
        ),
        bad("[bob]\ndeny = 0.0.0.0/0\n[bob]\t(+)\n      ^^^ the ACL, the filters and the variables of the first\n"),
        bad("[general]\n[general] (+)\n          ^^^ a second `general`, which is not read\n"),
        good("[staff](!)\n[bob](staff)\n[bob](+)\n"),
        good("[staff] (all of them)\n[bob] (our admin)\n").because("these are remarks"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (id, section) in context.effective.sections() {
        let Node::Header(header) = context.effective.line(section.origin).node() else { continue };
        let Some(range) = parted_options(context.effective, &header) else { continue };
        let effect = effects(context, section, id, &header);
        let options = context.files.bytes(context.span(section.origin, range.clone()));
        let message = format!("the blank before `{}` makes these options void", show(options));
        let help = format!("take the blank out: `[{}]{}`", show(section.name), show(options));
        let mend = mend(context, section, &header, &range);
        let finding = findings.at(context.span(section.origin, range), message, effect).help(help);
        if let Some((safety, edit)) = mend {
            finding.fix_all(safety, "take the blank out", vec![edit]);
        }
    }
}

/// The blank that goes, and what that does: a user that is a template from then on is gone.
fn mend(
    context: &Context<'_>,
    section: &Section<'_>,
    header: &Header<'_>,
    range: &Range<usize>,
) -> Option<(Safety, Edit)> {
    let options = context.files.bytes(context.span(section.origin, range.clone()));
    let blank = context.span(section.origin, header.name.range.end + 1..range.start);
    let is_exact = options.ends_with(b")") && !options.iter().copied().any(is_blank);
    let is_plain = is_exact && !context.effective.line(section.origin).is_tangled();
    let is_alone = context.effective.named(section.name).len() == 1 && section.appended.is_empty();
    let is_general = section.name.eq_ignore_ascii_case(b"general");
    let safety = match options {
        b"(!)" if is_general || !is_alone => return None,
        b"(!)" => Safety::Hardening,
        _ => Safety::Widening,
    };
    is_plain.then(|| (safety, Edit { span: blank, text: Vec::new() }))
}

fn effects(context: &Context<'_>, section: &Section<'_>, id: SectionId, header: &Header<'_>) -> String {
    let is_general = section.name.eq_ignore_ascii_case(b"general");
    let is_manager = matches!(context.role, super::Role::Manager | super::Role::Fragment);
    let has_secret = || section.content.iter().any(|entry| entry.name.eq_ignore_ascii_case(b"secret"));
    let name = show(section.name);
    let ignored = header.ignored.as_ref().map_or(&b""[..], |ignored| ignored.bytes);
    let mut effects = Vec::new();
    for item in items(ignored) {
        effects.push(match item {
            b"!" if is_general || !is_manager => format!("`{name}` is no template but a live section"),
            b"!" if has_secret() => format!("`{name}` is no template but a user who can log in"),
            b"!" => format!("`{name}` is no template but a user"),
            [b'+', ..] if context.effective.named(section.name).first().is_none_or(|&first| first >= id) => format!("`{name}` is a new section"),
            [b'+', ..] if !is_manager => format!("this is a second section `{name}`"),
            [b'+', ..] if is_general => format!("this is a second `{name}`, which is not read"),
            [b'+', ..] => format!(
                "this is a second section `{name}`: the ACL, the filters and the variables of the first one are thrown away"
            ),
            base => format!("nothing is inherited from `{}`", show(base)),
        });
    }
    effects.join(", and ")
}

/// What stands behind a header and a blank and reads like its options: where it is.
pub(super) fn parted_options(effective: &Effective<'_>, header: &Header<'_>) -> Option<Range<usize>> {
    let ignored = header.ignored.as_ref().filter(|it| header.options.is_none() && it.bytes.starts_with(b"("))?;
    let mut list = items(ignored.bytes).peekable();
    list.peek()?;
    let is_sure = items(ignored.bytes).any(|item| item == b"!" || item.starts_with(b"+"));
    if !is_sure && !list.all(|item| !effective.named(item).is_empty()) {
        return None;
    }
    let length = ignored.bytes.iter().position(|&byte| byte == b')').map_or(ignored.bytes.len(), |end| end + 1);
    Some(ignored.range.start..(ignored.range.start + length).min(ignored.range.end))
}

/// The items between parentheses, without blanks around them.
fn items(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let inner = text.strip_prefix(b"(").unwrap_or_default();
    let inner = inner.split(|&byte| byte == b')').next().unwrap_or_default();
    inner.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty())
}
