//! A capture, event by event, against all users at once, of a configuration and of what it was before a change.

use std::io::Read;

use super::exit::Failure;
use crate::access::{self, Delivery, Explanation, Fate, Sent, Session, Watcher};
use crate::capture::{Capture, CaptureError, Event, Message};
use crate::config::Effective;
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::Matcher;
use crate::config::manager::{Manager, User};
use crate::report::events::{Row, Stream, Tally};
use crate::unpack::unpack;

/// What a session asks for itself.
pub(super) struct Asked {
    /// Its mask.
    pub(super) mask: Classes,
    /// The filters that it adds, and whether each excludes.
    pub(super) filters: Vec<(Matcher, bool)>,
}

/// Some users, and the configurations that they are judged under.
pub(super) struct Replay<'w, 't> {
    names: Vec<&'t [u8]>,
    asked: Side<'w, 't>,
    before: Option<Side<'w, 't>>,
}

/// An event that was judged.
pub(super) struct Judged<'e, 'w, 't> {
    /// Its number among the events, from 1.
    pub(super) number: u64,
    pub(super) event: &'e Event<'e>,
    side: &'e Side<'w, 't>,
    /// The first user is sent it.
    pub(super) first_is_sent_it: bool,
}

impl<'w, 't> Replay<'w, 't> {
    /// For the users of some names: what was loaded, also before a change if there was one.
    pub(super) fn new(
        names: Vec<&'t [u8]>,
        (effective, manager): (&'w Effective<'t>, &'w Manager<'t>),
        before: Option<(&'w Effective<'t>, &'w Manager<'t>)>,
        asked: &'w Asked,
    ) -> Replay<'w, 't> {
        let side = |effective, manager| Side::new(effective, manager, &names, asked);
        let before = before.map(|(effective, manager)| side(effective, manager));
        Replay { asked: side(effective, manager), before, names }
    }

    /// Judges all events of a capture, and shows each.
    pub(super) fn run(
        &mut self,
        input: Box<dyn Read>,
        mut show: impl FnMut(Judged<'_, 'w, 't>) -> Result<(), Failure>,
    ) -> Result<Stream, Failure> {
        let mut stream = Stream::default();
        let mut capture = Capture::new(unpack(input).map_err(CaptureError::from)?);
        while let Some(message) = capture.message()? {
            let Message::Event(event) = message else {
                stream.replies += 1;
                continue;
            };
            stream.add(&event);
            if let Some(before) = &mut self.before {
                before.judge(&event);
            }
            let first_is_sent_it = self.asked.judge(&event).first() == Some(&Fate::Delivered);
            show(Judged { number: stream.events, event: &event, side: &self.asked, first_is_sent_it })?;
        }
        stream.tail = capture.tail();
        Ok(stream)
    }

    /// What became of the events for each user.
    pub(super) fn rows(&self) -> Vec<Row<'t>> {
        let before = |name: usize| self.before.as_ref().and_then(|before| before.tally(name));
        let row = |(number, &name)| Row { name, tally: self.asked.tally(number), before: before(number) };
        self.names.iter().enumerate().map(row).collect()
    }
}

impl<'t> Judged<'_, '_, 't> {
    /// Why each user is sent it, or is not.
    pub(super) fn explain(&self) -> Vec<(&'t [u8], Explanation)> {
        let sent = Sent { text: &self.event.text, name: self.event.name(), classes: self.event.classes() };
        let Side { effective, manager, .. } = *self.side;
        let explained = |&(user, number): &(&User<'t>, usize)| {
            let session = Session { effective, manager, user, watcher: &self.side.watchers[number] };
            (user.name, access::explain(session, sent))
        };
        self.side.users.iter().flatten().map(explained).collect()
    }
}

/// The users, as one configuration has them.
struct Side<'w, 't> {
    effective: &'w Effective<'t>,
    manager: &'w Manager<'t>,
    /// Of each name its user, and which of the sessions is the user's.
    users: Vec<Option<(&'w User<'t>, usize)>>,
    watchers: Vec<Watcher<'w>>,
    delivery: Delivery,
    /// Of each group of sessions.
    tallies: Vec<Tally>,
}

impl<'w, 't> Side<'w, 't> {
    fn new(effective: &'w Effective<'t>, manager: &'w Manager<'t>, names: &[&[u8]], asked: &'w Asked) -> Side<'w, 't> {
        let (mut users, mut watchers) = (Vec::new(), Vec::new());
        for name in names {
            let user = manager.accounts.find(name);
            users.push(user.map(|user| (user, watchers.len())));
            watchers.extend(user.map(|user| watcher(user, asked)));
        }
        let disabled = manager.general.disabled_events().into_iter().map(<[u8]>::to_vec).collect();
        let delivery = Delivery::new(&watchers, disabled);
        let groups = delivery.groups().iter().max().map_or(0, |last| last + 1);
        Side { effective, manager, users, watchers, delivery, tallies: vec![Tally::default(); groups] }
    }

    /// What becomes of an event for each group.
    fn judge(&mut self, event: &Event<'_>) -> &[Fate] {
        let fates = self.delivery.judge(&event.text, event.name(), event.classes());
        for (tally, &fate) in self.tallies.iter_mut().zip(fates) {
            tally.add(fate, event.text.len());
        }
        fates
    }

    /// What the user of a name, by its number, is sent in all; nothing where there is no such user.
    fn tally(&self, name: usize) -> Option<Tally> {
        self.users[name].map(|(_, session)| self.tallies[self.delivery.groups()[session]])
    }
}

fn watcher<'w>(user: &'w User<'_>, asked: &'w Asked) -> Watcher<'w> {
    let mut watcher = Watcher::of(user, asked.mask);
    for (matcher, excludes) in &asked.filters {
        if *excludes { &mut watcher.excludes } else { &mut watcher.includes }.push(matcher);
    }
    watcher
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Failure {
        Failure::input(error.to_string())
    }
}
