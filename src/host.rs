//! The only door to files.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// What stands at a path, symbolic links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A device, a socket, a pipe.
    Other,
}

/// Files as the loader and the command line see them.
pub trait Host {
    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// Whatever the system says, and `FileTooLarge` for 4 GiB and more.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// What stands at a path; `None` when there is nothing, or a link to nothing.
    fn kind(&self, path: &Path) -> Option<FileKind>;

    /// The names in a directory, in byte order; none when it cannot be read.
    fn names(&self, path: &Path) -> Vec<OsString>;
}

/// The machine's own files.
pub struct Disk;

impl Host for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut file = fs::File::open(path)?;
        let size = file.metadata().map_or(0, |about| about.len());
        if size >= u64::from(u32::MAX) {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "4 GiB or more"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        file.by_ref().take(u64::from(u32::MAX)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let about = fs::metadata(path).ok()?;
        Some(match () {
            () if about.is_file() => FileKind::Regular,
            () if about.is_dir() => FileKind::Directory,
            () => FileKind::Other,
        })
    }

    fn names(&self, path: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    }
}

/// Files that exist only in memory: for tests, examples and standard input.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// Adds a file, and with it the directories it stands in.
    pub fn add(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> &mut Memory {
        self.files.insert(plain(&path.into()), bytes.into());
        self
    }
}

impl Host for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(&plain(path)).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let path = plain(path);
        if self.files.contains_key(&path) {
            return Some(FileKind::Regular);
        }
        self.files.keys().any(|file| file.starts_with(&path)).then_some(FileKind::Directory)
    }

    fn names(&self, path: &Path) -> Vec<OsString> {
        let path = plain(path);
        let inside = self.files.keys().filter_map(|file| file.strip_prefix(&path).ok()?.components().next());
        let mut names: Vec<OsString> = inside.map(|name| name.as_os_str().to_owned()).collect();
        names.dedup();
        names
    }
}

/// A path without `.`, and with `..` taken literally: memory has no links.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A path from the bytes of a configuration file.
#[cfg(unix)]
pub fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path from the bytes of a configuration file. Asterisk does not run here; text that is not UTF-8 finds nothing.
#[cfg(not(unix))]
pub fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// The bytes of a name.
pub fn name_bytes(name: &std::ffi::OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

/// A variable of the environment; nothing when it is not set, empty or not text.
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
