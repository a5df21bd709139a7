//! A program that runs as a judge: questions in batches, and a new instance after each one that kills it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use amictl::testing::answer::{Answer, Recorded, Yes};
use amictl::testing::judge::Judge;
use amictl::testing::scenario::{Ask, CASE, Scenario, Table};
use anyhow::{Context, Result, bail};

use super::ami::{Ami, Lost};
use super::manager;
use super::subject::{Manager, Subject};

pub(crate) struct Live<'a> {
    subject: &'a dyn Subject,
    running: Option<Running>,
}

/// One that is there has answered before.
struct Running {
    instance: Box<dyn Manager>,
    ami: Ami,
}

/// So few that neither side waits for the other with full buffers.
const BATCH: usize = 64;
/// Beyond this, reading is taken to never end; it takes a millisecond.
const PATIENCE: Duration = Duration::from_secs(5);

impl<'a> Live<'a> {
    pub(crate) fn new(subject: &'a dyn Subject) -> Live<'a> {
        Live { subject, running: None }
    }

    /// The answers, in the order of the scenarios.
    pub(crate) fn answers(&mut self, scenarios: &[&Scenario]) -> Result<Vec<Answer>> {
        let of = |ask| scenarios.iter().copied().filter(|it| it.ask == ask).collect::<Vec<_>>();
        let mut parsed = self.parse(&of(Ask::Parse))?.into_iter();
        let mut started = manager::ask_all(self.subject, &of(Ask::Manager))?.into_iter();
        let answer = |scenario: &&Scenario| match scenario.ask {
            Ask::Parse => parsed.next().context("a file without an answer"),
            Ask::Manager => started.next().context("a manager without an answer"),
        };
        scenarios.iter().map(answer).collect()
    }

    /// How the files are read, in the order given.
    fn parse(&mut self, scenarios: &[&Scenario]) -> Result<Vec<Answer>> {
        let mut answers = vec![None; scenarios.len()];
        let shared: Vec<usize> = (0..scenarios.len()).filter(|&it| scenarios[it].sharable().is_some()).collect();
        for batch in shared.chunks(BATCH) {
            let contents: Vec<_> = batch.iter().filter_map(|&it| scenarios[it].sharable()).collect();
            for (&index, answer) in batch.iter().zip(self.ask_together(&contents)?) {
                answers[index] = Some(answer);
            }
        }
        for (scenario, answer) in scenarios.iter().zip(&mut answers).filter(|(_, it)| it.is_none()) {
            *answer = Some(self.ask_apart(scenario).with_context(|| format!("asking `{}`", scenario.name))?);
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// The answer of an Asterisk that was asked nothing else.
    pub(crate) fn alone(&mut self, scenario: &Scenario) -> Result<Answer> {
        self.running = None;
        self.answers(&[scenario])?.pop().context("a scenario without an answer")
    }

    /// Asks for files that have nothing to do with one another. No answers when one of them spoils the instance: it
    /// cannot be believed about the others.
    fn ask_together(&mut self, contents: &[&[u8]]) -> Result<Vec<Answer>> {
        let Running { instance, ami } = self.running()?;
        let names: Vec<String> = (0..contents.len()).map(|it| format!("{it}.conf")).collect();
        empty(&instance.etc())?;
        for (name, content) in names.iter().zip(contents) {
            fs::write(instance.etc().join(name), content)?;
        }
        ami.ask_files(names.iter().map(String::as_str))?;
        let mut answers = Vec::new();
        for id in 0..names.len() {
            match ami.file(id, PATIENCE)? {
                Ok(answer) => answers.push(answer),
                Err(_) => break,
            }
        }
        if answers.len() < names.len() || instance.is_exhausted() {
            self.running = None;
            answers.clear();
        }
        Ok(answers)
    }

    /// Asks for one case with all its files, which are alone in the folder.
    fn ask_apart(&mut self, scenario: &Scenario) -> Result<Answer> {
        loop {
            let used = self.running.is_some();
            match self.ask_one(scenario)? {
                Ok(answer) => return Ok(answer),
                // What earlier files did to the instance may be the reason: only a new one tells.
                Err(_) if used => self.running = None,
                Err(fate) => {
                    self.running = None;
                    return Ok(fate);
                }
            }
        }
    }

    /// The answer, or what became of the instance in place of one.
    fn ask_one(&mut self, scenario: &Scenario) -> Result<Result<Answer, Answer>> {
        let Running { instance, ami } = self.running()?;
        empty(&instance.etc())?;
        scenario.lay_out(&instance.etc(), &instance.etc_inside())?;
        ami.ask_files([CASE])?;
        Ok(match ami.file(0, PATIENCE)? {
            // Without the limit of an instance it would have gone on.
            _ if instance.is_exhausted() => Err(Answer::Hangs(Yes)),
            Ok(answer) => Ok(answer),
            Err(Lost::Silent) => Err(Answer::Hangs(Yes)),
            Err(Lost::Closed) if instance.has_ended()? => Err(Answer::Crashes(Yes)),
            Err(Lost::Closed) => bail!("Asterisk closed the session and runs on"),
        })
    }

    /// The instance to ask, a new one if the last is gone.
    fn running(&mut self) -> Result<&mut Running> {
        if self.running.is_none() {
            let instance = self.subject.start()?;
            let ami = instance.session()?;
            self.running = Some(Running { instance, ami });
        }
        self.running.as_mut().context("no instance")
    }
}

impl Judge for Live<'_> {
    fn answer(&mut self, table: &Table) -> io::Result<Vec<Option<Recorded>>> {
        let scenarios: Vec<_> = table.scenarios.iter().collect();
        let answers = self.answers(&scenarios).map_err(|error| io::Error::other(format!("{error:#}")))?;
        Ok(answers.into_iter().map(|it| Some(Recorded::One(it))).collect())
    }
}

fn empty(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
    }
    Ok(())
}
