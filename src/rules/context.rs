//! What a rule looks at.

use std::cell::OnceCell;
use std::collections::HashSet;

use memchr::memmem;

use super::Role;
use super::address_lists::Filled;
use super::filter_lines::FilterLines;
use super::mend::LookedFor;
use crate::catalog::SectionKind;
use crate::config::manager::Manager;
use crate::config::{Effective, Entry, Note, Origin, Section};
use crate::release::Release;
use crate::syntax::{Line, Tree};
use crate::text::{Files, Span};

/// What a check looks at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The configuration.
    pub effective: &'a Effective<'a>,
    /// The releases that hold it so.
    pub releases: &'a [Release],
    /// All releases that were asked for.
    pub asked: &'a [Release],
    /// What the root file is for.
    pub role: Role,
    /// All files that were read.
    pub files: &'a Files,
    /// What [`Context::options`] gives, once a rule has asked for it.
    pub(super) options: &'a OnceCell<Vec<Counting<'a>>>,
    /// The same of [`Context::filled`].
    pub(super) filled: &'a OnceCell<Filled>,
    /// The same of [`Context::filter_lines`], of which managers that differ have others.
    pub(super) filters: &'a OnceCell<FilterLines>,
    /// What is looked for while the configuration is read, once a fix depends on it.
    pub(super) looked_for: &'a OnceCell<LookedFor>,
}

/// An entry, and the kinds of sections that it counts for.
pub(super) type Counting<'a> = (&'a Entry<'a>, &'static [SectionKind]);

impl<'a> Context<'a> {
    /// The lines of ACLs that a tool fills in.
    pub(super) fn filled(&self) -> &'a Filled {
        self.filled.get_or_init(|| Filled::of(self))
    }

    /// The lines with filters that count.
    pub(super) fn filter_lines(&self, manager: &Manager<'_>) -> &'a FilterLines {
        self.filters.get_or_init(|| FilterLines::of(self, manager))
    }

    /// The notes of the load, and the live text of their lines.
    pub fn notes(&self) -> impl Iterator<Item = (&'a Note<'a>, Span)> {
        let effective = self.effective;
        effective.notes.iter().map(|note| (note, effective.text(note.at)))
    }

    /// Every line that was read, once for each reading of a file that differs.
    pub fn lines(&self) -> impl Iterator<Item = (Origin, Line<'a>)> {
        let mut seen: HashSet<*const Tree<'a>> = HashSet::new();
        let effective = self.effective;
        effective.reads().flat_map(move |(id, read)| {
            let lines = if seen.insert(std::ptr::from_ref(read.tree)) { read.lines } else { 0 };
            (0..lines).map(move |line| (effective.origin(id, line), read.tree.line(line)))
        })
    }

    /// Of these lines those that hold a text, for which each file is searched once.
    pub fn lines_with(&self, text: &'static [u8]) -> impl Iterator<Item = (Origin, Line<'a>)> {
        let mut seen: HashSet<*const Tree<'a>> = HashSet::new();
        let effective = self.effective;
        effective.reads().flat_map(move |(id, read)| {
            let lines = if seen.insert(std::ptr::from_ref(read.tree)) { read.lines } else { 0 };
            let (mut from, source) = (0, read.tree.source());
            std::iter::from_fn(move || {
                let rest = source.get(from..).filter(|_| lines > 0)?;
                let line = read.tree.line(read.tree.line_of(from + memmem::find(rest, text)?));
                from = line.range().end;
                (line.number() < lines).then(|| (effective.origin(id, line.number()), line))
            })
        })
    }

    /// The sections that the manager looks at, with a word on what they are: not the templates.
    pub fn users(&self) -> impl Iterator<Item = &'a Section<'a>> {
        let is_user = |section: &&Section<'_>| !section.template && !section.name.eq_ignore_ascii_case(b"general");
        let sections = if self.role == Role::Manager { &self.effective.sections[..] } else { &[] };
        sections.iter().filter(is_user)
    }

    /// The section that the manager reads as `[general]`: the first of that name that is no template.
    pub fn general(&self) -> Option<&'a Section<'a>> {
        let is_general = |section: &&Section<'_>| !section.template && section.name.eq_ignore_ascii_case(b"general");
        let sections = if self.role == Role::Manager { &self.effective.sections[..] } else { &[] };
        sections.iter().find(is_general)
    }

    /// The entries that the manager reads, each once, with the kinds of sections that it counts for. Those of a template
    /// count for the sections that inherit from it; for either kind when none does.
    pub fn options(&self) -> impl Iterator<Item = Counting<'a>> {
        self.options.get_or_init(|| self.find_options()).iter().copied()
    }

    fn find_options(&self) -> Vec<Counting<'a>> {
        const BOTH: &[SectionKind] = &[SectionKind::User, SectionKind::General];
        let effective = self.effective;
        let first = self.general().map(std::ptr::from_ref);
        let kind_of = move |section: &'a Section<'a>| match () {
            () if section.template => None,
            () if first == Some(std::ptr::from_ref(section)) => Some(&BOTH[1..]),
            () if section.name.eq_ignore_ascii_case(b"general") => None,
            () => Some(&BOTH[..1]),
        };
        let mut heirs: Vec<&'static [SectionKind]> = vec![&[]; effective.sections.len()];
        let mut open: Vec<_> = effective.sections().filter_map(|(id, it)| Some((id, kind_of(it)?))).collect();
        while let Some((id, kind)) = open.pop() {
            let known = &mut heirs[id.index()];
            if !kind.iter().all(|it| known.contains(it)) {
                *known = if known.is_empty() { kind } else { BOTH };
                open.extend(effective.section(id).bases.iter().map(|&base| (base, kind)));
            }
        }
        let partial = effective.is_partial();
        let entries = if self.role == Role::Manager { effective.entries() } else { Vec::new() };
        let mut options = Vec::with_capacity(entries.len());
        options.extend(entries.into_iter().filter_map(|entry| {
            let home = effective.section(entry.home);
            let headers = std::iter::once(&home.origin).chain(&home.appended);
            // Where an included file begins without a header, a file that is not here may have opened its section.
            let sure = !partial
                || effective.in_root(entry.origin)
                || headers.map(|at| at.read).any(|it| it == entry.origin.read);
            let kinds = match kind_of(home) {
                Some(kind) => kind,
                None if !home.template => return None,
                None if heirs[entry.home.index()].is_empty() => BOTH,
                None => heirs[entry.home.index()],
            };
            sure.then_some((entry, kinds))
        }));
        options
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
