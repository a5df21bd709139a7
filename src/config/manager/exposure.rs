//! Files that everybody on the machine may read, or write to.

use std::collections::BTreeSet;

use crate::config::{Effective, World};
use crate::host::Rights;
use crate::text::FileId;

/// A file with which everybody on the machine may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposed {
    /// The file.
    pub file: FileId,
    /// What they may do.
    pub rights: Rights,
}

/// Those of the files that were read, the included ones too. Of files whose modes are not those that Asterisk will find,
/// nothing is known.
pub(super) fn find<'e, 't: 'e>(world: &World<'_>, effectives: impl Iterator<Item = &'e Effective<'t>>) -> Vec<Exposed> {
    if !world.place().complete {
        return Vec::new();
    }
    let read: BTreeSet<FileId> = effectives.flat_map(|it| &it.reads).map(|read| read.file).collect();
    let rights = |file: &FileId| world.rights_of_all(world.files.get(*file).path());
    let all = read.iter().filter_map(|file| Some(Exposed { file: *file, rights: rights(file)? }));
    all.filter(|it| it.rights != Rights::default()).collect()
}
