//! The only door to files, environment and clock.

#[cfg(feature = "server")]
mod asked;
mod date;
mod overlay;
mod replace;
#[cfg(feature = "server")]
mod watch;

#[cfg(feature = "server")]
pub use asked::Asked;
pub use date::{Date, timestamp};
pub use overlay::Overlay;
pub use replace::{ReplaceError, create, is_same_file, put, real_file, replace, write_to};
#[cfg(feature = "server")]
pub use watch::{WatchError, Watcher};

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// What everybody who has an account on the machine may do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// Read it.
    pub read: bool,
    /// Write to it, or put another one in its place.
    pub write: bool,
}

/// Files as the loader and the command line see them.
pub trait Host {
    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// Whatever the system says, and `FileTooLarge` for 4 GiB and more.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The bytes of a file of any length, one after the other.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn stream(&self, path: &Path) -> io::Result<Box<dyn Read>>;

    /// What stands at a path; `None` when there is nothing, or a link to nothing.
    fn kind(&self, path: &Path) -> Option<FileKind>;

    /// How many bytes a regular file has, symbolic links followed; nothing for what is none.
    fn length(&self, path: &Path) -> Option<u64>;

    /// What everybody may do with a file, symbolic links followed and the directories above it looked at; nothing where
    /// that cannot be told.
    fn rights_of_all(&self, path: &Path) -> Option<Rights>;

    /// Does a path lead to something in a directory or below it, symbolic links followed?
    fn is_below(&self, path: &Path, directory: &Path) -> bool;

    /// The names in a directory, in byte order; none when it cannot be read.
    fn names(&self, path: &Path) -> Vec<OsString>;

    /// The time since the beginning of 1970, UTC.
    fn now(&self) -> Duration;
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

    fn stream(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(fs::File::open(path)?))
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let about = fs::metadata(path).ok()?;
        Some(match () {
            () if about.is_file() => FileKind::Regular,
            () if about.is_dir() => FileKind::Directory,
            () => FileKind::Other,
        })
    }

    fn length(&self, path: &Path) -> Option<u64> {
        fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|about| about.len())
    }

    #[cfg(unix)]
    fn rights_of_all(&self, path: &Path) -> Option<Rights> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = fs::canonicalize(path).ok()?;
        let mut steps: Vec<&Path> = path.ancestors().collect();
        steps.reverse();
        let modes = steps.iter().map(|step| Some(fs::metadata(step).ok()?.permissions().mode()));
        Some(rights(&modes.collect::<Option<Vec<u32>>>()?))
    }

    #[cfg(not(unix))]
    fn rights_of_all(&self, _: &Path) -> Option<Rights> {
        None
    }

    fn is_below(&self, path: &Path, directory: &Path) -> bool {
        let real = |path: &Path| fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path });
        matches!((real(path), real(directory)), (Ok(path), Ok(directory)) if path.starts_with(&directory))
    }

    fn names(&self, path: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    }

    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// What the modes of a file, the last one, and of the directories above it, from the root on, give to everybody.
fn rights(modes: &[u32]) -> Rights {
    const STICKY: u32 = 0o1000;
    let Some((file, folders)) = modes.split_last() else { return Rights::default() };
    // Who may write to a directory may put another file, or directory, in the place of one in it.
    let mut write = false;
    for folder in folders {
        if folder & 0o001 == 0 {
            return Rights { read: false, write };
        }
        write |= folder & 0o002 != 0 && folder & STICKY == 0;
    }
    Rights { read: file & 0o004 != 0, write: write || file & 0o002 != 0 }
}

/// Files that exist only in memory: for tests, examples and standard input.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    nodes: BTreeMap<PathBuf, Node>,
    rights: BTreeMap<PathBuf, Rights>,
    now: Duration,
}

#[derive(Debug, Clone)]
enum Node {
    File(Vec<u8>),
    Folder,
    Link(PathBuf),
}

impl Memory {
    /// Adds a file, and with it the directories it stands in.
    pub fn add(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> &mut Memory {
        self.nodes.insert(plain(&path.into()), Node::File(bytes.into()));
        self
    }

    /// Adds a directory, perhaps an empty one.
    pub fn add_folder(&mut self, path: impl Into<PathBuf>) -> &mut Memory {
        self.nodes.insert(plain(&path.into()), Node::Folder);
        self
    }

    /// Adds a symbolic link to a file; `target` is relative to the link's directory.
    pub fn add_link(&mut self, path: impl Into<PathBuf>, target: impl AsRef<Path>) -> &mut Memory {
        let path = plain(&path.into());
        let target = plain(&path.parent().unwrap_or(Path::new("")).join(target));
        self.nodes.insert(path, Node::Link(target));
        self
    }

    /// Sets what everybody may do with a file: of others it is not known.
    pub fn set_rights(&mut self, path: impl Into<PathBuf>, rights: Rights) -> &mut Memory {
        self.rights.insert(plain(&path.into()), rights);
        self
    }

    /// Sets the clock, which stands still: the time since the beginning of 1970, UTC.
    pub fn set_now(&mut self, now: Duration) -> &mut Memory {
        self.now = now;
        self
    }

    /// The node at a path, behind at most as many links as there are nodes.
    fn find(&self, path: &Path) -> Option<&Node> {
        let mut path = plain(path);
        for _ in 0..=self.nodes.len() {
            match self.nodes.get(&path)? {
                Node::Link(target) => path.clone_from(target),
                node => return Some(node),
            }
        }
        None
    }
}

impl Host for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.find(path) {
            Some(Node::File(bytes)) => Ok(bytes.clone()),
            Some(_) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn stream(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(Cursor::new(self.read(path)?)))
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        match self.find(path) {
            Some(Node::File(_)) => return Some(FileKind::Regular),
            Some(_) => return Some(FileKind::Directory),
            None => {}
        }
        let path = plain(path);
        let inside = self.nodes.keys().any(|file| file.starts_with(&path) && *file != path);
        inside.then_some(FileKind::Directory)
    }

    fn length(&self, path: &Path) -> Option<u64> {
        match self.find(path)? {
            Node::File(bytes) => Some(bytes.len() as u64),
            _ => None,
        }
    }

    fn rights_of_all(&self, path: &Path) -> Option<Rights> {
        self.rights.get(&plain(path)).copied()
    }

    fn is_below(&self, path: &Path, directory: &Path) -> bool {
        path.starts_with(directory)
    }

    fn names(&self, path: &Path) -> Vec<OsString> {
        let path = plain(path);
        let inside = self.nodes.keys().filter_map(|file| file.strip_prefix(&path).ok()?.components().next());
        let mut names: Vec<OsString> = inside.map(|name| name.as_os_str().to_owned()).collect();
        names.dedup();
        names
    }

    fn now(&self) -> Duration {
        self.now
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

/// A number that nobody can guess.
pub fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    // The keys of a hasher come from the system.
    std::hash::RandomState::new().build_hasher().finish()
}

/// Lets the process open as many files as it may ask for: a shell mostly allows far fewer.
pub fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // Without it there are fewer connections at a time, and that is all.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// Asks a process to end.
pub fn terminate(process: u32) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process};
        if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
    #[cfg(not(unix))]
    let _ = process;
}

/// A variable of the environment; nothing when it is not set, empty or not text.
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_where_each_directory_lets_them() {
        let of = |modes: &[u32]| (rights(modes).read, rights(modes).write);
        assert_eq!(of(&[0o755, 0o755, 0o644]), (true, false));
        assert_eq!(of(&[0o755, 0o755, 0o640]), (false, false));
        assert_eq!(of(&[0o755, 0o750, 0o666]), (false, false), "nobody gets to the file");
        assert_eq!(of(&[0o755, 0o755, 0o666]), (true, true));
        assert_eq!(of(&[0o755, 0o777, 0o640]), (false, true), "another file can be put there");
        assert_eq!(of(&[0o755, 0o1777, 0o640]), (false, false), "of others' files nobody can do so there");
        assert_eq!(of(&[0o755, 0o777, 0o700, 0o600]), (false, true), "nor when a directory above can be replaced");
    }
}
