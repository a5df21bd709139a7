//! Which Asterisks there are to ask: those that `setup` installed, or one of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, fs};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

/// One Asterisk that can be started.
pub(crate) struct Installation {
    /// The folder it is confined to, if it is one of ours.
    pub(crate) root: Option<PathBuf>,
    /// The program, as seen from inside `root`.
    pub(crate) binary: PathBuf,
    pub(crate) about: About,
}

/// The note that `setup` leaves beside a finished chroot; without it there is no installation.
#[derive(Serialize, Deserialize)]
pub(crate) struct About {
    /// The bare release, `16.28.0`: the name of the folder of its recordings.
    pub(crate) release: String,
    /// What `asterisk -V` says.
    pub(crate) version: String,
    /// The exact version of the package.
    pub(crate) package: String,
}

/// There is no Asterisk to ask, for a reason that is not a fault of amictl.
#[derive(Debug)]
pub(crate) struct Unavailable(pub(crate) String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}

const ABOUT: &str = "about.json";

impl Installation {
    pub(crate) fn all() -> Result<Vec<Installation>> {
        let mut installations = Vec::new();
        let cache = cache()?;
        for entry in fs::read_dir(&cache).into_iter().flatten() {
            installations.extend(Installation::open(&entry?.path())?);
        }
        installations.sort_by(|a, b| a.about.release.cmp(&b.about.release));
        if installations.is_empty() {
            let message = format!("no Asterisk in `{}`: run `cargo judge oracle setup` as root", cache.display());
            return Err(Unavailable(message).into());
        }
        Ok(installations)
    }

    pub(crate) fn find(wanted: &str) -> Result<Installation> {
        let all = Installation::all()?;
        let known = all.iter().map(|it| it.about.release.as_str()).collect::<Vec<_>>().join(", ");
        all.into_iter().find(|it| it.about.is(wanted)).ok_or_else(|| {
            let message = format!("`{wanted}` is not installed (there is {known}): see `cargo judge oracle setup`");
            Unavailable(message).into()
        })
    }

    /// The finished installation in `folder`, if it holds one.
    pub(crate) fn open(folder: &Path) -> Result<Option<Installation>> {
        let note = folder.join(ABOUT);
        if !note.is_file() {
            return Ok(None);
        }
        let about = serde_json::from_slice(&fs::read(&note)?).with_context(|| format!("in `{}`", note.display()))?;
        Ok(Some(Installation { root: Some(folder.join("root")), binary: "/usr/sbin/asterisk".into(), about }))
    }

    pub(crate) fn on_this_machine(binary: &Path) -> Result<Installation> {
        let binary = binary.canonicalize().with_context(|| format!("no Asterisk at `{}`", binary.display()))?;
        let output = Command::new(&binary).arg("-V").output();
        let output = output.with_context(|| format!("`{}` does not run", binary.display()))?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let release = release_in(&version)?;
        let about = About { release, package: format!("{version}, as found on the machine"), version };
        Ok(Installation { root: None, binary, about })
    }
}

impl About {
    /// Whether this is what the user called `wanted`: a release, or the series it is of.
    fn is(&self, wanted: &str) -> bool {
        self.release == wanted || self.release.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        Ok(fs::write(folder.join(ABOUT), serde_json::to_string_pretty(self)? + "\n")?)
    }
}

/// The release in the output of `asterisk -V`: `Asterisk 16.28.0~dfsg-0+deb11u4` is 16.28.0.
pub(crate) fn release_in(version: &str) -> Result<String> {
    let Some(name) = version.strip_prefix("Asterisk ") else { bail!("`{version}` does not name an Asterisk release") };
    let end = name.find(['~', '+', ' ']).unwrap_or(name.len());
    Ok(name[..end].replace('/', "-"))
}

pub(crate) fn cache() -> Result<PathBuf> {
    let folder = |name| env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    folder("AMICTL_ORACLE_DIR")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("amictl/oracle")))
        .or_else(|| Some(folder("HOME")?.join(".cache/amictl/oracle")))
        .context("nowhere to keep an Asterisk: set AMICTL_ORACLE_DIR to a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_the_version_without_what_a_packager_added() {
        for (version, release) in [
            ("Asterisk 16.28.0~dfsg-0+deb11u4", "16.28.0"),
            ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", "22.10.1"),
            ("Asterisk 23.4.1", "23.4.1"),
            ("Asterisk certified/20.7-cert3", "certified-20.7-cert3"),
        ] {
            assert_eq!(release_in(version).ok().as_deref(), Some(release));
        }
        assert!(release_in("OpenSSL 3").is_err());
    }
}
