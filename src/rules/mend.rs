//! Edits that several rules make. There is none where it would not be certain what it does.

use std::ops::Range;

use super::Context;
use super::prelude::Set;
use crate::config::{Effective, Origin, What};
use crate::syntax::{Entry, HeaderItem, LONGEST_LINE, Line, Node, Nothing, Operator, Tree};
use crate::text::{Edit, Span, is_blank};

/// Room for what is written into a line: one that is too long is not read at all.
const ROOM: usize = 200;

/// May more text be written into a line?
pub(super) fn has_room(line: Line<'_>) -> bool {
    line.range().len() < LONGEST_LINE - ROOM
}

/// An entry whose value stands in the file as it is in memory, in one piece, as far as its line goes.
pub(super) fn plain<'e>(effective: &'e Effective<'_>, at: Origin) -> Option<Entry<'e>> {
    let line = effective.line(at);
    let is_plain = !line.is_tangled() && has_room(line);
    effective.written(at).filter(|entry| is_plain && entry.operator != Operator::Append)
}

/// Makes a comment of what a line says.
pub(super) fn comment_out(effective: &Effective<'_>, at: Origin) -> Option<Edit> {
    let (line, source) = (effective.line(at), effective.read(at).tree.source());
    let text = line.text();
    // In a comment, the beginning or the end of a block comment is none.
    let has_marks = has_marks(&source[text.range.start..line.range().end]);
    // To some releases and in some places a byte order mark is nothing, and the line says something.
    let has_mark = text.bytes.starts_with(b"\xEF\xBB\xBF");
    if line.is_tangled() || has_marks || has_mark || !has_room(line) {
        return None;
    }
    Some(Edit { span: effective.span(at, text.range.start..text.range.start), text: semicolon(text.bytes).into() })
}

/// Is there the beginning or the end of a block comment in a text?
pub(super) fn has_marks(text: &[u8]) -> bool {
    text.windows(3).any(|three| three == b";--" || three == b"--;")
}

/// May a name from memory be written into a line as it is?
pub(super) fn is_plain_name(name: &[u8]) -> bool {
    !name.iter().any(|byte| b";\\,()[]".contains(byte)) && name.trim_ascii() == name
}

/// The `;` that makes a text a comment of one line: `;--` would begin one of many.
pub(super) fn semicolon(text: &[u8]) -> &'static str {
    if text.starts_with(b"--") { "; " } else { ";" }
}

/// New lines above a line, and above the comments that stand right over it: indented and ended as that one is.
pub(super) fn above(effective: &Effective<'_>, at: Origin, lines: &[Vec<u8>]) -> Option<Edit> {
    let tree = effective.read(at).tree;
    let (source, own) = (tree.source(), tree.line(at.line as usize));
    if own.is_tangled() {
        return None;
    }
    let begin = |number: usize| {
        let range = tree.line(number).range();
        let blanks = source[range.clone()].iter().take_while(|&&byte| is_blank(byte)).count();
        range.start + blanks
    };
    let is_remark = |number: usize| {
        matches!(tree.line(number).node(), Node::Nothing(Nothing::Comment)) && source.get(begin(number)) == Some(&b';')
    };
    let mut first = own.number();
    while first > 0 && is_remark(first - 1) {
        first -= 1;
    }
    let start = if first == own.number() { own.text().range.start } else { begin(first) };
    let before = &source[tree.line(first).range().start..start];
    let indent = if before.iter().copied().all(is_blank) { before } else { &[] };
    let mut text = Vec::new();
    for line in lines {
        text.extend_from_slice(line);
        text.extend_from_slice(line_end(effective, at));
        text.extend_from_slice(indent);
    }
    Some(Edit { span: effective.span(at, start..start), text })
}

/// How a line ends; of a last one without an end, how the one above it does.
pub(super) fn line_end(effective: &Effective<'_>, at: Origin) -> &'static [u8] {
    let tree = effective.read(at).tree;
    let number = at.line as usize;
    let end = |number: usize| {
        let bytes = &tree.source()[tree.line(number).range()];
        bytes.ends_with(b"\n").then(|| if bytes.ends_with(b"\r\n") { &b"\r\n"[..] } else { b"\n" })
    };
    end(number).or_else(|| end(number.checked_sub(1)?)).unwrap_or(b"\n")
}

/// Does anything look at entries of this key, and at their values: a `+=`, or the filter of a `(+filter)`? What is put
/// between them might be what it finds, and what is changed might be found no more.
pub(super) fn is_looked_for(context: &Context<'_>, key: &[u8]) -> bool {
    let known = context.looked_for.get_or_init(|| LookedFor::of(context));
    known.by_filters || known.keys.contains(&key.to_ascii_lowercase())
}

/// Do all releases see the same lines? A byte order mark, and a line that fills the buffer, they do not read alike.
pub(super) fn is_read_alike(effective: &Effective<'_>) -> bool {
    let differs = |tree: &Tree<'_>| tree.fills_a_buffer() || tree.source().starts_with(b"\xEF\xBB\xBF");
    !effective.reads.iter().any(|read| differs(read.tree))
}

/// Does a `(+filter)` look for a section by what it holds?
pub(super) fn has_filters(context: &Context<'_>) -> bool {
    context.looked_for.get_or_init(|| LookedFor::of(context)).by_filters
}

/// What is looked for while a configuration is read.
pub(super) struct LookedFor {
    keys: Set<Vec<u8>>,
    by_filters: bool,
}

impl LookedFor {
    fn of(context: &Context<'_>) -> LookedFor {
        let is_append = |what: &What<'_>| {
            matches!(what, What::Appended { .. } | What::AppendedElsewhere { .. } | What::AppendedToNothing { .. })
        };
        let lines = context.effective.notes.iter().filter(|note| is_append(&note.what)).map(|note| note.at);
        let keys =
            lines.filter_map(|at| Some(context.effective.written(at)?.name.bytes.to_ascii_lowercase())).collect();
        let is_filter = |node: Node<'_>| match node {
            // One that goes on with itself hangs as soon as there is something in it.
            Node::Header(it) => it.items.iter().any(|(item, text)| match item {
                HeaderItem::Append => text.bytes != b"+",
                HeaderItem::Base => text.bytes.is_empty() || text.bytes.eq_ignore_ascii_case(it.name.bytes),
                HeaderItem::Template => false,
            }),
            _ => false,
        };
        let by_filters = context.lines().any(|(_, line)| line.is_header() && is_filter(line.node()));
        LookedFor { keys, by_filters }
    }
}

/// A change to a part of the value of an entry for which nothing looks.
pub(super) fn in_value(context: &Context<'_>, at: Origin, part: Range<usize>, text: &[u8]) -> Option<Edit> {
    let entry = plain(context.effective, at).filter(|entry| !is_looked_for(context, entry.name.bytes))?;
    in_text(context.effective, at, &entry, part, text)
}

/// A word in the key or the value of an entry for which nothing looks, where it stands in the file as it was read.
pub(super) fn word(context: &Context<'_>, at: Origin, span: Span, old: &[u8], new: &str) -> Option<Edit> {
    let entry = plain(context.effective, at).filter(|entry| !is_looked_for(context, entry.name.bytes))?;
    let within = |field: &Range<usize>| field.start <= span.range().start && span.range().end <= field.end;
    let is_field = within(&entry.name.range) || within(&entry.value.range);
    let source = context.effective.read(at).tree.source();
    let behind = source.get(span.range().end).copied();
    // What goes on, or may be there or not, is another word.
    let ends = !behind.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_?*+{".contains(&byte));
    (is_field && ends && source.get(span.range()) == Some(old)).then(|| Edit { span, text: new.into() })
}

/// As `in_value` where the entry is not one of the root file and what it includes.
pub(super) fn in_text(
    effective: &Effective<'_>,
    at: Origin,
    entry: &Entry<'_>,
    part: Range<usize>,
    text: &[u8],
) -> Option<Edit> {
    let value = &entry.value;
    let start = value.range.start;
    (value.range.len() == value.bytes.len())
        .then(|| Edit { span: effective.span(at, start + part.start..start + part.end), text: text.to_vec() })
}
