//! Recorded streams: what a session that sees everything was sent, and what a crowd of others was sent meanwhile.
//!
//! `fixtures/streams/CROWD` holds a configuration and what is done with it (`capture.toml`, a [`Plan`]), and of each
//! release the stream of the one who sees everything (`RELEASE.ami`) and which bytes of it the others were sent
//! (`RELEASE.json`, a [`Recording`]).

use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::access::{Delivery, Fate, Watcher, mask};
use crate::capture::{Capture, Message};
use crate::config::manager::Manager;
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::{FilterReader, Matcher};
use crate::config::{self, Outcome, Place, World};
use crate::host::Memory;
use crate::release::Release;
use crate::text::Files;

use super::bytes::Bytes;

/// The user who sees everything.
pub const SEES_ALL: &str = "sees-all";
/// The user who makes things happen, and is no part of the crowd.
pub const DRIVER: &str = "driver";
/// The secret of every user.
pub const SECRET: &str = "not-a-secret";

/// `capture.toml`: who has a session, and what happens while all are there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Sessions that ask for something of their own. A user that none of them is of has one that does not.
    #[serde(default, rename = "session")]
    pub sessions: Vec<Session>,
    /// What is done, one after the other.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// What it is called: a user can have several.
    pub name: String,
    /// Whose it is.
    pub user: String,
    /// The header `Events` of the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// What the action Events asks for after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
    /// What the action Filter adds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Added>,
}

/// A filter that a session adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Added {
    /// The header `MatchCriteria`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<String>,
    /// The header `Filter`.
    pub pattern: String,
}

/// Something that is done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it shows, in a line.
    pub about: String,
    /// What is sent: lines of actions.
    pub send: Bytes,
    /// On a connection of its own, as logins are.
    #[serde(default)]
    pub apart: bool,
    /// What has come, in any order, to the one who sees everything before the next step.
    #[serde(default, rename = "await")]
    pub awaits: Vec<Bytes>,
}

/// What a release sent to the crowd.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// The release.
    pub release: String,
    /// The exact package.
    pub package: String,
    /// The day.
    pub recorded: String,
    /// The command that recorded it.
    pub recorder: String,
    /// The crowd.
    pub sessions: Vec<Received>,
}

/// What a session was sent.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Who it is.
    #[serde(flatten)]
    pub session: Session,
    /// Which bytes of the stream of the one who sees everything, from one to before another.
    pub bytes: Vec<(usize, usize)>,
}

impl Received {
    /// The bytes themselves.
    ///
    /// # Errors
    ///
    /// A range that is not in the stream.
    pub fn of(&self, stream: &[u8]) -> io::Result<Vec<u8>> {
        let part = |&(from, to): &(usize, usize)| stream.get(from..to);
        let parts = self.bytes.iter().map(part).collect::<Option<Vec<_>>>();
        parts.map(|parts| parts.concat()).ok_or_else(|| io::Error::other("a range outside of the stream"))
    }
}

/// Which bytes of a stream, event by event, make up what another session was sent; nothing if they do not.
///
/// # Errors
///
/// A stream that has anything but events in it.
pub fn ranges(stream: &[u8], received: &[u8]) -> io::Result<Option<Vec<(usize, usize)>>> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut rest = received;
    for range in events(stream)? {
        let Some(after) = rest.strip_prefix(&stream[range.clone()]) else { continue };
        rest = after;
        match ranges.last_mut() {
            Some((_, to)) if *to == range.start => *to = range.end,
            _ => ranges.push((range.start, range.end)),
        }
    }
    Ok(rest.is_empty().then_some(ranges))
}

/// Where the messages of a stream are, all of which are events.
///
/// # Errors
///
/// A stream that has anything else, or of which reading loses a byte.
pub fn events(stream: &[u8]) -> io::Result<Vec<Range<usize>>> {
    let mut capture = Capture::new(stream);
    let (mut ranges, mut at) = (Vec::new(), 0);
    while let Some(message) = capture.message().map_err(io::Error::other)? {
        let Message::Event(event) = message else { return Err(io::Error::other("a reply in a stream of events")) };
        let range = at..at + event.text.len();
        if stream.get(range.clone()) != Some(&event.text) {
            return Err(io::Error::other(format!("the event at byte {at} is read as another")));
        }
        at = range.end;
        ranges.push(range);
    }
    if at == stream.len() { Ok(ranges) } else { Err(io::Error::other(format!("no event at byte {at}"))) }
}

impl Plan {
    /// Reads `capture.toml`.
    ///
    /// # Errors
    ///
    /// What the disk says, or a file that is no plan.
    pub fn read(path: &Path) -> io::Result<Plan> {
        let wrong = |error: toml::de::Error| io::Error::other(format!("{}: {error}", path.display()));
        toml::from_str(&fs::read_to_string(path)?).map_err(wrong)
    }

    /// Everybody in the crowd: the sessions of the plan, and one of each user that has none there.
    pub fn crowd<'u>(&self, users: impl IntoIterator<Item = &'u [u8]>) -> Vec<Session> {
        let named = users.into_iter().map(|user| String::from_utf8_lossy(user).into_owned());
        let mut crowd: Vec<Session> = named
            .filter(|user| user != SEES_ALL && user != DRIVER && self.sessions.iter().all(|it| it.user != *user))
            .map(|user| Session { name: user.clone(), user, events: None, then: None, filters: Vec::new() })
            .collect();
        crowd.extend(self.sessions.iter().cloned());
        crowd
    }
}

impl Session {
    /// What it wants to see: the action Events after its login counts, if there was one that was not refused.
    fn mask(&self) -> Classes {
        let asked = self.then.iter().chain(&self.events).find_map(|asked| mask(asked.as_bytes()));
        asked.unwrap_or(Classes::ALL)
    }
}

/// A configuration, and what amictl says of it.
pub struct Crowd<'f> {
    /// manager.conf
    pub manager_conf: &'f [u8],
    /// The release that reads it.
    pub release: Release,
}

impl Crowd<'_> {
    /// The names of its users who can log in from anywhere.
    ///
    /// # Errors
    ///
    /// A manager.conf that does not load.
    pub fn users(&self) -> io::Result<Vec<Vec<u8>>> {
        self.with_manager(|manager| {
            let users = manager.accounts.users.iter().filter(|user| user.has_secret() && user.acls.is_empty());
            Ok(users.map(|user| user.name.to_vec()).collect())
        })
    }

    /// What each session is sent of a stream, byte for byte.
    ///
    /// # Errors
    ///
    /// A stream that cannot be read, a user that is not there, or an event that amictl does not know to be sent or not.
    pub fn sends(&self, sessions: &[Session], stream: impl Read) -> io::Result<Vec<Vec<u8>>> {
        self.with_manager(|manager| self.judge(manager, sessions, stream))
    }

    fn judge(&self, manager: &Manager<'_>, sessions: &[Session], stream: impl Read) -> io::Result<Vec<Vec<u8>>> {
        let mut reader = FilterReader::new(self.release);
        // What is refused is not there.
        let mut matcher =
            |it: &Added| reader.of_session(it.criteria.as_deref().map(str::as_bytes), it.pattern.as_bytes()).ok();
        let added: Vec<Vec<(Matcher, bool)>> =
            sessions.iter().map(|session| session.filters.iter().filter_map(&mut matcher).collect()).collect();
        let mut watchers = Vec::new();
        for (session, added) in sessions.iter().zip(&added) {
            let user = manager.accounts.find(session.user.as_bytes());
            let user = user.ok_or_else(|| io::Error::other(format!("no user `{}`", session.user)))?;
            let mut watcher = Watcher::of(user, session.mask());
            for (matcher, excludes) in added {
                if *excludes { &mut watcher.excludes } else { &mut watcher.includes }.push(matcher);
            }
            watchers.push(watcher);
        }
        let disabled = manager.general.disabled_events().into_iter().map(<[u8]>::to_vec).collect();
        let mut delivery = Delivery::new(&watchers, disabled);
        let groups = delivery.groups().to_vec();
        let mut sent = vec![Vec::new(); sessions.len()];
        let mut capture = Capture::new(stream);
        while let Some(message) = capture.message().map_err(io::Error::other)? {
            let Message::Event(event) = message else { continue };
            let fates = delivery.judge(&event.text, event.name(), event.classes());
            for ((session, &group), sent) in sessions.iter().zip(&groups).zip(&mut sent) {
                match fates[group] {
                    Fate::Delivered => sent.extend_from_slice(&event.text),
                    Fate::Class | Fate::Mask | Fate::Filter | Fate::Disabled => {}
                    unsure @ (Fate::Undecided(_) | Fate::UnknownClass) => {
                        let (name, text) = (&session.name, event.text.escape_ascii());
                        return Err(io::Error::other(format!("whether `{name}` is sent {text} is {unsure:?}")));
                    }
                }
            }
        }
        Ok(sent)
    }

    fn with_manager<T>(&self, look: impl FnOnce(&Manager<'_>) -> io::Result<T>) -> io::Result<T> {
        let (files, memory) = (Files::default(), Memory::default());
        let etc = PathBuf::from("/etc/asterisk");
        let root = files.add("manager.conf".to_owned(), etc.join("manager.conf"), self.manager_conf.to_vec()).id();
        let world = World::new(&files, &memory, Place { etc, root: None, complete: true });
        let effective = config::load(&world, root, self.release);
        if effective.outcome != Outcome::Loads {
            return Err(io::Error::other("this manager.conf does not load"));
        }
        look(&Manager::load(&world, &effective, self.release))
    }
}
