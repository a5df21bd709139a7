//! `amictl rules`: what is checked.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::RuleInfo;

#[derive(Serialize)]
struct List {
    format: u32,
    rules: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    severity: &'static str,
    strict: bool,
    summary: &'static str,
    doc: &'static str,
    source: &'static str,
}

/// Writes a line for each rule.
///
/// # Errors
///
/// What the writer says.
pub fn list(rules: &[RuleInfo], out: &mut dyn Write) -> io::Result<()> {
    for rule in rules {
        let strict = if rule.is_strict { " (only with --strict)" } else { "" };
        writeln!(out, "{:<28} {:<8} {}{strict}", rule.name, rule.severity.name(), rule.summary)?;
    }
    Ok(())
}

/// Writes all that there is to say of each rule, as JSON.
///
/// # Errors
///
/// What the writer says.
pub fn json(rules: &[RuleInfo], out: &mut dyn Write) -> io::Result<()> {
    let row = |rule: &RuleInfo| Row {
        name: rule.name,
        severity: rule.severity.name(),
        strict: rule.is_strict,
        summary: rule.summary,
        doc: rule.doc,
        source: rule.source,
    };
    serde_json::to_writer_pretty(&mut *out, &List { format: 1, rules: rules.iter().map(row).collect() })?;
    out.write_all(b"\n")
}
