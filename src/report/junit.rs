//! The XML of JUnit: a suite for each file that was read, with a failed case for each finding, or one that passes.
//! `grammar/schemas/junit.xsd` has it.

use std::io::{self, Write};

use super::CheckReport;
use super::place::{self, Columns};
use super::xml::Escaped;
use crate::finding::Finding;
use crate::text::SourceFile;

pub(super) fn write(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let columns = Columns::default();
    let suites = report.by_file();
    let tests: usize = suites.iter().map(|(_, findings)| findings.len().max(1)).sum();
    let failures = report.findings.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    // Readers want a time. How long it took says nothing of a file.
    writeln!(out, "<testsuites name=\"amictl\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"0\">")?;
    for (file, findings) in suites {
        let name = place::path(file, report.here);
        let (name, tests, failures) = (Escaped(&name), findings.len().max(1), findings.len());
        writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" time=\"0\">"
        )?;
        if findings.is_empty() {
            writeln!(out, "    <testcase name=\"amictl check\" classname=\"{name}\" file=\"{name}\" time=\"0\"/>")?;
        }
        for finding in findings {
            case(report, file, &name, finding, &columns, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(
    report: &CheckReport<'_>,
    file: &SourceFile,
    name: &Escaped<'_>,
    finding: &Finding,
    columns: &Columns,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (rule, severity) = (finding.rule, finding.severity.name());
    let start = finding.span.start as usize;
    let (line, column) = (file.position(start).line, columns.column(file, start));
    writeln!(
        out,
        "    <testcase name=\"{rule} {line}:{column}\" classname=\"{name}\" file=\"{name}\" line=\"{line}\" time=\"0\">"
    )?;
    writeln!(
        out,
        "      <failure type=\"{severity}\" message=\"{}\">{name}:{line}:{column}: {severity}: {} [{rule}]</failure>",
        Escaped(&finding.message),
        Escaped(&report.sentence(finding)),
    )?;
    writeln!(out, "    </testcase>")
}
