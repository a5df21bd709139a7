//! Text behind a section header.

use super::blank_before_options::parted_options;
use super::prelude::*;

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
        if text.iter().all(|byte| !b"=[]()".contains(byte)) {
            finding.severity(Severity::Info);
        }
    }
}
