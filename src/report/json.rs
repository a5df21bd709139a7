//! The report for programs. `format` is 1; fields may be added, never changed or taken away.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{CheckReport, may_be_shown};
use crate::finding::{Finding, Fix, Severity};
use crate::text::{Edit, Files, SourceFile, Span};

#[derive(Serialize)]
struct Report<'a> {
    format: u32,
    releases: Vec<Release>,
    findings: Vec<JsonFinding<'a>>,
    summary: Summary,
}

/// A release, and whether a recording backs what is said of it.
#[derive(Serialize)]
pub(super) struct Release {
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
    fixes: Vec<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safety: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    #[serde(flatten)]
    file: Name<'a>,
    start_byte: u32,
    end_byte: u32,
    text: std::borrow::Cow<'a, str>,
    /// The same exactly, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    text_base64: Option<String>,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    #[serde(flatten)]
    file: Name<'a>,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Name<'a> {
    file: &'a str,
    /// The same exactly, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_base64: Option<String>,
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
        releases: releases(report.releases),
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

pub(super) fn releases(releases: &[crate::release::Release]) -> Vec<Release> {
    let release = |it: &crate::release::Release| Release { release: it.to_string(), recorded: it.is_recorded() };
    releases.iter().map(release).collect()
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
        fixes: finding.fix.iter().filter(|fix| may_be_shown(fix)).map(|fix| json_fix(fix, files)).collect(),
    }
}

fn json_fix<'a>(fix: &'a Fix, files: &'a Files) -> JsonFix<'a> {
    let edit = |edit: &'a Edit| JsonEdit {
        file: name(files.get(edit.span.file)),
        start_byte: edit.span.start,
        end_byte: edit.span.end,
        text: String::from_utf8_lossy(&edit.text),
        text_base64: std::str::from_utf8(&edit.text).is_err().then(|| STANDARD.encode(&edit.text)),
    };
    JsonFix { title: &fix.title, safety: fix.safety.name(), edits: fix.edits.iter().map(edit).collect() }
}

fn place(span: Span, files: &Files) -> Place<'_> {
    let file = files.get(span.file);
    let point = |byte: u32| {
        let position = file.position(byte as usize);
        Point { line: position.line, column: position.column, byte: byte as usize }
    };
    Place { file: name(file), start: point(span.start), end: point(span.end) }
}

fn name(file: &SourceFile) -> Name<'_> {
    let exact = file.path().to_str().is_none().then(|| STANDARD.encode(file.path().as_os_str().as_encoded_bytes()));
    Name { file: file.name(), file_base64: exact }
}
