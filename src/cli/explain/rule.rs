//! The page of a rule.

use std::io::{self, Write};

use super::text::{indented, paragraph, wrapped};
use crate::rules::Rule;

const STRICT: &str = "\
This rule runs only with `--strict` or `strict = true` in amictl.toml, or when its name stands behind `--select` or has \
a severity under [rules].";

/// The page of a rule.
pub(super) fn page(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({})\n{}\n", rule.name, rule.severity.name(), rule.summary)?;
    if rule.is_strict() {
        wrapped(STRICT, "", out)?;
        writeln!(out)?;
    }
    for text in rule.doc.split("\n\n") {
        paragraph(text, out)?;
        writeln!(out)?;
    }
    for example in rule.examples {
        let kind = if example.is_bad { "Found" } else { "Not found" };
        let because = if example.because.is_empty() { String::new() } else { format!(" ({})", example.because) };
        let name = if example.name == "manager.conf" { String::new() } else { format!(" in {}", example.name) };
        let place = if example.complete { ", on the switch itself" } else { "" };
        writeln!(out, "{kind}{name}{place}{because}:\n")?;
        indented(example.text, out)?;
        for (name, text) in example.files {
            writeln!(out, "  {name}:")?;
            indented(text, out)?;
        }
        for (right, files) in [("read", example.read_by_all), ("write", example.written_by_all)] {
            if !files.is_empty() {
                writeln!(out, "  which everybody may {right}: {}", files.join(", "))?;
            }
        }
        writeln!(out)?;
    }
    wrapped(&format!("Source: {}", rule.source), "", out)
}
