//! A configuration that a server keeps for as long as a session lives that began under it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self_cell::self_cell;

use crate::access::Configuration;
use crate::config::manager::{Manager, tls};
use crate::config::{self, Effective, Note, Place, Section, World};
use crate::host::{FileKind, Host};
use crate::release::Release;
use crate::text::{FileId, Files};

/// Files, and how they are come by.
struct Base {
    files: Files,
    host: Arc<dyn Host>,
    place: Place,
    root: FileId,
    release: Release,
}

self_cell!(
    struct WorldCell {
        owner: Base,
        #[not_covariant]
        dependent: World,
    }
);

self_cell!(
    struct EffectiveCell {
        owner: WorldCell,
        #[covariant]
        dependent: Effective,
    }
);

self_cell!(
    struct ManagerCell {
        owner: EffectiveCell,
        #[covariant]
        dependent: Manager,
    }
);

/// Why a file cannot be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// There is none, or none that can be read.
    Missing,
    /// It is not in Asterisk's configuration directory.
    Outside,
}

/// A configuration as one release holds it, with the files that it was read from.
pub struct Loaded(ManagerCell);

impl Loaded {
    /// Reads a root file, and what it includes.
    ///
    /// # Errors
    ///
    /// What the system says of the root file.
    pub fn read(host: Arc<dyn Host>, root: PathBuf, place: Place, release: Release) -> io::Result<Loaded> {
        let files = Files::default();
        let bytes = host.read(&root)?;
        let root = files.add(root.display().to_string(), root, bytes).id();
        Ok(Loaded::new(host, files, root, place, release))
    }

    /// The same of a root file that was read.
    pub fn new(host: Arc<dyn Host>, files: Files, root: FileId, place: Place, release: Release) -> Loaded {
        let base = Base { files, host, place, root, release };
        let world = WorldCell::new(base, |base| World::new(&base.files, &*base.host, base.place.clone()));
        let effective = EffectiveCell::new(world, |world| {
            world.with_dependent(|base, world| config::load(world, base.root, base.release))
        });
        Loaded(ManagerCell::new(effective, |cell| {
            cell.borrow_owner()
                .with_dependent(|base, world| Manager::load(world, cell.borrow_dependent(), base.release))
        }))
    }

    /// Reads a file of Asterisk's configuration directory as it is now. By `manager.conf` the file is meant that is served,
    /// whatever its name. With what is made of it comes how many bytes were read.
    pub(super) fn look<T>(&self, name: &[u8], look: impl FnOnce(&Effective<'_>) -> T) -> Result<(T, usize), Unread> {
        let base = self.base();
        let path = base.place.within(name).ok_or(Unread::Outside)?;
        let path = match path == base.place.etc.join("manager.conf") {
            true => base.files.get(base.root).path().to_owned(),
            false => path,
        };
        if base.host.kind(&path) != Some(FileKind::Regular) {
            return Err(Unread::Missing);
        }
        // A link may lead out.
        if !base.host.is_below(&path, &base.place.etc) && path != base.files.get(base.root).path() {
            return Err(Unread::Outside);
        }
        let bytes = base.host.read(&path).map_err(|_| Unread::Missing)?;
        let files = Files::default();
        let file = files.add(path.display().to_string(), path, bytes).id();
        let world = World::new(&files, &*base.host, base.place.clone());
        let made = look(&config::load(&world, file, base.release));
        Ok((made, files.iter().map(|file| file.bytes().len()).sum()))
    }

    /// `systemname` of the asterisk.conf beside the file; empty without one.
    ///
    /// Source: `load_asterisk_conf` in main/options.c; that events have it was measured on 16.28.0 and 22.10.1.
    pub(super) fn system_name(&self) -> Vec<u8> {
        let read = |effective: &Effective<'_>| {
            let is_options =
                |section: &&Section<'_>| section.name.eq_ignore_ascii_case(b"options") && !section.template;
            let options = effective.sections.iter().find(is_options);
            let named = options.iter().flat_map(|section| section.content.iter());
            let last = named.filter(|entry| entry.name.eq_ignore_ascii_case(b"systemname")).last();
            last.map(|entry| entry.value.to_vec()).unwrap_or_default()
        };
        self.look(b"asterisk.conf", read).map(|(name, _)| name).unwrap_or_default()
    }

    /// What the manager holds.
    pub fn manager(&self) -> &Manager<'_> {
        self.0.borrow_dependent()
    }

    /// What the file holds.
    pub fn effective(&self) -> &Effective<'_> {
        self.0.borrow_owner().borrow_dependent()
    }

    /// Asks something of the very files that were read: of what is served, and not of what may stand there by now.
    pub fn ask<R>(&self, question: impl FnOnce(&World<'_>, FileId) -> R) -> R {
        let world = self.0.borrow_owner().borrow_owner();
        world.with_dependent(|base, world| question(world, base.root))
    }

    /// Why Asterisk does not load it, if it does not: in a sentence, with the place.
    pub(super) fn why_not(&self) -> String {
        let is_fatal = |note: &&Note<'_>| note.fatal;
        let Some(note) = self.effective().notes.iter().find(is_fatal) else {
            return "Asterisk does not load this".to_owned();
        };
        let place = self.base().files.place(self.effective().text(note.at));
        format!("Asterisk does not load {place}: {}", note.message())
    }

    /// All files that were read, as they were; and those of the certificate and of the key, as they are.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let named = self.base().files.iter().filter(|file| !file.path().as_os_str().is_empty());
        let read = named.map(|file| (file.path().to_owned(), file.bytes().to_vec()));
        let keys = self.tls_files().into_iter().flatten();
        read.chain(keys.filter_map(|path| Some((path.clone(), self.read_file(&path).ok()?)))).collect()
    }

    /// Where all files are that were read, those of the certificate and of the key, and those that clients may ask for.
    pub fn paths(&self) -> Vec<PathBuf> {
        let base = self.base();
        let etc = if base.place.etc.as_os_str().is_empty() { Path::new(".") } else { &base.place.etc };
        let is_conf = |name: &OsString| Path::new(name).extension().is_some_and(|it| it == "conf");
        let beside = base.host.names(etc).into_iter().filter(is_conf).map(|name| etc.join(name));
        let read = base.files.iter().filter(|file| !file.path().as_os_str().is_empty());
        let read = read.map(|file| file.path().to_owned());
        read.chain(self.tls_files().into_iter().flatten()).chain(beside).collect()
    }

    /// The files of the certificate and of the key, where they can be named.
    pub(super) fn tls_files(&self) -> Option<[PathBuf; 2]> {
        let world = self.0.borrow_owner().borrow_owner();
        world.with_dependent(|_, world| tls::paths(world, &self.manager().general.tls))
    }

    /// The bytes of a file that the configuration names.
    pub(super) fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.borrow_owner().borrow_owner().borrow_owner().host.read(path)
    }

    /// The release that holds it.
    pub fn release(&self) -> Release {
        self.base().release
    }

    fn base(&self) -> &Base {
        self.0.borrow_owner().borrow_owner().borrow_owner()
    }

    /// What the evaluator asks.
    pub fn configuration(&self) -> Configuration<'_, '_> {
        let manager = self.manager();
        Configuration { effective: self.effective(), accounts: &manager.accounts, listeners: &manager.listeners }
    }
}
