//! Sections by name, without regard to letter case.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::SectionId;

/// The sections of each name, in order. Most names have one, and most are in lower case already.
#[derive(Default)]
pub(super) struct Names<'t> {
    ids: HashMap<Cow<'t, [u8]>, Ids, foldhash::fast::RandomState>,
}

enum Ids {
    One(SectionId),
    Several(Vec<SectionId>),
}

impl<'t> Names<'t> {
    /// There will be so many more.
    pub(super) fn reserve(&mut self, count: usize) {
        self.ids.reserve(count);
    }

    pub(super) fn add(&mut self, name: &'t [u8], id: SectionId) {
        match self.ids.entry(lower(name)) {
            Entry::Vacant(entry) => drop(entry.insert(Ids::One(id))),
            Entry::Occupied(mut entry) => match entry.get_mut() {
                Ids::One(first) => {
                    let first = *first;
                    entry.insert(Ids::Several(vec![first, id]));
                }
                Ids::Several(ids) => ids.push(id),
            },
        }
    }

    /// The sections of a name, the first one first.
    pub(super) fn get(&self, name: &[u8]) -> &[SectionId] {
        match self.ids.get(&*lower(name)) {
            None => &[],
            Some(Ids::One(id)) => std::slice::from_ref(id),
            Some(Ids::Several(ids)) => ids,
        }
    }
}

/// A name without its letter case.
pub(super) fn lower(name: &[u8]) -> Cow<'_, [u8]> {
    if name.iter().any(u8::is_ascii_uppercase) { name.to_ascii_lowercase().into() } else { name.into() }
}
