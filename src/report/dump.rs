//! `amictl dump`: a tree, or an effective configuration.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::text;
use crate::config::{Effective, Entry, Note, Origin, Outcome, Section, SectionId};
use crate::release::Release;
use crate::syntax::{Piece, Tree};
use crate::text::{Files, Secrets, SourceFile, show};

/// More entries than this are not printed: templates can multiply them without bounds.
const MOST_ENTRIES: u64 = 20_000_000;

/// An effective configuration, ready to be printed.
pub struct EffectiveDump<'a> {
    /// What was loaded.
    pub effective: &'a Effective<'a>,
    /// For which release.
    pub release: Release,
    /// The files it was read from.
    pub files: &'a Files,
    /// May secrets be shown.
    pub secrets: Secrets,
}

impl<'a> EffectiveDump<'a> {
    /// Why there is no configuration, if there is none.
    pub fn aborted(&self) -> Option<String> {
        let too_many = || {
            let entries: u64 = self.effective.sections.iter().map(|section| section.content.len()).sum();
            (entries > MOST_ENTRIES).then(|| format!("amictl gives up: more than {MOST_ENTRIES} entries to print"))
        };
        match self.effective.outcome {
            Outcome::Loads => too_many(),
            Outcome::Refused(note) | Outcome::Hangs(note) | Outcome::Limit(note) => {
                let note = &self.effective.notes[note];
                Some(format!("{}: {}", self.files.place(self.effective.text(note.at)), note.message()))
            }
        }
    }

    /// Writes it as JSON, in one line of text for each section.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Writes it for people, in the form of a configuration file.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let backing = if self.release.is_recorded() { "" } else { " (by source, not run)" };
        writeln!(out, "; as Asterisk {}{backing} holds it", self.release)?;
        for note in self.effective.notes.iter().filter(|note| is_problem(note)) {
            let place = self.files.place(self.effective.text(note.at));
            writeln!(out, "; {}: {place}: {}", note.level().name(), note.message())?;
        }
        if let Some(why) = self.aborted() {
            return writeln!(out, "; nothing is loaded: {why}");
        }
        for section in &self.effective.sections {
            self.human_section(out, section)?;
        }
        Ok(())
    }

    fn human_section(&self, out: &mut dyn Write, section: &Section<'_>) -> io::Result<()> {
        let mut options: Vec<String> = section.template.then(|| "!".to_owned()).into_iter().collect();
        options.extend(section.bases.iter().map(|&base| show(self.effective.section(base).name)));
        let options = if options.is_empty() { String::new() } else { format!("({})", options.join(",")) };
        writeln!(out, "\n{}", aside(&format!("[{}]{options}", show(section.name)), &self.place(section.origin)))?;
        for entry in section.content.iter() {
            let value = self.secrets.shown(entry.name, &entry.value);
            let line = format!("{} = {}", String::from_utf8_lossy(entry.name), String::from_utf8_lossy(&value));
            let mut origin = self.place(entry.origin);
            if let Some(home) = self.inherited(entry, section) {
                origin.push_str(&format!(", from [{}]", show(self.effective.section(home).name)));
            }
            writeln!(out, "{}", aside(&line, &origin))?;
        }
        Ok(())
    }

    fn place(&self, origin: Origin) -> String {
        self.files.place(self.effective.text(origin))
    }

    fn inherited(&self, entry: &Entry<'_>, section: &Section<'_>) -> Option<SectionId> {
        (!std::ptr::eq(self.effective.section(entry.home), section)).then_some(entry.home)
    }
}

/// A line with a remark in a column to its right.
fn aside(line: &str, remark: &str) -> String {
    format!("{line:<40} ; {remark}")
}

/// Is a note worth a place among the problems? What works as written is not.
fn is_problem(note: &Note<'_>) -> bool {
    use crate::config::What;
    !matches!(note.what, What::Appended { .. } | What::TryIncludeMissing { .. } | What::EmptyBase { .. })
}

impl Serialize for EffectiveDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let aborted = self.aborted();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", &1)?;
        map.serialize_entry("release", &self.release.to_string())?;
        map.serialize_entry("recorded", &self.release.is_recorded())?;
        map.serialize_entry("loads", &aborted.is_none())?;
        map.serialize_entry("aborted", &aborted)?;
        map.serialize_entry("sections", &Sections { dump: self, none: aborted.is_some() })?;
        let problems: Vec<_> = self.effective.notes.iter().filter(|note| is_problem(note)).collect();
        map.serialize_entry("problems", &problems.iter().map(|note| Problem { dump: self, note }).collect::<Vec<_>>())?;
        map.end()
    }
}

struct Sections<'a> {
    dump: &'a EffectiveDump<'a>,
    none: bool,
}

impl Serialize for Sections<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sections = if self.none { &[] } else { &self.dump.effective.sections[..] };
        let mut list = serializer.serialize_seq(Some(sections.len()))?;
        for section in sections {
            list.serialize_element(&SectionDump { dump: self.dump, section })?;
        }
        list.end()
    }
}

struct SectionDump<'a> {
    dump: &'a EffectiveDump<'a>,
    section: &'a Section<'a>,
}

impl Serialize for SectionDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bases = &self.section.bases;
        let bases: Vec<_> =
            bases.iter().map(|&base| String::from_utf8_lossy(self.dump.effective.section(base).name)).collect();
        let mut map = serializer.serialize_map(None)?;
        text::entry(&mut map, "name", self.section.name)?;
        map.serialize_entry("template", &self.section.template)?;
        map.serialize_entry("templates", &bases)?;
        map.serialize_entry("origin", &Place { dump: self.dump, origin: self.section.origin, home: None })?;
        map.serialize_entry("entries", &Entries { dump: self.dump, section: self.section })?;
        map.end()
    }
}

struct Entries<'a> {
    dump: &'a EffectiveDump<'a>,
    section: &'a Section<'a>,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for entry in self.section.content.iter() {
            list.serialize_element(&EntryDump { dump: self.dump, section: self.section, entry })?;
        }
        list.end()
    }
}

struct EntryDump<'a> {
    dump: &'a EffectiveDump<'a>,
    section: &'a Section<'a>,
    entry: &'a Entry<'a>,
}

impl Serialize for EntryDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        text::entry(&mut map, "name", self.entry.name)?;
        text::entry(&mut map, "value", &self.dump.secrets.shown(self.entry.name, &self.entry.value))?;
        let home = self.dump.inherited(self.entry, self.section);
        map.serialize_entry("origin", &Place { dump: self.dump, origin: self.entry.origin, home })?;
        map.end()
    }
}

/// Where something was written, from which section it was inherited, and which lines included the file.
struct Place<'a> {
    dump: &'a EffectiveDump<'a>,
    origin: Origin,
    home: Option<SectionId>,
}

impl Serialize for Place<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (effective, files) = (self.dump.effective, self.dump.files);
        let span = effective.text(self.origin);
        let file = files.get(span.file);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("file", file.name())?;
        map.serialize_entry("line", &file.position(span.start as usize).line)?;
        if let Some(home) = self.home {
            map.serialize_entry("inherited_from", &String::from_utf8_lossy(effective.section(home).name))?;
        }
        let mut from = effective.read(self.origin).from;
        let mut chain = Vec::new();
        while let Some(include) = from {
            chain.push(files.place(effective.text(include)));
            from = effective.read(include).from;
        }
        if !chain.is_empty() {
            map.serialize_entry("included_from", &chain)?;
        }
        map.end()
    }
}

struct Problem<'a> {
    dump: &'a EffectiveDump<'a>,
    note: &'a Note<'a>,
}

impl Serialize for Problem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let span = self.dump.effective.text(self.note.at);
        let file = self.dump.files.get(span.file);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("level", self.note.level().name())?;
        map.serialize_entry("message", &self.note.message())?;
        map.serialize_entry("file", file.name())?;
        map.serialize_entry("line", &file.position(span.start as usize).line)?;
        map.end()
    }
}

/// A tree, ready to be printed.
pub struct TreeDump<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// Its tree.
    pub tree: &'a Tree<'a>,
    /// May secrets be shown.
    pub secrets: Secrets,
}

impl TreeDump<'_> {
    /// Writes it as JSON: a list of lines, each with its pieces.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut json = serde_json::Serializer::new(&mut *out);
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("format", &1)?;
        map.serialize_entry("file", self.file.name())?;
        map.serialize_entry("bytes", &self.tree.source().len())?;
        map.serialize_entry("lines", &TreeLines(self))?;
        SerializeMap::end(map)?;
        out.write_all(b"\n")
    }

    /// Writes it for people: a line for each piece.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        for line in self.tree.lines() {
            for piece in line.pieces() {
                let start = self.file.position(piece.range.start);
                let bytes = self.shown(&piece);
                let text = String::from_utf8_lossy(&bytes).escape_debug().to_string();
                writeln!(out, "{:>5}:{:<4} {:<15} {text}", start.line, start.column, format!("{:?}", piece.kind))?;
            }
        }
        Ok(())
    }

    /// The bytes of a piece, without what must not be shown.
    fn shown(&self, piece: &Piece) -> Vec<u8> {
        let bytes = &self.tree.source()[piece.range.clone()];
        if self.secrets == Secrets::Revealed {
            return bytes.to_vec();
        }
        let first = self.file.position(piece.range.start).line;
        let mut out = Vec::new();
        let mut at = piece.range.start;
        // A piece is part of one line, but for the rest of a file in which Asterisk hangs.
        for line in first.. {
            let Some(place) = self.file.line(line).filter(|place| place.start < piece.range.end) else { break };
            let Some(hidden) = self.file.redacted_on(line) else { continue };
            let (from, to) = (hidden.start.clamp(at, piece.range.end), hidden.end.clamp(at, piece.range.end));
            out.extend_from_slice(&self.tree.source()[at..from]);
            if to > from {
                out.extend_from_slice(crate::text::MASK.as_bytes());
            }
            at = to.max(place.start.max(at).min(piece.range.end));
        }
        out.extend_from_slice(&self.tree.source()[at..piece.range.end]);
        out
    }
}

struct TreeLines<'a>(&'a TreeDump<'a>);

impl Serialize for TreeLines<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.tree.len()))?;
        for line in self.0.tree.lines() {
            let pieces: Vec<_> = line.pieces().into_iter().map(|piece| PieceDump { dump: self.0, piece }).collect();
            list.serialize_element(&pieces)?;
        }
        list.end()
    }
}

struct PieceDump<'a> {
    dump: &'a TreeDump<'a>,
    piece: Piece,
}

impl Serialize for PieceDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &format!("{:?}", self.piece.kind))?;
        map.serialize_entry("start", &self.piece.range.start)?;
        map.serialize_entry("end", &self.piece.range.end)?;
        text::entry(&mut map, "text", &self.dump.shown(&self.piece))?;
        map.end()
    }
}
