//! The events: who is sent them, and what is in them.

use super::{ClassDef, Delivery, classes_of, nearest};
use crate::release::{Release, Span};
use crate::tables::events::{COMMON, EVENTS, REPLY};
use crate::tables::{EventRow, Field};

/// One event of the manager.
#[derive(Clone, Copy)]
pub struct EventDef(&'static EventRow);

/// One header of an event.
#[derive(Clone, Copy)]
pub struct Header(&'static Field);

impl Header {
    /// Its name, as Asterisk sends it.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Does every such event have it? Otherwise it depends on the call, on the settings or on the release.
    pub fn is_always(self) -> bool {
        self.0.always
    }

    /// The releases that send it.
    pub fn span(self) -> Span {
        Span::new(self.0.span)
    }
}

impl EventDef {
    /// Its name, as it stands behind `Event: `. Asterisk compares it with case.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// How it reaches a session.
    pub fn delivery(self) -> Delivery {
        self.0.delivery
    }

    /// Do classes, the mask and filters decide who gets it, at least where nobody asked for it?
    pub fn is_broadcast(self) -> bool {
        self.0.delivery != Delivery::Reply
    }

    /// The actions that it is a reply to, as far as that is known.
    pub fn answers(self) -> &'static [&'static str] {
        self.0.answers
    }

    /// Masks of classes, one for each place that sends it, nearly always one: to see it a session needs all of the
    /// bits of one. A reply has none.
    pub fn masks(self, release: Release) -> &'static [u32] {
        let instead = self.0.other.iter().find(|(span, _)| Span::new(Some(span)).has(release));
        instead.map_or(self.0.classes, |(_, masks)| masks)
    }

    /// The same by name: of one list, all are needed.
    pub fn classes(self, release: Release) -> impl Iterator<Item = Vec<ClassDef>> {
        self.masks(release).iter().map(|&mask| classes_of(mask).collect())
    }

    /// May a session whose mask of classes is `mask` see it?
    pub fn is_seen_by(self, release: Release, mask: u32) -> bool {
        self.masks(release).iter().any(|needed| needed & mask == *needed)
    }

    /// The headers that `release` sends, in the order in which it does, those of every event first.
    pub fn headers(self, release: Release) -> impl Iterator<Item = Header> {
        self.all_headers().filter(move |header| header.span().has(release))
    }

    /// The headers that any release sends.
    pub fn all_headers(self) -> impl Iterator<Item = Header> {
        let common = if self.is_broadcast() { COMMON } else { REPLY };
        common.iter().chain(self.own()).map(Header)
    }

    /// Those without the ones that every event has.
    pub fn own_headers(self) -> impl Iterator<Item = Header> {
        self.own().map(Header)
    }

    fn own(self) -> impl Iterator<Item = &'static Field> {
        self.0.headers.iter().flat_map(|part| part.iter())
    }

    /// May it have headers that nobody can know: those that a dialplan, a client or a module thinks of?
    pub fn has_free_headers(self) -> bool {
        self.0.free
    }

    /// One sentence on when it is sent; empty where there is none.
    pub fn doc(self) -> &'static str {
        self.0.doc
    }

    /// Names that are written for it and that match nothing.
    pub fn mistaken(self) -> &'static [&'static str] {
        self.0.mistaken
    }

    /// The module that sends it, where it is not the core and is known.
    pub fn module(self) -> Option<&'static str> {
        self.0.module
    }

    /// The releases that have it.
    pub fn span(self) -> Span {
        Span::new(self.0.span)
    }

    /// Where Asterisk sends it, and where that was seen.
    pub fn source(self) -> &'static str {
        self.0.source
    }
}

/// Every event of any release, by name.
pub fn all_events() -> impl Iterator<Item = EventDef> {
    EVENTS.iter().map(EventDef)
}

/// The events of a release, by name.
pub fn events(release: Release) -> impl Iterator<Item = EventDef> {
    all_events().filter(move |event| event.span().has(release))
}

/// The event that `release` sends under that name, in that very letter case.
pub fn event(release: Release, name: &[u8]) -> Option<EventDef> {
    events(release).find(|event| event.name().as_bytes() == name)
}

/// The event of `release` that somebody who wrote `name` most likely meant.
pub fn nearest_event(release: Release, name: &[u8]) -> Option<&'static str> {
    let written = |event: &EventDef| {
        let spellings = event.mistaken().iter().copied().chain([event.name()]);
        spellings.into_iter().any(|spelling| name.eq_ignore_ascii_case(spelling.as_bytes()))
    };
    if let Some(event) = events(release).find(written) {
        return Some(event.name());
    }
    nearest(name, events(release).map(EventDef::name))
}

/// The header that somebody who wrote `name` most likely meant: of one event, or of any.
pub fn nearest_header(release: Release, event: Option<EventDef>, name: &[u8]) -> Option<&'static str> {
    let some = event.into_iter().chain(events(release).filter(|_| event.is_none()));
    let mut names: Vec<&str> = some.flat_map(|event| event.headers(release)).map(Header::name).collect();
    names.sort_unstable();
    names.dedup();
    if let Some(same) = names.iter().find(|known| name.eq_ignore_ascii_case(known.as_bytes())) {
        return Some(same);
    }
    nearest(name, names.into_iter())
}
