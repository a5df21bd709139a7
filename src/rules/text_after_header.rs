//! Text behind a section header.

use super::blank_before_options::parted_options;
use super::prelude::*;
use crate::catalog::{SectionKind, option};
use crate::config::Origin;
use crate::config::manager::acl::{self, Sense};
use crate::config::manager::{At, Part};
use crate::syntax::{Field, Header};

pub(super) static RULE: Rule = Rule {
    name: "text-after-header",
    summary: "text behind a section header is ignored",
    severity: Severity::Warning,
    doc: "\
A section header ends at its first `]`, or at the first `)` of the options that follow directly. Whatever else stands \
on the line is ignored without a word: `[bob] deny = 0.0.0.0/0` sets nothing, `[ann][bob]` is a section `ann`, and \
`[bob](a)(b)` inherits from `a` alone. So an ACL, a template or a whole user can be missing.

Put entries and further headers on lines of their own, and all bases into one pair of parentheses: `[bob](a,b)`. A remark \
begins with `;`.

A remark behind `#` or `//` is ignored as it was meant to be, so it is not found, though it works only here: behind an \
entry it becomes part of the value.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob] deny = 0.0.0.0/0\n      ^^^^^^^^^^^^^^^^ the entry is not set\n"),
        bad("[bob] -- read = call\n      ^^^^^^^^^^^^^^ the entry is not set\n"),
        bad("[bob] the admin\n      ^^^^^^^^^ ignored\n"),
        bad("[ann][bob]\n     ^^^^^ there is no section of this second name\n"),
        bad("[a](!)\n[b](!)\n[bob](a)(b)\n        ^^^ only the first parentheses count\n"),
        bad("[bob]]\n     ^ the name ends at the first `]`\n"),
        bad("[bob]:\n     ^ ignored\n"),
        good("[bob] ; the admin\n[ann](!) ; a template\n[eve]\n"),
        good("[bob] # the admin\n[ann] // a clerk\n").because("it is ignored, as it was meant to be"),
        good("[staff] (!)\n").because("this is what blank-before-options finds"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (at, line) in context.lines().filter(|(_, line)| line.is_header()) {
        let Node::Header(header) = line.node() else { continue };
        let Some(ignored) = &header.ignored else { continue };
        let text = ignored.bytes;
        let is_remark = text.starts_with(b"#") || text.starts_with(b"//");
        // A lone carriage return makes one line of many, which is another mistake.
        if is_remark || header.text.bytes.contains(&b'\r') {
            continue;
        }
        if parted_options(context.effective, &header).is_some() {
            continue;
        }
        let (effect, help) = match text[0] {
            b'[' => ("it is ignored: there is no section of this second name", "put each header on a line of its own"),
            b'(' if header.options.is_some() => (
                "it is ignored: only the first parentheses count",
                "put all bases into one pair of parentheses: `(a,b)`",
            ),
            b']' => ("it is ignored: the name ends at the first `]`", "take the second `]` out"),
            _ if text.contains(&b'=') => ("it is ignored: the entry is not set", "put the entry on a line of its own"),
            _ => ("it is ignored", "take it out, or begin a remark with `;`"),
        };
        let finding = findings.at(context.span(at, ignored.range.clone()), "text behind a section header", effect);
        finding.help(help);
        if let Some((safety, title, edit)) = mend(context, at, &header, ignored) {
            finding.fix_all(safety, title, vec![edit]);
        }
        if text.iter().all(|byte| !b"=[]()".contains(byte)) {
            finding.severity(Severity::Info);
        }
    }
}

/// What makes it what it was meant for, or what it is: a remark.
fn mend(
    context: &Context<'_>,
    at: Origin,
    header: &Header<'_>,
    ignored: &Field<'_>,
) -> Option<(Safety, &'static str, Edit)> {
    let effective = context.effective;
    let (text, start) = (ignored.bytes, ignored.range.start);
    let line = effective.line(at);
    if line.is_tangled() || line.has_comment() || !mend::has_room(line) || memchr::memmem::find(text, b"--;").is_some() {
        return None;
    }
    let edit = |from: usize, to: usize, text: Vec<u8>| Edit { span: effective.span(at, from..to), text };
    let closed = header.options.as_ref().map_or(header.name.range.end, |options| options.range.end) + 1;
    match text {
        b"]" => Some((Safety::Safe, "take the second `]` out", edit(start, start + 1, Vec::new()))),
        [b'(', inner @ .., b')'] if header.options.is_some() && start == closed && is_list(inner) => {
            let title = "put all bases into one pair of parentheses";
            Some((Safety::Widening, title, edit(start - 1, start + 1, b",".to_vec())))
        }
        [b'[' | b']' | b'(', ..] => None,
        _ if !text.contains(&b'=') => {
            let comment = mend::semicolon(text).as_bytes().to_vec();
            Some((Safety::Safe, "make it a comment", edit(start, start, comment)))
        }
        // What stands between the header and the entry gives way to the end of a line.
        _ => {
            let safety = entry(context, at, text)?;
            let end = mend::line_end(effective, at).to_vec();
            Some((safety, "put the entry on a line of its own", edit(closed, start, end)))
        }
    }
}

/// Are these names, with commas between them?
fn is_list(text: &[u8]) -> bool {
    text.split(|&byte| byte == b',').all(|name| !name.is_empty() && !name.iter().any(|byte| b" \t()+!".contains(byte)))
}

/// What it does to be an entry, if the text is one: a `deny` in front of all others only keeps addresses out.
fn entry(context: &Context<'_>, line: Origin, text: &[u8]) -> Option<Safety> {
    let equals = memchr::memchr(b'=', text)?;
    let (key, value) = (&text[..equals], text[equals + 1..].strip_prefix(b">").unwrap_or(&text[equals + 1..]));
    let key = key.trim_ascii();
    option(SectionKind::User, key).or_else(|| option(SectionKind::General, key)).filter(|_| !key.ends_with(b"+"))?;
    let mut rules = Vec::new();
    let at = At { part: Part::Manager, line };
    let is_deny = key.eq_ignore_ascii_case(b"deny")
        && acl::append(Sense::Deny, value.trim_ascii(), at, &mut rules).is_ok()
        && !mend::is_looked_for(context, b"deny");
    Some(if is_deny { Safety::Hardening } else { Safety::Widening })
}
