//! Bytes into lines: the reader's buffer, NUL, the byte order mark, and the way to the grammar.

use std::ops::Range;

use memchr::memchr;

use super::comment::Comments;
use super::grammar::{self, Shape};
use super::tree::{Flags, Kind, Row, Tangle, Tree};
use super::{Dialect, LONGEST_LINE, Start};
use crate::text::{is_blank, offset, trim};

/// What one read of Asterisk's `fgets` can hold: a line of [`LONGEST_LINE`] bytes and its newline.
const BUFFER: usize = LONGEST_LINE + 1;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Reads a file into its tree. Never fails and never loses a byte; takes linear time.
pub fn parse(source: &[u8], dialect: Dialect, start: Start) -> Tree<'_> {
    let mut reader = Reader {
        source,
        dialect,
        has_nul: memchr(0, source).is_some(),
        comments: Comments { depth: start.depth, inherited: start.depth.max(0), ..Comments::default() },
        rows: Vec::with_capacity(source.len() / 24),
        tangles: Vec::new(),
        bom: false,
        fills_a_buffer: false,
    };
    let mut at = 0;
    while at < source.len() && reader.comments.hangs.is_none() {
        at = reader.line(at, start.first && at == 0);
    }
    if at < source.len() {
        reader.push(at, Kind::Unread, Flags::default(), [0; 4]);
    }
    Tree {
        source,
        rows: reader.rows,
        tangles: reader.tangles,
        bom: reader.bom,
        depth: reader.comments.depth,
        opened: reader.comments.opened,
        strays: reader.comments.strays,
        hangs: reader.comments.hangs,
        fills_a_buffer: reader.fills_a_buffer,
    }
}

struct Reader<'s> {
    source: &'s [u8],
    dialect: Dialect,
    has_nul: bool,
    comments: Comments,
    rows: Vec<Row>,
    tangles: Vec<Tangle>,
    bom: bool,
    fills_a_buffer: bool,
}

impl Reader<'_> {
    /// Takes the line that begins at `at`; returns where the next one begins.
    fn line(&mut self, at: usize, first: bool) -> usize {
        let (end, visible) = self.buffer(at);
        if self.overflows(visible, self.source[end - 1]) {
            self.push(at, Kind::TooLong, Flags::default(), [0; 4]);
            return self.skip_rest(end);
        }
        let mut text = at;
        if first && self.dialect.bom_skipped && self.source[at..at + visible].starts_with(BOM) {
            text += BOM.len();
            self.bom = true;
        }
        self.content(at, text..at + visible);
        end
    }

    /// One `fgets`: where it ends, and how many of its bytes stand before a NUL.
    fn buffer(&self, at: usize) -> (usize, usize) {
        let window = &self.source[at..self.source.len().min(at + BUFFER)];
        let length = memchr(b'\n', window).map_or(window.len(), |newline| newline + 1);
        let visible = if self.has_nul { memchr(0, &window[..length]).unwrap_or(length) } else { length };
        (at + length, visible)
    }

    /// Is a buffer so full that Asterisk takes its line to be longer?
    fn overflows(&mut self, visible: usize, last: u8) -> bool {
        if visible < BUFFER {
            return false;
        }
        self.fills_a_buffer |= last == b'\n';
        !(self.dialect.full_buffer_line_kept && last == b'\n')
    }

    /// Throws buffers away until one is not full: normally up to the next newline.
    fn skip_rest(&mut self, mut at: usize) -> usize {
        while at < self.source.len() {
            let (end, visible) = self.buffer(at);
            let more = self.overflows(visible, self.source[end - 1]);
            at = end;
            if !more {
                break;
            }
        }
        at
    }

    fn content(&mut self, at: usize, text: Range<usize>) {
        let source = self.source;
        let line = &source[text.clone()];
        let semicolon = memchr(b';', line);
        let plain = match semicolon {
            _ if self.comments.depth != 0 => false,
            Some(first) => Comments::is_plain(line, first),
            None => true,
        };
        if plain {
            let live = trim(line, 0..semicolon.unwrap_or(line.len()));
            if live.is_empty() {
                let kind = if semicolon.is_some() { Kind::Comment } else { Kind::Blank };
                return self.push(at, kind, Flags::default(), [0; 4]);
            }
            let base = text.start - at + live.start;
            return self.shaped(at, &source[text.start..][live], base, Flags::default());
        }
        if semicolon.is_none() {
            let kind = if self.comments.depth < 0 { Kind::Dead } else { Kind::Block };
            return self.push(at, kind, Flags::default(), [0; 4]);
        }
        self.tangled(at, text);
    }

    /// A line with escapes, block comments or the state of one.
    fn tangled(&mut self, at: usize, text: Range<usize>) {
        let source = self.source;
        let before = self.comments.depth;
        let live = self.comments.scan(&source[text.clone()], text.start);
        if self.comments.hangs.is_some() {
            return self.push(at, Kind::Unread, Flags::default(), [0; 4]);
        }
        let shift = text.start - at;
        let joined: Vec<u8> =
            live.segments.iter().flat_map(|range| &source[text.start..][range.clone()]).copied().collect();
        let inner = trim(&joined, 0..joined.len());
        if !live.processed || inner.is_empty() {
            let kind = match before {
                ..0 => Kind::Dead,
                0 => Kind::Comment,
                1.. => Kind::Block,
            };
            return self.push(at, kind, Flags::default(), [0; 4]);
        }
        let segments = live.segments.iter().filter(|range| !range.is_empty());
        let segments = segments.map(|range| small(range.start + shift)..small(range.end + shift)).collect();
        self.tangles.push(Tangle { row: self.rows.len(), segments, text: joined.clone() });
        self.shaped(at, &joined[inner.clone()], inner.start, Flags::TANGLED);
    }

    /// A line with live text, which stands `base` bytes behind the start of the line (or of its joined text).
    fn shaped(&mut self, at: usize, live: &[u8], base: usize, flags: Flags) {
        let place = |range: Range<usize>| [small(range.start + base), small(range.end + base)];
        let (kind, flags, [a, b], [c, d]) = match quick_entry(live).unwrap_or_else(|| grammar::shape(live)) {
            Shape::Header { name, options: None } => (Kind::Header, flags, place(name), [0; 2]),
            Shape::Header { name, options: Some(options) } => {
                (Kind::Header, flags.with(Flags::OPTIONS), place(name), place(options))
            }
            Shape::UnclosedName => (Kind::UnclosedName, flags, place(0..live.len()), [0; 2]),
            Shape::UnclosedOptions => (Kind::UnclosedOptions, flags, place(0..live.len()), [0; 2]),
            Shape::Directive { keyword, argument } => (Kind::Directive, flags, place(keyword), place(argument)),
            Shape::Entry { escaped, name, operator, value } => {
                let flags = if escaped { flags.with(Flags::ESCAPED) } else { flags };
                (Kind::Entry, flags.with(Flags::operator(operator)), place(name), place(value))
            }
            Shape::BadEscape => (Kind::BadEscape, flags, place(0..live.len()), [0; 2]),
            Shape::Text => (Kind::Text, flags, place(0..live.len()), [0; 2]),
        };
        self.push(at, kind, flags, [a, b, c, d]);
    }

    fn push(&mut self, at: usize, kind: Kind, flags: Flags, at_parts: [u16; 4]) {
        self.rows.push(Row { start: offset(at), kind, flags, parts: at_parts });
    }
}

/// The entry that most lines are, without the machinery: `name = value` of ordinary bytes.
fn quick_entry(live: &[u8]) -> Option<Shape> {
    if !live[0].is_ascii_alphanumeric() {
        return None;
    }
    let equals = memchr(b'=', live)?;
    if live[equals - 1] == b'+' || live.get(equals + 1) == Some(&b'>') {
        return None;
    }
    let name = live[..equals].iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1);
    let value =
        live[equals + 1..].iter().position(|&byte| !is_blank(byte)).map_or(live.len(), |first| equals + 1 + first);
    // The live text has no blank at its end, but for `name =` with nothing behind it.
    let value = if value == live.len() { equals + 1..equals + 1 } else { value..live.len() };
    Some(Shape::Entry { escaped: false, name: 0..name, operator: super::Operator::Set, value })
}

/// Offsets in a line fit: what is longer than [`BUFFER`] is not looked into.
fn small(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_way_and_the_grammar_agree() {
        for line in ["a=b", "a = b", "a =", "a==b", "a = b c", "a\t=\u{b}x", "9=1", "eventfilter(x)=y=z"] {
            let quick = quick_entry(line.as_bytes());
            assert_eq!(quick, Some(grammar::shape(line.as_bytes())), "{line}");
        }
        for line in ["a+=1", "a=>1", "[a]", "#a=1", "a", "\\a=1", "=1"] {
            assert_eq!(quick_entry(line.as_bytes()), None, "{line}");
        }
    }
}
