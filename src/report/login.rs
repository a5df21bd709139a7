//! `amictl simulate login`: the answers of some releases, and how they came about.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::manager::place;
use super::text;
use super::what_if::{Before, turn};
use super::wrap::hanging;
use crate::access::{Step, Trace, Verdict};
use crate::release::Release;
use crate::text::{Files, show};

/// One release's answer.
pub struct Answer {
    /// The release.
    pub release: Release,
    /// What it says, and why.
    pub trace: Trace,
}

/// Answers to one login, ready to be printed.
pub struct LoginReport<'a> {
    /// Who logs in.
    pub user: &'a [u8],
    /// From where, as it was given.
    pub from: &'a str,
    /// The answers, in the order of the releases.
    pub answers: &'a [Answer],
    /// Those before a change, in the same order.
    pub before: Option<Before<'a, Answer>>,
    /// The files that were read.
    pub files: &'a Files,
}

impl LoginReport<'_> {
    /// Does every release let the client in?
    pub fn accepted(&self) -> bool {
        self.answers.iter().all(|answer| answer.trace.verdict() == Verdict::Accepted)
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

    /// Writes it for people: a line for each step, the verdict last.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        for (at, answer) in self.answers.iter().enumerate() {
            head(at, answer.release, &format!("{} from {}", show(self.user), self.from), out)?;
            if let Some(before) = &self.before {
                self.steps(&before.answers[at].trace, out)?;
                writeln!(out, "\nWith {}:", before.change)?;
            }
            self.steps(&answer.trace, out)?;
            if let Some(before) = &self.before {
                writeln!(out, "{}", turn(&before.answers[at].trace, &answer.trace, Verdict::name))?;
            }
        }
        Ok(())
    }

    fn steps(&self, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
        for (start, text) in lines(trace, self.files) {
            hanging(&text, &start, &" ".repeat(start.len()), out)?;
        }
        writeln!(out, "{}: {}", trace.verdict().name(), trace.answer())
    }
}

/// The first line of an answer, the one at place `at`.
pub(super) fn head(at: usize, release: Release, about: &str, out: &mut dyn Write) -> io::Result<()> {
    let gap = if at == 0 { "" } else { "\n" };
    let backing = if release.is_recorded() { "" } else { " (by source, not run)" };
    writeln!(out, "{gap}Asterisk {release}{backing}: {about}")
}

/// The steps before the verdict: what a line of each begins with, and what follows.
pub(super) fn lines(trace: &Trace, files: &Files) -> impl Iterator<Item = (String, String)> {
    let steps = trace.steps().split_last().map_or(&[][..], |(_, steps)| steps);
    steps.iter().map(|step| {
        let place = step.at.map(|at| format!(" ({})", files.place(at))).unwrap_or_default();
        (format!("  {:<8} {:<7} ", step.check.name(), step.outcome.name()), format!("{}{place}", step.text))
    })
}

/// An answer as JSON: what there is to say of a release, its verdict in the given word, and the steps.
pub(super) fn answer<M: SerializeMap>(
    map: &mut M,
    answer: &Answer,
    verdict: &str,
    files: &Files,
) -> Result<(), M::Error> {
    map.serialize_entry("release", &answer.release.to_string())?;
    map.serialize_entry("recorded", &answer.release.is_recorded())?;
    map.serialize_entry("verdict", verdict)?;
    map.serialize_entry("answer", answer.trace.answer())?;
    let steps: Vec<_> = answer.trace.steps().iter().map(|step| StepDump { files, step }).collect();
    map.serialize_entry("steps", &steps)
}

impl Serialize for LoginReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", &1)?;
        text::entry(&mut map, "user", self.user)?;
        map.serialize_entry("from", self.from)?;
        map.serialize_entry("answers", &dumps(self, self.answers))?;
        if let Some(before) = &self.before {
            map.serialize_entry("change", before.change)?;
            map.serialize_entry("before", &dumps(self, before.answers))?;
        }
        map.end()
    }
}

fn dumps<'a>(report: &'a LoginReport<'a>, answers: &'a [Answer]) -> Vec<AnswerDump<'a>> {
    answers.iter().map(|answer| AnswerDump { report, answer }).collect()
}

struct AnswerDump<'a> {
    report: &'a LoginReport<'a>,
    answer: &'a Answer,
}

impl Serialize for AnswerDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        answer(&mut map, self.answer, self.answer.trace.verdict().name(), self.report.files)?;
        map.end()
    }
}

/// A step as JSON.
pub(super) struct StepDump<'a> {
    pub(super) files: &'a Files,
    pub(super) step: &'a Step,
}

impl Serialize for StepDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("check", self.step.check.name())?;
        map.serialize_entry("outcome", self.step.outcome.name())?;
        map.serialize_entry("text", &self.step.text)?;
        if let Some(at) = self.step.at {
            place(&mut map, self.files, at)?;
        }
        map.end()
    }
}
