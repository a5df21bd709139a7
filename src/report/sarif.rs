//! SARIF 2.1.0. `grammar/schemas/sarif-2.1.0.schema.json` is its schema, as OASIS has it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::place::{self, Columns};
use super::{CheckReport, may_be_shown};
use crate::finding::{Finding, Fix, RuleInfo, Safety, Severity};
use crate::fingerprint::{Fingerprint, fingerprints};
use crate::text::{Edit, FileId, Span};

const SCHEMA: &str = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json";

/// The name of our fingerprints. What goes into them never changes; that would be another version.
const PRINT: &str = "amictl/v1";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    artifacts: Vec<Artifact>,
    results: Vec<SarifResult<'a>>,
    properties: RunProperties,
}

#[derive(Serialize)]
struct RunProperties {
    releases: Vec<super::json::Release>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    short_description: Message<'a>,
    full_description: Message<'a>,
    help: Message<'a>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    enabled: bool,
    level: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<&'a str>,
}

#[derive(Serialize)]
struct Artifact {
    location: ArtifactLocation,
    length: usize,
    encoding: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message<'a>,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<SarifFix<'a>>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    properties: ResultProperties,
}

#[derive(Serialize)]
struct ResultProperties {
    releases: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
    /// Its place in the list of the files.
    index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
    byte_offset: u32,
    byte_length: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifFix<'a> {
    description: Message<'a>,
    artifact_changes: Vec<Change>,
    properties: FixProperties,
}

#[derive(Serialize)]
struct FixProperties {
    safety: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    inserted_content: Option<Content>,
}

#[derive(Serialize)]
struct Content {
    text: String,
    /// The same exactly, where the file or the text is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    binary: Option<String>,
}

pub(super) fn write(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut uris: Vec<(String, FileId)> = Vec::new();
    let mut indexes = BTreeMap::new();
    let mut known = HashMap::new();
    for file in report.real_files() {
        // A file that two roots include under two names is read twice.
        let uri = place::uri(file, report.here);
        let index = *known.entry(uri.clone()).or_insert(uris.len());
        if index == uris.len() {
            uris.push((uri, file.id()));
        }
        indexes.insert(file.id(), index);
    }
    let writer = Sarif {
        report,
        columns: Columns::default(),
        files: uris,
        indexes,
        rules: report.rules.iter().enumerate().map(|(index, rule)| (rule.name, index)).collect(),
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [writer.run()] };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

struct Sarif<'a> {
    report: &'a CheckReport<'a>,
    columns: Columns,
    /// The files, by their URIs.
    files: Vec<(String, FileId)>,
    indexes: BTreeMap<FileId, usize>,
    rules: BTreeMap<&'a str, usize>,
}

impl<'a> Sarif<'a> {
    fn run(&self) -> Run<'a> {
        let report = self.report;
        let prints = fingerprints(report.findings, report.files);
        Run {
            tool: Tool {
                driver: Driver {
                    name: "amictl",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: report.rules.iter().map(descriptor).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            artifacts: self.files.iter().map(|(_, file)| self.artifact(*file)).collect(),
            results: report.findings.iter().zip(prints).map(|(finding, print)| self.result(finding, print)).collect(),
            properties: RunProperties { releases: super::json::releases(report.releases) },
        }
    }

    fn artifact(&self, file: FileId) -> Artifact {
        let bytes = self.report.files.get(file).bytes();
        let is_utf8 = self.columns.is_utf8(self.report.files.get(file));
        Artifact {
            location: self.artifact_location(file),
            length: bytes.len(),
            encoding: if is_utf8 { "UTF-8" } else { "ISO-8859-1" },
        }
    }

    fn result(&self, finding: &'a Finding, print: Fingerprint) -> SarifResult<'a> {
        let related = |(span, why): &'a (Span, String)| Location {
            physical_location: self.physical(*span),
            message: Some(text(&**why)),
        };
        SarifResult {
            rule_id: finding.rule,
            rule_index: self.rules.get(finding.rule).copied(),
            level: level(finding.severity),
            message: text(self.report.sentence(finding)),
            locations: [Location { physical_location: self.physical(finding.span), message: None }],
            related_locations: finding.related.iter().map(related).collect(),
            fixes: finding.fix.iter().filter(|fix| is_offered(fix)).map(|fix| self.fix(fix)).collect(),
            partial_fingerprints: BTreeMap::from([(PRINT, print.to_string())]),
            properties: ResultProperties { releases: finding.releases.iter().map(ToString::to_string).collect() },
        }
    }

    fn physical(&self, span: Span) -> PhysicalLocation {
        PhysicalLocation { artifact_location: self.artifact_location(span.file), region: self.region(span) }
    }

    fn artifact_location(&self, file: FileId) -> ArtifactLocation {
        let index = self.indexes[&file];
        ArtifactLocation { uri: self.files[index].0.clone(), index }
    }

    fn region(&self, span: Span) -> Region {
        let file = self.report.files.get(span.file);
        let (start, end) = (span.start as usize, span.end as usize);
        Region {
            start_line: file.position(start).line,
            start_column: self.columns.column(file, start),
            end_line: file.position(end).line,
            end_column: self.columns.column(file, end),
            byte_offset: span.start,
            byte_length: span.end - span.start,
        }
    }

    fn fix(&self, fix: &'a Fix) -> SarifFix<'a> {
        let mut edits: Vec<&Edit> = fix.edits.iter().collect();
        edits.sort();
        let changes = edits.chunk_by(|a, b| a.span.file == b.span.file).map(|edits| Change {
            artifact_location: self.artifact_location(edits[0].span.file),
            replacements: edits.iter().map(|edit| self.replacement(edit)).collect(),
        });
        SarifFix {
            description: text(&*fix.title),
            artifact_changes: changes.collect(),
            properties: FixProperties { safety: fix.safety.name() },
        }
    }

    fn replacement(&self, edit: &Edit) -> Replacement {
        let is_utf8 = self.columns.is_utf8(self.report.files.get(edit.span.file));
        let content = match std::str::from_utf8(&edit.text) {
            Ok(text) if is_utf8 || text.is_ascii() => Content { text: text.to_owned(), binary: None },
            _ => Content {
                text: if is_utf8 {
                    String::from_utf8_lossy(&edit.text).into_owned()
                } else {
                    edit.text.iter().map(|&byte| char::from(byte)).collect()
                },
                binary: Some(STANDARD.encode(&edit.text)),
            },
        };
        Replacement {
            deleted_region: self.region(edit.span),
            inserted_content: (!edit.text.is_empty()).then_some(content),
        }
    }
}

/// May anybody put a fix into effect?
fn is_offered(fix: &Fix) -> bool {
    fix.safety != Safety::Show && may_be_shown(fix)
}

fn descriptor(rule: &RuleInfo) -> Descriptor<'static> {
    Descriptor {
        id: rule.name,
        short_description: text(rule.summary),
        full_description: text(rule.doc.split("\n\n").next().unwrap_or_default()),
        help: Message { markdown: Some(rule.doc), ..text(rule.doc) },
        default_configuration: Configuration { enabled: !rule.is_strict, level: level(rule.severity) },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Message<'a> {
    Message { text: plain(text.into()), markdown: None }
}

/// A text without links: SARIF takes `[staff](!)` for one.
fn plain(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]").into() } else { text }
}
