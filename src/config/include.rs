//! Which files a directive brings.

use std::cell::Cell;
use std::path::{Component, Path, PathBuf};

use super::{Place, World};
use crate::host::{FileKind, name_bytes, path_of};
use crate::text::SourceFile;

use super::glob;

/// Asterisk keeps a path in 256 bytes; what is longer is cut (main/config.c, `config_text_file_load`).
const LONGEST_PATH: usize = 255;

/// The directory that Asterisk has compiled in.
pub(super) const DEFAULT_ETC: &str = "/etc/asterisk";

/// What one path of an include turns out to be.
pub(super) enum Found<'f> {
    File(&'f SourceFile),
    NotRegular,
    /// There, but not to be read by amictl.
    Unreadable,
    Missing,
}

impl Place {
    /// The file that a name, relative or absolute, means in Asterisk's configuration directory or below it; nothing where
    /// it leads out of that. Symbolic links are not looked at.
    pub fn within(&self, name: &[u8]) -> Option<PathBuf> {
        let path = path_of(name);
        let stands_in = !self.complete && self.root.is_none();
        let full = match (path.strip_prefix("/"), &self.root) {
            (Err(_), _) => self.etc.join(&path),
            (Ok(_), None) if stands_in && path.starts_with(DEFAULT_ETC) => {
                self.etc.join(path.strip_prefix(DEFAULT_ETC).ok()?)
            }
            (Ok(below), Some(root)) => root.join(below),
            (Ok(_), None) => path.clone(),
        };
        let mut plain = PathBuf::new();
        for part in full.strip_prefix(&self.etc).ok()?.components() {
            match part {
                Component::Normal(name) => plain.push(name),
                Component::CurDir => {}
                Component::ParentDir => plain.pop().then_some(())?,
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(self.etc.join(plain))
    }
}

impl<'f> World<'f> {
    /// The paths that an include names, in order, and what is there. `characters`: are patterns read in UTF-8
    /// characters; `looked` counts what was looked at.
    pub(super) fn include(&self, name: &[u8], characters: &dyn Fn() -> bool, looked: &Cell<u64>) -> Vec<Found<'f>> {
        let place = self.place();
        let etc = name_bytes(place.etc.as_os_str());
        let (base, pattern, room) = match name.strip_prefix(b"/") {
            Some(rest) => match self.under_etc(name) {
                Some(inner) => (place.etc.clone(), inner, LONGEST_PATH.saturating_sub(DEFAULT_ETC.len() + 1)),
                None => {
                    let root = place.root.clone().unwrap_or_else(|| "/".into());
                    (root, rest, LONGEST_PATH - 1)
                }
            },
            None => {
                let prefix = if place.complete { etc.len() } else { DEFAULT_ETC.len() };
                (place.etc.clone(), name, LONGEST_PATH.saturating_sub(prefix + 1))
            }
        };
        let pattern = &pattern[..pattern.len().min(room)];
        let folder = glob::Folder { host: self.host, base: &base, characters, looked };
        let paths = glob::expand(&folder, pattern);
        paths.iter().map(|path| self.open(&base, &path[..path.len().min(room)])).collect()
    }

    /// The file of this name in Asterisk's configuration directory.
    pub(super) fn neighbour(&self, name: &str) -> Found<'f> {
        self.open(&self.place().etc, name.as_bytes())
    }

    /// Off the switch, an absolute path into Asterisk's own directory means the directory that stands in for it.
    pub(super) fn under_etc<'n>(&self, name: &'n [u8]) -> Option<&'n [u8]> {
        if self.place().complete || self.place().root.is_some() {
            return None;
        }
        name.strip_prefix(DEFAULT_ETC.as_bytes())?.strip_prefix(b"/")
    }

    fn open(&self, base: &Path, path: &[u8]) -> Found<'f> {
        let full = base.join(path_of(path));
        match self.host.kind(&full) {
            None => Found::Missing,
            Some(FileKind::Directory | FileKind::Other) => Found::NotRegular,
            Some(FileKind::Regular) => self.read(full),
        }
    }

    fn read(&self, full: PathBuf) -> Found<'f> {
        if let Some(file) = self.files.find(&full) {
            return Found::File(file);
        }
        match self.host.read(&full) {
            Ok(bytes) => Found::File(self.files.add(full.display().to_string(), full, bytes)),
            Err(_) => Found::Unreadable,
        }
    }
}
