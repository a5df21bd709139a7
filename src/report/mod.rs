//! Finished values into text: one file a format. Nothing is computed here, and nothing but this layer knows formats.

pub mod action;
pub mod diff;
pub mod dump;
pub mod events;
pub mod explain;
mod human;
mod json;
pub mod login;
pub mod manager;
mod manager_general;
mod manager_human;
mod short;
mod snippet;
mod text;
mod variables;
pub mod what_if;
pub mod wrap;

use std::io::{self, Write};

use crate::finding::{Finding, Severity};
use crate::release::{Release, phrase};
use crate::text::{Files, Secrets};

/// The outcome of a check, ready to be printed.
pub struct CheckReport<'a> {
    /// The findings, in order.
    pub findings: &'a [Finding],
    /// The files that were read.
    pub files: &'a Files,
    /// The releases that were asked for.
    pub releases: &'a [Release],
    /// May secrets be shown.
    pub secrets: Secrets,
    /// Findings only.
    pub quiet: bool,
}

/// How a report for people looks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// With line drawing beyond ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// Every finding in full, however many there are of a kind.
    pub all: bool,
}

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, with the text around each finding.
    Human,
    /// One line a finding.
    Short,
    /// For programs.
    Json,
}

impl CheckReport<'_> {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn write(&self, format: Format, look: Look, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Human => human::write(self, look, out),
            Format::Short => short::write(self, out),
            Format::Json => json::write(self, out),
        }
    }

    /// How many findings there are of a severity.
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The releases of a finding, in words.
    fn speaks_of(&self, finding: &Finding) -> String {
        phrase(&finding.releases, self.releases)
    }

    /// One line on the whole.
    fn summary(&self) -> String {
        let releases = phrase(self.releases, self.releases);
        let mut parts = Vec::new();
        for (severity, one, many) in [
            (Severity::Error, "error", "errors"),
            (Severity::Warning, "warning", "warnings"),
            (Severity::Info, "note", "notes"),
        ] {
            match self.count(severity) {
                0 => {}
                1 => parts.push(format!("1 {one}")),
                count => parts.push(format!("{count} {many}")),
            }
        }
        let found = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
        let files = match self.files.iter().count() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let unrun: Vec<Release> = self.releases.iter().copied().filter(|release| !release.is_recorded()).collect();
        let backing = match unrun.len() {
            0 => String::new(),
            _ if unrun.len() == self.releases.len() => " (by source, not run)".to_owned(),
            _ => format!(" ({} by source, not run)", phrase(&unrun, self.releases)),
        };
        format!("{found} in {files}, for Asterisk {releases}{backing}")
    }
}
