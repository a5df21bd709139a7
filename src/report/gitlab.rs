//! The report on code quality that GitLab reads. `grammar/schemas/gitlab-code-quality.schema.json` has it.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;

use super::CheckReport;
use super::place;
use crate::finding::{Finding, Severity};
use crate::fingerprint::{Fingerprint, fingerprints};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    /// Of two with the same, GitLab shows one.
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

pub(super) fn write(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let prints = fingerprints(report.findings, report.files);
    let mut taken = HashSet::new();
    let issue = |(finding, print): (&Finding, Fingerprint)| {
        let file = report.files.get(finding.span.file);
        let [begin, end] = [finding.span.start, finding.span.end].map(|at| file.position(at as usize).line);
        let mut print = print.within(&place::path_bytes(file, report.here));
        // A file that two roots include under two names is read twice.
        while !taken.insert(print) {
            print = print.within(b"again");
        }
        Issue {
            description: report.sentence(finding),
            check_name: finding.rule,
            fingerprint: print.to_string(),
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "info",
            },
            location: Location { path: place::path(file, report.here), lines: Lines { begin, end } },
        }
    };
    let issues: Vec<Issue> = report.findings.iter().zip(prints).map(issue).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    out.write_all(b"\n")
}
