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
