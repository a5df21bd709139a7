//! `amictl explain`.

mod names;
mod rule;
mod text;

use std::io::Write;

use clap::Args;

use super::exit::{Exit, Failure};
use crate::catalog::{self, ActionDef, ClassDef, EventDef, OptionDef, SectionKind, nearest};
use crate::report::rules::list;
use crate::rules::{self, Rule};

/// `amictl explain`.
#[derive(Args)]
#[command(after_help = KINDS)]
pub(super) struct Explain {
    /// A rule, an option of manager.conf, a class, an event or an action; without it, all rules are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

const KINDS: &str = "\
Where a name is of several kinds, letter case decides: `command` is the class,
`Command` the action. What is written alike is all told: `Hangup` is an event
and an action. Where nothing is written just so, letter case does not matter.
The page of a class takes each series as its newest recorded release has it.

Examples:
  amictl explain duplicate-section
  amictl explain Newexten
  amictl explain Originate
  amictl explain call";

/// What there may be a page of.
enum Subject {
    Rule(&'static Rule),
    Option(OptionDef),
    Class(ClassDef),
    Event(EventDef),
    Action(ActionDef),
}

impl Subject {
    fn all() -> impl Iterator<Item = Subject> {
        let options = [SectionKind::General, SectionKind::User].into_iter().flat_map(catalog::options);
        let rules = rules::RULES.iter().map(|rule| Subject::Rule(rule));
        rules
            .chain(options.map(Subject::Option))
            .chain(catalog::classes().map(Subject::Class))
            .chain(catalog::all_events().map(Subject::Event))
            .chain(catalog::all_actions().map(Subject::Action))
    }

    /// Its name, and other names of the same thing.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        let (name, others): (&'static str, &'static [&'static str]) = match self {
            Subject::Rule(rule) => (rule.name, &[]),
            Subject::Option(option) => (option.name(), option.aliases()),
            Subject::Class(class) => (class.name(), &[]),
            Subject::Event(event) => (event.name(), event.mistaken()),
            Subject::Action(action) => (action.name(), &[]),
        };
        std::iter::once(name).chain(others.iter().copied())
    }

    fn kind(&self) -> &'static str {
        match self {
            Subject::Rule(_) => "rule",
            Subject::Option(_) => "option",
            Subject::Class(_) => "class",
            Subject::Event(_) => "event",
            Subject::Action(_) => "action",
        }
    }

    fn page(&self, out: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Subject::Rule(rule) => rule::page(rule, out),
            Subject::Option(option) => names::option(*option, out),
            Subject::Class(class) => names::class(*class, out),
            Subject::Event(event) => names::event(*event, out),
            Subject::Action(action) => names::action(*action, out),
        }
    }
}

impl Explain {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Some(name) = &self.name else {
            list(&rules::infos(), out)?;
            return Ok(Exit::Clean);
        };
        let alike = |subject: &Subject| subject.names().any(|known| known.eq_ignore_ascii_case(name));
        let exact = |subject: &Subject| subject.names().any(|known| known == name);
        let (mut told, mut others): (Vec<Subject>, Vec<Subject>) = Subject::all().filter(alike).partition(exact);
        if told.is_empty() {
            std::mem::swap(&mut told, &mut others);
        }
        if told.is_empty() {
            return Err(unknown(name));
        }
        for (number, subject) in told.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            subject.page(out)?;
        }
        let others: Vec<String> = others
            .iter()
            .flat_map(|other| other.names().next().map(|name| format!("`{name}` ({})", other.kind())))
            .collect();
        if !others.is_empty() {
            writeln!(out)?;
            text::field("See also", &others.join(", "), out)?;
        }
        Ok(Exit::Clean)
    }
}

fn unknown(name: &str) -> Failure {
    let failure = Failure::usage(format!("amictl knows no rule, option, class, event or action `{name}`"));
    let lower = name.to_ascii_lowercase();
    let all: Vec<&str> = Subject::all().flat_map(|subject| subject.names().collect::<Vec<_>>()).collect();
    // Of the names that are as near as the nearest, each once.
    let lowered: Vec<String> = all.iter().map(|known| known.to_ascii_lowercase()).collect();
    let near = nearest(lower.as_bytes(), lowered.iter().map(String::as_str));
    let steps = near.map(|near| crate::text::distance(lower.as_bytes(), near.as_bytes()));
    let mut meant: Vec<&str> = all
        .iter()
        .zip(&lowered)
        .filter(|(_, known)| Some(crate::text::distance(lower.as_bytes(), known.as_bytes())) == steps)
        .map(|(known, _)| *known)
        .collect();
    if meant.is_empty() {
        let kinds = [SectionKind::User, SectionKind::General].into_iter();
        meant.extend(kinds.filter_map(|section| catalog::nearest_option(section, name.as_bytes())).take(1));
    }
    meant.sort_unstable();
    meant.dedup();
    let meant: Vec<String> = meant.iter().take(3).map(|name| format!("`{name}`")).collect();
    match meant.as_slice() {
        [] => failure.help("`amictl explain` lists the rules"),
        [one] => failure.help(format!("did you mean {one}?")),
        [most @ .., last] => failure.help(format!("did you mean {} or {last}?", most.join(", "))),
    }
}
