//! The report for programs. `format` is 1; fields may be added, never changed or taken away.

use std::io::{self, Write};

use serde::Serialize;

use super::CheckReport;
use crate::finding::{Finding, Severity};
use crate::text::{Files, Span};

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    releases: Vec<Release>,
    findings: Vec<JsonFinding<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Release {
    release: String,
    recorded: bool,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: &'a str,
    message: String,
    effect: &'a str,
    help: Option<&'a str>,
    #[serde(flatten)]
    place: Place<'a>,
    releases: Vec<String>,
    related: Vec<Related<'a>>,
    fixes: [(); 0],
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
    byte: usize,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
}

pub(super) fn write(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let whole = Report {
        format: 1,
        releases: report
            .releases
            .iter()
            .map(|release| Release { release: release.to_string(), recorded: release.is_recorded() })
            .collect(),
        findings: report.findings.iter().map(|finding| json(finding, report.files)).collect(),
        summary: Summary {
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            infos: report.count(Severity::Info),
        },
    };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    out.write_all(b"\n")
}

fn json<'a>(finding: &'a Finding, files: &'a Files) -> JsonFinding<'a> {
    JsonFinding {
        rule: finding.rule,
        severity: finding.severity.name(),
        message: format!("{}: {}", finding.message, finding.effect),
        effect: &finding.effect,
        help: finding.help.as_deref(),
        place: place(finding.span, files),
        releases: finding.releases.iter().map(ToString::to_string).collect(),
        related: finding
            .related
            .iter()
            .map(|(span, message)| Related { message, place: place(*span, files) })
            .collect(),
        fixes: [],
    }
}

fn place(span: Span, files: &Files) -> Place<'_> {
    let file = files.get(span.file);
    let point = |byte: u32| {
        let position = file.position(byte as usize);
        Point { line: position.line, column: position.column, byte: byte as usize }
    };
    Place { file: file.name(), start: point(span.start), end: point(span.end) }
}
