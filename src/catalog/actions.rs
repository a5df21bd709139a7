//! The actions: what a client may ask the manager to do, and what it needs for that.

use super::{ClassDef, Danger, classes_of, nearest};
use crate::release::{Release, Span};
use crate::tables::ActionRow;
use crate::tables::actions::ACTIONS;

/// One action of the manager.
#[derive(Clone, Copy)]
pub struct ActionDef(&'static ActionRow);

impl ActionDef {
    /// Its name. Asterisk compares it without case.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The bits of the classes of `write` of which one is enough; none: everybody who is logged in may run it.
    pub fn mask(self, release: Release) -> u32 {
        let instead = self.0.other.iter().find(|(span, _)| Span::new(Some(span)).has(release));
        instead.map_or(self.0.classes, |(_, mask)| *mask)
    }

    /// The same by name.
    pub fn any_of(self, release: Release) -> impl Iterator<Item = ClassDef> {
        classes_of(self.mask(release))
    }

    /// Is it open to everybody who is logged in, whatever `write` says?
    pub fn is_open(self, release: Release) -> bool {
        self.mask(release) == 0
    }

    /// May a session run it whose classes of `write` are those of `mask`?
    pub fn may_be_run_by(self, release: Release, mask: u32) -> bool {
        self.is_open(release) || self.mask(release) & mask != 0
    }

    /// The parameters that some release documents, beside ActionID.
    pub fn parameters(self) -> &'static [&'static str] {
        self.0.parameters
    }

    /// What it gives away at worst, where that was looked into.
    pub fn danger(self) -> Option<Danger> {
        self.0.danger
    }

    /// The same in words; empty where [`ActionDef::danger`] is none.
    pub fn gives(self) -> &'static str {
        self.0.gives
    }

    /// The module that brings it, where it is not the core and is known.
    pub fn module(self) -> Option<&'static str> {
        self.0.module
    }

    /// The releases that have it.
    pub fn span(self) -> Span {
        Span::new(self.0.span)
    }

    /// Where Asterisk registers it, and where that was seen.
    pub fn source(self) -> &'static str {
        self.0.source
    }
}

impl Danger {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Danger::Shell => "shell",
            Danger::Files => "files",
            Danger::Secrets => "secrets",
            Danger::Calls => "calls",
            Danger::Service => "service",
        }
    }

    /// As good as a shell on the switch, and so on.
    pub fn what(self) -> &'static str {
        match self {
            Danger::Shell => "as good as a shell on the switch",
            Danger::Files => "writes files or the database",
            Danger::Secrets => "shows secrets",
            Danger::Calls => "places, moves, records or ends calls",
            Danger::Service => "disturbs or stops what others rely on",
        }
    }
}

/// Every action of any release, by name.
pub fn all_actions() -> impl Iterator<Item = ActionDef> {
    ACTIONS.iter().map(ActionDef)
}

/// The actions of a release, by name, as far as their modules are loaded.
pub fn actions(release: Release) -> impl Iterator<Item = ActionDef> {
    all_actions().filter(move |action| action.span().has(release))
}

/// The action that `release` knows by that name, in any letter case.
pub fn action(release: Release, name: &[u8]) -> Option<ActionDef> {
    actions(release).find(|action| name.eq_ignore_ascii_case(action.name().as_bytes()))
}

/// The action of `release` that somebody who wrote `name` most likely meant.
pub fn nearest_action(release: Release, name: &[u8]) -> Option<&'static str> {
    if let Some(action) = action(release, name) {
        return Some(action.name());
    }
    nearest(name, actions(release).map(ActionDef::name))
}
