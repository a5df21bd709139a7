//! Findings that are known and left alone: only new ones are told. They are known by what they are about, so that lines may
//! move.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::finding::Finding;
use crate::fingerprint::fingerprints;
use crate::text::{Files, SourceFile};

/// The version of the file.
const FORMAT: u64 = 1;

/// Findings that are known.
#[derive(Debug, Default)]
pub struct Baseline {
    /// By file and fingerprint: the rule.
    known: BTreeMap<(String, String), String>,
}

/// Findings, told apart by whether they are known.
pub struct Told {
    /// Those that are not.
    pub new: Vec<Finding>,
    /// How many are.
    pub known: usize,
    /// How many were known and are no more, in files that were read, of rules that were asked for.
    pub gone: usize,
}

impl Baseline {
    /// Reads the text of a baseline.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Baseline, String> {
        let value: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if value.get("format").and_then(Value::as_u64) != Some(FORMAT) {
            return Err(format!("its `format` is not {FORMAT}"));
        }
        let Some(rows) = value.get("findings").and_then(Value::as_array) else {
            return Err("it has no list of `findings`".to_owned());
        };
        let mut known = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
            let (Some(file), Some(rule), Some(mark)) = (text("file"), text("rule"), text("fingerprint")) else {
                return Err(format!("finding {} has no `file`, `rule` and `fingerprint`", number + 1));
            };
            known.insert((file, mark), rule);
        }
        Ok(Baseline { known })
    }

    /// Tells known findings from new ones. `folder`: where the baseline lies.
    pub fn tell(&self, findings: Vec<Finding>, files: &Files, folder: &Path, is_on: impl Fn(&str) -> bool) -> Told {
        let marks = fingerprints(&findings, files);
        let mut left = self.known.clone();
        let (mut new, mut known) = (Vec::new(), 0);
        for (finding, mark) in findings.into_iter().zip(marks) {
            let key = (name(files.get(finding.span.file), folder), mark.to_string());
            match left.remove(&key).is_some() || self.known.contains_key(&key) {
                true => known += 1,
                false => new.push(finding),
            }
        }
        let read: Vec<String> = files.iter().map(|file| name(file, folder)).collect();
        let gone = left.iter().filter(|((file, _), rule)| read.contains(file) && is_on(rule)).count();
        Told { new, known, gone }
    }

    /// The text of a baseline in which all these findings are known.
    pub fn text(findings: &[Finding], files: &Files, folder: &Path) -> String {
        let row = |(finding, mark): (&Finding, _)| -> Map<String, Value> {
            let file = name(files.get(finding.span.file), folder);
            let fields = [("file", file), ("rule", finding.rule.to_owned()), ("fingerprint", format!("{mark}"))];
            let fields = fields.into_iter().chain([("message", finding.message.clone())]);
            fields.map(|(key, value)| (key.to_owned(), Value::String(value))).collect()
        };
        let rows: Vec<_> = findings.iter().zip(fingerprints(findings, files)).map(row).collect();
        format!("{:#}\n", json!({"format": FORMAT, "findings": rows}))
    }
}

/// The name of a file as seen from a folder, with `/` on every system.
fn name(file: &SourceFile, folder: &Path) -> String {
    let absolute = |path: &Path| plain(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let (path, folder) = (absolute(file.path()), absolute(folder));
    let shared = path.components().zip(folder.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}
