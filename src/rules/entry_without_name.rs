//! A value without a key.

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    name: "entry-without-name",
    summary: "nothing stands before the `=`",
    severity: Severity::Warning,
    doc: "\
A line with nothing before its `=` is dropped with a warning, and the file loads. It is what is left of an option \
whose key was lost in editing, a `deny` perhaps, a ruler of equal signs, or the middle of a merge conflict that was \
never resolved: then both sides of the conflict stand in the file, and of two values the last one holds.

`+=1` has no key either. A key that begins with `=` is written `\\=key=value`.

Write the key, take the line away, or make it a comment with `;`.",
    source: "main/config.c, process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\n= 0.0.0.0/0\n^^^^^^^^^^^ write the key\n"),
        bad("[bob]\nread = call\n+= system\n^^^^^^^^^ write the key\n"),
        bad("[general]\n==== users ====\n^^^^^^^^^^^^^^^ a comment begins with `;`\n[bob]\n"),
        bad("[bob]\nread = call\n=======\n^^^^^^^ both sides of the conflict\nread = all\n"),
        good("[bob]\nread =\n; = x\n\\=x = 1\nsecret = =x\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (note, span) in context.notes().filter(|(note, _)| note.what == What::NoName) {
        let text = context.files.bytes(span);
        let help = match text {
            b"=======" => {
                "if a merge conflict was left here, both sides of the conflict count; else write a comment with `;`"
            }
            [b'=', b'=', ..] => "a comment begins with `;`",
            _ => "write the key before it, or take the line away",
        };
        let finding = findings.at(span, "nothing stands before the `=`", "the line is dropped with a warning");
        finding.help(help);
        // Of a conflict one side has to go as well, and a value may have lost its key.
        let safety = match text {
            b"=======" => continue,
            [b'=', b'=', ..] => Safety::Safe,
            _ => Safety::Show,
        };
        finding.fix_by(safety, "make the line a comment", mend::comment_out(context.effective, note.at));
    }
}
