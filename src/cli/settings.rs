//! `amictl.toml`: settings that a repository keeps beside its configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::exit::Failure;
use crate::finding::Severity;
use crate::host::{FileKind, Host};
use crate::rules;

/// The name of the file.
pub(super) const NAME: &str = "amictl.toml";

pub(super) const KEYS: &[&str] =
    &["asterisk", "etc", "root", "complete", "fail-on", "strict", "roots", "baseline", "rules", "per-path"];

/// What a settings file says. Paths are already relative to the working directory.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) asterisk: Vec<String>,
    pub(super) etc: Option<PathBuf>,
    pub(super) root: Option<PathBuf>,
    pub(super) complete: Option<bool>,
    pub(super) fail_on: Option<Severity>,
    /// The strict rules run too.
    pub(super) strict: bool,
    pub(super) roots: Vec<PathBuf>,
    pub(super) baseline: Option<PathBuf>,
    /// Rules with a severity of their own, which switches a strict one on; `None` switches a rule off.
    pub(super) rules: Severities,
    /// The same for the files of some paths, in the order of the file: a later one wins.
    pub(super) per_path: Vec<PerPath>,
}

/// Rules with a severity of their own; `None` switches a rule off.
pub(super) type Severities = BTreeMap<&'static str, Option<Severity>>;

/// What holds for findings in some files.
#[derive(Debug)]
pub(super) struct PerPath {
    /// The folder of the settings: patterns are relative to it.
    folder: PathBuf,
    pattern: GlobMatcher,
    pub(super) rules: Severities,
}

impl PerPath {
    /// Is a file one of those that are meant?
    pub(super) fn takes(&self, path: &Path) -> bool {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let (path, folder) = (absolute(path), absolute(&self.folder));
        path.strip_prefix(folder).is_ok_and(|inside| self.pattern.is_match(inside))
    }
}

/// Finds and reads the settings for a path: beside it, or in the nearest folder above.
pub(super) fn find(host: &dyn Host, path: &Path) -> Result<Settings, Failure> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let start = if host.kind(&absolute) == Some(FileKind::Directory) { Some(&*absolute) } else { absolute.parent() };
    let files = start.into_iter().flat_map(Path::ancestors).map(|folder| folder.join(NAME));
    match files.into_iter().find(|file| host.kind(file) == Some(FileKind::Regular)) {
        Some(file) => read(host, &relative(&file)),
        None => Ok(Settings::default()),
    }
}

/// A path below the working directory, as seen from there.
fn relative(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

/// Reads one settings file.
pub(super) fn read(host: &dyn Host, path: &Path) -> Result<Settings, Failure> {
    let name = path.display();
    let bytes = host.read(path).map_err(|error| Failure::input(format!("cannot read {name}: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{name} is not UTF-8")))?;
    let document = Document { name: name.to_string(), text: &text };
    let reader = Reader { document, folder: path.parent().unwrap_or(Path::new("")) };
    reader.settings(reader.document.table()?.get_ref())
}

struct Reader<'t> {
    document: Document<'t>,
    folder: &'t Path,
}

impl Reader<'_> {
    fn settings(&self, table: &DeTable<'_>) -> Result<Settings, Failure> {
        let mut settings = Settings::default();
        for (key, value) in table {
            match &**key.get_ref() {
                "asterisk" => settings.asterisk = self.strings(value)?,
                "etc" => settings.etc = Some(self.path(value)?),
                "root" => settings.root = Some(self.path(value)?),
                "complete" => settings.complete = Some(self.flag(value)?),
                "strict" => settings.strict = self.flag(value)?,
                "fail-on" => settings.fail_on = Some(self.severity(value)?),
                "roots" => settings.roots = self.strings(value)?.iter().map(|path| self.folder.join(path)).collect(),
                "baseline" => settings.baseline = Some(self.path(value)?),
                "rules" => settings.rules = self.rules(value)?,
                "per-path" => settings.per_path = self.per_path(value)?,
                other => return Err(self.document.unknown(key, "setting", other, KEYS.iter().copied())),
            }
        }
        Ok(settings)
    }

    fn per_path(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<PerPath>, Failure> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.document.wrong(value, "tables of rules by pattern, as `[per-path.\"old/*.conf\"]`"));
        };
        let mut found = Vec::new();
        for (key, value) in table {
            // As in a shell: `*` stops at a slash, `**` does not.
            let glob = GlobBuilder::new(key.get_ref()).literal_separator(true).build();
            let pattern = glob.map_err(|error| {
                Failure::usage(format!(
                    "{}: not a pattern of paths: {}",
                    self.document.place(key.span().start),
                    error.kind()
                ))
            })?;
            let (folder, rules) = (self.folder.to_owned(), self.rules(value)?);
            found.push((key.span().start, PerPath { folder, pattern: pattern.compile_matcher(), rules }));
        }
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().map(|(_, per_path)| per_path).collect())
    }

    fn rules(&self, value: &Spanned<DeValue<'_>>) -> Result<Severities, Failure> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.document.wrong(value, "a table of rules and their severities"));
        };
        let mut found = BTreeMap::new();
        for (key, value) in table {
            let Some(rule) = rules::by_name(key.get_ref()) else {
                return Err(self.document.unknown(key, "rule", key.get_ref(), rules::names()));
            };
            let severity = match value.get_ref() {
                DeValue::String(text) if text == "off" => None,
                _ => Some(self.severity(value)?),
            };
            found.insert(rule.name, severity);
        }
        Ok(found)
    }

    fn severity(&self, value: &Spanned<DeValue<'_>>) -> Result<Severity, Failure> {
        let severity = match value.get_ref() {
            DeValue::String(text) => Severity::parse(text),
            _ => None,
        };
        severity.ok_or_else(|| self.document.wrong(value, "\"error\", \"warning\", \"info\" or, for a rule, \"off\""))
    }

    fn path(&self, value: &Spanned<DeValue<'_>>) -> Result<PathBuf, Failure> {
        match value.get_ref() {
            DeValue::String(text) => Ok(self.folder.join(&**text)),
            _ => Err(self.document.wrong(value, "a path in quotes")),
        }
    }

    fn flag(&self, value: &Spanned<DeValue<'_>>) -> Result<bool, Failure> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.document.wrong(value, "true or false")),
        }
    }

    /// A list of texts, or one text.
    fn strings(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Failure> {
        let text = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.document.wrong(value, "text in quotes, or a list of such")),
        };
        match value.get_ref() {
            DeValue::Array(list) => list.iter().map(text).collect(),
            _ => Ok(vec![text(value)?]),
        }
    }
}
