//! Text for a terminal or a pipe, wrapped.

use std::io::{self, Write};

const WIDTH: usize = 79;

/// Wraps text behind `first`, and its further lines behind `rest`.
///
/// # Errors
///
/// What the writer says.
pub fn hanging(text: &str, first: &str, rest: &str, out: &mut dyn Write) -> io::Result<()> {
    wrapped(text, first, rest, usize::MAX).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// The lines of that; of a text that takes more than `most`, the last one ends in `…`.
pub(super) fn wrapped(text: &str, first: &str, rest: &str, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut indent, mut line) = (first, String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            if lines.len() + 1 == most {
                line.push('…');
                break;
            }
            lines.push(format!("{indent}{line}"));
            line.clear();
            indent = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(format!("{indent}{line}"));
    lines
}
