//! The seam: one table, several that answer it: amictl itself, recordings, and a live Asterisk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Recorded, Section, Yes};
use super::bytes::Said;
use super::scenario::{Ask, CASE, Scenario, Table};
use crate::config::{self, Effective, Outcome, Place, World};
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
        if !path.exists() {
            return Ok(None);
        }
        let recording = serde_json::from_slice(&fs::read(path)?);
        recording.map(Some).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
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
const ETC: &str = "/tmp/amictl-0000000-0/etc";

impl Judge for Evaluator {
    fn answer(&mut self, table: &Table) -> io::Result<Vec<Option<Recorded>>> {
        table.scenarios.iter().map(|scenario| self.ask(scenario).map(|answer| Some(Recorded::One(answer)))).collect()
    }
}

impl Evaluator {
    fn ask(&self, scenario: &Scenario) -> io::Result<Answer> {
        let memory = scenario.in_memory(ETC)?;
        match scenario.ask {
            Ask::Parse => {
                let path = Path::new(ETC).join(CASE);
                let Ok(bytes) = memory.read(&path) else { return Ok(Answer::Missing(Yes)) };
                let files = Files::default();
                let root = files.add(CASE.to_owned(), path, bytes).id();
                let place = Place { etc: ETC.into(), root: None, complete: true };
                let world = World::new(&files, &memory, place);
                Ok(parsed(&config::load(&world, root, self.release)))
            }
        }
    }
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
