//! Folders that are watched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Watches folders, not what is in folders below them, until it is dropped.
pub struct Watcher {
    inner: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

/// Why a folder is not watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch `{folder}`: {why}")]
pub struct WatchError {
    folder: String,
    why: notify::Error,
}

impl Watcher {
    /// Watches nothing yet. `changed` is called, by a thread of its own, after something in a folder was written, put there,
    /// moved or taken away; it is called often.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new(changed: impl Fn() + Send + 'static) -> Result<Watcher, WatchError> {
        let told = move |event: notify::Result<notify::Event>| match event {
            // That somebody reads a file is no change.
            Ok(notify::Event { kind: EventKind::Access(_), .. }) => {}
            // What was missed may have been one.
            Ok(_) | Err(_) => changed(),
        };
        let inner = notify::recommended_watcher(told).map_err(|why| WatchError { folder: ".".to_owned(), why })?;
        Ok(Watcher { inner, folders: BTreeSet::new() })
    }

    /// The folders that are watched.
    pub fn folders(&self) -> &BTreeSet<PathBuf> {
        &self.folders
    }

    /// From now on these folders are watched, and no others.
    ///
    /// # Errors
    ///
    /// What the system says of the first that cannot be; the others are watched.
    pub fn watch(&mut self, folders: BTreeSet<PathBuf>) -> Result<(), WatchError> {
        for folder in self.folders.difference(&folders) {
            // One that is no more need not be let go.
            let _ = self.inner.unwatch(folder);
        }
        let (mut first, mut watched) = (Ok(()), BTreeSet::new());
        for folder in folders {
            // Again also where it is watched: another one may be in its place by now.
            match self.inner.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(watched.insert(folder)),
                Err(why) => first = first.and(Err(WatchError { folder: shown(&folder), why })),
            }
        }
        self.folders = watched;
        first
    }
}

fn shown(folder: &Path) -> String {
    folder.display().to_string()
}
