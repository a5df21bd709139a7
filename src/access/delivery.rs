//! Which events the users of a configuration are sent: all users at once.
//!
//! Asterisk: `manager_event` asks `disabledevents`, then `process_events` asks for each session its classes, its mask and
//! its filters (main/manager.c); measured on 16.28.0 and 22.10.1.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use crate::config::manager::User;
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::{self, Matcher, Question, event_hash};
use crate::posix::{Answer, Beyond, Set};

/// A capture has a few dozen lists of classes. One that has more is no capture of Asterisk, and may have any number.
const MOST_LISTS: usize = 1_000;

/// A session of a user, as far as events go.
pub struct Watcher<'w> {
    /// The classes of `read`.
    pub read: Classes,
    /// Its mask: what the header `Events` of its login, or the action Events, left of that.
    pub mask: Classes,
    /// An event must match one of these, if there are any.
    pub includes: Vec<&'w Matcher>,
    /// An event must match none of these.
    pub excludes: Vec<&'w Matcher>,
}

impl<'w> Watcher<'w> {
    /// A session of a user, with a mask.
    pub fn of(user: &'w User<'_>, mask: Classes) -> Watcher<'w> {
        let of = |filters: &'w [filter::Filter]| filters.iter().map(|filter| &**filter).collect();
        let (includes, excludes) = (of(&user.filters.includes), of(&user.filters.excludes));
        Watcher { read: *user.read.value, mask, includes, excludes }
    }

    /// What becomes of an event for this session alone, without anything compiled; as [`Delivery::judge`] says of all.
    pub fn fate(&self, disabled: &[Vec<u8>], text: &[u8], name: &[u8], classes: &[u8]) -> Fate {
        let fate = by_class(self.read, self.mask, classes);
        if fate != Fate::Delivered {
            return fate;
        }
        let mut flags = Flags::default();
        for (filters, excludes) in [(&self.includes, false), (&self.excludes, true)] {
            for filter in filters {
                match filter.matches(text, name) {
                    Answer::No => {}
                    answer => flags.add(answer, excludes),
                }
            }
        }
        match flags.fate(self.includes.is_empty()) {
            Fate::Delivered if disabled.iter().any(|other| other == name) => Fate::Disabled,
            fate => fate,
        }
    }
}

/// What becomes of an event for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is sent.
    Delivered,
    /// It has a class that the user may not read.
    Class,
    /// It has a class that the session's mask leaves out.
    Mask,
    /// The filters hold it back.
    Filter,
    /// `disabledevents` names it: nobody is sent it.
    Disabled,
    /// That is not told, because of a filter.
    Undecided(Beyond),
    /// It has a class that amictl does not know.
    UnknownClass,
}

/// All sessions, compiled: sessions that are alike are judged once, and so is each filter. What an event costs depends on
/// the filters that it may match, and not on how many there are, nor on how many sessions share them.
pub struct Delivery {
    groups: Vec<Group>,
    /// Of each session the number of its group.
    group_of: Vec<usize>,
    filters: Vec<Filter>,
    /// The expressions that are looked for in the whole text, and of each the number of its filter.
    set: Set,
    in_set: Vec<usize>,
    /// The other filters: those for events of one name, by its hash, and those for any.
    named: HashMap<u32, Vec<usize>, RandomState>,
    unnamed: Vec<usize>,
    disabled: Vec<Vec<u8>>,
    /// What is known of events by the text of their second line alone.
    classes: HashMap<Vec<u8>, OfClasses, RandomState>,
    found: Vec<(usize, Answer)>,
    flags: Vec<Flags>,
    touched: Vec<usize>,
    fates: Vec<Fate>,
}

/// Sessions that are sent the same events.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Group {
    read: Classes,
    mask: Classes,
    includes: Vec<usize>,
    excludes: Vec<usize>,
}

/// A filter, and the groups that have it.
struct Filter {
    matcher: Matcher,
    includes_of: Vec<usize>,
    excludes_of: Vec<usize>,
}

/// What becomes, in each group, of an event of some classes that no filter matches; and whether filters matter at all.
struct OfClasses {
    fates: Vec<Fate>,
    filtered: bool,
}

/// What the filters of a group say of the event at hand.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    touched: bool,
    included: bool,
    excluded: bool,
    /// A filter is undecided: an include, and an exclude.
    may_include: Option<Beyond>,
    may_exclude: Option<Beyond>,
}

impl Delivery {
    /// Compiles some sessions. `disabled`: the events of `disabledevents`.
    pub fn new<'w>(watchers: &[Watcher<'w>], disabled: Vec<Vec<u8>>) -> Delivery {
        let mut filters: Vec<Filter> = Vec::new();
        let mut known: HashMap<Question<'w>, usize, RandomState> = HashMap::default();
        let mut alike: HashMap<Group, usize, RandomState> = HashMap::default();
        let (mut groups, mut group_of): (Vec<Group>, _) = (Vec::new(), Vec::new());
        for watcher in watchers {
            let mut numbers = |list: &[&'w Matcher]| {
                let number = |&matcher: &&'w Matcher| {
                    *known.entry(matcher.question()).or_insert_with(|| {
                        filters.push(Filter {
                            matcher: Matcher::clone(matcher),
                            includes_of: Vec::new(),
                            excludes_of: Vec::new(),
                        });
                        filters.len() - 1
                    })
                };
                let mut numbers: Vec<usize> = list.iter().map(number).collect();
                numbers.sort_unstable();
                numbers.dedup();
                numbers
            };
            let (includes, excludes) = (numbers(&watcher.includes), numbers(&watcher.excludes));
            let group = Group { read: watcher.read, mask: watcher.mask, includes, excludes };
            group_of.push(*alike.entry(group.clone()).or_insert_with(|| {
                groups.push(group);
                groups.len() - 1
            }));
        }
        for (number, group) in groups.iter().enumerate() {
            group.includes.iter().for_each(|&filter| filters[filter].includes_of.push(number));
            group.excludes.iter().for_each(|&filter| filters[filter].excludes_of.push(number));
        }
        Delivery::of(groups, group_of, filters, disabled)
    }

    fn of(groups: Vec<Group>, group_of: Vec<usize>, filters: Vec<Filter>, disabled: Vec<Vec<u8>>) -> Delivery {
        let (mut expressions, mut in_set, mut unnamed) = (Vec::new(), Vec::new(), Vec::new());
        let mut named: HashMap<u32, Vec<usize>, RandomState> = HashMap::default();
        for (number, filter) in filters.iter().enumerate() {
            match (filter.matcher.expression(), filter.matcher.name_hash()) {
                (Some(expression), _) if filter.matcher.header().is_none() => {
                    expressions.push(Rc::clone(expression));
                    in_set.push(number);
                }
                (_, Some(hash)) => named.entry(hash).or_default().push(number),
                (_, None) => unnamed.push(number),
            }
        }
        Delivery {
            flags: vec![Flags::default(); groups.len()],
            set: Set::new(expressions),
            classes: HashMap::default(),
            found: Vec::new(),
            touched: Vec::new(),
            fates: Vec::new(),
            groups,
            group_of,
            filters,
            in_set,
            named,
            unnamed,
            disabled,
        }
    }

    /// Of each session the number of its group: sessions of one group are always sent the same.
    pub fn groups(&self) -> &[usize] {
        &self.group_of
    }

    /// What becomes of an event, for each group: its text as it is sent, its real name, and its classes as its second line
    /// has them, without the `all`.
    pub fn judge(&mut self, text: &[u8], name: &[u8], classes: &[u8]) -> &[Fate] {
        if !self.classes.contains_key(classes) {
            if self.classes.len() >= MOST_LISTS {
                self.classes.clear();
            }
            self.classes.insert(classes.to_vec(), of_classes(classes, &self.groups));
        }
        let known = &self.classes[classes];
        self.fates.clone_from(&known.fates);
        if known.filtered {
            self.filter(text, name);
        }
        if self.disabled.iter().any(|other| other == name) {
            let sent = self.fates.iter_mut().filter(|fate| **fate == Fate::Delivered);
            sent.for_each(|fate| *fate = Fate::Disabled);
        }
        &self.fates
    }

    /// The same for each session.
    pub fn fates(&mut self, text: &[u8], name: &[u8], classes: &[u8]) -> impl Iterator<Item = Fate> {
        self.judge(text, name, classes);
        self.group_of.iter().map(|&group| self.fates[group])
    }

    /// Asks the filters, and changes the fates of the groups that have any that match.
    fn filter(&mut self, text: &[u8], name: &[u8]) {
        let hash = event_hash(name);
        self.set.matches(text, &mut self.found);
        self.found.iter_mut().for_each(|(number, _)| *number = self.in_set[*number]);
        self.found.retain(|&(number, _)| self.filters[number].matcher.name_hash().is_none_or(|wanted| wanted == hash));
        for &number in self.named.get(&hash).into_iter().flatten().chain(&self.unnamed) {
            match self.filters[number].matcher.matches(text, name) {
                Answer::No => {}
                answer => self.found.push((number, answer)),
            }
        }
        for &(number, answer) in &self.found {
            let filter = &self.filters[number];
            for (list, excludes) in [(&filter.includes_of, false), (&filter.excludes_of, true)] {
                for &group in list {
                    let flags = &mut self.flags[group];
                    if !std::mem::replace(&mut flags.touched, true) {
                        self.touched.push(group);
                    }
                    flags.add(answer, excludes);
                }
            }
        }
        for group in self.touched.drain(..) {
            let flags = std::mem::take(&mut self.flags[group]);
            let fate = &mut self.fates[group];
            if matches!(*fate, Fate::Delivered | Fate::Filter) {
                *fate = flags.fate(self.groups[group].includes.is_empty());
            }
        }
    }
}

/// The fate of an event with these classes, filters aside.
fn by_class(read: Classes, mask: Classes, classes: &[u8]) -> Fate {
    match Classes::named(classes) {
        None => Fate::UnknownClass,
        Some(needs) if !read.covers(needs) => Fate::Class,
        Some(needs) if !mask.covers(needs) => Fate::Mask,
        Some(_) => Fate::Delivered,
    }
}

/// The fates of an event with these classes for which no filter has a word.
fn of_classes(classes: &[u8], groups: &[Group]) -> OfClasses {
    let fate = |group: &Group| match by_class(group.read, group.mask, classes) {
        Fate::Delivered if !group.includes.is_empty() => Fate::Filter,
        fate => fate,
    };
    let fates: Vec<Fate> = groups.iter().map(fate).collect();
    let has_filters = |group: &Group| !(group.includes.is_empty() && group.excludes.is_empty());
    let asks = |fate: &Fate| matches!(fate, Fate::Delivered | Fate::Filter);
    let filtered = groups.iter().zip(&fates).any(|(group, fate)| has_filters(group) && asks(fate));
    OfClasses { fates, filtered }
}

impl Flags {
    /// A filter matches, or may.
    fn add(&mut self, answer: Answer, excludes: bool) {
        match (answer, excludes) {
            (Answer::Undecided(why), false) => self.may_include = Some(why),
            (Answer::Undecided(why), true) => self.may_exclude = Some(why),
            (_, false) => self.included = true,
            (_, true) => self.excluded = true,
        }
    }

    /// Asterisk: `should_send_event`: an include must match, if there are any, and no exclude.
    fn fate(self, without_includes: bool) -> Fate {
        let included = self.included || without_includes;
        match (self.may_include, self.may_exclude) {
            _ if self.excluded => Fate::Filter,
            (None, _) if !included => Fate::Filter,
            (Some(why), _) if !included => Fate::Undecided(why),
            (_, Some(why)) => Fate::Undecided(why),
            _ => Fate::Delivered,
        }
    }
}
