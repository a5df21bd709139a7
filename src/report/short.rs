//! One line a finding: `file:line:column: severity: what: effect [rule]`.

use std::io::{self, Write};

use super::CheckReport;

pub(super) fn write(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let file = report.files.get(finding.span.file);
        let start = file.position(finding.span.start as usize);
        writeln!(
            out,
            "{}:{}:{}: {}: {}; {}: {} [{}]",
            file.name(),
            start.line,
            start.column,
            finding.severity.name(),
            finding.message,
            report.speaks_of(finding),
            finding.effect,
            finding.rule,
        )?;
    }
    Ok(())
}
