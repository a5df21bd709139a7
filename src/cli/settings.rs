//! `amictl.toml`: settings that a repository keeps beside its configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::exit::Failure;
use crate::catalog::nearest;
use crate::finding::Severity;
use crate::host::{FileKind, Host};
use crate::rules;

/// The name of the file.
pub(super) const NAME: &str = "amictl.toml";

const KEYS: &[&str] = &["asterisk", "etc", "root", "complete", "fail-on", "strict", "roots", "rules"];

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
    /// Rules with a severity of their own, which switches a strict one on; `None` switches a rule off.
    pub(super) rules: BTreeMap<&'static str, Option<Severity>>,
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
    let table = DeTable::parse(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Failure::usage(format!("{name}:{}: {}", line(&text, at), error.message()))
    })?;
    let reader = Reader { name: name.to_string(), text: &text, folder: path.parent().unwrap_or(Path::new("")) };
    reader.settings(table.get_ref())
}

struct Reader<'t> {
    name: String,
    text: &'t str,
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
                "rules" => settings.rules = self.rules(value)?,
                other => return Err(self.unknown(key, "setting", other, KEYS.iter().copied())),
            }
        }
        Ok(settings)
    }

    fn rules(&self, value: &Spanned<DeValue<'_>>) -> Result<BTreeMap<&'static str, Option<Severity>>, Failure> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.wrong(value, "a table of rules and their severities"));
        };
        let mut found = BTreeMap::new();
        for (key, value) in table {
            let Some(rule) = rules::by_name(key.get_ref()) else {
                return Err(self.unknown(key, "rule", key.get_ref(), rules::names()));
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
        severity.ok_or_else(|| self.wrong(value, "\"error\", \"warning\", \"info\" or, for a rule, \"off\""))
    }

    fn path(&self, value: &Spanned<DeValue<'_>>) -> Result<PathBuf, Failure> {
        match value.get_ref() {
            DeValue::String(text) => Ok(self.folder.join(&**text)),
            _ => Err(self.wrong(value, "a path in quotes")),
        }
    }

    fn flag(&self, value: &Spanned<DeValue<'_>>) -> Result<bool, Failure> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.wrong(value, "true or false")),
        }
    }

    /// A list of texts, or one text.
    fn strings(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Failure> {
        let text = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.wrong(value, "text in quotes, or a list of such")),
        };
        match value.get_ref() {
            DeValue::Array(list) => list.iter().map(text).collect(),
            _ => Ok(vec![text(value)?]),
        }
    }

    fn wrong<T>(&self, value: &Spanned<T>, wanted: &str) -> Failure {
        Failure::usage(format!("{}: expected {wanted}", self.place(value.span().start)))
    }

    fn unknown<'n, T>(
        &self,
        key: &Spanned<T>,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) -> Failure {
        let failure = Failure::usage(format!("{}: there is no {what} `{name}`", self.place(key.span().start)));
        match nearest(name.as_bytes(), known.clone()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None if known.clone().count() < 10 => {
                failure.help(format!("known: {}", known.collect::<Vec<_>>().join(", ")))
            }
            None => failure,
        }
    }

    fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, line(self.text, at))
    }
}

fn line(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].bytes().filter(|&byte| byte == b'\n').count() + 1
}
