//! `amictl simulate action`: the answers of some releases, and how they came about.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::login::{Answer, answer, head, lines};
use super::text;
use super::what_if::{Before, turn};
use super::wrap::hanging;
use crate::access::Verdict;
use crate::catalog::{ActionDef, ClassDef, Danger};
use crate::config::manager::classes::Classes;
use crate::release::Release;
use crate::text::{Files, show};

/// What one release answers.
pub struct ActionAnswer {
    /// Whether it lets the action run, or the user have a session at all.
    pub answer: Answer,
    /// All that the user may run, the most dangerous first; empty where one action was asked about.
    pub may: Vec<ActionDef>,
    /// The classes of `write` of the user.
    pub write: Classes,
}

/// Answers about one action, or about all of them, ready to be printed.
pub struct ActionReport<'a> {
    /// Who sends it.
    pub user: &'a [u8],
    /// Its name; nothing where all actions are asked about.
    pub action: Option<&'a [u8]>,
    /// The answers, in the order of the releases.
    pub answers: &'a [ActionAnswer],
    /// Those before a change, in the same order.
    pub before: Option<Before<'a, ActionAnswer>>,
    /// The files that were read.
    pub files: &'a Files,
}

impl ActionReport<'_> {
    /// Does every release let it run, or let the user have a session?
    pub fn allowed(&self) -> bool {
        self.answers.iter().all(|answer| answer.answer.trace.verdict() == Verdict::Accepted)
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

    /// Writes it for people: a line for each step, then the verdict, and all actions if all are asked about.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let what = self.action.map_or_else(|| "may run".into(), |action| format!("sends {}", show(action)));
        for (at, one) in self.answers.iter().enumerate() {
            let release = one.answer.release;
            head(at, release, &format!("{} {what}", show(self.user)), out)?;
            let Some(before) = &self.before else {
                self.steps(one, out)?;
                one.list(release, out)?;
                continue;
            };
            let old = &before.answers[at];
            self.steps(old, out)?;
            writeln!(out, "\nWith {}:", before.change)?;
            self.steps(one, out)?;
            if self.action.is_some() {
                writeln!(out, "{}", turn(&old.answer.trace, &one.answer.trace, word))?;
            } else {
                one.list_what_is_not_in(old, "gained", out)?;
                old.list_what_is_not_in(one, "lost", out)?;
            }
        }
        Ok(())
    }

    /// How an answer came about, and the verdict.
    fn steps(&self, one: &ActionAnswer, out: &mut dyn Write) -> io::Result<()> {
        let trace = &one.answer.trace;
        for (start, text) in lines(trace, self.files) {
            hanging(&text, &start, &" ".repeat(start.len()), out)?;
        }
        match trace.verdict() {
            Verdict::Accepted => writeln!(out, "{}", trace.answer()),
            other => writeln!(out, "{}: {}", other.name(), trace.answer()),
        }
    }
}

impl ActionAnswer {
    /// What the user may run, by what it gives away.
    fn list(&self, release: Release, out: &mut dyn Write) -> io::Result<()> {
        let mut heading = None;
        for action in self.may.iter().filter(|action| action.danger().is_some()) {
            if heading != action.danger() {
                heading = action.danger();
                writeln!(out, "\n{}:", heading.map_or("", Danger::what))?;
            }
            hanging(
                &format!("{} [{}]: {}", action.name(), self.by(*action, release), action.gives()),
                "  ",
                "      ",
                out,
            )?;
        }
        let others: Vec<_> = self.may.iter().filter(|action| action.danger().is_none()).map(|it| it.name()).collect();
        if others.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nall others:")?;
        hanging(&others.join(", "), "  ", "  ", out)
    }

    /// What the user may run here and not there, the dangerous first.
    fn list_what_is_not_in(&self, other: &ActionAnswer, what: &str, out: &mut dyn Write) -> io::Result<()> {
        let is_there = |action: &ActionDef| other.may.iter().any(|there| there.name() == action.name());
        let only: Vec<_> = self.may.iter().filter(|action| !is_there(action)).map(|action| action.name()).collect();
        let names = if only.is_empty() { "nothing".to_owned() } else { only.join(", ") };
        hanging(&names, &format!("{what}: "), "    ", out)
    }

    /// The classes that let the user run an action.
    fn held(&self, action: ActionDef, release: Release) -> Vec<&'static str> {
        action.any_of(release).map(ClassDef::name).filter(|name| self.write.has(name)).collect()
    }

    fn by(&self, action: ActionDef, release: Release) -> String {
        match self.held(action, release) {
            none if none.is_empty() => "no class needed".to_owned(),
            held => held.join(", "),
        }
    }
}

impl Serialize for ActionReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", &1)?;
        text::entry(&mut map, "user", self.user)?;
        if let Some(action) = self.action {
            text::entry(&mut map, "action", action)?;
        }
        map.serialize_entry("answers", &dumps(self, self.answers))?;
        if let Some(before) = &self.before {
            map.serialize_entry("change", before.change)?;
            map.serialize_entry("before", &dumps(self, before.answers))?;
        }
        map.end()
    }
}

fn dumps<'a>(report: &'a ActionReport<'a>, answers: &'a [ActionAnswer]) -> Vec<AnswerDump<'a>> {
    answers.iter().map(|answer| AnswerDump { report, answer }).collect()
}

struct AnswerDump<'a> {
    report: &'a ActionReport<'a>,
    answer: &'a ActionAnswer,
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "allowed",
        other => other.name(),
    }
}

impl Serialize for AnswerDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let one = &self.answer.answer;
        answer(&mut map, one, word(one.trace.verdict()), self.report.files)?;
        if self.report.action.is_none() {
            let may = self.answer.may.iter();
            let may: Vec<_> = may.map(|&action| MayDump { answer: self.answer, action }).collect();
            map.serialize_entry("actions", &may)?;
        }
        map.end()
    }
}

struct MayDump<'a> {
    answer: &'a ActionAnswer,
    action: ActionDef,
}

impl Serialize for MayDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("action", self.action.name())?;
        map.serialize_entry("classes", &self.answer.held(self.action, self.answer.answer.release))?;
        if let Some(danger) = self.action.danger() {
            map.serialize_entry("danger", danger.name())?;
            map.serialize_entry("gives", self.action.gives())?;
        }
        if let Some(module) = self.action.module() {
            map.serialize_entry("module", module)?;
        }
        map.end()
    }
}
