//! The tree: a table of lines, and typed views on them.

use std::ops::Range;

use super::grammar;
use super::pieces::{self, Piece};

/// One file, losslessly. Lines are Asterisk's: what one read of its buffer brings, so an over-long line is one line
/// up to its newline.
pub struct Tree<'s> {
    pub(super) source: &'s [u8],
    pub(super) rows: Vec<Row>,
    pub(super) tangles: Vec<Tangle>,
    pub(super) bom: bool,
    pub(super) depth: i32,
    pub(super) opened: Vec<u32>,
    pub(super) strays: Vec<u32>,
    pub(super) hangs: Option<u32>,
    pub(super) fills_a_buffer: bool,
}

/// One line: its start and up to four offsets that say where its parts are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) start: u32,
    pub(super) kind: Kind,
    pub(super) flags: Flags,
    /// Two ranges: name and options, keyword and argument, name and value, or the whole text. Relative to the start
    /// of the line, or of the joined text of a tangled one.
    pub(super) parts: [u16; 4],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    Comment,
    Block,
    Dead,
    Unread,
    TooLong,
    Header,
    UnclosedName,
    UnclosedOptions,
    Directive,
    Entry,
    BadEscape,
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u8);

impl Flags {
    /// The live text has holes or escapes; it is kept, joined, in a [`Tangle`].
    pub(super) const TANGLED: Flags = Flags(1);
    pub(super) const OPTIONS: Flags = Flags(2);
    pub(super) const ESCAPED: Flags = Flags(4);
    const OBJECT: Flags = Flags(8);
    const APPEND: Flags = Flags(16);

    pub(super) fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    pub(super) fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn operator(operator: Operator) -> Flags {
        match operator {
            Operator::Set => Flags(0),
            Operator::Object => Flags::OBJECT,
            Operator::Append => Flags::APPEND,
        }
    }
}

/// The live text of a line that is not one range of the source.
#[derive(Debug)]
pub(super) struct Tangle {
    pub(super) row: usize,
    /// Source ranges relative to the start of the line.
    pub(super) segments: Vec<Range<u16>>,
    pub(super) text: Vec<u8>,
}

/// How an entry sets its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`.
    Set,
    /// `=>`, which means the same to the manager.
    Object,
    /// `+=`: joins to an earlier value.
    Append,
}

/// A part of a line: its bytes as Asterisk sees them, and the source they were taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'t> {
    /// The bytes, without escapes and comments in between.
    pub bytes: &'t [u8],
    /// Where they stand in the file, escapes and comments in between included.
    pub range: Range<usize>,
}

/// Why nothing of a line counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// Blanks only.
    Blank,
    /// A comment, or the beginning of a block comment.
    Comment,
    /// Inside a block comment.
    Block,
    /// Behind a `--;` that ended nothing.
    Dead,
    /// Never reached: Asterisk hangs before it.
    Unread,
    /// Too long to be read.
    TooLong,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node<'t> {
    /// No live text.
    Nothing(Nothing),
    /// `[name](options)`.
    Header(Header<'t>),
    /// A header without its `]`.
    UnclosedName(Field<'t>),
    /// A header without its `)`.
    UnclosedOptions(Field<'t>),
    /// `#keyword argument`.
    Directive(Directive<'t>),
    /// `name = value`.
    Entry(Entry<'t>),
    /// A `\` at the start of a line that escapes nothing.
    BadEscape(Field<'t>),
    /// Text without a `=`.
    Text(Field<'t>),
}

/// `[name](options)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'t> {
    /// The whole live text of the line.
    pub text: Field<'t>,
    /// The name, verbatim.
    pub name: Field<'t>,
    /// What stands between the parentheses.
    pub options: Option<Field<'t>>,
    /// The items of the options, in order.
    pub items: Vec<(HeaderItem, Field<'t>)>,
    /// What stands behind the header and is ignored.
    pub ignored: Option<Field<'t>>,
}

/// One item of a header's options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderItem {
    /// `!`: a template.
    Template,
    /// `+` or `+filter`: more of an earlier section.
    Append,
    /// The name of a section to inherit from; empty for the first one of the file.
    Base,
}

/// `#keyword argument`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive<'t> {
    /// The whole live text of the line.
    pub text: Field<'t>,
    /// The word behind `#`, perhaps empty.
    pub keyword: Field<'t>,
    /// What follows it, as written, perhaps empty.
    pub argument: Field<'t>,
    /// The argument without its quotes.
    pub unquoted: Field<'t>,
}

/// `name = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'t> {
    /// The key, perhaps empty, without the `\` before it.
    pub name: Field<'t>,
    /// How it is set.
    pub operator: Operator,
    /// The value; of `+=` with its leading blanks.
    pub value: Field<'t>,
    /// A `\` stands before the name.
    pub escaped: bool,
}

/// One line of a tree.
#[derive(Clone, Copy)]
pub struct Line<'t> {
    tree: &'t Tree<'t>,
    at: usize,
}

impl<'s> Tree<'s> {
    /// The bytes it was read from.
    pub fn source(&self) -> &'s [u8] {
        self.source
    }

    /// Its lines, in order. Together they are the whole file.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = Line<'_>> {
        (0..self.rows.len()).map(|at| Line { tree: self, at })
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Is the file empty?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many of its lines are section headers.
    pub fn headers(&self) -> usize {
        self.rows.iter().filter(|row| row.kind == Kind::Header).count()
    }

    /// A line by its number, from 0.
    pub fn line(&self, at: usize) -> Line<'_> {
        Line { tree: self, at }
    }

    /// All pieces, in order: their bytes, one after the other, are the file.
    pub fn pieces(&self) -> impl Iterator<Item = Piece> + '_ {
        self.lines().flat_map(Line::pieces)
    }

    /// Does the file begin with a byte order mark that was skipped?
    pub fn has_bom(&self) -> bool {
        self.bom
    }

    /// How many block comments are open at the end; below zero after stray ends.
    pub fn depth(&self) -> i32 {
        self.depth
    }

    /// Offsets of the `;--` that nothing ends, outermost first.
    pub fn unclosed(&self) -> &[u32] {
        &self.opened
    }

    /// Offsets of the `--;` that end nothing.
    pub fn strays(&self) -> &[u32] {
        &self.strays
    }

    /// Offset of the `;--` at which Asterisk hangs.
    pub fn hangs(&self) -> Option<usize> {
        self.hangs.map(|at| at as usize)
    }

    /// Is there a line that just fills the read buffer, so that [`super::Dialect::full_buffer_line_kept`] matters?
    pub fn fills_a_buffer(&self) -> bool {
        self.fills_a_buffer
    }

    /// The number of the line that holds an offset.
    pub fn line_of(&self, at: usize) -> usize {
        self.rows.partition_point(|row| row.start as usize <= at).saturating_sub(1)
    }

    fn tangle(&self, row: usize) -> &Tangle {
        // Only rows with the flag ask, and each has its tangle.
        &self.tangles[self.tangles.partition_point(|tangle| tangle.row < row)]
    }
}

impl<'t> Line<'t> {
    /// Its number, from 0, as Asterisk counts reads.
    pub fn number(self) -> usize {
        self.at
    }

    /// Its bytes in the file, newline included.
    pub fn range(self) -> Range<usize> {
        let end = self.tree.rows.get(self.at + 1).map_or(self.tree.source.len(), |next| next.start as usize);
        self.row().start as usize..end
    }

    /// What it is.
    pub fn node(self) -> Node<'t> {
        match self.row().kind {
            Kind::Blank => Node::Nothing(Nothing::Blank),
            Kind::Comment => Node::Nothing(Nothing::Comment),
            Kind::Block => Node::Nothing(Nothing::Block),
            Kind::Dead => Node::Nothing(Nothing::Dead),
            Kind::Unread => Node::Nothing(Nothing::Unread),
            Kind::TooLong => Node::Nothing(Nothing::TooLong),
            Kind::Header => Node::Header(self.header()),
            Kind::UnclosedName => Node::UnclosedName(self.first()),
            Kind::UnclosedOptions => Node::UnclosedOptions(self.first()),
            Kind::Directive => Node::Directive(self.directive()),
            Kind::Entry => Node::Entry(self.entry()),
            Kind::BadEscape => Node::BadEscape(self.first()),
            Kind::Text => Node::Text(self.first()),
        }
    }

    /// Is it a section header that Asterisk reads? Quicker to ask than its node.
    pub fn is_header(self) -> bool {
        self.row().kind == Kind::Header
    }

    /// Its pieces, in order.
    pub fn pieces(self) -> Vec<Piece> {
        pieces::of(self)
    }

    /// Is there a `;` on it that is not part of its text? Quicker to ask than its pieces.
    pub fn has_comment(self) -> bool {
        match self.row().kind {
            Kind::Blank | Kind::Block | Kind::Dead | Kind::Unread | Kind::TooLong => false,
            _ => memchr::memchr(b';', &self.tree.source[self.range()]).is_some(),
        }
    }

    /// Its live text, stripped.
    pub fn text(self) -> Field<'t> {
        let live = self.live();
        self.field(crate::text::trim(live, 0..live.len()))
    }

    /// Are there escapes or block comments within its live text?
    pub fn is_tangled(self) -> bool {
        self.row().flags.has(Flags::TANGLED)
    }

    pub(super) fn row(self) -> &'t Row {
        &self.tree.rows[self.at]
    }

    pub(super) fn source(self) -> &'t [u8] {
        self.tree.source
    }

    /// Does a byte order mark stand before its text?
    pub(super) fn skips_bom(self) -> bool {
        self.at == 0 && self.tree.bom
    }

    /// The live parts as source ranges relative to the start of the line.
    pub(super) fn segments(self) -> Vec<Range<usize>> {
        if self.is_tangled() {
            let ranges = &self.tree.tangle(self.at).segments;
            return ranges.iter().map(|range| range.start.into()..range.end.into()).collect();
        }
        let bytes = &self.tree.source[self.range()];
        let start = if self.skips_bom() { 3 } else { 0 };
        std::iter::once(start..plain_end(bytes)).collect()
    }

    fn live(self) -> &'t [u8] {
        if self.is_tangled() {
            return &self.tree.tangle(self.at).text;
        }
        let bytes = &self.tree.source[self.range()];
        &bytes[..plain_end(bytes)]
    }

    /// A range of the live text (of a plain line: of the line).
    fn field(self, range: Range<usize>) -> Field<'t> {
        let start = self.row().start as usize;
        if !self.is_tangled() {
            let bytes = &self.tree.source[start + range.start..start + range.end];
            return Field { bytes, range: start + range.start..start + range.end };
        }
        let tangle = self.tree.tangle(self.at);
        let place = |at: usize, behind: bool| {
            let mut left = at;
            let mut last = 0;
            for segment in &tangle.segments {
                let length = usize::from(segment.end - segment.start);
                if left < length || (behind && left == length) {
                    return start + usize::from(segment.start) + left;
                }
                left -= length;
                last = usize::from(segment.end);
            }
            start + last
        };
        let from = place(range.start, false);
        let to = if range.is_empty() { from } else { place(range.end, true) };
        Field { bytes: &tangle.text[range], range: from..to }
    }

    fn first(self) -> Field<'t> {
        let [a, b, ..] = self.row().parts;
        self.field(a.into()..b.into())
    }

    fn second(self) -> Field<'t> {
        let [.., c, d] = self.row().parts;
        self.field(c.into()..d.into())
    }

    fn header(self) -> Header<'t> {
        let text = self.text();
        let options = self.row().flags.has(Flags::OPTIONS).then(|| self.second());
        let [_, name_end, start, end] = self.row().parts.map(usize::from);
        let live = self.live();
        let closed = if options.is_some() { end + 1 } else { name_end + 1 };
        let behind = crate::text::trim(live, closed..live.len());
        let items = match options {
            Some(_) => grammar::option_items(&live[start..end])
                .map(|range| {
                    let field = self.field(start + range.start..start + range.end);
                    (HeaderItem::of(field.bytes), field)
                })
                .collect(),
            None => Vec::new(),
        };
        let ignored = (!behind.is_empty()).then(|| self.field(behind));
        Header { text, name: self.first(), options, items, ignored }
    }

    fn directive(self) -> Directive<'t> {
        let argument = self.second();
        let inner = grammar::unquoted(argument.bytes);
        let start = usize::from(self.row().parts[2]);
        let unquoted = self.field(start + inner.start..start + inner.end);
        Directive { text: self.text(), keyword: self.first(), argument, unquoted }
    }

    fn entry(self) -> Entry<'t> {
        let flags = self.row().flags;
        let operator = match () {
            () if flags.has(Flags::APPEND) => Operator::Append,
            () if flags.has(Flags::OBJECT) => Operator::Object,
            () => Operator::Set,
        };
        let escaped = flags.has(Flags::ESCAPED);
        Entry { name: self.first(), operator, value: self.second(), escaped }
    }
}

impl HeaderItem {
    fn of(item: &[u8]) -> HeaderItem {
        match item {
            b"!" => HeaderItem::Template,
            [b'+', ..] => HeaderItem::Append,
            _ => HeaderItem::Base,
        }
    }
}

/// Where the live text of a plain line ends: at its first `;` or NUL, or with the line.
fn plain_end(bytes: &[u8]) -> usize {
    memchr::memchr2(b';', 0, bytes).unwrap_or(bytes.len())
}
