//! The rules. Each is one file: its documentation, its metadata, its check, and its examples, which are its tests.
//!
//! To add one, write `src/rules/<name>.rs` with a `pub(super) static RULE: Rule` and put the name into the list
//! below; CONTRIBUTING.md shows how. A rule looks at an [`Effective`] configuration and says what bites. It never
//! reads files and never computes again what the layers below it know.

mod examples;
mod prelude;
pub(crate) mod suppress;

pub use examples::{Example, ExampleError};

use crate::config::{self, Effective, Note, Origin, Section, What, World};
use crate::finding::{Finding, Findings, Severity, merged};
use crate::release::Release;
use crate::syntax::{Line, Tree};
use crate::text::{FileId, Files, Span};
use suppress::Suppression;

/// Declares the rules' modules and the list of them.
macro_rules! rules {
    ($($name:ident,)*) => {
        $(mod $name;)*

        /// Every rule, by name.
        pub static RULES: &[&Rule] = &[$(&$name::RULE,)*];
    };
}

rules! {
    text_before_section,
    unclosed_header,
    unknown_base,
}

/// One rule.
pub struct Rule {
    /// Its only identifier: the file's name in kebab case.
    pub name: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// How bad a finding is, unless the check or the settings say otherwise.
    pub severity: Severity,
    /// What it looks for, why that matters and what to do, in Markdown.
    pub doc: &'static str,
    /// Where Asterisk does so, and on which releases it was seen.
    pub source: &'static str,
    /// How it finds it.
    pub check: Check,
    /// Files with and without the mistake.
    pub examples: &'static [Example],
}

/// On what a rule looks.
pub enum Check {
    /// On a configuration as some releases hold it.
    Config(fn(&Context<'_>, &mut Findings<'_>)),
    /// On a comment that suppresses findings, after everything else.
    Suppression(fn(&Suppression, &mut Findings<'_>)),
}

/// What a file is for: only a manager.conf has users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// manager.conf itself.
    Manager,
    /// A part of some manager.conf that was not found.
    Fragment,
    /// acl.conf.
    Acl,
    /// users.conf.
    Users,
}

impl Role {
    /// The role that the base name of a file gives it.
    pub fn of(name: &str) -> Role {
        match name {
            "acl.conf" => Role::Acl,
            "users.conf" => Role::Users,
            _ if name.starts_with("manager_") && name.ends_with(".conf") => Role::Fragment,
            _ => Role::Manager,
        }
    }
}

/// What a check looks at.
pub struct Context<'a> {
    /// The configuration.
    pub effective: &'a Effective<'a>,
    /// The releases that hold it so.
    pub releases: &'a [Release],
    /// What the root file is for.
    pub role: Role,
    /// All files that were read.
    pub files: &'a Files,
}

impl<'a> Context<'a> {
    /// The notes of the load, and the live text of their lines.
    pub fn notes(&self) -> impl Iterator<Item = (&'a Note<'a>, Span)> {
        let effective = self.effective;
        effective.notes.iter().map(|note| (note, effective.text(note.at)))
    }

    /// Every line that was read, once for each reading of a file that differs.
    pub fn lines(&self) -> impl Iterator<Item = (Origin, Line<'a>)> {
        let mut seen: Vec<(FileId, *const Tree<'a>)> = Vec::new();
        let effective = self.effective;
        effective.reads().flat_map(move |(id, read)| {
            let key = (read.file, std::ptr::from_ref(read.tree));
            let again = seen.contains(&key);
            if !again {
                seen.push(key);
            }
            let lines = if again { 0 } else { read.lines };
            (0..lines).map(move |line| (effective.origin(id, line), read.tree.line(line)))
        })
    }

    /// The sections that the manager looks at, with a word on what they are: not the templates.
    pub fn users(&self) -> impl Iterator<Item = &'a Section<'a>> {
        let is_user = |section: &&Section<'_>| !section.template && !section.name.eq_ignore_ascii_case(b"general");
        let sections = if self.role == Role::Manager { &self.effective.sections[..] } else { &[] };
        sections.iter().filter(is_user)
    }

    /// The span of a range on the line of an origin.
    pub fn span(&self, at: Origin, range: std::ops::Range<usize>) -> Span {
        self.effective.span(at, range)
    }

    /// What Asterisk makes of a note that ends the reading of a file.
    pub fn refusal(&self, note: &Note<'_>) -> &'static str {
        match (note.fatal, self.role) {
            (false, _) => "whether the file is refused depends on files that are not here",
            _ if !self.effective.in_root(note.at) => {
                "the rest of this file is not read; what stands above counts, and the including file goes on"
            }
            (_, Role::Manager | Role::Fragment) => {
                "the whole file is refused: no AMI at all after a start, the old configuration after a reload"
            }
            (_, Role::Acl | Role::Users) => "the whole file is refused",
        }
    }
}

/// The rule of a name.
pub fn by_name(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).copied()
}

/// All names.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    RULES.iter().map(|rule| rule.name)
}

/// Which rules are run, and how bad their findings are.
pub trait Selection {
    /// The severity for findings of a rule, given the one that the rule gave; `None` when the rule is off.
    fn severity(&self, rule: &'static Rule, own: Severity) -> Option<Severity>;
}

/// All rules, as they are.
pub struct All;

impl Selection for All {
    fn severity(&self, _: &'static Rule, own: Severity) -> Option<Severity> {
        Some(own)
    }
}

/// Checks one root file with what it includes. The findings are in order, and one finding speaks for all releases
/// that it holds for.
pub fn check(world: &World<'_>, root: FileId, role: Role, releases: &[Release], selection: &dyn Selection) -> Vec<Finding> {
    let groups = config::load_all(world, root, releases);
    let is_on = |rule: &&'static Rule| selection.severity(rule, rule.severity).is_some();
    let rules: Vec<&'static Rule> = RULES.iter().copied().filter(is_on).collect();
    let mut list = Vec::new();
    for group in &groups {
        let context =
            Context { effective: &group.effective, releases: &group.releases, role, files: world.files };
        for rule in &rules {
            if let Check::Config(check) = rule.check {
                check(&context, &mut Findings::new(rule.name, rule.severity, &group.releases, &mut list));
            }
        }
    }
    let mut suppressions = suppress::find(groups.iter().map(|group| &group.effective), world.files);
    let mut list = suppress::apply(merged(list, releases), &mut suppressions, &rules);
    for rule in &rules {
        if let Check::Suppression(check) = rule.check {
            let mut findings = Findings::new(rule.name, rule.severity, releases, &mut list);
            suppressions.iter().for_each(|suppression| check(suppression, &mut findings));
        }
    }
    let mut list = merged(list, releases);
    for finding in &mut list {
        let rule = by_name(finding.rule).and_then(|rule| selection.severity(rule, finding.severity));
        finding.severity = rule.unwrap_or(finding.severity);
    }
    list
}
