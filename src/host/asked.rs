//! Which directories a host was asked about.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{FileKind, Host, Rights, real_file};

/// A host, and the directories in which it was asked for something, whether that was there or not.
pub struct Asked<H> {
    under: H,
    folders: Mutex<BTreeSet<PathBuf>>,
}

impl<H: Host> Asked<H> {
    /// It has not been asked so far.
    pub fn new(under: H) -> Asked<H> {
        Asked { under, folders: Mutex::default() }
    }

    /// Where it was asked for something; of a symbolic link, where that is and where it leads to. In place of a directory
    /// that is not there it is the one in which it would have to be put first.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let is_there = |folder: &&Path| self.under.kind(folder) == Some(FileKind::Directory);
        let nearest = |folder: &PathBuf| {
            let found = folder.ancestors().map(or_here).find(is_there);
            found.unwrap_or(Path::new(".")).to_path_buf()
        };
        self.noted().iter().map(nearest).collect()
    }

    fn noted(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, path: &Path) {
        let real = real_file(path);
        for path in [Some(path), real.as_deref()].into_iter().flatten() {
            self.noted().extend(path.parent().map(|folder| or_here(folder).to_path_buf()));
        }
    }
}

/// A path that is empty is that of the directory one is in.
fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

impl<H: Host> Host for Asked<H> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.note(path);
        self.under.read(path)
    }

    fn stream(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        self.note(path);
        self.under.stream(path)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        self.note(path);
        self.under.kind(path)
    }

    fn length(&self, path: &Path) -> Option<u64> {
        self.under.length(path)
    }

    fn rights_of_all(&self, path: &Path) -> Option<Rights> {
        self.under.rights_of_all(path)
    }

    fn is_below(&self, path: &Path, directory: &Path) -> bool {
        self.under.is_below(path, directory)
    }

    fn names(&self, path: &Path) -> Vec<OsString> {
        self.noted().insert(or_here(path).to_path_buf());
        self.under.names(path)
    }

    fn now(&self) -> Duration {
        self.under.now()
    }
}
