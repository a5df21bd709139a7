//! `amictl simulate events`: what each user is sent of a capture, and what is held back by what.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::text;
use super::variables::Variables;
use super::wrap::hanging;
use crate::access::Fate;
use crate::capture::Event;
use crate::config::manager::general::General;
use crate::config::{Effective, Note};
use crate::release::Release;
use crate::text::{Files, show};

/// What becomes of the events of a capture for one session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events that are sent.
    pub delivered: u64,
    /// The bytes of these.
    pub bytes: u64,
    /// Events that have a class that the user may not read.
    pub class: u64,
    /// Events that the mask leaves out.
    pub mask: u64,
    /// Events that the filters hold back.
    pub filter: u64,
    /// Events that nobody is sent.
    pub disabled: u64,
    /// Events that are not told of.
    pub undecided: u64,
}

impl Tally {
    /// Counts one event.
    pub fn add(&mut self, fate: Fate, bytes: usize) {
        let count = match fate {
            Fate::Delivered => {
                self.bytes += bytes as u64;
                &mut self.delivered
            }
            Fate::Class => &mut self.class,
            Fate::Mask => &mut self.mask,
            Fate::Filter => &mut self.filter,
            Fate::Disabled => &mut self.disabled,
            Fate::Undecided(_) | Fate::UnknownClass => &mut self.undecided,
        };
        *count += 1;
    }
}

/// What a capture holds.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// Events that are sent to whoever may see them.
    pub events: u64,
    /// The bytes of these.
    pub bytes: u64,
    /// All other messages.
    pub replies: u64,
    /// Bytes at the end that are no whole message.
    pub tail: usize,
    /// Events with a line `Timestamp`, and with a line `SequenceNumber`.
    stamped: u64,
    numbered: u64,
    variables: Variables,
}

impl Stream {
    /// Counts one event.
    pub fn add(&mut self, event: &Event<'_>) {
        self.events += 1;
        self.bytes += event.text.len() as u64;
        let mut lines = event.text.split(|&byte| byte == b'\n').skip(2).take(2);
        self.stamped += u64::from(lines.clone().any(|line| line.starts_with(b"Timestamp: ")));
        self.numbered += u64::from(lines.any(|line| line.starts_with(b"SequenceNumber: ")));
        self.variables.see(event);
    }
}

/// A longer name has a line for itself.
const WIDEST_NAME: usize = 17;

/// A user, and what becomes of the events for it.
pub struct Row<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// What it is sent, if there is such a user.
    pub tally: Option<Tally>,
    /// What it was sent before a change, if there was such a user.
    pub before: Option<Tally>,
}

/// What each user is sent of a capture, ready to be printed.
pub struct EventsReport<'a> {
    /// The release.
    pub release: Release,
    /// The users.
    pub rows: &'a [Row<'a>],
    /// What was changed, if anything was, as it may be shown.
    pub change: Option<&'a str>,
    /// The capture.
    pub stream: &'a Stream,
    /// What there is to say of the run, as [`notes`] has it.
    pub notes: &'a [String],
}

/// Of what is not here so much is named.
const MOST_OPEN: usize = 5;

/// What there is to say of a run: what was not judged, what the configuration has elsewhere, and where the capture was
/// made under other options.
pub fn notes(stream: &Stream, effective: &Effective<'_>, general: &General<'_>, files: &Files) -> Vec<String> {
    let Stream { events, tail, stamped, numbered, .. } = *stream;
    let mut notes = Vec::new();
    let open = |note: &Note<'_>| format!("{}: {}", files.place(effective.text(note.at)), note.message());
    notes.extend(effective.open().take(MOST_OPEN).map(open));
    match effective.open().count() {
        more if more > MOST_OPEN => notes.push(format!("and {} more that is not here", more - MOST_OPEN)),
        _ => {}
    }
    if tail > 0 {
        notes.push(format!("the last {tail} bytes of the capture are no whole message, and were not judged"));
    }
    for (seen, set, option, header) in [
        (stamped, general.timestampevents.value, "timestampevents", "Timestamp"),
        (numbered, general.debug.value, "debug", "SequenceNumber"),
    ] {
        if events > 0 && set != (seen > 0) {
            let (adds, has) = if set { ("adds", "does not have") } else { ("does not add", "has") };
            notes.push(format!(
                "`{option}` of this configuration {adds} {header} lines, and the capture {has} them: judged as captured"
            ));
        }
    }
    notes.extend(stream.variables.note(general.channel_variables()));
    notes
}

impl EventsReport<'_> {
    /// Writes a line for each user; two, where a change makes a difference.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let Stream { events, bytes, replies, .. } = self.stream;
        super::login::head(0, self.release, &format!("{events} events, {bytes} bytes; {replies} replies"), out)?;
        if let Some(change) = self.change {
            hanging(&format!("First as it is; on a line with `then` what {change} makes of it."), "", "", out)?;
        }
        let longest = self.rows.iter().map(|row| show(row.name).chars().count()).max().unwrap_or(0);
        let width = longest.clamp(if self.change.is_some() { 6 } else { 4 }, WIDEST_NAME);
        writeln!(
            out,
            "{:width$} {:>9} {:>5} {:>11} {:>5}  {:>7} {:>7} {:>7}",
            "user", "sent", "", "bytes", "", "class", "mask", "filter"
        )?;
        for row in self.rows {
            let mut name = show(row.name);
            if name.chars().count() > width {
                writeln!(out, "{name}")?;
                name.clear();
            }
            let old = if self.change.is_some() { row.before } else { row.tally };
            self.line(&format!("{name:width$}"), old, out)?;
            if self.change.is_some() && row.before != row.tally {
                self.line(&format!("{:width$}", "  then"), row.tally, out)?;
            }
        }
        Ok(())
    }

    fn line(&self, start: &str, tally: Option<Tally>, out: &mut dyn Write) -> io::Result<()> {
        let Some(tally) = tally else { return writeln!(out, "{start}  is no user") };
        let share = |part: u64, all: u64| format!("{:.0}%", part as f64 * 100.0 / all.max(1) as f64);
        let shares = [share(tally.delivered, self.stream.events), share(tally.bytes, self.stream.bytes)];
        write!(out, "{start} {:>9} {:>5} {:>11} {:>5}", tally.delivered, shares[0], tally.bytes, shares[1])?;
        writeln!(out, "  {:>7} {:>7} {:>7}", tally.class, tally.mask, tally.filter)?;
        let beside = [(tally.disabled, "disabled"), (tally.undecided, "undecided")];
        let beside = beside.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        match beside.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => Ok(()),
            beside => writeln!(out, "{:1$} beside these: {beside}", "", start.chars().count()),
        }
    }

    /// Writes it as JSON on one line, the last of those that explain events.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn json_line(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

impl Serialize for EventsReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", &1)?;
        map.serialize_entry("release", &self.release.to_string())?;
        map.serialize_entry("recorded", &self.release.is_recorded())?;
        map.serialize_entry("events", &self.stream.events)?;
        map.serialize_entry("bytes", &self.stream.bytes)?;
        map.serialize_entry("replies", &self.stream.replies)?;
        map.serialize_entry("notes", self.notes)?;
        map.serialize_entry("unjudged_tail_bytes", &self.stream.tail)?;
        let dump = |of: fn(&Row<'_>) -> Option<Tally>| -> Vec<_> {
            let dumps = self.rows.iter().filter_map(|row| Some(UserDump { name: row.name, tally: of(row)? }));
            dumps.collect()
        };
        map.serialize_entry("users", &dump(|row| row.tally))?;
        if let Some(change) = self.change {
            map.serialize_entry("change", change)?;
            map.serialize_entry("before", &dump(|row| row.before))?;
        }
        map.end()
    }
}

struct UserDump<'a> {
    name: &'a [u8],
    tally: Tally,
}

impl Serialize for UserDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        text::entry(&mut map, "name", self.name)?;
        map.serialize_entry("delivered", &self.tally.delivered)?;
        map.serialize_entry("bytes", &self.tally.bytes)?;
        map.serialize_entry("blocked", &BlockedDump(self.tally))?;
        map.serialize_entry("undecided", &self.tally.undecided)?;
        map.end()
    }
}

struct BlockedDump(Tally);

impl Serialize for BlockedDump {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("class", &self.0.class)?;
        map.serialize_entry("mask", &self.0.mask)?;
        map.serialize_entry("filter", &self.0.filter)?;
        map.serialize_entry("disabled", &self.0.disabled)?;
        map.end()
    }
}
