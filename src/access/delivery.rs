//! Which events the users of a configuration are sent: all users at once.
//!
//! Asterisk: `manager_event` asks `disabledevents`, then `process_events` asks for each session its classes, its mask and
//! its filters (main/manager.c); measured on 16.28.0 and 22.10.1.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::config::manager::classes::Classes;
use crate::config::manager::filter::Matcher;
use crate::posix::{Answer, Beyond, Set};

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

/// All sessions, compiled: sessions that are alike are judged once, and so is each filter.
pub struct Delivery<'w> {
    groups: Vec<Group>,
    /// Of each session the number of its group.
    group_of: Vec<usize>,
    filters: Vec<&'w Matcher>,
    /// Of each filter the number of its expression in the set, where it looks at the whole text for one.
    in_set: Vec<Option<usize>>,
    set: Set<'w>,
    disabled: Vec<Vec<u8>>,
    /// The classes of events, by the text of their second line.
    classes: HashMap<Vec<u8>, Option<Classes>, RandomState>,
    found: Vec<Answer>,
    /// What the filters say of the event at hand, as far as they have been asked.
    said: Vec<Option<Answer>>,
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

/// All that a filter asks, without its line.
type Question<'f> = (bool, Option<&'f [u8]>, Option<&'f [u8]>, &'static str, &'f [u8]);

impl<'w> Delivery<'w> {
    /// Compiles some sessions. `disabled`: the events of `disabledevents`.
    pub fn new(watchers: &[Watcher<'w>], disabled: Vec<Vec<u8>>) -> Delivery<'w> {
        let mut filters: Vec<&'w Matcher> = Vec::new();
        let mut known: HashMap<Question<'w>, usize, RandomState> = HashMap::default();
        let mut alike: HashMap<Group, usize, RandomState> = HashMap::default();
        let (mut groups, mut group_of) = (Vec::new(), Vec::new());
        for watcher in watchers {
            let mut numbers = |list: &[&'w Matcher]| {
                let number = |&filter: &&'w Matcher| {
                    let event = filter.event.as_deref();
                    let asks = (filter.is_advanced, event, filter.header(), filter.method(), &filter.pattern[..]);
                    *known.entry(asks).or_insert_with(|| {
                        filters.push(filter);
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
        let mut expressions = Vec::new();
        let in_set = filters.iter().map(|filter| {
            let expression = filter.expression().filter(|_| filter.header().is_none())?;
            expressions.push(expression);
            Some(expressions.len() - 1)
        });
        let in_set = in_set.collect();
        let (said, fates) = (vec![None; filters.len()], Vec::new());
        let (set, classes, found) = (Set::new(expressions), HashMap::default(), Vec::new());
        Delivery { groups, group_of, filters, in_set, set, disabled, classes, found, said, fates }
    }

    /// Of each session the number of its group: sessions of one group are always sent the same.
    pub fn groups(&self) -> &[usize] {
        &self.group_of
    }

    /// What becomes of an event, for each group: its text as it is sent, its real name, and its classes as its second line
    /// has them, without the `all`.
    pub fn judge(&mut self, text: &[u8], name: &[u8], classes: &[u8]) -> &[Fate] {
        let needs = match self.classes.get(classes) {
            Some(&known) => known,
            None => *self.classes.entry(classes.to_vec()).or_insert_with(|| Classes::named(classes)),
        };
        let disabled = self.disabled.iter().any(|other| other == name);
        let mut asked = false;
        self.fates.clear();
        for group in &self.groups {
            let Some(needs) = needs else {
                self.fates.push(Fate::UnknownClass);
                continue;
            };
            let fate = match () {
                () if !group.read.covers(needs) => Fate::Class,
                () if !group.mask.covers(needs) => Fate::Mask,
                () if group.includes.is_empty() && group.excludes.is_empty() => Fate::Delivered,
                () => {
                    if !std::mem::replace(&mut asked, true) {
                        self.said.fill(None);
                        if self.in_set.iter().any(Option::is_some) {
                            self.set.matches(text, &mut self.found);
                        }
                    }
                    let mut ask = |number: usize| {
                        *self.said[number].get_or_insert_with(|| match self.in_set[number] {
                            Some(_) if !self.filters[number].is_named(name) => Answer::No,
                            Some(at) => self.found[at],
                            None => self.filters[number].matches(text, name),
                        })
                    };
                    filtered(group, &mut ask)
                }
            };
            self.fates.push(if disabled && fate == Fate::Delivered { Fate::Disabled } else { fate });
        }
        &self.fates
    }
}

/// Asterisk: `should_send_event`: an include must match, if there are any, and no exclude.
fn filtered(group: &Group, ask: &mut impl FnMut(usize) -> Answer) -> Fate {
    let mut any = |numbers: &[usize]| {
        let mut open = Answer::No;
        for &number in numbers {
            match ask(number) {
                Answer::Yes => return Answer::Yes,
                Answer::No => {}
                undecided @ Answer::Undecided(_) => open = undecided,
            }
        }
        open
    };
    let included = if group.includes.is_empty() { Answer::Yes } else { any(&group.includes) };
    match (included, if included == Answer::No { Answer::No } else { any(&group.excludes) }) {
        (Answer::No, _) | (_, Answer::Yes) => Fate::Filter,
        (Answer::Undecided(why), _) | (_, Answer::Undecided(why)) => Fate::Undecided(why),
        (Answer::Yes, Answer::No) => Fate::Delivered,
    }
}
