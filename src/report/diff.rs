//! What is changed in a file, as `diff -u` has it. Secrets are masked, so that it may be shown to anybody.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};

use crate::text::{MASK, Secrets, redacted};

/// So many lines are shown around a change.
const AROUND: usize = 3;

/// Writes the difference of two texts of one file.
///
/// # Errors
///
/// What the writer says.
pub fn write(name: &str, before: &[u8], after: &[u8], secrets: Secrets, out: &mut dyn Write) -> io::Result<()> {
    let diff = TextDiff::from_lines(before, after);
    writeln!(out, "--- {name}\n+++ {name}")?;
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        writeln!(out, "{}", hunk.header())?;
        for change in hunk.iter_changes() {
            out.write_all(match change.tag() {
                ChangeTag::Delete => b"-",
                ChangeTag::Insert => b"+",
                ChangeTag::Equal => b" ",
            })?;
            line(change.value(), secrets, out)?;
        }
    }
    Ok(())
}

fn line(text: &[u8], secrets: Secrets, out: &mut dyn Write) -> io::Result<()> {
    match redacted(text).filter(|_| secrets == Secrets::Masked) {
        Some(secret) => {
            out.write_all(&text[..secret.start])?;
            out.write_all(MASK.as_bytes())?;
            out.write_all(&text[secret.end..])?;
        }
        None => out.write_all(text)?,
    }
    if !text.ends_with(b"\n") {
        out.write_all(b"\n\\ No newline at end of file\n")?;
    }
    Ok(())
}
