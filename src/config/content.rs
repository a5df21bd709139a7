//! The entries of a section. Inherited ones are shared, not copied: templates that double at each step stay small.

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

use super::{Origin, SectionId};
use crate::syntax::{Node, Operator};

/// One `name = value` in memory.
#[derive(Debug, Clone)]
pub struct Entry<'t> {
    /// The key, in its own letter case.
    pub name: &'t [u8],
    /// The value; no longer the one written where a `+=` extended it.
    pub value: Cow<'t, [u8]>,
    /// The line that made it.
    pub origin: Origin,
    /// The section in which that line stands: another one than the section that holds it, where it was inherited.
    pub home: SectionId,
}

/// An ordered list of entries.
#[derive(Debug, Clone, Default)]
pub struct Content<'t> {
    items: Vec<Item<'t>>,
    length: u64,
}

#[derive(Debug, Clone)]
enum Item<'t> {
    Own(Entry<'t>),
    Shared(Rc<Shared<'t>>),
}

#[derive(Debug)]
struct Shared<'t> {
    items: Vec<Item<'t>>,
}

impl<'t> Content<'t> {
    /// How many entries it has.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Has it none?
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All entries, in order.
    pub fn iter(&self) -> Entries<'_, 't> {
        Entries { current: self.items.iter(), outer: Vec::new() }
    }

    pub(super) fn push(&mut self, entry: Entry<'t>) {
        if self.items.capacity() == 0 {
            // As many as most sections have.
            self.items.reserve_exact(8);
        }
        self.items.push(Item::Own(entry));
        self.length += 1;
    }

    /// What it holds now, behind what `other` holds.
    pub(super) fn take_from(&mut self, other: Content<'t>) {
        self.length = self.length.saturating_add(other.length);
        self.items.extend(other.items);
    }

    /// A copy of what it holds now, for somebody who inherits it.
    pub(super) fn shared(&mut self) -> Content<'t> {
        if self.items.len() != 1 || matches!(self.items[0], Item::Own(_)) {
            let items = std::mem::take(&mut self.items);
            if !items.is_empty() {
                self.items = vec![Item::Shared(Rc::new(Shared { items }))];
            }
        }
        self.clone()
    }

    /// Puts `new` in the place of the last entry that `goes`, or at the end where none does, and takes out all others
    /// that go.
    pub(super) fn replace(&mut self, goes: impl Fn(&Entry<'t>) -> bool, mut new: Option<Entry<'t>>) {
        let mut kept: Vec<Entry<'t>> = Vec::new();
        let entries: Vec<_> = self.iter().collect();
        for entry in entries.into_iter().rev() {
            match goes(entry) {
                true => kept.extend(new.take()),
                false => kept.push(entry.clone()),
            }
        }
        kept.reverse();
        kept.extend(new);
        self.length = kept.len() as u64;
        self.items = kept.into_iter().map(Item::Own).collect();
    }

    /// The entries as one list of its own. Takes time in proportion to [`Content::len`] when any are inherited.
    pub(super) fn flat(&mut self) -> Flat<'_, 't> {
        if self.items.iter().any(|item| matches!(item, Item::Shared(_))) {
            let entries: Vec<_> = self.iter().cloned().map(Item::Own).collect();
            self.items = entries;
        }
        Flat { items: &mut self.items }
    }
}

/// Entries that are all a section's own.
pub(super) struct Flat<'c, 't> {
    items: &'c mut Vec<Item<'t>>,
}

impl<'t> Flat<'_, 't> {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn get(&self, at: usize) -> &Entry<'t> {
        match &self.items[at] {
            Item::Own(entry) => entry,
            Item::Shared(_) => unreachable!("a flat list shares nothing"),
        }
    }

    pub(super) fn get_mut(&mut self, at: usize) -> &mut Entry<'t> {
        match &mut self.items[at] {
            Item::Own(entry) => entry,
            Item::Shared(_) => unreachable!("a flat list shares nothing"),
        }
    }
}

/// The entries of a [`Content`].
pub struct Entries<'c, 't> {
    current: std::slice::Iter<'c, Item<'t>>,
    /// The lists that hold the current one, the innermost last.
    outer: Vec<std::slice::Iter<'c, Item<'t>>>,
}

impl<'c, 't> Iterator for Entries<'c, 't> {
    type Item = &'c Entry<'t>;

    fn next(&mut self) -> Option<&'c Entry<'t>> {
        loop {
            match self.current.next() {
                Some(Item::Own(entry)) => return Some(entry),
                Some(Item::Shared(shared)) => {
                    self.outer.push(std::mem::replace(&mut self.current, shared.items.iter()));
                }
                None => self.current = self.outer.pop()?,
            }
        }
    }
}

/// Without recursion: a chain of templates may be as long as a file has lines.
impl Drop for Shared<'_> {
    fn drop(&mut self) {
        let mut left = std::mem::take(&mut self.items);
        while let Some(item) = left.pop() {
            if let Item::Shared(shared) = item
                && let Some(mut inner) = Rc::into_inner(shared)
            {
                left.append(&mut inner.items);
            }
        }
    }
}

impl<'t> Entry<'t> {
    /// The entry that a line makes.
    pub(super) fn of(entry: &crate::syntax::Entry<'t>, origin: Origin, home: SectionId) -> Entry<'t> {
        let value = match entry.operator {
            Operator::Append => &entry.value.bytes[crate::text::trim(entry.value.bytes, 0..entry.value.bytes.len())],
            Operator::Set | Operator::Object => entry.value.bytes,
        };
        Entry { name: entry.name.bytes, value: Cow::Borrowed(value), origin, home }
    }
}

impl<'t> super::Effective<'t> {
    /// Every entry, section by section. One that several sections inherit comes once; once more only where a section
    /// that copied it for a `+=` is itself inherited from.
    pub fn entries(&self) -> Vec<&Entry<'t>> {
        let mut list = Vec::with_capacity(self.sections.iter().map(|section| section.content.items.len()).sum());
        let mut seen = HashSet::new();
        let mut stack = Vec::new();
        for (id, section) in self.sections() {
            stack.push(section.content.items.iter());
            while let Some(top) = stack.last_mut() {
                match top.next() {
                    // What a `+=` made the section copy stands in its home as well.
                    Some(Item::Own(entry)) if stack.len() == 1 && entry.home != id => {}
                    Some(Item::Own(entry)) => list.push(entry),
                    Some(Item::Shared(shared)) if seen.insert(Rc::as_ptr(shared)) => stack.push(shared.items.iter()),
                    Some(Item::Shared(_)) => {}
                    None => drop(stack.pop()),
                }
            }
        }
        list
    }

    /// The entry of a line, as it is written there.
    pub fn written(&self, origin: Origin) -> Option<crate::syntax::Entry<'_>> {
        match self.line(origin).node() {
            Node::Entry(entry) => Some(entry),
            _ => None,
        }
    }
}
