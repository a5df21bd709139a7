//! The scenario tables, `fixtures/scenarios/TOPIC.toml`: configuration files and a question about them.
//!
//! The tables hold no answers; those are recorded, per release, in `fixtures/oracle`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::host::Memory;

use super::bytes::Bytes;
use super::cases::{ETC, Files};
use super::recorded;

/// One file of scenarios.
pub struct Table {
    /// The file's name without `.toml`.
    pub topic: String,
    /// Its scenarios, in order.
    pub scenarios: Vec<Scenario>,
}

/// One row of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Unique over all tables, in kebab-case.
    pub name: String,
    /// What it shows, in a line.
    pub about: String,
    /// The recorded case it was taken from.
    #[serde(rename = "source")]
    _source: Option<String>,
    /// Why the answer depends on memory that holds anything; several answers are right then.
    pub undefined: Option<String>,
    /// The question.
    pub ask: Ask,
    /// What is tried on the manager of `ask = "manager"`.
    #[serde(default)]
    pub manager: Trials,
    /// Laid out in the configuration folder, and nothing else is in it. A name that ends in `/` is a folder.
    ///
    /// `{ETC}` in a content is the path of that folder: 25 bytes, `/tmp/amictl-0000000-0/etc`, as some answers depend
    /// on its length.
    files: BTreeMap<Bytes, Bytes>,
    /// Symbolic links: name and target.
    #[serde(default)]
    symlinks: BTreeMap<Bytes, Bytes>,
}

/// The question. One with details of its own takes them from a table of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// How is `case.conf` read: the sections as GetConfig lists them, templates too.
    Parse,
    /// What does an Asterisk show and do that starts with these files?
    Manager,
}

/// What is tried on a manager, beside what it shows of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trials {
    /// Tries to log in, each on a connection of its own to the plain listener.
    #[serde(default)]
    pub logins: Vec<Login>,
    /// UserEvents by their headers, the first of which is `UserEvent`. The account [`SENDER`] sends them.
    #[serde(default)]
    pub events: Vec<Vec<(Bytes, Bytes)>>,
    /// Who is looked at for them: logged in from 127.0.0.1, all at once, with `Events: user`.
    #[serde(default)]
    pub receivers: Vec<Receiver>,
}

/// A try to log in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The header `Username`.
    pub user: Bytes,
    /// The header `Secret`.
    pub secret: Bytes,
    /// Where the client is: an address of [`ADDRESSES`], or of their networks.
    pub from: IpAddr,
}

/// Somebody who waits for events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// The header `Username`.
    pub user: Bytes,
    /// The header `Secret`.
    pub secret: Bytes,
}

/// The user, and its secret, that sends events, and waits for them itself: a scenario with events has it among its
/// users, with `read = user`, `write = user` and no filter.
pub const SENDER: &str = "judge";

/// The addresses of the machine on which managers are asked, with the length of their networks, all of which is its own
/// for IPv4.
pub const ADDRESSES: [(&str, u8); 10] = [
    ("127.0.0.1", 8),
    ("10.0.0.1", 8),
    ("172.16.0.1", 16),
    ("192.168.0.1", 24),
    ("203.0.113.1", 24),
    ("::1", 128),
    ("fd00::1", 128),
    ("fd00::2", 128),
    ("fd00:0:0:1::1", 128),
    ("2001:db8::1", 128),
];

/// The text of an event as Asterisk sends it; it got the number of the event as its ActionID.
pub fn event_text(number: usize, headers: &[(Bytes, Bytes)]) -> Vec<u8> {
    let mut text = b"Event: UserEvent\r\nPrivilege: user,all\r\n".to_vec();
    text.extend(event_headers(number, headers));
    text.extend(b"\r\n");
    text
}

/// Its headers as they are sent to Asterisk, which sends them on as they are.
pub fn event_headers(number: usize, headers: &[(Bytes, Bytes)]) -> Vec<u8> {
    let mut text = Vec::new();
    for (at, (name, value)) in headers.iter().enumerate() {
        for part in [&name.0[..], b": ", &value.0, b"\r\n"] {
            text.extend_from_slice(part);
        }
        if at == 0 {
            text.extend_from_slice(format!("ActionID: {number}\r\n").as_bytes());
        }
    }
    text
}

/// What can be asked without a name: files, and what is to be known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub ask: Ask,
    /// The files, in one folder or below it.
    pub files: Files,
    /// What is tried, where a manager is asked.
    pub manager: Trials,
}

impl Question {
    /// How are these files read?
    pub fn parse(files: Files) -> Question {
        Question { ask: Ask::Parse, files, manager: Trials::default() }
    }

    /// The files of a manager, as those of a root of any name.
    pub fn root(mut self) -> Files {
        let manager = self.files.remove(&b"manager.conf"[..]).unwrap_or_default();
        self.files.insert(CASE.as_bytes().to_vec(), manager);
        self.files
    }
}

/// The file that `ask = "parse"` is about.
pub const CASE: &str = "case.conf";

impl Scenario {
    /// A scenario of files only, without symbolic links.
    pub fn new(name: String, about: String, question: &Question) -> Scenario {
        let files =
            question.files.iter().map(|(name, content)| (Bytes(name.clone()), Bytes(content.clone()))).collect();
        let (ask, manager) = (question.ask, question.manager.clone());
        Scenario { name, about, _source: None, undefined: None, ask, manager, files, symlinks: BTreeMap::new() }
    }

    /// Its files, `{ETC}` in them not replaced; none when there is more to it than files.
    pub fn files(&self) -> Option<Files> {
        let files = self.files.iter().map(|(name, content)| (name.0.clone(), content.0.clone()));
        self.symlinks.is_empty().then(|| files.collect())
    }

    /// It as a row of a table.
    pub fn written(&self) -> String {
        let mut text = format!("[[scenario]]\nname = \"{}\"\nabout = \"{}\"\n", self.name, self.about);
        let ask = match self.ask {
            Ask::Parse => "parse",
            Ask::Manager => "manager",
        };
        text.push_str(&format!("ask = \"{ask}\"\n[scenario.files]\n"));
        for (name, content) in &self.files {
            text.push_str(&format!("{} = {}\n", name.written(), content.written()));
        }
        text + &self.manager.written()
    }

    /// Lays the files out in `folder`, which Asterisk calls `etc`.
    ///
    /// # Errors
    ///
    /// A name that leads out of the folder, or what the disk says.
    pub fn lay_out(&self, folder: &Path, etc: &str) -> io::Result<()> {
        for (name, content) in &self.files {
            let path = inside(folder, name)?;
            if name.0.ends_with(b"/") {
                fs::create_dir_all(&path)?;
                continue;
            }
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(&path, replace(&content.0, ETC, etc.as_bytes()))?;
        }
        for (name, target) in &self.symlinks {
            symlink(OsStr::from_bytes(&target.0), inside(folder, name)?)?;
        }
        Ok(())
    }

    /// The files in memory, in a folder of the name `etc`.
    ///
    /// # Errors
    ///
    /// A name that leads out of the folder.
    pub fn in_memory(&self, etc: &str) -> io::Result<Memory> {
        let mut memory = Memory::default();
        for (name, content) in &self.files {
            let path = inside(Path::new(etc), name)?;
            if name.0.ends_with(b"/") {
                memory.add_folder(path);
            } else {
                memory.add(path, replace(&content.0, ETC, etc.as_bytes()));
            }
        }
        for (name, target) in &self.symlinks {
            memory.add_link(inside(Path::new(etc), name)?, OsStr::from_bytes(&target.0));
        }
        Ok(memory)
    }

    /// Does it have a directive, and a `..` that may be in its path?
    pub(super) fn names_parent(&self) -> bool {
        self.files.values().any(|it| it.0.contains(&b'#') && memchr::memmem::find(&it.0, b"../").is_some())
    }

    /// The content of `case.conf` when nothing else can matter: the scenario may then share a folder with others.
    pub fn sharable(&self) -> Option<&[u8]> {
        let (name, content) = self.files.first_key_value()?;
        let plain =
            self.ask == Ask::Parse && self.files.len() == 1 && self.symlinks.is_empty() && name.0 == CASE.as_bytes();
        let alone = plain && !content.0.contains(&b'#') && memchr::memmem::find(&content.0, ETC).is_none();
        alone.then_some(&content.0)
    }
}

impl Trials {
    /// Is nothing tried?
    fn is_empty(&self) -> bool {
        self.logins.is_empty() && self.events.is_empty() && self.receivers.is_empty()
    }

    /// As the table of a scenario; nothing when nothing is tried.
    fn written(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let list = |name: &str, rows: Vec<String>| match rows.is_empty() {
            true => String::new(),
            false => format!("{name} = [\n{}]\n", rows.iter().map(|row| format!("    {row},\n")).collect::<String>()),
        };
        let account =
            |user: &Bytes, secret: &Bytes| format!("user = {}, secret = {}", user.written(), secret.written());
        let logins = self.logins.iter();
        let logins = logins.map(|it| format!("{{ {}, from = \"{}\" }}", account(&it.user, &it.secret), it.from));
        let events = self.events.iter().map(|headers| {
            let pairs = headers.iter().map(|(name, value)| format!("[{}, {}]", name.written(), value.written()));
            format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
        });
        let receivers = self.receivers.iter().map(|it| format!("{{ {} }}", account(&it.user, &it.secret)));
        format!(
            "[scenario.manager]\n{}{}{}",
            list("logins", logins.collect()),
            list("events", events.collect()),
            list("receivers", receivers.collect()),
        )
    }
}

/// `name` below `folder`, never outside.
fn inside(folder: &Path, name: &Bytes) -> io::Result<PathBuf> {
    let name = Path::new(OsStr::from_bytes(&name.0));
    let plain = name.components().all(|it| matches!(it, Component::Normal(_)));
    if plain {
        Ok(folder.join(name))
    } else {
        Err(io::Error::other(format!("`{}` is not a name below the configuration folder", name.display())))
    }
}

/// `content` with each `from` made a `to`.
pub fn replace(content: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.windows(from.len()).position(|it| it == from) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// The tables named by `topics`, or all of them, by topic.
///
/// # Errors
///
/// A table that cannot be read, two scenarios of one name, or a topic that does not exist.
pub fn load(folder: &Path, topics: &[String]) -> io::Result<Vec<Table>> {
    let mut tables = Vec::new();
    for (_, path) in recorded::tables(folder)? {
        tables.push(read(&path).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?);
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = tables.iter().flat_map(|it| &it.scenarios).find(|it| !names.insert(&it.name)) {
        return Err(io::Error::other(format!("two scenarios are called `{}`: rename one", twice.name)));
    }
    if let Some(unknown) = topics.iter().find(|it| tables.iter().all(|table| table.topic != **it)) {
        let known = tables.iter().map(|it| it.topic.as_str()).collect::<Vec<_>>().join(", ");
        return Err(io::Error::other(format!("there is no table `{unknown}`, but {known}")));
    }
    tables.retain(|it| topics.is_empty() || topics.contains(&it.topic));
    Ok(tables)
}

fn read(path: &Path) -> io::Result<Table> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        scenario: Vec<Scenario>,
    }
    let File { scenario: scenarios } = toml::from_str(&fs::read_to_string(path)?).map_err(io::Error::other)?;
    let word = |it: &str| !it.is_empty() && it.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9'));
    if let Some(odd) = scenarios.iter().find(|it: &&Scenario| !it.name.split('-').all(word)) {
        return Err(io::Error::other(format!("`{}` is not in kebab-case", odd.name)));
    }
    let tries = |it: &&Scenario| it.ask != Ask::Manager && !it.manager.is_empty();
    if let Some(odd) = scenarios.iter().find(tries) {
        return Err(io::Error::other(format!("`{}` tries what only `ask = \"manager\"` can", odd.name)));
    }
    let topic = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Table { topic, scenarios })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_read() -> io::Result<()> {
        let tables = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios"), &[])?;
        assert!(tables.iter().all(|it| !it.scenarios.is_empty()));
        Ok(())
    }

    #[test]
    fn a_scenario_stays_in_its_folder() {
        let name = |it: &[u8]| inside(Path::new("/etc"), &Bytes(it.to_vec())).is_ok();
        assert!(name(b"d/a.conf") && name(b"sub/"));
        assert!(!name(b"../a.conf") && !name(b"/a.conf"));
    }
}
