//! Which directories a host was asked about.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Disk, FileKind, Host, Rights};

/// The machine's own files, and the directories in which something was asked for, whether that was there or not.
#[derive(Default)]
pub struct Asked(Mutex<BTreeSet<PathBuf>>);

impl Asked {
    /// Where something was asked for; of a symbolic link, where that is and where it leads to. In place of a directory that is
    /// not there it is the one in which it would have to be put first. Each has one name, however it was asked for.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let nearest = |folder: &PathBuf| folder.ancestors().find_map(|it| fs::canonicalize(or_here(it)).ok());
        self.noted().iter().filter_map(nearest).collect()
    }

    fn noted(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, path: &Path) {
        let real = fs::canonicalize(path).ok();
        let folders = [Some(path), real.as_deref()].into_iter().flatten().filter_map(Path::parent);
        self.noted().extend(folders.map(Path::to_path_buf));
    }
}

/// A path that is empty is that of the directory one is in.
fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

impl Host for Asked {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.note(path);
        Disk.read(path)
    }

    fn stream(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        self.note(path);
        Disk.stream(path)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        self.note(path);
        Disk.kind(path)
    }

    fn length(&self, path: &Path) -> Option<u64> {
        Disk.length(path)
    }

    fn rights_of_all(&self, path: &Path) -> Option<Rights> {
        Disk.rights_of_all(path)
    }

    fn is_below(&self, path: &Path, directory: &Path) -> bool {
        Disk.is_below(path, directory)
    }

    fn names(&self, path: &Path) -> Vec<OsString> {
        self.noted().insert(path.to_path_buf());
        Disk.names(path)
    }

    fn now(&self) -> Duration {
        Disk.now()
    }
}
