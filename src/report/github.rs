//! Annotations as GitHub's runners take them from the output of a step: a line a finding.

use std::fmt;
use std::io::{self, Write};

use super::CheckReport;
use super::place::{self, Columns};
use crate::finding::Severity;

pub(super) fn write(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let columns = Columns::default();
    for finding in report.findings {
        let file = report.files.get(finding.span.file);
        let (start, end) = (finding.span.start as usize, finding.span.end as usize);
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let [line, end_line] = [start, end].map(|at| file.position(at).line);
        let name = place::path(file, report.here);
        write!(out, "::{level} file={},line={line},endLine={end_line}", Property(&name))?;
        // GitHub refuses columns of several lines.
        if line == end_line {
            let [column, end_column] = [start, end].map(|at| columns.column(file, at));
            write!(out, ",col={column},endColumn={end_column}")?;
        }
        writeln!(out, ",title={}::{}", Property(finding.rule), Data(&report.sentence(finding)))?;
    }
    Ok(())
}

/// The text of a command.
struct Data<'t>(&'t str);

impl fmt::Display for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
    }
}

/// The value of a property of a command, which ends at a comma or a colon.
struct Property<'t>(&'t str);

impl fmt::Display for Property<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Data(self.0).to_string().replace(':', "%3A").replace(',', "%2C"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(Data("50%: a,b\r\n::error::x").to_string(), "50%25: a,b%0D%0A::error::x");
        assert_eq!(Property("a,b:c%\n").to_string(), "a%2Cb%3Ac%25%0A");
    }
}
