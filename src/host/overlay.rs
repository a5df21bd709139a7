//! Files of a host, some of which have other bytes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{FileKind, Host, Rights};

/// A host in which the bytes of some files are others.
pub struct Overlay<'h> {
    under: &'h dyn Host,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl<'h> Overlay<'h> {
    /// The same files, so far.
    pub fn new(under: &'h dyn Host) -> Overlay<'h> {
        Overlay { under, files: BTreeMap::new() }
    }

    /// Gives a file other bytes.
    pub fn set(&mut self, path: PathBuf, bytes: Vec<u8>) {
        self.files.insert(path, bytes);
    }

    /// The files with other bytes.
    pub fn files(&self) -> impl Iterator<Item = (&PathBuf, &Vec<u8>)> {
        self.files.iter()
    }
}

impl Host for Overlay<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).map_or_else(|| self.under.read(path), |bytes| Ok(bytes.clone()))
    }

    fn stream(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        match self.files.get(path) {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            None => self.under.stream(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        self.under.kind(path)
    }

    fn length(&self, path: &Path) -> Option<u64> {
        self.files.get(path).map_or_else(|| self.under.length(path), |bytes| Some(bytes.len() as u64))
    }

    fn rights_of_all(&self, path: &Path) -> Option<Rights> {
        self.under.rights_of_all(path)
    }

    fn is_below(&self, path: &Path, directory: &Path) -> bool {
        self.under.is_below(path, directory)
    }

    fn names(&self, path: &Path) -> Vec<OsString> {
        self.under.names(path)
    }

    fn now(&self) -> Duration {
        self.under.now()
    }
}
