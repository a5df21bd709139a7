//! Carriage returns that end no line.

use super::prelude::*;
use crate::syntax::{LONGEST_LINE, Line};
use crate::text::{FileId, Span, trim};

pub(super) static RULE: Rule = Rule {
    name: "lone-carriage-return",
    summary: "a carriage return stands inside of a line, and does not end it",
    severity: Severity::Warning,
    doc: "\
Only a line feed ends a line in Asterisk. A carriage return before it is a blank and harmless, but one without a \
line feed is read over: what looks like the next line in an editor is still part of this one. Behind a section \
header it is ignored, behind a `;` it is a comment, in a value it becomes part of the value. A `deny` that is lost \
so opens the account to every address.

A file without any line feed, as old Macs wrote them, is one single line to Asterisk, whatever it holds.

End the lines with LF or CR LF, for example by `tr '\\r' '\\n'`. A carriage return in a comment or at the ends of a \
line is not found.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[general]
[bob]\rsecret = x
     ^ ignores what follows the header
"),
        bad("\
[bob]
secret = x\rdeny = 0.0.0.0/0
          ^ takes what follows for a part of the value
"),
        bad("\
[general]\renabled = yes\r[bob]\rsecret = x
         ^ takes the whole file for one line
"),
        good("[general]\r\nenabled = yes\r\n").because("CR LF ends a line"),
        good("[general]\n\renabled = yes\r\r\n").because("at the ends of a line it is a blank"),
        good("[general]\n; old\rtext\nenabled = yes ; old\rtext\n").because("it is in a comment"),
        good("[general] \r").because("nothing follows it"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    // Mostly there is none at all.
    if context.lines_with(b"\r").next().is_none() {
        return;
    }
    let mut whole = None;
    for (at, line) in context.lines() {
        let read = context.effective.read(at);
        let file = context.files.get(read.file);
        if at.line == 0 {
            whole = one_line(file.bytes());
            if let Some(first) = whole {
                let effect = match file.bytes().len() {
                    0..=LONGEST_LINE => "takes the whole file for one line",
                    _ => "takes the whole file for one line, which is too long to be read",
                };
                let span = Span::new(read.file, first..first + 1);
                let finding = findings.at(span, "this file ends its lines with carriage returns only", effect).help(HELP);
                let ends = memchr::memchr_iter(b'\r', file.bytes());
                finding.fix_all(Safety::Widening, TITLE, ends.map(|at| newline(read.file, at)).collect());
            }
        }
        if whole.is_none()
            && let Some((place, effect)) = inside(file.bytes(), line)
        {
            let span = Span::new(read.file, place..place + 1);
            let finding = findings.at(span, "this carriage return does not end the line", effect).help(HELP);
            if !line.is_tangled() {
                let text = line.text().range;
                let ends = memchr::memchr_iter(b'\r', &file.bytes()[text.clone()]).map(|at| text.start + at);
                finding.fix_all(Safety::Widening, TITLE, ends.map(|at| newline(read.file, at)).collect());
            }
        }
    }
}

/// A line feed in the place of a carriage return.
fn newline(file: FileId, at: usize) -> Edit {
    Edit { span: Span::new(file, at..at + 1), text: b"\n".to_vec() }
}

const TITLE: &str = "end the lines with LF";
const HELP: &str = "end the line with LF or CR LF";

/// The first carriage return of a file that has no line feed before its end.
fn one_line(bytes: &[u8]) -> Option<usize> {
    let text = trim(bytes, 0..bytes.len());
    if memchr::memchr2(b'\n', 0, &bytes[text.clone()]).is_some() {
        return None;
    }
    memchr::memchr(b'\r', &bytes[text.clone()]).map(|at| text.start + at)
}

/// The first carriage return within the live text of a line, and what comes of it.
fn inside(bytes: &[u8], line: Line<'_>) -> Option<(usize, &'static str)> {
    memchr::memchr(b'\r', &bytes[line.range()])?;
    let text = match line.node() {
        Node::Nothing(_) => return None,
        _ => line.text(),
    };
    memchr::memchr(b'\r', text.bytes)?;
    let place = text.range.start + memchr::memchr(b'\r', &bytes[text.range])?;
    let effect = match line.node() {
        Node::Header(header) if place >= header.name.range.end => "ignores what follows the header on the same line",
        Node::Header(_) => "takes it for a part of the section's name",
        Node::Entry(entry) if place >= entry.value.range.start => "takes what follows for a part of the value",
        Node::Entry(_) => "takes what stands before it for a part of the key",
        _ => "reads on: what follows belongs to the same line",
    };
    Some((place, effect))
}
