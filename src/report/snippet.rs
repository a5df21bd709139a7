//! The text around a finding as miette draws it: a few lines, escaped to UTF-8, with secrets masked.
//!
//! miette is given only this window. A whole file would cost milliseconds a finding, and need not be UTF-8.

use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::text::{MASK, Secrets, SourceFile};

/// Lines above and below that are shown too.
const AROUND: usize = 1;

/// A window of a file, and a stretch in it.
#[derive(Debug)]
pub(super) struct Snippet {
    name: String,
    text: String,
    first_line: usize,
    /// Line and column of the stretch, from 0.
    place: (usize, usize),
    label: Range<usize>,
}

impl Snippet {
    /// The window around `range`; no line is wider than `width`.
    pub(super) fn new(file: &SourceFile, range: Range<usize>, secrets: Secrets, width: usize) -> Snippet {
        let start = file.position(range.start);
        let first_line = start.line.saturating_sub(AROUND).max(1);
        let mut snippet = Snippet {
            name: file.name().to_owned(),
            text: String::new(),
            first_line,
            place: (start.line - 1, start.column - 1),
            label: 0..0,
        };
        for line in first_line..=start.line + AROUND {
            let Some(place) = file.line(line) else { break };
            // What stands behind the last newline is no line to people.
            if line > start.line && place.start == file.bytes().len() {
                break;
            }
            let marked = if line == start.line {
                range.start..range.end.min(place.end).max(range.start)
            } else {
                place.start..place.start
            };
            let base = snippet.text.len();
            let (text, label) = shown(file, place, line, marked, secrets, width);
            snippet.text.push_str(&text);
            snippet.text.push('\n');
            if line == start.line {
                snippet.label = base + label.start..base + label.end;
            }
        }
        snippet
    }

    /// The stretch, for miette.
    pub(super) fn label(&self) -> LabeledSpan {
        LabeledSpan::underline(self.label.clone())
    }
}

/// One line as it is shown, and where the marked part of it came to stand.
fn shown(
    file: &SourceFile,
    place: Range<usize>,
    line: usize,
    marked: Range<usize>,
    secrets: Secrets,
    width: usize,
) -> (String, Range<usize>) {
    let hidden = if secrets == Secrets::Masked { file.redacted_on(line) } else { None };
    // Far more than fits is left out on both sides before anything is looked at: lines may be megabytes long.
    let from = marked.start.saturating_sub(width / 2).max(place.start);
    let from = if marked.end <= place.start + width { place.start } else { from };
    let to = place.end.min(from + width);
    let mut text = String::new();
    let mut label = None;
    let mut end = None;
    if from > place.start {
        text.push('…');
    }
    let mut at = from;
    while at < to {
        if at >= marked.start && label.is_none() {
            label = Some(text.len());
        }
        if at >= marked.end && end.is_none() {
            end = Some(text.len());
        }
        if let Some(hidden) = hidden.as_ref().filter(|hidden| hidden.contains(&at)) {
            text.push_str(MASK);
            at = hidden.end;
            continue;
        }
        at += push_unit(&mut text, &file.bytes()[at..place.end]);
    }
    let label = label.unwrap_or(text.len());
    let end = end.unwrap_or(text.len()).max(label);
    if at < place.end && hidden.is_none_or(|hidden| hidden.end < place.end) {
        text.push('…');
    }
    (text, label..end)
}

/// Puts the next character, or byte that is none, where it can be read. Returns how many bytes that was.
fn push_unit(text: &mut String, bytes: &[u8]) -> usize {
    let window = &bytes[..bytes.len().min(4)];
    let valid = window.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    match valid.chars().next() {
        Some('\t') => text.push(' '),
        Some('\r') if bytes.len() == 1 => {}
        Some('\u{feff}') => text.push_str("\\u{feff}"),
        Some(c) if c.is_control() => text.extend(c.escape_default()),
        Some(c) => text.push(c),
        None => {
            text.push_str(&format!("\\x{:02x}", bytes[0]));
            return 1;
        }
    }
    valid.chars().next().map_or(1, char::len_utf8)
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        if span.offset() + span.len() > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        if before == 0 && after == 0 {
            // miette asks so for the place that it puts into the frame.
            let text = &self.text.as_bytes()[span.offset()..span.offset() + span.len()];
            let (line, column) = self.place;
            return Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), text, *span, line, column, 1)));
        }
        let lines = self.text.lines().count();
        let whole = SourceSpan::from(0..self.text.len());
        let contents = MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            whole,
            self.first_line - 1,
            0,
            lines,
        );
        Ok(Box::new(contents))
    }
}
