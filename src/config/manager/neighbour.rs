//! The files beside manager.conf that accounts come from: acl.conf and users.conf.

use super::{Fact, Why};
use crate::config::include::Found;
use crate::config::{self, Effective, Outcome, Section, World};
use crate::release::Release;

/// More entries than this are not gone over: templates can multiply them without bounds.
pub(super) const MOST_ENTRIES: u64 = 2_000_000;

/// What became of a file beside manager.conf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeighbourState {
    /// It counts.
    Loaded,
    /// There is none, or the release does not look for it.
    Absent,
    /// It is not here to be looked at, or not all of it, or it holds more than amictl looks at.
    Unknown,
    /// It is there, and Asterisk refuses all of it.
    Refused,
}

/// A file beside manager.conf.
pub struct Neighbour<'t> {
    /// What became of it.
    pub state: NeighbourState,
    /// What was read, if anything was.
    pub effective: Option<Effective<'t>>,
    /// What there is to say of its lines.
    pub facts: Vec<Fact<'t>>,
}

impl<'t> Neighbour<'t> {
    /// A file that nobody looks for.
    pub(super) fn absent() -> Neighbour<'t> {
        Neighbour { state: NeighbourState::Absent, effective: None, facts: Vec::new() }
    }

    /// The file of this name in Asterisk's configuration directory.
    pub(super) fn load(world: &'t World<'_>, name: &'static str, release: Release) -> Neighbour<'t> {
        let file = match world.neighbour(name) {
            Found::File(file) => file,
            Found::Missing | Found::NotRegular if world.place().complete => return Neighbour::absent(),
            _ => return Neighbour { state: NeighbourState::Unknown, ..Neighbour::absent() },
        };
        let effective = config::load(world, file.id(), release);
        let mut facts = Vec::new();
        let state = match effective.outcome {
            Outcome::Loads if entries(&effective.sections) > MOST_ENTRIES => {
                return Neighbour { state: NeighbourState::Unknown, ..Neighbour::absent() };
            }
            Outcome::Loads => NeighbourState::Loaded,
            Outcome::Refused(note) => {
                let note = &effective.notes[note];
                let why = Why::FileRefused { what: note.what.clone() };
                facts.push(Fact::ignored(name.as_bytes(), why, note.at));
                NeighbourState::Refused
            }
            Outcome::Hangs(_) | Outcome::Limit(_) => NeighbourState::Unknown,
        };
        Neighbour { state, effective: Some(effective), facts }
    }
}

/// How many entries some sections have together, inherited ones counted for each that inherits them.
pub(super) fn entries<'s, 't: 's>(sections: impl IntoIterator<Item = &'s Section<'t>>) -> u64 {
    sections.into_iter().fold(0, |sum, section| sum.saturating_add(section.content.len()))
}
