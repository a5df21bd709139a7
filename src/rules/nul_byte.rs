//! NUL bytes.

use std::collections::HashSet;

use super::prelude::*;
use crate::syntax::{Line, PieceKind};
use crate::text::is_blank;

pub(super) static RULE: Rule = Rule {
    name: "nul-byte",
    summary: "a NUL byte hides the rest of its line",
    severity: Severity::Error,
    doc: "\
Asterisk reads a line up to its first NUL byte and never sees what follows: a secret is cut, a `deny` loses its \
address, a header loses its `]`, which refuses the file. There is no word on it in the log, and most editors do not show \
the byte.

NULs come from damaged disks, from tools that write fixed-length fields, and from files saved as UTF-16, in which every \
second byte is one. Such a file has one finding only: convert it to UTF-8, without a byte order mark.

A NUL inside of a comment, or with nothing but a comment behind it, does no harm.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[bob]\nsecret = ab\0cd\n           ^^^ what follows on the line is never read\n"),
        bad("[bob]\n\0deny = 0.0.0.0/0\n^^^^^^^^^^^^^^^^^ never read\n"),
        bad("[\0g\0e\0n\0e\0r\0a\0l\0]\0\n^^ the file is UTF-16\n\0e\0n\0a\0b\0l\0e\0d\0=\0y\0e\0s\0\n\0"),
        good("[bob]\nsecret = ab ; c\0d\n; \0\nread = call\0\0 \n\0; x\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let effective = context.effective;
    let mut seen = HashSet::new();
    for (id, read) in effective.reads() {
        let source = read.tree.source();
        if memchr::memchr(0, source).is_none() || !seen.insert((read.file, std::ptr::from_ref(read.tree))) {
            continue;
        }
        if is_utf16(source) {
            let span = context.span(effective.origin(id, 0), 0..2);
            let effect =
                "every second byte is a NUL, and a line is read up to its first NUL only: nothing of it is understood";
            findings.at(span, "the file is UTF-16", effect).help("convert it to UTF-8 without a byte order mark");
            continue;
        }
        for number in 0..read.lines {
            let line = read.tree.line(number);
            let Some(hidden) = hidden(line, source) else { continue };
            let span = context.span(effective.origin(id, number), hidden);
            findings.at(span, "a NUL byte", "what follows on the line is never read").help("take the NUL out");
        }
    }
}

/// What is lost behind a NUL on a line: not a comment.
fn hidden(line: Line<'_>, source: &[u8]) -> Option<std::ops::Range<usize>> {
    memchr::memchr(0, &source[line.range()])?;
    let pieces = line.pieces();
    let at = pieces.iter().position(|piece| piece.kind == PieceKind::BehindNul)?;
    let range = pieces[at].range.clone();
    let before = pieces[..at].iter().rfind(|piece| piece.kind != PieceKind::Blank);
    let in_comment = before.is_some_and(|piece| matches!(piece.kind, PieceKind::LineComment | PieceKind::BlockComment));
    let mut behind = source[range.clone()].iter().filter(|&&byte| byte != 0 && !is_blank(byte));
    let says_nothing = behind.next().is_none_or(|&first| first == b';');
    (!in_comment && !says_nothing).then_some(range)
}

/// Is nearly every second byte of the beginning a NUL, and no other?
fn is_utf16(source: &[u8]) -> bool {
    let start = &source[..source.len().min(1000)];
    let nuls = |from: usize| start.iter().skip(from).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    let half = start.len() / 2;
    half > 3 && even.min(odd) * 10 <= half && even.max(odd) * 10 >= half * 8
}
