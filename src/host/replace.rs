//! A file gives way to another, at once and whole: nobody ever reads half of it, Asterisk neither.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Why a file was not replaced. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Its bytes are no longer those that were read.
    #[error("it was changed meanwhile")]
    Changed,
    /// It is a symbolic link, or stands behind one, that leads out of the folders that may be written to.
    #[error("a symbolic link leads out of the configuration, to `{0}`")]
    Outside(PathBuf),
    /// What the system says.
    #[error("{0}")]
    System(#[from] io::Error),
}

/// Gives a file new bytes, if it still has the old ones and is really in one of some folders. Mode and owner stay; of a
/// symbolic link the file that it leads to is replaced.
///
/// # Errors
///
/// Why it was not done. The file is as it was then.
pub fn replace(path: &Path, old: &[u8], new: &[u8], folders: &[PathBuf]) -> Result<(), ReplaceError> {
    let real = fs::canonicalize(path)?;
    let is_inside = folders.iter().filter_map(|folder| fs::canonicalize(folder).ok()).any(|it| real.starts_with(it));
    if !is_inside {
        return Err(ReplaceError::Outside(real));
    }
    let folder = real.parent().unwrap_or(Path::new("/"));
    let mut fresh = tempfile::Builder::new().prefix(".amictl-").tempfile_in(folder)?;
    fresh.write_all(new)?;
    keep_owner_and_mode(&real, fresh.as_file())?;
    fresh.as_file().sync_all()?;
    // As late as can be.
    if fs::read(&real)? != old {
        return Err(ReplaceError::Changed);
    }
    fresh.persist(&real).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file that is not there yet.
///
/// # Errors
///
/// What the system says; `AlreadyExists` where there is one.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::create_new(path)?.write_all(bytes)
}

/// A file to write to as things happen; what was in it is gone. `is_private`: a new one is for its owner alone.
///
/// # Errors
///
/// Whatever the system says.
pub fn write_to(path: &Path, is_private: bool) -> io::Result<Box<dyn io::Write>> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    Ok(Box::new(options.open(path)?))
}

/// Writes a file, at once and whole; what cannot be replaced, such as a device, is written to.
///
/// # Errors
///
/// What the system says.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = fs::metadata(path);
    if old.as_ref().is_ok_and(|old| !old.is_file()) {
        return File::options().write(true).open(path)?.write_all(bytes);
    }
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = real.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::metadata(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut fresh = builder.prefix(".amictl-").tempfile_in(folder)?;
    fresh.write_all(bytes)?;
    if let Ok(old) = old {
        fresh.as_file().set_permissions(old.permissions())?;
    }
    fresh.persist(&real).map_err(|error| error.error)?;
    Ok(())
}

/// Where a path leads to: the regular file that is there, or that would be.
pub fn real_file(path: &Path) -> Option<PathBuf> {
    match fs::canonicalize(path) {
        Ok(real) => real.is_file().then_some(real),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
        }
    }
}

/// Do two paths lead to one regular file, whatever its names are?
#[cfg(unix)]
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let number = |path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|about| (about.dev(), about.ino()));
    number(a).is_some_and(|file| number(b) == Some(file))
}

/// Do two paths lead to one regular file? Of a hard link it is not told here.
#[cfg(not(unix))]
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    real_file(a).is_some_and(|file| file.is_file() && real_file(b) == Some(file))
}

#[cfg(unix)]
fn keep_owner_and_mode(of: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let (old, new) = (fs::metadata(of)?, file.metadata()?);
    if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
        fchown(file, Some(old.uid()), Some(old.gid()))?;
    }
    // Changing the owner may take mode bits away.
    file.set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn keep_owner_and_mode(of: &Path, file: &File) -> io::Result<()> {
    file.set_permissions(fs::metadata(of)?.permissions())
}
