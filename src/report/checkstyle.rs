//! The XML of Checkstyle: of each file that was read its findings, in order. `grammar/schemas/checkstyle.xsd` has it.

use std::io::{self, Write};

use super::CheckReport;
use super::place::{self, Columns};
use super::xml::Escaped;

/// The version of Checkstyle whose form it is; readers want one.
const VERSION: &str = "4.3";

pub(super) fn write(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let columns = Columns::default();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"{VERSION}\">")?;
    for (file, findings) in report.by_file() {
        let name = place::path(file, report.here);
        if findings.is_empty() {
            writeln!(out, "  <file name=\"{}\"/>", Escaped(&name))?;
            continue;
        }
        writeln!(out, "  <file name=\"{}\">", Escaped(&name))?;
        for finding in findings {
            let start = finding.span.start as usize;
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"amictl.{}\"/>",
                file.position(start).line,
                columns.column(file, start),
                finding.severity.name(),
                Escaped(&report.sentence(finding)),
                finding.rule,
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}
