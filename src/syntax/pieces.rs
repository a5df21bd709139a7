//! The pieces of a line: every byte has one, in order.

use std::ops::Range;

use super::tree::{Kind, Line, Node};
use crate::text::trim;

/// What a stretch of bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// A byte order mark that is skipped.
    Bom,
    /// Blanks around other pieces.
    Blank,
    /// The line's end: LF or CRLF.
    Newline,
    /// A comment up to the end of the line.
    LineComment,
    /// A block comment, or the part of one on this line.
    BlockComment,
    /// A `\` that escapes, and is dropped.
    Backslash,
    /// `[`, `]`, `(`, `)`, `#`, `=`, `=>`, `+=`.
    Punctuation,
    /// The name of a section.
    SectionName,
    /// What stands between the parentheses of a header.
    SectionOptions,
    /// What stands behind a header and is ignored.
    Ignored,
    /// The word of a directive.
    Keyword,
    /// The argument of a directive.
    Argument,
    /// The key of an entry.
    Name,
    /// The value of an entry.
    Value,
    /// Live text that is nothing of the above.
    Text,
    /// What stands behind a NUL on its line, the NUL included: never seen.
    BehindNul,
    /// Behind a `--;` that ended nothing.
    Dead,
    /// A line that is too long to be read.
    TooLong,
    /// Never reached: Asterisk hangs before it.
    Unread,
}

/// A stretch of bytes and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Where it stands in the file.
    pub range: Range<usize>,
}

/// Collects pieces; leaves out empty ones.
struct Pieces {
    list: Vec<Piece>,
    at: usize,
}

impl Pieces {
    /// Everything up to `end` is `kind`.
    fn to(&mut self, end: usize, kind: PieceKind) {
        if end > self.at {
            self.list.push(Piece { kind, range: self.at..end });
            self.at = end;
        }
    }

    /// Everything up to `end` is `kind`, but for the blanks at its ends.
    fn trimmed(&mut self, source: &[u8], end: usize, kind: PieceKind) {
        let inner = trim(source, self.at..end.max(self.at));
        self.to(inner.start, PieceKind::Blank);
        self.to(inner.end, kind);
        self.to(end, PieceKind::Blank);
    }
}

pub(super) fn of(line: Line<'_>) -> Vec<Piece> {
    let range = line.range();
    let source = line.source();
    let newline = newline(&source[range.clone()]);
    let body = range.end - newline;
    let mut pieces = Pieces { list: Vec::new(), at: range.start };
    match line.row().kind {
        Kind::Blank | Kind::Comment => {
            if line.skips_bom() {
                pieces.to(range.start + 3, PieceKind::Bom);
            }
            let visible = memchr::memchr(0, &source[range.start..body]).map_or(body, |nul| range.start + nul);
            let text = trim(source, pieces.at..visible).start;
            pieces.to(text, PieceKind::Blank);
            pieces.to(
                visible,
                if opens(&source[text..visible]) { PieceKind::BlockComment } else { PieceKind::LineComment },
            );
            pieces.to(body, PieceKind::BehindNul);
        }
        Kind::Block => pieces.to(body, PieceKind::BlockComment),
        Kind::Dead => pieces.to(body, PieceKind::Dead),
        Kind::Unread => pieces.to(body, PieceKind::Unread),
        Kind::TooLong => pieces.to(body, PieceKind::TooLong),
        _ => live(line, body, &mut pieces),
    }
    pieces.to(range.end, PieceKind::Newline);
    pieces.list
}

/// The roles of a line's live text, then the gaps between its segments.
fn live(line: Line<'_>, body: usize, pieces: &mut Pieces) {
    let source = line.source();
    let base = line.range().start;
    if line.skips_bom() {
        pieces.to(base + 3, PieceKind::Bom);
    }
    let roles = roles(line);
    let mut segments = line.segments();
    // The newline is a blank to Asterisk and a piece of its own here.
    for segment in &mut segments {
        segment.end = segment.end.min(body - base);
    }
    for (number, segment) in segments.iter().enumerate() {
        if segment.start >= segment.end && number > 0 {
            continue;
        }
        gap(source, base + segment.start, number == 0, pieces);
        for (kind, role) in &roles {
            let end = role.end.min(base + segment.end);
            if role.start < base + segment.end && end > pieces.at {
                pieces.trimmed(source, role.start.max(pieces.at), PieceKind::Punctuation);
                pieces.to(end, *kind);
            }
        }
        pieces.trimmed(source, base + segment.end, PieceKind::Punctuation);
    }
    let tail = &source[pieces.at..body];
    let visible = memchr::memchr(0, tail).unwrap_or(tail.len());
    let kind = if opens(tail) { PieceKind::BlockComment } else { PieceKind::LineComment };
    pieces.to(pieces.at + visible, kind);
    pieces.to(body, PieceKind::BehindNul);
}

/// What lies between two segments: the `\` of an escape, or a block comment.
fn gap(source: &[u8], end: usize, first: bool, pieces: &mut Pieces) {
    let escape = !first && end - pieces.at == 1 || (first && source[pieces.at..end].ends_with(b"\\"));
    if escape {
        pieces.to(end - 1, PieceKind::BlockComment);
        pieces.to(end, PieceKind::Backslash);
    } else {
        pieces.to(end, PieceKind::BlockComment);
    }
}

/// The parts of a line that are not blanks or punctuation, as ranges of the file.
fn roles(line: Line<'_>) -> Vec<(PieceKind, Range<usize>)> {
    match line.node() {
        Node::Nothing(_) => Vec::new(),
        Node::Header(header) => {
            let mut roles = vec![(PieceKind::SectionName, header.name.range)];
            roles.extend(header.options.map(|options| (PieceKind::SectionOptions, options.range)));
            roles.extend(header.ignored.map(|ignored| (PieceKind::Ignored, ignored.range)));
            roles
        }
        Node::Directive(directive) => {
            vec![(PieceKind::Keyword, directive.keyword.range), (PieceKind::Argument, directive.argument.range)]
        }
        Node::Entry(entry) => {
            let mut roles = Vec::new();
            if entry.escaped {
                let start = line.text().range.start;
                roles.push((PieceKind::Backslash, start..start + 1));
            }
            roles.push((PieceKind::Name, entry.name.range));
            let value = trim(line.source(), entry.value.range.clone());
            roles.push((PieceKind::Value, value));
            roles
        }
        Node::UnclosedName(text) | Node::UnclosedOptions(text) | Node::BadEscape(text) | Node::Text(text) => {
            vec![(PieceKind::Text, text.range)]
        }
    }
}

/// Does a comment open a block?
fn opens(comment: &[u8]) -> bool {
    comment.starts_with(b";--") && !comment.starts_with(b";---")
}

fn newline(line: &[u8]) -> usize {
    match line {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}
