//! Sessions by kind: those that are sent the same events are judged once, and what is compiled for one is kept for others.

use std::collections::HashMap;

use super::session::Login;
use crate::access::{Delivery, Fate, Watcher};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::Matcher;

/// So many kinds without a session are kept.
const MOST_SPARE: usize = 64;

/// The kinds of sessions that there are, and what is compiled of them.
pub(super) struct Crowd {
    kinds: Vec<Kind>,
    known: HashMap<Key, usize>,
    delivery: Delivery,
    disabled: Vec<Vec<u8>>,
    fates: Vec<Fate>,
}

/// All that a kind asks, whatever lines it comes from: its classes, its mask, and its filters.
type Key = (Classes, Classes, Vec<Asked>, Vec<Asked>);
type Asked = (bool, Option<Vec<u8>>, Option<Vec<u8>>, &'static str, Vec<u8>);

struct Kind {
    key: Key,
    includes: Vec<Matcher>,
    excludes: Vec<Matcher>,
    sessions: usize,
}

impl Crowd {
    /// Nobody, yet. `disabled`: the events that nobody is sent.
    pub(super) fn new(disabled: Vec<Vec<u8>>) -> Crowd {
        let delivery = Delivery::new(&[], disabled.clone());
        Crowd { kinds: Vec::new(), known: HashMap::new(), delivery, disabled, fates: Vec::new() }
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

    /// The kind of a session that joins.
    pub(super) fn join(&mut self, login: &Login) -> usize {
        let key = (login.read, login.mask, asked(&login.includes), asked(&login.excludes));
        if let Some(&kind) = self.known.get(&key) {
            self.kinds[kind].sessions += 1;
            return kind;
        }
        let (includes, excludes) = (login.includes.clone(), login.excludes.clone());
        let kind = Kind { key: key.clone(), includes, excludes, sessions: 1 };
        // A kind that nobody is of gives its place.
        let spare = self.kinds.iter().filter(|kind| kind.sessions == 0).count();
        let place = self.kinds.iter().position(|kind| kind.sessions == 0).filter(|_| spare > MOST_SPARE);
        let at = place.unwrap_or(self.kinds.len());
        match self.kinds.get_mut(at) {
            Some(old) => {
                self.known.remove(&old.key);
                *old = kind;
            }
            None => self.kinds.push(kind),
        }
        self.known.insert(key, at);
        self.compile();
        at
    }

    /// A session of a kind is no more.
    pub(super) fn leave(&mut self, kind: usize) {
        self.kinds[kind].sessions -= 1;
    }

    /// What becomes of an event, for each kind.
    pub(super) fn judge(&mut self, text: &[u8], name: &[u8], classes: &[u8]) -> &[Fate] {
        let of_kinds = self.delivery.fates(text, name, classes);
        self.fates.clear();
        self.fates.extend(of_kinds);
        &self.fates
    }

    fn compile(&mut self) {
        let watchers: Vec<Watcher<'_>> = self.kinds.iter().map(watcher).collect();
        self.delivery = Delivery::new(&watchers, self.disabled.clone());
    }
}

fn watcher(kind: &Kind) -> Watcher<'_> {
    let (includes, excludes) = (kind.includes.iter().collect(), kind.excludes.iter().collect());
    Watcher { read: kind.key.0, mask: kind.key.1, includes, excludes }
}

fn asked(filters: &[Matcher]) -> Vec<Asked> {
    let owned = |filter: &Matcher| {
        let (advanced, event, header, method, pattern) = filter.question();
        (advanced, event.map(<[u8]>::to_vec), header.map(<[u8]>::to_vec), method, pattern.to_vec())
    };
    filters.iter().map(owned).collect()
}
