//! Examples of rules: small files with marks under what is found. They are the rule's tests and part of its page.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{All, Check, Role, Rule, Selection, check};
use crate::config::{Place, World};
use crate::finding::{Finding, Severity};
use crate::host::{Host as _, Memory, Rights};
use crate::release::Release;
use crate::text::Files;

/// Where examples lie.
const ETC: &str = "/etc/asterisk";

/// The day of examples: the first of 2026.
const TODAY: Duration = Duration::from_secs(20_454 * 24 * 60 * 60);

/// A file with or without a mistake.
///
/// A line that begins, after blanks, with `^` is a mark: the rule finds something at just the bytes above it, and what
/// it says contains the text behind the mark. Marks are taken out before the file is read. `{{a*8190}}` stands for a
/// repeated text; of a line with one, only the beginning of the finding is compared.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// Must the rule find something?
    pub is_bad: bool,
    /// The root file, with marks.
    pub text: &'static str,
    /// Its name, which gives it its role.
    pub name: &'static str,
    /// Other files beside it, with marks.
    pub files: &'static [(&'static str, &'static str)],
    /// The releases for which it is read; all series when empty.
    pub releases: &'static str,
    /// What is not there is absent, as on the switch itself.
    pub complete: bool,
    /// The files that everybody on the machine may read.
    pub read_by_all: &'static [&'static str],
    /// And those that they may write to.
    pub written_by_all: &'static [&'static str],
    /// What makes it good, or bad.
    pub because: &'static str,
}

/// A file in which the rule finds just what is marked.
pub(super) const fn bad(text: &'static str) -> Example {
    Example {
        is_bad: true,
        text,
        name: "manager.conf",
        files: &[],
        releases: "",
        complete: false,
        read_by_all: &[],
        written_by_all: &[],
        because: "",
    }
}

/// A file in which the rule finds nothing.
pub(super) const fn good(text: &'static str) -> Example {
    Example {
        is_bad: false,
        text,
        name: "manager.conf",
        files: &[],
        releases: "",
        complete: false,
        read_by_all: &[],
        written_by_all: &[],
        because: "",
    }
}

impl Example {
    /// Says why.
    pub(super) const fn because(self, because: &'static str) -> Example {
        Example { because, ..self }
    }

    /// Gives the root file another name.
    pub(super) const fn called(self, name: &'static str) -> Example {
        Example { name, ..self }
    }

    /// Adds files beside the root.
    pub(super) const fn beside(self, files: &'static [(&'static str, &'static str)]) -> Example {
        Example { files, ..self }
    }

    /// Reads it for these releases only, as `--asterisk` takes them.
    pub(super) const fn on(self, releases: &'static str) -> Example {
        Example { releases, ..self }
    }

    /// Reads it as on the switch itself.
    pub(super) const fn complete(self) -> Example {
        Example { complete: true, ..self }
    }

    /// Lets everybody on the machine read some of the files.
    pub(super) const fn read_by_all(self, read_by_all: &'static [&'static str]) -> Example {
        Example { read_by_all, ..self }
    }

    /// Lets everybody on the machine write to some of the files.
    pub(super) const fn written_by_all(self, written_by_all: &'static [&'static str]) -> Example {
        Example { written_by_all, ..self }
    }

    /// The root file without its marks.
    pub fn plain(&self) -> String {
        unmarked(self.text).0
    }

    /// Runs a rule on it and compares.
    ///
    /// # Errors
    ///
    /// What the rule found that is not marked, or did not find that is.
    pub fn run(&self, rule: &'static Rule) -> Result<Vec<Finding>, ExampleError> {
        let (memory, marks) = self.laid_out();
        let files = Files::default();
        let path = Path::new(ETC).join(self.name);
        let bytes = memory.read(&path).unwrap_or_default();
        let world = World::new(&files, &memory, self.place());
        let root = files.add(self.name.to_owned(), path, bytes).id();
        let only = Only(rule);
        let selection: &dyn Selection = if matches!(rule.check, Check::Suppression(_)) { &All } else { &only };
        let mut findings = check(&world, root, Role::of(self.name), &self.asked(), selection);
        findings.retain(|finding| finding.rule == rule.name);
        compare(&findings, marks, &files).map(|()| findings)
    }

    /// Its files, and where they lie.
    pub fn files(&self) -> (Memory, PathBuf) {
        (self.laid_out().0, Path::new(ETC).join(self.name))
    }

    /// Where its files are looked for.
    pub fn place(&self) -> Place {
        Place { etc: ETC.into(), root: None, complete: self.complete }
    }

    fn laid_out(&self) -> (Memory, Vec<Mark>) {
        let (mut memory, mut marks) = (Memory::default(), Vec::new());
        memory.set_now(TODAY);
        for (name, text) in self.files.iter().copied().chain([(self.name, self.text)]) {
            let (plain, found) = unmarked(text);
            memory.add(Path::new(ETC).join(name), expanded(&plain));
            marks.extend(found.into_iter().map(|mark| Mark { file: name, ..mark }));
        }
        for name in self.read_by_all.iter().chain(self.written_by_all) {
            let (read, write) = (self.read_by_all.contains(name), self.written_by_all.contains(name));
            memory.set_rights(Path::new(ETC).join(name), Rights { read, write });
        }
        (memory, marks)
    }

    /// The releases that it is read for.
    pub fn asked(&self) -> Vec<Release> {
        if self.releases.is_empty() {
            return Release::all_series();
        }
        self.releases.split(',').filter_map(|name| Release::parse(name.trim()).ok()).collect()
    }
}

/// Where an example and its rule disagree.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ExampleError {
    /// A finding that is not marked.
    #[error("not marked: {0}")]
    NotMarked(String),
    /// A mark without a finding.
    #[error("marked and not found: {0}")]
    NotFound(String),
}

/// One rule alone, strict or not.
pub struct Only(pub &'static Rule);

impl Selection for Only {
    fn severity(&self, rule: &'static Rule, own: Severity) -> Option<Severity> {
        std::ptr::eq(rule, self.0).then_some(own)
    }
}

/// A stretch of a line that a rule must find, and a part of what it must say.
#[derive(Debug)]
struct Mark {
    file: &'static str,
    line: usize,
    columns: std::ops::Range<usize>,
    says: String,
    /// The line above is longer than it looks.
    open_end: bool,
}

/// A text without its marks, and the marks.
fn unmarked(text: &str) -> (String, Vec<Mark>) {
    let mut plain = String::new();
    let mut marks = Vec::new();
    let (mut line, mut above) = (0, "");
    for part in text.split_inclusive('\n') {
        let Some(mark) = part.trim_start_matches(' ').strip_prefix('^') else {
            plain.push_str(part);
            (line, above) = (line + 1, part);
            continue;
        };
        let start = part.len() - mark.len();
        let end = start + mark.bytes().take_while(|&byte| byte == b'^').count();
        let says = part[end..].trim().to_owned();
        marks.push(Mark { file: "", line, columns: start..end + 1, says, open_end: above.contains("{{") });
    }
    (plain, marks)
}

/// `{{a*3}}` as `aaa`.
fn expanded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let parts = after.split_once("}}").and_then(|(inner, behind)| Some((inner.rsplit_once('*')?, behind)));
        match parts.and_then(|((what, times), behind)| Some((what, times.parse().ok()?, behind))) {
            Some((what, times, behind)) => {
                out.push_str(&what.repeat(times));
                rest = behind;
            }
            None => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn compare(findings: &[Finding], mut marks: Vec<Mark>, files: &Files) -> Result<(), ExampleError> {
    for finding in findings {
        let file = files.get(finding.span.file);
        let (start, end) = (file.position(finding.span.start as usize), file.position(finding.span.end as usize));
        let name = file.name().trim_start_matches(ETC).trim_start_matches('/');
        let said = format!("{}; {}; {}", finding.message, finding.effect, finding.help.as_deref().unwrap_or_default());
        let fits = |mark: &Mark| {
            let ends = (end.line, end.column) == (mark.line, mark.columns.end) || mark.open_end;
            name == mark.file
                && (start.line, start.column) == (mark.line, mark.columns.start)
                && ends
                && said.contains(&mark.says)
        };
        match marks.iter().position(fits) {
            Some(at) => drop(marks.remove(at)),
            None => {
                let place = format!("{name}:{}:{}..{}:{}", start.line, start.column, end.line, end.column);
                return Err(ExampleError::NotMarked(format!("{place}: {said}")));
            }
        }
    }
    match marks.first() {
        None => Ok(()),
        Some(mark) => {
            let place = format!("{}:{}:{}..{}", mark.file, mark.line, mark.columns.start, mark.columns.end);
            Err(ExampleError::NotFound(format!("{place}: {}", mark.says)))
        }
    }
}
