//! `amictl simulate events --explain`: why users are sent one event, or are not.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::login::{StepDump, lines};
use super::manager::place;
use super::text;
use super::wrap::wrapped;
use crate::access::{Explanation, Fate};
use crate::capture::Event;
use crate::text::{Files, show};

/// What decided takes so many lines at most, and what it missed by so many: with the one on the event six.
const LINES: [usize; 2] = [2, 3];

/// One event of a capture, and what becomes of it.
pub struct Explained<'a> {
    /// Its number among the events of the capture, from 1.
    pub number: u64,
    /// The event.
    pub event: &'a Event<'a>,
    /// The users that are asked about, and why they are sent it, or are not.
    pub users: &'a [(&'a [u8], Explanation)],
    /// The files that were read.
    pub files: &'a Files,
    /// All steps are told, not just the one that decided.
    pub in_full: bool,
}

impl Explained<'_> {
    /// Writes it for people.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let (name, classes) = (show(self.event.name()), show(self.event.classes()));
        writeln!(out, "event {} at byte {}: {name}, class {classes}", self.number, self.event.at)?;
        let place = |at| if let Some(at) = at { format!(" ({})", self.files.place(at)) } else { String::new() };
        for (user, why) in self.users {
            let decisive = why.decisive();
            let text = format!("{}: {}{}: {}", show(user), why.trace.answer(), place(decisive.at), decisive.text);
            let mut all = wrapped(&text, "  ", "      ", LINES[0]);
            if self.in_full {
                for (start, text) in lines(&why.trace, self.files) {
                    all.extend(wrapped(&text, &format!("    {start}"), &" ".repeat(start.len() + 4), usize::MAX));
                }
            }
            if let Some((nearest, at)) = &why.nearest {
                let text = format!("nearest miss{}: {nearest}", place(*at));
                all.extend(wrapped(&text, "    ", "      ", LINES[1]));
            }
            all.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        writeln!(out)
    }

    /// Writes it as JSON on one line.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// A fate in one word.
fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Delivered => "delivered",
        Fate::Class => "class",
        Fate::Mask => "mask",
        Fate::Filter => "filter",
        Fate::Disabled => "disabled",
        Fate::Undecided(_) | Fate::UnknownClass => "undecided",
    }
}

impl Serialize for Explained<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", &self.number)?;
        map.serialize_entry("byte", &self.event.at)?;
        text::entry(&mut map, "name", self.event.name())?;
        text::entry(&mut map, "classes", self.event.classes())?;
        let users: Vec<_> = self.users.iter().map(|(name, why)| WhyDump { explained: self, name, why }).collect();
        map.serialize_entry("users", &users)?;
        map.end()
    }
}

struct WhyDump<'a> {
    explained: &'a Explained<'a>,
    name: &'a [u8],
    why: &'a Explanation,
}

impl Serialize for WhyDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (why, files) = (self.why, self.explained.files);
        let mut map = serializer.serialize_map(None)?;
        text::entry(&mut map, "name", self.name)?;
        map.serialize_entry("fate", word(why.fate))?;
        map.serialize_entry("decided", &StepDump { files, step: why.decisive() })?;
        if let Some((text, at)) = &why.nearest {
            map.serialize_entry("nearest", &NearDump { files, text, at: *at })?;
        }
        if self.explained.in_full {
            let steps: Vec<_> = why.trace.steps().iter().map(|step| StepDump { files, step }).collect();
            map.serialize_entry("steps", &steps)?;
        }
        map.end()
    }
}

struct NearDump<'a> {
    files: &'a Files,
    text: &'a str,
    at: Option<crate::text::Span>,
}

impl Serialize for NearDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", self.text)?;
        if let Some(at) = self.at {
            place(&mut map, self.files, at)?;
        }
        map.end()
    }
}
