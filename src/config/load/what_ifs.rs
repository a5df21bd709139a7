//! What-ifs, done while a file is loaded.

use super::{Entry, Loader, Node, Origin, Read, ReadId, SectionId};
use crate::syntax::{Dialect, Start};
use crate::text::offset;

impl Loader<'_, '_, '_> {
    /// Does the what-ifs that are about a section, be it for an heir or at the end.
    pub(super) fn change(&mut self, id: SectionId) {
        for at in 0..self.what_ifs.len() {
            let (what_if, read) = self.what_ifs[at];
            if !what_if.is_about(self.sections[id.0 as usize].name) {
                continue;
            }
            let new = what_if.file().and_then(|file| {
                let tree = self.world.tree(file, Dialect::default(), Start::default());
                let read = read.unwrap_or_else(|| {
                    self.reads.push(Read { file, tree, from: None, lines: tree.len() });
                    ReadId(offset(self.reads.len() - 1))
                });
                self.what_ifs[at].1 = Some(read);
                match tree.line(0).node() {
                    Node::Entry(entry) => Some(Entry::of(&entry, Origin { read, line: 0 }, id)),
                    _ => None,
                }
            });
            let section = &mut self.sections[id.0 as usize];
            what_if.apply(&mut section.content, new);
            let (entries, at) = (section.content.len(), section.origin);
            self.works(entries, at);
        }
    }
}
