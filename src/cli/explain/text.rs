//! Text for a terminal or a pipe: wrapped, and with control characters made visible.

use std::io::{self, Write};

use crate::report::wrap::hanging;

/// Text, a list of `- ` items, or lines of a file, which are indented.
pub(super) fn paragraph(text: &str, out: &mut dyn Write) -> io::Result<()> {
    if text.starts_with("    ") {
        return text.lines().try_for_each(|line| writeln!(out, "{line}"));
    }
    let mut lines = text.lines().peekable();
    while let Some(first) = lines.next() {
        let mut item = first.to_owned();
        while let Some(more) = lines.next_if(|line| !line.starts_with("- ")) {
            item.extend([" ", more]);
        }
        match item.strip_prefix("- ") {
            Some(inner) => bulleted(inner, out)?,
            None => wrapped(&item, "", out)?,
        }
    }
    Ok(())
}

/// One item of a list, its further lines below its first.
fn bulleted(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Vec::new();
    wrapped(text, "  ", &mut lines)?;
    if let Some(mark) = lines.first_mut() {
        *mark = b'-';
    }
    out.write_all(&lines)
}

pub(super) fn indented(text: &str, out: &mut dyn Write) -> io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "    {}", line.replace('\t', " ").escape_debug_controls()))
}

pub(super) fn wrapped(text: &str, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    hanging(text, indent, indent, out)
}

/// `label: text`, further lines indented.
pub(super) fn field(label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    hanging(&format!("{label}: {text}"), "", "  ", out)
}

trait EscapeControls {
    /// With control characters made visible.
    fn escape_debug_controls(&self) -> String;
}

impl EscapeControls for str {
    fn escape_debug_controls(&self) -> String {
        self.chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
            .collect()
    }
}
