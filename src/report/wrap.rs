//! Text for a terminal or a pipe, wrapped.

use std::io::{self, Write};

const WIDTH: usize = 79;

/// Wraps text behind `first`, and its further lines behind `rest`.
///
/// # Errors
///
/// What the writer says.
pub fn hanging(text: &str, first: &str, rest: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut indent = first;
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{indent}{line}")?;
            line.clear();
            indent = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{indent}{line}")
}
