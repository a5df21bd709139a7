//! Which rights clients use, or are refused: what a test of a client may ask about it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::observe::{Observation, Observer, What};
use super::wire::Request;
use crate::access::{self, Check};
use crate::catalog::{self, ClassDef};
use crate::config::manager::classes::Classes;
use crate::release::Release;

/// What a user's clients are expected to need. Nothing said of `read` or `write` leaves it to the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected {
    /// The classes of events.
    pub read: Option<Classes>,
    /// The classes of actions.
    pub write: Option<Classes>,
}

/// What clients did, user by user.
pub struct Rights {
    release: Release,
    expected: BTreeMap<Vec<u8>, Expected>,
    users: BTreeMap<Vec<u8>, Needs>,
}

/// What the clients of one user needed. Names of events and actions are kept as examples: the first that needed it.
#[derive(Debug, Default)]
struct Needs {
    name: Vec<u8>,
    read: Classes,
    /// Of each need of `write` the smallest sets of classes that meet it; any of them will do.
    write: BTreeSet<Vec<Classes>>,
    surprises: BTreeMap<Surprise, Vec<u8>>,
}

/// A right that nobody expected to be needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surprise {
    /// An event with these classes was sent.
    Sent(Classes),
    /// Events of these classes were asked for by their names, and `read` does not grant them.
    NotSent(Classes),
    /// An action was run that takes one of these sets.
    Ran(Vec<Classes>),
    /// An action was refused that takes one of these sets.
    Refused(Vec<Classes>),
}

/// What came out for a user.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    /// The user, as its first client spelled it.
    pub user: Vec<u8>,
    /// The smallest `read` that would have served it.
    pub read: Classes,
    /// The smallest `write` that would have; of several the least dangerous.
    pub write: Classes,
    /// What nobody expected, each with the event or action that needed it first.
    pub surprises: Vec<(Surprise, Vec<u8>)>,
}

/// Observes for [`Rights`] that somebody else reads later.
pub struct Watching(pub Rc<RefCell<Rights>>);

impl Observer for Watching {
    fn observe(&mut self, observation: &Observation<'_>) {
        self.0.borrow_mut().see(observation);
    }
}

impl Rights {
    /// Nothing yet. `expected`: what is expected, by the name of the user in any letter case.
    pub fn new(release: Release, expected: impl IntoIterator<Item = (Vec<u8>, Expected)>) -> Rights {
        let expected = expected.into_iter().map(|(user, expected)| (user.to_ascii_lowercase(), expected)).collect();
        Rights { release, expected, users: BTreeMap::new() }
    }

    /// What came out, by user.
    pub fn accounts(&self) -> Vec<Account> {
        let account = |needs: &Needs| Account {
            user: needs.name.clone(),
            read: needs.read,
            write: least(self.release, &needs.write),
            surprises: needs.surprises.iter().map(|(what, first)| (what.clone(), first.clone())).collect(),
        };
        self.users.values().map(account).collect()
    }

    fn see(&mut self, observation: &Observation<'_>) {
        if let What::Event { name, classes, receivers } = observation.what {
            // Of unknown classes is only what somebody captured elsewhere, and that reaches nobody.
            let Some(classes) = Classes::named(classes) else { return };
            receivers.users().for_each(|user| self.sent(user, name, classes));
        }
        let Some(user) = observation.client.and_then(|client| client.user) else { return };
        match observation.what {
            What::LoggedIn => drop(self.needs(user)),
            What::AskedFor { mask, read } => self.asked_for(user, mask, read),
            What::FullyBooted => self.sent(user, b"FullyBooted", Classes::of(["system"])),
            What::Ran(request) => self.tried(user, request, true),
            What::Refused { request, check: Check::Class | Check::Headers, .. } => self.tried(user, request, false),
            _ => {}
        }
    }

    fn sent(&mut self, user: &[u8], event: &[u8], classes: Classes) {
        let expected = self.expected(user).read;
        let needs = self.needs(user);
        needs.read = needs.read.and(classes);
        if expected.is_some_and(|expected| !expected.covers(classes)) {
            needs.surprises.entry(Surprise::Sent(classes)).or_insert_with(|| event.to_vec());
        }
    }

    fn asked_for(&mut self, user: &[u8], mask: Classes, read: Classes) {
        let missing =
            catalog::classes().map(|class| Classes::of_bits(class.mask())).filter(|&class| mask.covers(class));
        let missing = missing.filter(|&class| !read.covers(class)).fold(Classes::NONE, Classes::and);
        if !missing.is_none() {
            let needs = self.needs(user);
            needs.read = needs.read.and(missing);
            needs.surprises.entry(Surprise::NotSent(missing)).or_default();
        }
    }

    fn tried(&mut self, user: &[u8], request: &Request, is_run: bool) {
        let headers = request.headers();
        let asked = access::Request { user, action: request.action(), headers: &headers };
        let sets = smallest(|write| access::suffices(self.release, asked, write));
        let expected = self.expected(user).write;
        let is_expected = expected.is_none_or(|expected| sets.iter().any(|&set| expected.covers(set)));
        let surprise = match is_run {
            true if is_expected => None,
            true => Some(Surprise::Ran(sets.clone())),
            // What no right lets run is no matter of rights.
            false => (!sets.is_empty()).then(|| Surprise::Refused(sets.clone())),
        };
        let needs = self.needs(user);
        if let Some(surprise) = surprise {
            needs.surprises.entry(surprise).or_insert_with(|| request.action().to_vec());
        }
        if !sets.is_empty() {
            needs.write.insert(sets);
        }
    }

    fn expected(&self, user: &[u8]) -> Expected {
        self.expected.get(&user.to_ascii_lowercase()).copied().unwrap_or_default()
    }

    fn needs(&mut self, user: &[u8]) -> &mut Needs {
        let needs = self.users.entry(user.to_ascii_lowercase()).or_default();
        if needs.name.is_empty() {
            needs.name = user.to_vec();
        }
        needs
    }
}

/// Actions take one class, most of them, and none takes more than three.
const MOST_CLASSES: usize = 3;

/// The smallest sets of classes that something is true of: all of the same size. None where it is true of no such set.
fn smallest(suffices: impl Fn(Classes) -> bool) -> Vec<Classes> {
    let all: Vec<Classes> = catalog::classes().map(|class| Classes::of_bits(class.mask())).collect();
    let mut sets = vec![(Classes::NONE, 0)];
    for _ in 0..=MOST_CLASSES {
        let found: Vec<Classes> = sets.iter().map(|(set, _)| *set).filter(|&set| suffices(set)).collect();
        if !found.is_empty() {
            return found;
        }
        let more = |&(set, from): &(Classes, usize)| {
            all.iter().enumerate().skip(from).map(move |(at, &class)| (set.and(class), at + 1))
        };
        sets = sets.iter().flat_map(more).collect();
    }
    Vec::new()
}

/// The least set that meets all needs: of as few classes as can be, and of several such sets the one that allows least.
fn least(release: Release, needs: &BTreeSet<Vec<Classes>>) -> Classes {
    let used = needs.iter().flatten().fold(Classes::NONE, |all, &set| all.and(set));
    let classes: Vec<ClassDef> =
        catalog::classes().filter(|class| used.covers(Classes::of_bits(class.mask()))).collect();
    let power: Vec<(usize, usize)> = classes.iter().map(|&class| power(release, class)).collect();
    let sets = (0..1_u32 << classes.len()).filter_map(|chosen| {
        let chosen = || (0..classes.len()).filter(move |at| chosen >> at & 1 == 1);
        let set = chosen().fold(Classes::NONE, |set, at| set.and(Classes::of_bits(classes[at].mask())));
        let meets = needs.iter().all(|sets| sets.iter().any(|&one| set.covers(one)));
        let sum = chosen().fold((0, 0), |sum, at| (sum.0 + power[at].0, sum.1 + power[at].1));
        meets.then(|| (chosen().count(), sum, set))
    });
    sets.min_by_key(|&(count, sum, _)| (count, sum)).map_or(Classes::NONE, |(_, _, set)| set)
}

/// How many dangerous actions a class allows, and how many in all.
fn power(release: Release, class: ClassDef) -> (usize, usize) {
    let may = || catalog::actions(release).filter(|action| action.may_be_run_by(release, class.mask()));
    (may().filter(|action| action.danger().is_some()).count(), may().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_set_is_small_and_harmless() {
        let release = Release::newest_lts();
        let sets = |text: &str| text.split('|').map(|set| Classes::parse(set.as_bytes())).collect::<Vec<_>>();
        let least = |needs: &[&str]| least(release, &needs.iter().map(|need| sets(need)).collect()).to_string();
        assert_eq!(least(&[]), "<none>");
        assert_eq!(least(&["system|reporting"]), "reporting", "it allows less");
        assert_eq!(least(&["system|reporting", "system"]), "system");
        assert_eq!(least(&["system|call|reporting", "call|agent", "originate"]), "call,originate");
        assert_eq!(least(&["originate,system"]), "system,originate");
    }

    #[test]
    fn the_smallest_sets_are_all_of_one_size() {
        let holds = |names: &'static str| Classes::parse(names.as_bytes());
        assert_eq!(smallest(|_| true), [Classes::NONE]);
        let sets = smallest(|set| set.covers(holds("call,user")) || set.covers(holds("cdr,agi")));
        assert_eq!(sets, [holds("call,user"), holds("cdr,agi")]);
        assert_eq!(smallest(|set| set.covers(holds("call,user,cdr,agi"))), []);
    }
}
