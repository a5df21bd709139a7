//! Tables of questions and the files of their answers, whatever is asked.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::DeserializeOwned;

/// The tables of a folder, by topic, each with its path.
pub(super) fn tables(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut tables = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "toml") {
            let topic = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            tables.push((topic, path));
        }
    }
    tables.sort();
    Ok(tables)
}

/// The recording at a path, if there is one.
pub(super) fn read<R: DeserializeOwned>(path: &Path) -> io::Result<Option<R>> {
    if !path.exists() {
        return Ok(None);
    }
    let recording = serde_json::from_slice(&fs::read(path)?);
    recording.map(Some).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}
