//! Through which roots a file is judged that is named.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Reading;
use super::settings::Settings;
use super::target::{Target, open, place};
use crate::config::{self, World};
use crate::host::{self, FileKind, Host};
use crate::release::Release;
use crate::rules::Role;
use crate::text::Files;

/// What a manager has beside its manager.conf.
const BESIDE: [(&str, Role); 2] = [("acl.conf", Role::Acl), ("users.conf", Role::Users)];

/// The roots that may be known, and what those that were looked into include.
pub(super) struct Roots<'r> {
    host: &'r dyn Host,
    reading: &'r Reading,
    settings: &'r Settings,
    release: Release,
    /// Each is read once, however many of its fragments are named.
    included: RefCell<BTreeMap<PathBuf, BTreeSet<PathBuf>>>,
}

impl<'r> Roots<'r> {
    pub(super) fn new(host: &'r dyn Host, reading: &'r Reading, settings: &'r Settings, release: Release) -> Roots<'r> {
        Roots { host, reading, settings, release, included: RefCell::default() }
    }

    /// What a file that is named is judged as: a fragment through all known roots that include it; acl.conf and
    /// users.conf as themselves, and with the roots that have them beside them, for it is there that a name is missed.
    pub(super) fn of(&self, path: &Path) -> Vec<Target> {
        let is_root = self.settings.roots.iter().any(|root| same(root, path));
        if is_root || path.file_name().is_some_and(|name| name == "manager.conf") {
            return vec![Target { path: path.to_owned(), role: Role::Manager }];
        }
        let own = Target { path: path.to_owned(), role: role_of(path) };
        let mut found = Vec::new();
        for root in self.known(path) {
            let etc = place(&root, self.reading, self.settings).etc;
            let beside = BESIDE.into_iter().find_map(|(name, role)| {
                let path_beside = etc.join(name);
                match same(&path_beside, path) {
                    true => Some(own.clone()),
                    false => self.includes(&path_beside, path).then_some(Target { path: path_beside, role }),
                }
            });
            if beside.is_some() || self.includes(&root, path) {
                found.extend(beside);
                found.push(Target { path: root, role: Role::Manager });
            }
        }
        if found.is_empty() { vec![own] } else { found }
    }

    /// The roots of the settings, or each manager.conf in the folder of a file or above it.
    fn known(&self, path: &Path) -> Vec<PathBuf> {
        let roots: Vec<PathBuf> = if self.settings.roots.is_empty() {
            let here = std::env::current_dir().unwrap_or_default();
            let above = here.ancestors().skip(1).filter(|_| path.is_relative());
            path.ancestors().skip(1).chain(above).map(|folder| folder.join("manager.conf")).collect()
        } else {
            self.settings.roots.clone()
        };
        roots.into_iter().filter(|root| self.host.kind(root) == Some(FileKind::Regular)).collect()
    }

    fn includes(&self, root: &Path, path: &Path) -> bool {
        let mut included = self.included.borrow_mut();
        included.entry(root.to_owned()).or_insert_with(|| self.included_by(root)).contains(&real(path))
    }

    /// The files that a root includes, also those that a mistake above them keeps Asterisk from. A root that cannot be
    /// read includes none; that is told when it is judged.
    fn included_by(&self, root: &Path) -> BTreeSet<PathBuf> {
        let files = Files::default();
        let world = World::new(&files, self.host, place(root, self.reading, self.settings));
        let Ok(id) = open(self.host, &files, root, self.reading) else { return BTreeSet::new() };
        config::load(&world, id, self.release);
        files.iter().skip(1).map(|file| real(file.path())).collect()
    }
}

/// The role that a file's name gives it, and that of its folder.
pub(super) fn role_of(path: &Path) -> Role {
    let path = absolute(path);
    let in_parts = path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "manager.d");
    match Role::of(&path.file_name().unwrap_or_default().to_string_lossy()) {
        Role::Manager if in_parts => Role::Fragment,
        role => role,
    }
}

/// A path in the one way to write it, with its links as they are: includes are looked for beside a link.
pub(super) fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.components().collect()
}

/// The file that is meant, whichever way leads there.
fn real(path: &Path) -> PathBuf {
    host::real_file(path).unwrap_or_else(|| absolute(path))
}

fn same(a: &Path, b: &Path) -> bool {
    real(a) == real(b)
}
