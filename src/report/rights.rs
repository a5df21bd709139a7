//! `amictl serve --strict-rights`: what the clients of each user needed.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::text;
use crate::config::manager::classes::Classes;
use crate::server::rights::{Account, Surprise};
use crate::text::show;

/// What came out for each user, ready to be printed.
pub struct RightsReport<'a>(pub &'a [Account]);

impl RightsReport<'_> {
    /// Writes it for people: for each user what nobody expected, and the lines that would have been enough.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        for account in self.0 {
            let user = show(&account.user);
            for (surprise, first) in &account.surprises {
                writeln!(out, "{user}: {}", sentence(surprise, first))?;
            }
            writeln!(out, "{user} needs")?;
            writeln!(out, "  read = {}", list(account.read))?;
            writeln!(out, "  write = {}", list(account.write))?;
        }
        if self.0.is_empty() {
            writeln!(out, "nobody has logged in")?;
        }
        Ok(())
    }

    /// Writes it as one line of JSON.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

fn sentence(surprise: &Surprise, first: &[u8]) -> String {
    let first = show(first);
    match surprise {
        Surprise::Sent(classes) => format!("was sent {first}, an event of class {}: not expected", list(*classes)),
        Surprise::NotSent(classes) => format!("asked for events of class {}, which it may not read", list(*classes)),
        Surprise::Ran(sets) => format!("ran {first}, which takes {}: not expected", one_of(sets)),
        Surprise::Refused(sets) => format!("was refused {first}, which takes {}", one_of(sets)),
    }
}

/// As a line of the file has it.
fn list(classes: Classes) -> String {
    if classes.is_none() { "none".to_owned() } else { classes.to_string() }
}

fn one_of(sets: &[Classes]) -> String {
    sets.iter().map(|set| set.names().collect::<Vec<_>>().join(" and ")).collect::<Vec<_>>().join(" or ")
}

fn names(classes: Classes) -> Vec<&'static str> {
    classes.names().collect()
}

impl Serialize for RightsReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Report<'a> {
            format: u32,
            users: Vec<User<'a>>,
        }
        let users = self.0.iter().map(User).collect();
        Report { format: 1, users }.serialize(serializer)
    }
}

struct User<'a>(&'a Account);

impl Serialize for User<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        text::entry(&mut map, "name", &self.0.user)?;
        map.serialize_entry("read", &names(self.0.read))?;
        map.serialize_entry("write", &names(self.0.write))?;
        map.serialize_entry("unexpected", &self.0.surprises.iter().map(Unexpected).collect::<Vec<_>>())?;
        map.end()
    }
}

struct Unexpected<'a>(&'a (Surprise, Vec<u8>));

impl Serialize for Unexpected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (surprise, first) = self.0;
        let mut map = serializer.serialize_map(None)?;
        let (what, right, sets) = match surprise {
            Surprise::Sent(classes) => ("sent", "read", vec![*classes]),
            Surprise::NotSent(classes) => ("not-sent", "read", vec![*classes]),
            Surprise::Ran(sets) => ("ran", "write", sets.clone()),
            Surprise::Refused(sets) => ("refused", "write", sets.clone()),
        };
        map.serialize_entry("what", what)?;
        map.serialize_entry("right", right)?;
        map.serialize_entry("one_of", &sets.iter().map(|&set| names(set)).collect::<Vec<_>>())?;
        if !first.is_empty() {
            text::entry(&mut map, "first", first)?;
        }
        map.serialize_entry("message", &sentence(surprise, first))?;
        map.end()
    }
}
