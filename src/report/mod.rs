//! Finished values into text: one file a format. Nothing is computed here, and nothing but this layer knows formats.

pub mod action;
mod checkstyle;
#[cfg(feature = "server")]
pub mod conversation;
pub mod diff;
pub mod dump;
pub mod events;
pub mod explain;
mod github;
mod gitlab;
#[cfg(feature = "server")]
pub mod health;
mod human;
mod json;
mod junit;
#[cfg(feature = "server")]
pub mod listening;
pub mod login;
pub mod manager;
mod manager_general;
mod manager_human;
mod place;
#[cfg(feature = "server")]
pub mod rights;
pub mod rules;
mod sarif;
mod short;
mod snippet;
mod text;
mod variables;
pub mod what_if;
pub mod wrap;
mod xml;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use crate::finding::{Finding, Fix, RuleInfo, Severity};
use crate::release::{Release, phrase};
use crate::text::{FileId, Files, Secrets, SourceFile, redacted};

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
    /// All rules there are, for formats that list them.
    pub rules: &'a [RuleInfo],
    /// The working directory: other programs are told of files as seen from there.
    pub here: &'a Path,
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
    /// SARIF 2.1.0, for services that show findings.
    Sarif,
    /// Annotations of GitHub's runners.
    Github,
    /// GitLab's code quality.
    Gitlab,
    /// The XML of JUnit.
    Junit,
    /// The XML of Checkstyle.
    Checkstyle,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 8] = [
        Format::Human,
        Format::Short,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Checkstyle,
    ];
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
            Format::Sarif => sarif::write(self, out),
            Format::Github => github::write(self, out),
            Format::Gitlab => gitlab::write(self, out),
            Format::Junit => junit::write(self, out),
            Format::Checkstyle => checkstyle::write(self, out),
        }
    }

    /// The files that were read; what stands in none, such as an option of the command line, is not among them.
    fn real_files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| !file.path().as_os_str().is_empty())
    }

    /// The files that were read, each with its findings.
    fn by_file(&self) -> Vec<(&SourceFile, &[Finding])> {
        let parts = self.findings.chunk_by(|a, b| a.span.file == b.span.file);
        let parts: BTreeMap<FileId, &[Finding]> = parts.map(|part| (part[0].span.file, part)).collect();
        self.real_files().map(|file| (file, parts.get(&file.id()).copied().unwrap_or_default())).collect()
    }

    /// All that there is to say of a finding, in one line.
    fn sentence(&self, finding: &Finding) -> String {
        let way_out = finding.help.as_ref().or(finding.fix.as_ref().map(|fix| &fix.title));
        let help = way_out.map(|help| format!("; help: {help}")).unwrap_or_default();
        format!("{}; Asterisk {}: {}{help}", finding.message, self.speaks_of(finding), finding.effect)
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

/// Is a fix free of what looks like a secret? No rule makes another one; a report is not where that comes to light.
fn may_be_shown(fix: &Fix) -> bool {
    fix.edits.iter().all(|edit| edit.text.split(|&byte| byte == b'\n').all(|line| redacted(line).is_none()))
}
