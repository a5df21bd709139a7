//! The seam: one table, several that answer it: amictl itself, recordings, and a live Asterisk.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Recorded, Section, Yes};
use super::bytes::Said;
use super::recorded;
use super::scenario::{Ask, CASE, Scenario, Table};
use super::started::started;
use super::undefined::is_undefined;
use crate::config::manager::Manager;
use crate::config::manager::listen::{ListenerKind, State};
use crate::config::{self, Effective, Outcome, Place, What, World};
use crate::host::Host as _;
use crate::release::Release;
use crate::text::Files;

/// Anyone who can answer the scenarios of a table: amictl, a recording, a live Asterisk.
pub trait Judge {
    /// The answers in the order of the scenarios; none where this judge has nothing to say.
    ///
    /// # Errors
    ///
    /// Why it cannot be asked at all.
    fn answer(&mut self, table: &Table) -> io::Result<Vec<Option<Recorded>>>;
}

/// `fixtures/oracle/RELEASE/TOPIC.json`: what a release said to a table, and when.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// The release.
    pub release: String,
    /// The package it came from, or how it was built.
    pub package: String,
    /// The day, as 2026-11-23.
    pub recorded: String,
    /// What recorded it.
    pub recorder: String,
    /// Answers by the names of the scenarios.
    pub answers: BTreeMap<String, Recorded>,
}

impl Recording {
    /// The recording at a path, if there is one.
    ///
    /// # Errors
    ///
    /// A file that is no recording.
    pub fn read(path: &Path) -> io::Result<Option<Recording>> {
        recorded::read(path)
    }
}

impl Judge for Recording {
    fn answer(&mut self, table: &Table) -> io::Result<Vec<Option<Recorded>>> {
        Ok(table.scenarios.iter().map(|it| self.answers.get(&it.name).cloned()).collect())
    }
}

/// amictl itself, in process.
pub struct Evaluator {
    /// As which release it answers.
    pub release: Release,
}

/// The folder in which scenarios are laid out: as long as the recorder's, as some answers depend on its length.
pub(super) const ETC: &str = "/tmp/amictl-0000000-0/etc";

impl Judge for Evaluator {
    fn answer(&mut self, table: &Table) -> io::Result<Vec<Option<Recorded>>> {
        table.scenarios.iter().map(|scenario| self.ask(scenario).map(|answer| Some(Recorded::One(answer)))).collect()
    }
}

/// Why amictl's answer cannot be held against Asterisk's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsure {
    /// It comes to a limit of its own, or to what takes Asterisk longer than anyone waits.
    Limit,
    /// A filter that it cannot decide; a value with the path of the folder in it, which is another for each judge; a path
    /// with a `..`, which leads out of a folder that is not there only in memory.
    Undecided,
    /// The filters of these receivers, by number: it cannot decide one of them on one of the events.
    Receivers(Vec<usize>),
    /// Asterisk reads or writes memory that is not its own.
    Undefined,
}

/// Asterisk takes seconds for more.
const MOST_READS: usize = 2_000;
const MOST_ENTRIES: u64 = 20_000;

impl Evaluator {
    fn ask(&self, scenario: &Scenario) -> io::Result<Answer> {
        if scenario.ask == Ask::Manager {
            let unsure = |unsure| io::Error::other(format!("amictl cannot answer `{}`: {unsure:?}", scenario.name));
            return self.manager(scenario)?.map_err(unsure);
        }
        self.loaded(scenario, parsed).map(|answer| answer.unwrap_or(Answer::Missing(Yes)))
    }

    /// What becomes of an Asterisk that starts with the files of a scenario.
    fn manager(&self, scenario: &Scenario) -> io::Result<Result<Answer, Unsure>> {
        let memory = scenario.in_memory(ETC)?;
        let files = Files::default();
        let place = Place { etc: ETC.into(), root: None, complete: true };
        let world = World::new(&files, &memory, place);
        let path = Path::new(ETC).join("manager.conf");
        // Without a manager.conf all is as with one that Asterisk refuses.
        let bytes = memory.read(&path).unwrap_or_else(|_| b"no section\n".to_vec());
        let root = files.add("manager.conf".to_owned(), path, bytes).id();
        let effective = config::load(&world, root, self.release);
        match effective.outcome {
            Outcome::Hangs(_) => return Ok(Ok(Answer::Hangs(Yes))),
            Outcome::Limit(_) => return Ok(Err(Unsure::Limit)),
            Outcome::Loads | Outcome::Refused(_) => {}
        }
        if is_undefined(&effective) {
            return Ok(Err(Unsure::Undefined));
        }
        let manager = Manager::load(&world, &effective, self.release);
        Ok(started(&effective, &manager, self.release, &scenario.manager).map(|answer| match answer {
            Some(started) => Answer::Manager(Box::new(started)),
            None => Answer::Crashes(Yes),
        }))
    }

    /// Where an Asterisk with the files of a scenario listens, and `amictl serve` does not: its web server, and TLS without
    /// a certificate, which ends every connection.
    ///
    /// # Errors
    ///
    /// A file with a name that leads out of the folder.
    pub fn unserved_listeners(&self, scenario: &Scenario) -> io::Result<Vec<String>> {
        let memory = scenario.in_memory(ETC)?;
        let path = Path::new(ETC).join("manager.conf");
        let Ok(bytes) = memory.read(&path) else { return Ok(Vec::new()) };
        let files = Files::default();
        let world = World::new(&files, &memory, Place { etc: ETC.into(), root: None, complete: true });
        let root = files.add("manager.conf".to_owned(), path, bytes).id();
        let effective = config::load(&world, root, self.release);
        let manager = Manager::load(&world, &effective, self.release);
        let tls = &manager.general.tls;
        let vain = manager.listeners.iter().filter(|it| it.kind == ListenerKind::Tls && tls.certfile.value.is_empty());
        let web = manager.http.iter().flat_map(|http| &http.listeners);
        let listeners = web.chain(vain).filter(|it| it.state == State::Listens);
        Ok(listeners.filter_map(|listener| listener.address).map(|address| address.to_string()).collect())
    }

    /// Its answer to a scenario about which no table says whether anything is undefined.
    ///
    /// # Errors
    ///
    /// A file with a name that leads out of the folder.
    pub fn sure(&self, scenario: &Scenario) -> io::Result<Result<Answer, Unsure>> {
        if scenario.names_parent() {
            return Ok(Err(Unsure::Undecided));
        }
        if scenario.ask == Ask::Manager {
            return self.manager(scenario);
        }
        let answer = self.loaded(scenario, |effective| match effective.outcome {
            _ if is_undefined(effective) => Err(Unsure::Undefined),
            _ if effective.notes.iter().any(|it| matches!(it.what, What::FilterUndecided { .. })) => {
                Err(Unsure::Undecided)
            }
            _ if holds(effective, ETC.as_bytes()) => Err(Unsure::Undecided),
            Outcome::Limit(_) => Err(Unsure::Limit),
            _ if effective.reads.len() > MOST_READS => Err(Unsure::Limit),
            _ if effective.sections.iter().map(|it| it.content.len()).sum::<u64>() > MOST_ENTRIES => Err(Unsure::Limit),
            _ => Ok(parsed(effective)),
        })?;
        Ok(answer.unwrap_or(Ok(Answer::Missing(Yes))))
    }

    /// What `look` makes of the configuration; nothing when there is no root file.
    fn loaded<T>(&self, scenario: &Scenario, look: impl FnOnce(&Effective<'_>) -> T) -> io::Result<Option<T>> {
        let memory = scenario.in_memory(ETC)?;
        let path = Path::new(ETC).join(CASE);
        let Ok(bytes) = memory.read(&path) else { return Ok(None) };
        let files = Files::default();
        let root = files.add(CASE.to_owned(), path, bytes).id();
        let place = Place { etc: ETC.into(), root: None, complete: true };
        let world = World::new(&files, &memory, place);
        Ok(Some(look(&config::load(&world, root, self.release))))
    }
}

/// Is this text in a name or a value?
fn holds(effective: &Effective<'_>, text: &[u8]) -> bool {
    let within = |bytes: &[u8]| memmem::find(bytes, text).is_some();
    let sections = effective.sections.iter().any(|section| within(section.name));
    sections || effective.entries().into_iter().any(|entry| within(entry.name) || within(&entry.value))
}

/// What GetConfig would list.
pub fn parsed(effective: &Effective<'_>) -> Answer {
    match effective.outcome {
        Outcome::Loads => {}
        Outcome::Refused(_) => return Answer::Refused(Yes),
        Outcome::Hangs(_) | Outcome::Limit(_) => return Answer::Hangs(Yes),
    }
    let sections = effective.sections.iter().map(|section| {
        let bases: Vec<&[u8]> = section.bases.iter().map(|&base| effective.section(base).name).collect();
        Section {
            name: Said::from(section.name),
            template: section.template,
            templates: Said::from(&bases.join(&b","[..])[..]),
            entries: section.content.iter().map(|it| (Said::from(it.name), Said::from(&it.value[..]))).collect(),
        }
    });
    Answer::Sections(sections.collect())
}
