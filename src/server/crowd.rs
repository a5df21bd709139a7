//! Sessions by kind: those that are sent the same events are judged once, and what is compiled for one is kept for others.
//!
//! To compile is dear, and a client decides how often there is something new: what is new is judged on its own until that
//! has cost about as much as compiling all of it.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem;
use std::rc::Rc;

use super::hub::Id;
use crate::access::{Delivery, Fate, Watcher};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::Matcher;

/// To compile a filter costs about as much as to try it so often.
const COMPILE: usize = 16;

/// So much of nobody's may stay compiled, whatever else there is.
const SPARE: usize = 1_000;

/// A session may add filters of so many bytes, and all together of so many: an expression of a line can need megabytes.
const MOST_ADDED: usize = 16 << 20;
const MOST_ADDED_BY_ALL: usize = 256 << 20;

/// At least so many bytes a filter counts for: what it costs is time as well. One that refers back to its groups may cost
/// tenths of a second for each event.
const LEAST: usize = 16 << 10;
const LEAST_BACK: usize = MOST_ADDED / 4;

/// The kinds of sessions that there are, and what is compiled of them.
pub(super) struct Crowd {
    kinds: Vec<Kind>,
    known: HashMap<Rc<Asks>, usize>,
    /// Places in `kinds` that are nobody's.
    free: Vec<usize>,
    /// Kinds that are not compiled.
    fresh: Vec<usize>,
    delivery: Delivery,
    disabled: Vec<Vec<u8>>,
    fates: Vec<Fate>,
    /// What there is in all, what of that is compiled for nobody, and what was tried since it was compiled.
    weight: usize,
    spare: usize,
    tried: usize,
    /// The bytes of what sessions have added.
    added: usize,
    /// How many filters refer back to their groups.
    backward: usize,
}

/// All that a kind asks of events: its classes, its mask, and its filters.
#[derive(Clone)]
pub(super) struct Asks {
    pub(super) read: Classes,
    pub(super) mask: Classes,
    includes: List,
    excludes: List,
    /// The bytes of the filters that the session has added.
    added: usize,
    /// How many of all filters refer back to their groups.
    backward: usize,
}

/// Filters, whatever lines they come from.
#[derive(Clone, Default)]
struct List {
    filters: Vec<Rc<Matcher>>,
    /// A hash of them: one more does not make it necessary to look at all again.
    print: u64,
}

struct Kind {
    asks: Rc<Asks>,
    sessions: BTreeSet<Id>,
    /// Its number among those that are compiled.
    place: Option<usize>,
}

impl Crowd {
    /// Nobody, yet. `disabled`: the events that nobody is sent.
    pub(super) fn new(disabled: Vec<Vec<u8>>) -> Crowd {
        Crowd {
            kinds: Vec::new(),
            known: HashMap::new(),
            free: Vec::new(),
            fresh: Vec::new(),
            delivery: Delivery::new(&[], disabled.clone()),
            disabled,
            fates: Vec::new(),
            weight: 0,
            spare: 0,
            tried: 0,
            added: 0,
            backward: 0,
        }
    }

    /// From now on these events are sent to nobody.
    pub(super) fn disable(&mut self, disabled: Vec<Vec<u8>>) {
        self.disabled = disabled;
        self.compile();
    }

    /// Is nobody sent this event, whoever asks for it?
    pub(super) fn is_disabled(&self, name: &[u8]) -> bool {
        self.disabled.iter().any(|other| other == name)
    }

    /// The kind of a session that joins, and what it asks, shared with the others of that kind.
    pub(super) fn join(&mut self, id: Id, asks: Rc<Asks>) -> (usize, Rc<Asks>) {
        if let Some(&number) = self.known.get(&asks) {
            let kind = &mut self.kinds[number];
            if kind.sessions.is_empty() {
                self.spare -= kind.asks.weight();
            }
            kind.sessions.insert(id);
            return (number, Rc::clone(&kind.asks));
        }
        self.weight += asks.weight();
        self.added += asks.added;
        self.backward += asks.backward;
        let kind = Kind { asks: Rc::clone(&asks), sessions: BTreeSet::from([id]), place: None };
        let number = match self.free.pop() {
            Some(free) => {
                self.kinds[free] = kind;
                free
            }
            None => {
                self.kinds.push(kind);
                self.kinds.len() - 1
            }
        };
        self.known.insert(Rc::clone(&asks), number);
        self.fresh.push(number);
        (number, asks)
    }

    /// A session of a kind is no more.
    pub(super) fn leave(&mut self, id: Id, number: usize) {
        let kind = &mut self.kinds[number];
        kind.sessions.remove(&id);
        if !kind.sessions.is_empty() {
            return;
        }
        if kind.place.is_some() {
            // The next of that kind finds it compiled.
            self.spare += kind.asks.weight();
            return;
        }
        self.fresh.retain(|&other| other != number);
        self.forget(number);
    }

    /// Is there room for a filter more, of a session that asks for this?
    pub(super) fn has_room(&mut self, asks: &Asks, filter: &Matcher) -> bool {
        let size = size(filter);
        if self.added + size > MOST_ADDED_BY_ALL {
            // What nobody asks for any more goes.
            self.compile();
        }
        asks.added + size <= MOST_ADDED && self.added + size <= MOST_ADDED_BY_ALL
    }

    /// Finds out what becomes of an event.
    pub(super) fn judge(&mut self, text: &[u8], name: &[u8], classes: &[u8]) {
        if self.tried > COMPILE * self.weight || self.spare > SPARE + self.weight / 2 {
            self.compile();
        }
        let of_groups = self.delivery.judge(text, name, classes).to_vec();
        let groups = self.delivery.groups();
        self.fates.clear();
        // Nobody is of a kind that has no place and is not fresh.
        self.fates.extend(self.kinds.iter().map(|kind| kind.place.map_or(Fate::Class, |at| of_groups[groups[at]])));
        for &number in &self.fresh {
            let asks = &self.kinds[number].asks;
            self.fates[number] = asks.watcher().fate(&self.disabled, text, name, classes);
            self.tried += asks.weight();
        }
    }

    /// How many filters there are that may take tenths of a second.
    pub(super) fn backward(&self) -> usize {
        self.backward
    }

    /// What becomes of the event that was judged last, for each kind.
    pub(super) fn fates(&self) -> &[Fate] {
        &self.fates
    }

    /// The sessions that it is sent to: what it costs does not depend on how many others there are.
    pub(super) fn sent(&self) -> impl Iterator<Item = Id> {
        let kinds = self.fates.iter().zip(&self.kinds).filter(|(fate, _)| **fate == Fate::Delivered);
        kinds.flat_map(|(_, kind)| kind.sessions.iter().copied())
    }

    fn compile(&mut self) {
        (self.tried, self.spare) = (0, 0);
        self.fresh.clear();
        for number in 0..self.kinds.len() {
            if self.kinds[number].sessions.is_empty() && self.kinds[number].place.take().is_some() {
                self.forget(number);
            }
        }
        let mut watchers = Vec::new();
        for kind in self.kinds.iter_mut().filter(|kind| !kind.sessions.is_empty()) {
            kind.place = Some(watchers.len());
            watchers.push(kind.asks.watcher());
        }
        self.delivery = Delivery::new(&watchers, self.disabled.clone());
    }

    /// A kind gives its place away.
    fn forget(&mut self, number: usize) {
        let asks = mem::replace(&mut self.kinds[number].asks, Rc::new(Asks::new(Classes::NONE, Classes::NONE)));
        self.weight -= asks.weight();
        self.added -= asks.added;
        self.backward -= asks.backward;
        self.known.remove(&asks);
        self.free.push(number);
    }
}

impl Asks {
    /// Nothing is filtered.
    pub(super) fn new(read: Classes, mask: Classes) -> Asks {
        Asks { read, mask, includes: List::default(), excludes: List::default(), added: 0, backward: 0 }
    }

    /// A filter more, of the session's own.
    pub(super) fn add_own(&mut self, filter: Matcher, excludes: bool) {
        self.added += size(&filter);
        self.add(filter, excludes);
    }

    /// A filter more.
    pub(super) fn add(&mut self, filter: Matcher, excludes: bool) {
        self.backward += usize::from(refers_back(&filter));
        let list = if excludes { &mut self.excludes } else { &mut self.includes };
        let mut hasher = DefaultHasher::new();
        (list.print, filter.question()).hash(&mut hasher);
        list.print = hasher.finish();
        list.filters.push(Rc::new(filter));
    }

    /// How many filters there are, and one more: nothing is for nothing.
    fn weight(&self) -> usize {
        1 + self.includes.filters.len() + self.excludes.filters.len()
    }

    fn watcher(&self) -> Watcher<'_> {
        Watcher {
            read: self.read,
            mask: self.mask,
            includes: self.includes.filters.iter().map(|filter| &**filter).collect(),
            excludes: self.excludes.filters.iter().map(|filter| &**filter).collect(),
        }
    }
}

/// About how many bytes a filter takes.
pub(super) fn size(filter: &Matcher) -> usize {
    let expression = filter.expression().and_then(|expression| expression.memory()).unwrap_or(0);
    let least = if refers_back(filter) { LEAST_BACK } else { LEAST };
    usize::try_from(expression).unwrap_or(usize::MAX / 4).max(least)
}

fn refers_back(filter: &Matcher) -> bool {
    filter.expression().is_some_and(|expression| expression.refers_back())
}

impl PartialEq for Asks {
    fn eq(&self, other: &Asks) -> bool {
        let alike = |a: &List, b: &List| {
            let mut pairs = a.filters.iter().zip(&b.filters);
            a.print == b.print
                && a.filters.len() == b.filters.len()
                && pairs.all(|(a, b)| Rc::ptr_eq(a, b) || a.question() == b.question())
        };
        (self.read, self.mask) == (other.read, other.mask)
            && alike(&self.includes, &other.includes)
            && alike(&self.excludes, &other.excludes)
    }
}

impl Eq for Asks {}

impl Hash for Asks {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.read, self.mask, self.includes.print, self.excludes.print).hash(state);
    }
}
