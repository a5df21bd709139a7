//! What Asterisk's manager knows by name: look-up, and the nearest name to a misspelt one.

mod actions;
mod events;
mod options;

pub use actions::{ActionDef, action, actions, all_actions, nearest_action};
pub use events::{EventDef, Header, all_events, event, events, nearest_event, nearest_header};
pub use options::{OptionDef, knows, nearest_option, option, options, refused};

use crate::tables::{CLASSES, ClassRow};
pub use crate::tables::{Danger, Delivery, SectionKind};
use crate::text::distance;

/// One class of rights: what `read` and `write` list.
#[derive(Clone, Copy)]
pub struct ClassDef(&'static ClassRow);

impl ClassDef {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Its bit in Asterisk's mask.
    pub fn mask(self) -> u32 {
        1 << self.0.bit
    }

    /// What it is about.
    pub fn doc(self) -> &'static str {
        self.0.doc
    }

    /// Where Asterisk has it, and on which releases it was seen.
    pub fn source(self) -> &'static str {
        self.0.source
    }
}

/// All classes, in the order in which Asterisk prints them.
pub fn classes() -> impl Iterator<Item = ClassDef> {
    CLASSES.iter().map(ClassDef)
}

/// The class of that name; Asterisk compares with case.
pub fn class(name: &[u8]) -> Option<ClassDef> {
    classes().find(|class| class.name().as_bytes() == name)
}

/// The classes of a mask.
pub fn classes_of(mask: u32) -> impl Iterator<Item = ClassDef> {
    classes().filter(move |class| class.mask() & mask != 0)
}

/// Is a name so near to another, letter case aside, that hardly anything else was meant?
pub fn is_slip(asked: &[u8], name: &str) -> bool {
    let steps = distance(&asked.to_ascii_lowercase(), name.to_ascii_lowercase().as_bytes());
    steps == 0 || name.len() > 3 && steps == 1 || name.len() > 8 && steps == 2
}

/// The nearest of some names, if one is near enough to have been meant.
pub fn nearest<'n>(asked: &[u8], names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if asked.len() > 64 {
        return None;
    }
    let close = asked.len().max(3) / 3;
    let names = names.filter(|name| name.len().abs_diff(asked.len()) <= close);
    let rated = names.map(|name| (distance(asked, name.as_bytes()), name));
    rated.filter(|(steps, name)| *steps <= close && *steps < name.len()).min().map(|(_, name)| name)
}
