//! Which files are judged, and as what.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::roots::{Roots, absolute, role_of};
use super::settings::Settings;
use super::{Reading, settings};
use crate::config::Place;
use crate::host::{FileKind, Host};
use crate::release::Release;
use crate::rules::Role;
use crate::text::{FileId, Files};

/// Asterisk's configuration directory on a switch: what is not there is absent.
const ON_THE_SWITCH: &str = "/etc/asterisk";

/// A root file to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) path: PathBuf,
    pub(super) role: Role,
}

/// Is it standard input that a path means?
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The roots that some paths stand for, each once.
pub(super) fn find(
    host: &dyn Host,
    paths: &[PathBuf],
    reading: &Reading,
    settings: &Settings,
    release: Release,
) -> Result<Vec<Target>, Failure> {
    let roots = Roots::new(host, reading, settings, release);
    let mut targets: Vec<Target> = Vec::new();
    let mut known = BTreeSet::new();
    let mut add = |target: Target| {
        if known.insert(absolute(&target.path)) {
            targets.push(target);
        }
    };
    for path in paths {
        match host.kind(path) {
            _ if is_stdin(path) => add(Target { path: path.clone(), role: role_of(&reading.stdin_name) }),
            None => return Err(Failure::input(format!("there is no file `{}`", path.display()))),
            Some(FileKind::Directory) => {
                let mut found = Vec::new();
                walk(host, path, &mut found);
                if !found.iter().any(|target| target.role == Role::Manager) {
                    let failure = Failure::input(format!("there is no manager.conf below `{}`", path.display()));
                    return Err(failure.help("name the file itself if it has another name"));
                }
                found.into_iter().for_each(&mut add);
            }
            Some(_) => roots.of(path).into_iter().for_each(&mut add),
        }
    }
    Ok(targets)
}

/// All files below a folder whose names give them a role of their own, in byte order.
fn walk(host: &dyn Host, folder: &Path, found: &mut Vec<Target>) {
    for name in host.names(folder) {
        let path = if folder == Path::new(".") { PathBuf::from(&name) } else { folder.join(&name) };
        let text = name.to_string_lossy();
        match host.kind(&path) {
            Some(FileKind::Directory) if !text.starts_with('.') && text != "node_modules" && text != "target" => {
                walk(host, &path, found);
            }
            Some(FileKind::Regular) if matches!(&*text, "manager.conf" | "acl.conf" | "users.conf") => {
                found.push(Target { role: Role::of(&text), path });
            }
            _ => {}
        }
    }
}

/// Where the files of a root are looked for.
pub(super) fn place(root: &Path, reading: &Reading, settings: &Settings) -> Place {
    let file = if is_stdin(root) { &reading.stdin_name } else { root };
    let folder = || file.parent().unwrap_or(Path::new("")).to_owned();
    let etc = reading.etc.clone().or_else(|| settings.etc.clone()).unwrap_or_else(folder);
    let complete = reading.complete || settings.complete.unwrap_or(etc == Path::new(ON_THE_SWITCH));
    Place { root: reading.root.clone().or_else(|| settings.root.clone()), complete, etc }
}

/// Reads a root file.
pub(super) fn open(host: &dyn Host, files: &Files, path: &Path, reading: &Reading) -> Result<FileId, Failure> {
    if is_stdin(path) {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| Failure::input(format!("cannot read standard input: {error}")))?;
        let name = reading.stdin_name.clone();
        return Ok(files.add(name.display().to_string(), name, bytes).id());
    }
    if let Some(file) = files.find(path) {
        return Ok(file.id());
    }
    if host.kind(path) == Some(FileKind::Directory) {
        let inside = path.join("manager.conf");
        let failure = Failure::input(format!("`{}` is a folder, and this is for one file", path.display()));
        return Err(failure.help(format!("name the file in it: `{}`", inside.display())));
    }
    let bytes =
        host.read(path).map_err(|error| Failure::input(format!("cannot read `{}`: {error}", path.display())))?;
    Ok(files.add(path.display().to_string(), path.to_owned(), bytes).id())
}

/// The settings that hold for some paths: those of the first.
pub(super) fn settings(host: &dyn Host, paths: &[PathBuf], named: Option<&Path>) -> Result<Settings, Failure> {
    match (named, paths.first()) {
        (Some(named), _) => settings::read(host, named),
        (None, Some(path)) if !is_stdin(path) => settings::find(host, path),
        _ => settings::find(host, Path::new(".")),
    }
}
