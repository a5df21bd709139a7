//! What a release holds in memory after reading a file: the effective configuration.
//!
//! Includes, templates, `(+)`, `+=` and repeated sections are resolved here, each value with its origin, and what was
//! dropped, ignored, refused or left undecided stays on record as a [`Note`]. This layer knows no findings and no
//! disk: it gets a [`Host`].
//!
//! Source: main/config.c of Asterisk, measured on 13.12.2 to 23.4.1.

mod append;
mod content;
mod filter;
mod glob;
mod include;
mod load;
pub mod manager;
mod names;
mod note;
pub mod options;
mod what_if;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;

use elsa::FrozenVec;

pub use content::{Content, Entry};
pub use filter::fitting;
use names::Names;
pub use note::{Limit, Note, What};
pub use what_if::{Change, WhatIf};

use crate::host::{Date, Host, Rights};
use crate::release::{Quirk, Release};
use crate::syntax::{self, Dialect, Line, Start, Tree};
use crate::text::{FileId, Files, Span};

/// Where files are looked for, and what a file that is not there means.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Asterisk's configuration directory: relative includes are taken from here.
    pub etc: PathBuf,
    /// Absolute paths of the configuration are below this directory.
    pub root: Option<PathBuf>,
    /// What is not there is absent, as Asterisk would find it; otherwise it is unknown.
    pub complete: bool,
}

/// The files of one run and the trees read from them: each file is read once, and parsed once for each way of reading.
pub struct World<'f> {
    /// All files that were read.
    pub files: &'f Files,
    host: &'f dyn Host,
    place: Place,
    /// What-ifs, and the root file that they are about.
    what_ifs: Option<(FileId, Vec<WhatIf>)>,
    trees: FrozenVec<Box<Tree<'f>>>,
    known: RefCell<HashMap<(FileId, Dialect, Start), usize>>,
}

impl<'f> World<'f> {
    /// A world without files.
    pub fn new(files: &'f Files, host: &'f dyn Host, place: Place) -> World<'f> {
        World { files, host, place, what_ifs: None, trees: FrozenVec::new(), known: RefCell::default() }
    }

    /// The same world, in which some sections of a root file say something else.
    #[must_use]
    pub fn changed(self, root: FileId, what_ifs: Vec<WhatIf>) -> World<'f> {
        World { what_ifs: Some((root, what_ifs)), ..self }
    }

    /// The tree of a file, read in one way.
    pub fn tree(&self, file: FileId, dialect: Dialect, start: Start) -> &Tree<'f> {
        let key = (file, dialect, start);
        let mut known = self.known.borrow_mut();
        let at = *known.entry(key).or_insert_with(|| {
            self.trees.push(Box::new(syntax::parse(self.files.get(file).bytes(), dialect, start)));
            self.trees.len() - 1
        });
        &self.trees[at]
    }

    /// The day on which all this is looked at.
    pub fn today(&self) -> Date {
        Date::of(self.host.now())
    }

    /// What everybody on the machine may do with a file: only where its mode is the one that Asterisk will find, which a
    /// working tree of git does not keep.
    pub(crate) fn rights_of_all(&self, path: &std::path::Path) -> Option<Rights> {
        let etc = std::path::absolute(&self.place.etc).unwrap_or_default();
        let is_tree = || etc.ancestors().any(|folder| self.host.kind(&folder.join(".git")).is_some());
        let counts = self.place.complete && (etc == std::path::Path::new(include::DEFAULT_ETC) || !is_tree());
        if counts { self.host.rights_of_all(path) } else { None }
    }

    /// Where files are looked for.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

/// A release that is asked for its behaviours, and remembers which ones mattered.
pub(crate) struct Asked {
    release: Release,
    touched: Cell<u64>,
}

impl Asked {
    fn new(release: Release) -> Asked {
        Asked { release, touched: Cell::new(0) }
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.touched.set(self.touched.get() | 1 << quirk as u32);
        self.release.has(quirk)
    }

    /// Would another release have given the same answers?
    fn speaks_for(&self, other: Release) -> bool {
        let touched = Quirk::all().filter(|&quirk| self.touched.get() & 1 << quirk as u32 != 0);
        let mut differs = touched.filter(|&quirk| self.release.has(quirk) != other.has(quirk));
        differs.next().is_none()
    }
}

/// Which reading of a file: a file that is included twice is read twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadId(u32);

/// One reading of one file.
#[derive(Clone, Copy)]
pub struct Read<'t> {
    /// The file.
    pub file: FileId,
    /// Its lines.
    pub tree: &'t Tree<'t>,
    /// The line that included it; `None` for the root.
    pub from: Option<Origin>,
    /// How many of its lines were read: fewer than there are when the reading was cut short.
    pub lines: usize,
}

/// Where something comes from: a line, in one reading of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The reading.
    pub read: ReadId,
    /// The line, from 0, as Asterisk counts reads.
    pub line: u32,
}

/// Which section of an [`Effective`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(u32);

impl SectionId {
    /// Its place among the sections, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A section as held in memory.
pub struct Section<'t> {
    /// The name, cut at 79 bytes.
    pub name: &'t [u8],
    /// It is a template: nobody sees it but those that inherit from it.
    pub template: bool,
    /// The sections that it inherited from, in order.
    pub bases: Vec<SectionId>,
    /// Its entries, inherited ones included.
    pub content: Content<'t>,
    /// Its header.
    pub origin: Origin,
    /// The headers that appended to it.
    pub appended: Vec<Origin>,
}

/// How a load ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Asterisk has the configuration.
    Loads,
    /// Asterisk refuses the whole file, for the reason of this note.
    Refused(usize),
    /// Asterisk never comes back, for the reason of this note.
    Hangs(usize),
    /// amictl gives up, for the reason of this note.
    Limit(usize),
}

/// What a release makes of a file.
pub struct Effective<'t> {
    /// How it ends.
    pub outcome: Outcome,
    /// The sections, in order. Of a file that is refused: those that there would be if each reason for it was mended.
    pub sections: Vec<Section<'t>>,
    /// What Asterisk, or amictl, has to say of it, in the order of reading.
    pub notes: Vec<Note<'t>>,
    /// Every reading of a file, the root first.
    pub reads: Vec<Read<'t>>,
    names: Names<'t>,
}

impl<'t> Effective<'t> {
    /// The sections of a name, templates too, in order. Letter case does not matter.
    pub fn named(&self, name: &[u8]) -> &[SectionId] {
        self.names.get(name)
    }

    /// The line of an origin.
    pub fn line(&self, origin: Origin) -> Line<'t> {
        self.read(origin).tree.line(origin.line as usize)
    }

    /// The reading of an origin.
    pub fn read(&self, origin: Origin) -> &Read<'t> {
        &self.reads[origin.read.0 as usize]
    }

    /// A range of the file of an origin.
    pub fn span(&self, origin: Origin, range: std::ops::Range<usize>) -> Span {
        Span::new(self.read(origin).file, range)
    }

    /// The live text of an origin's line.
    pub fn text(&self, origin: Origin) -> Span {
        self.span(origin, self.line(origin).text().range)
    }

    /// A section by its id.
    pub fn section(&self, id: SectionId) -> &Section<'t> {
        &self.sections[id.0 as usize]
    }

    /// All sections, with their ids.
    pub fn sections(&self) -> impl Iterator<Item = (SectionId, &Section<'t>)> {
        self.sections.iter().enumerate().map(|(at, section)| (SectionId(crate::text::offset(at)), section))
    }

    /// All readings, with their ids.
    pub fn reads(&self) -> impl Iterator<Item = (ReadId, &Read<'t>)> {
        self.reads.iter().enumerate().map(|(at, read)| (ReadId(crate::text::offset(at)), read))
    }

    /// The origin of a line of a reading.
    pub fn origin(&self, read: ReadId, line: usize) -> Origin {
        Origin { read, line: crate::text::offset(line) }
    }

    /// The notes of what is not here to be looked at, or was not run: it may change anything that is said of the whole.
    pub fn open(&self) -> impl Iterator<Item = &Note<'t>> {
        self.notes.iter().filter(|note| note.is_open())
    }

    /// Was some file not there to be looked at?
    pub fn is_partial(&self) -> bool {
        self.notes.iter().any(|note| matches!(note.what, What::IncludeUnknown { .. }))
    }

    /// Is a line in the root file?
    pub fn in_root(&self, origin: Origin) -> bool {
        origin.read.0 == 0
    }
}

/// What some releases, alike in everything this file touches, make of it.
pub struct Loaded<'t> {
    /// The releases, in the order in which they were asked for.
    pub releases: Vec<Release>,
    /// What they hold.
    pub effective: Effective<'t>,
}

/// Loads a file for one release.
pub fn load<'t>(world: &'t World<'_>, root: FileId, release: Release) -> Effective<'t> {
    load::load(world, root, &Asked::new(release))
}

/// Loads a file for several releases: once for each group of them that cannot differ on it.
pub fn load_all<'t>(world: &'t World<'_>, root: FileId, releases: &[Release]) -> Vec<Loaded<'t>> {
    let mut groups: Vec<(Asked, Loaded<'t>)> = Vec::new();
    for &release in releases {
        if let Some((_, group)) = groups.iter_mut().find(|(asked, _)| asked.speaks_for(release)) {
            group.releases.push(release);
            continue;
        }
        let asked = Asked::new(release);
        let effective = load::load(world, root, &asked);
        groups.push((asked, Loaded { releases: vec![release], effective }));
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
