//! Lines into sections, in the order in which Asterisk reads them.
//!
//! Source: `config_text_file_load`, `process_text_line` and `ast_config_internal_load` in main/config.c.

mod ends;
mod what_ifs;

use std::cell::{Cell, OnceCell};
use std::collections::HashSet;

use super::append::append;
use super::filter::{Filter, Verdict};
use super::glob::MOST_LOOKS;
use super::include::Found;
use super::names::Names;
use super::note::{Limit, Note, What};
use super::{Asked, Content, Effective, Entry, Origin, Outcome, Read, ReadId, Section, SectionId, WhatIf, World};
use crate::release::Quirk;
use crate::syntax::{self, Dialect, Directive, Field, Header, HeaderItem, Line, Node, Nothing, Operator, Start, Tree};
use crate::text::{FileId, Secrets, SourceFile, offset};

/// Files may nest so deep below the root.
const DEEPEST_INCLUDE: u32 = 10;

/// What a section's name is kept in: 80 bytes with a NUL.
const LONGEST_NAME: usize = 79;

/// Of the reasons for refusing a root so many are told.
const MOST_REASONS: usize = 100;

const MOST_READS: usize = 100_000;
const MOST_ENTRIES: u64 = 1_000_000;
const MOST_WORK: u64 = 200_000_000;

pub(super) fn load<'t>(world: &'t World<'_>, root: FileId, asked: &Asked) -> Effective<'t> {
    let mut loader = Loader {
        world,
        asked,
        root,
        runs_exec: OnceCell::new(),
        sections: Vec::new(),
        names: Names::default(),
        current: None,
        notes: Vec::new(),
        reads: Vec::new(),
        outcome: None,
        reasons: 0,
        level: 1,
        included: HashSet::new(),
        reading: Vec::new(),
        partial: false,
        seen: HashSet::new(),
        volume: (0, 0),
        looked: Cell::new(0),
        work: 0,
        what_ifs: Vec::new(),
    };
    if let Some((_, what_ifs)) = world.what_ifs.as_ref().filter(|(changed, _)| *changed == root) {
        loader.what_ifs = what_ifs.iter().map(|what_if| (what_if, None)).collect();
    }
    loader.read(world.files.get(root), None, Start::default(), None);
    for id in 0..if loader.what_ifs.is_empty() { 0 } else { loader.sections.len() } {
        loader.change(SectionId(offset(id)));
    }
    Effective {
        outcome: loader.outcome.unwrap_or(Outcome::Loads),
        sections: loader.sections,
        notes: loader.notes,
        reads: loader.reads,
        names: loader.names,
    }
}

struct Loader<'t, 'w, 'a> {
    world: &'t World<'w>,
    asked: &'a Asked,
    root: FileId,
    /// Is an `#exec` run? Asked for the first one.
    runs_exec: OnceCell<Option<bool>>,
    sections: Vec<Section<'t>>,
    names: Names<'t>,
    /// The section that an included file starts in: the last one begun or appended to, in whatever file.
    current: Option<SectionId>,
    notes: Vec<Note<'t>>,
    reads: Vec<Read<'t>>,
    outcome: Option<Outcome>,
    /// How many reasons for refusing the root there were.
    reasons: usize,
    /// How many files are open, and how many failed includes Asterisk forgot to count down.
    level: u32,
    included: HashSet<&'t [u8]>,
    /// The files being read, outermost first.
    reading: Vec<FileId>,
    /// Some file was not there to be looked at.
    partial: bool,
    /// The files read so far.
    seen: HashSet<FileId>,
    /// Bytes read in all, and bytes of different files.
    volume: (u64, u64),
    /// What patterns of includes looked at.
    looked: Cell<u64>,
    work: u64,
    /// What-ifs, and the reading of the line of each, once it is done.
    what_ifs: Vec<(&'t WhatIf, Option<ReadId>)>,
}

/// How the reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Goes,
    /// This file is over; whoever includes it goes on.
    CutShort,
    /// Nothing more is read.
    Stops,
}

impl<'t> Loader<'t, '_, '_> {
    /// Reads one file, which begins in `section`. Returns how it went, and how a next file of the same glob begins.
    fn read(
        &mut self,
        file: &'t SourceFile,
        from: Option<Origin>,
        start: Start,
        mut section: Option<SectionId>,
    ) -> (Flow, Start, Option<SectionId>) {
        let tree = self.tree(file, start);
        let id = ReadId(offset(self.reads.len()));
        self.reads.push(Read { file: file.id(), tree, from, lines: tree.len() });
        self.reading.push(file.id());
        self.names.reserve(tree.headers());
        self.sections.reserve(tree.headers());
        let mut flow = self.within_limits(file, Origin { read: id, line: 0 });
        for line in tree.lines() {
            if flow != Flow::Goes {
                break;
            }
            let at = Origin { read: id, line: offset(line.number()) };
            flow = self.line(line, at, &mut section);
            if flow != Flow::Goes {
                self.reads[id.0 as usize].lines = line.number() + 1;
            }
        }
        if flow == Flow::Goes {
            self.comments(tree, id);
        }
        self.reading.pop();
        (flow, Start { depth: tree.depth(), first: false }, section)
    }

    fn tree(&self, file: &'t SourceFile, start: Start) -> &'t Tree<'t> {
        let bom = start.first && file.bytes().starts_with(b"\xEF\xBB\xBF");
        let bom_skipped = !bom || self.asked.has(Quirk::BomSkipped);
        let dialect = Dialect { bom_skipped, full_buffer_line_kept: true };
        let tree = self.world.tree(file.id(), dialect, start);
        if tree.fills_a_buffer() && !self.asked.has(Quirk::FullBufferLineKept) {
            return self.world.tree(file.id(), Dialect { full_buffer_line_kept: false, ..dialect }, start);
        }
        tree
    }

    fn within_limits(&mut self, file: &SourceFile, at: Origin) -> Flow {
        let size = file.bytes().len() as u64;
        self.volume.0 += size;
        self.volume.1 += if self.seen.insert(file.id()) { size } else { 0 };
        if self.reads.len() > MOST_READS || self.volume.0 > 2 * self.volume.1 + (64 << 20) {
            return self.limit(Limit::Reads, at);
        }
        Flow::Goes
    }

    fn line(&mut self, line: Line<'t>, at: Origin, section: &mut Option<SectionId>) -> Flow {
        match line.node() {
            Node::Nothing(Nothing::TooLong) => self.note(What::TooLong, at),
            Node::Nothing(Nothing::Unread) => self.hangs(What::CommentTooDeep, at),
            Node::Nothing(_) => Flow::Goes,
            Node::Header(header) => self.header(&header, at, section),
            Node::UnclosedName(text) => {
                let name = Field { bytes: &text.bytes[1..], range: text.range };
                self.refused_header(What::UnclosedName, name.bytes, at, section)
            }
            Node::UnclosedOptions(text) => {
                let end = text.bytes.iter().position(|&byte| byte == b']').unwrap_or(text.bytes.len());
                self.refused_header(What::UnclosedOptions, &text.bytes[1..end], at, section)
            }
            Node::Directive(directive) => self.directive(&directive, at),
            Node::Entry(_) | Node::BadEscape(_) | Node::Text(_) if section.is_none() => self.no_section(at),
            Node::Entry(entry) => self.entry(&entry, line, at, *section),
            Node::BadEscape(_) => self.fatal(What::BadEscape, at),
            Node::Text(_) => self.note(What::NoEquals, at),
        }
    }

    /// A text line where no section is open. In the root only the first such line is worth a word.
    fn no_section(&mut self, at: Origin) -> Flow {
        let said = |note: &Note<'_>| note.what == What::NoSection && note.at.read == at.read;
        if self.notes.iter().any(said) {
            return Flow::Goes;
        }
        // An included file may stand in a section that a file we cannot see has opened.
        if at.read.0 > 0 && self.partial {
            return self.note(What::NoSection, at);
        }
        self.fatal(What::NoSection, at)
    }

    fn entry(&mut self, entry: &syntax::Entry<'t>, line: Line<'t>, at: Origin, section: Option<SectionId>) -> Flow {
        let Some(id) = section else { return Flow::Goes };
        let file = self.world.files.get(self.reads[at.read.0 as usize].file);
        let hide = || file.hide(entry.value.range.start..line.range().end);
        let hidden = line.is_tangled() && crate::text::is_secret_key(entry.name.bytes);
        hidden.then(hide);
        let content = &mut self.sections[id.0 as usize].content;
        match entry.operator {
            _ if entry.name.bytes.is_empty() => {
                // Whose value it is nobody knows; it may be a secret.
                hide();
                self.note(What::NoName, at)
            }
            Operator::Set | Operator::Object => {
                content.push(Entry::of(entry, at, id));
                Flow::Goes
            }
            Operator::Append => {
                let (what, work) = append(content, entry, at, id, self.asked);
                self.note(what, at);
                self.works(work, at)
            }
        }
    }

    fn header(&mut self, header: &Header<'t>, at: Origin, section: &mut Option<SectionId>) -> Flow {
        let name = header.name.bytes;
        let mut fresh = Some(Section {
            name: &name[..name.len().min(LONGEST_NAME)],
            template: false,
            bases: Vec::new(),
            content: Content::default(),
            origin: at,
            appended: Vec::new(),
        });
        let mut target: Option<SectionId> = None;
        for (item, text) in &header.items {
            let flow = match item {
                HeaderItem::Template => {
                    self.target(&mut fresh, target).template = true;
                    Flow::Goes
                }
                HeaderItem::Append => match self.append_target(name, &text.bytes[1..], at) {
                    Ok(found) => {
                        target = Some(found);
                        self.merge(fresh.take(), found, at);
                        Flow::Goes
                    }
                    Err(flow) => flow,
                },
                HeaderItem::Base => self.inherit(text.bytes, &mut fresh, target, at),
            };
            if flow != Flow::Goes {
                return flow;
            }
        }
        if name.len() > LONGEST_NAME {
            self.note(What::NameCut, at);
        }
        *section = match fresh {
            Some(fresh) => Some(self.begin(fresh)),
            None => target,
        };
        Flow::Goes
    }

    /// The section that a header's items work on: the new one, or the one appended to.
    fn target<'s>(&'s mut self, fresh: &'s mut Option<Section<'t>>, target: Option<SectionId>) -> &'s mut Section<'t> {
        match (fresh, target) {
            (Some(fresh), _) => fresh,
            (None, Some(id)) => &mut self.sections[id.0 as usize],
            (None, None) => unreachable!("a section is new until it is appended to another"),
        }
    }

    /// Puts what a header has brought so far into the section that it appends to.
    fn merge(&mut self, fresh: Option<Section<'t>>, found: SectionId, at: Origin) {
        let Some(fresh) = fresh else { return };
        self.current = Some(found);
        let target = &mut self.sections[found.0 as usize];
        target.template |= fresh.template;
        target.content.take_from(fresh.content);
        target.appended.push(at);
    }

    fn begin(&mut self, section: Section<'t>) -> SectionId {
        let id = SectionId(offset(self.sections.len()));
        self.names.add(section.name, id);
        self.sections.push(section);
        self.current = Some(id);
        id
    }

    /// The first section of a name that a `(+filter)` finds; without a filter the first that is no template. An empty
    /// name stands for any.
    fn append_target(&mut self, name: &'t [u8], filter: &'t [u8], at: Origin) -> Result<SectionId, Flow> {
        let candidates: Vec<SectionId> = match name {
            [] => (0..offset(self.sections.len())).map(SectionId).collect(),
            _ => self.names.get(name).to_vec(),
        };
        let compiled = if filter.is_empty() { None } else { Filter::new(filter, b'&', self.asked) };
        let mut work = candidates.len() as u64;
        let mut found = None;
        for id in candidates {
            let section = &self.sections[id.0 as usize];
            let verdict = match (&compiled, filter) {
                (_, []) if section.template => Verdict::FitsNot,
                (_, []) => Verdict::Fits,
                (None, _) => Verdict::FitsNot,
                (Some(filter), _) => {
                    // A regular expression takes longer than a comparison.
                    work += 8 * section.content.len();
                    filter.verdict(section.template, &section.content, Secrets::Revealed)
                }
            };
            match verdict {
                Verdict::FitsNot => {}
                Verdict::Fits => {
                    found = Some(id);
                    break;
                }
                Verdict::Undecided(why) => {
                    self.note(What::FilterUndecided { why }, at);
                    self.partial = true;
                }
            }
        }
        if self.works(work, at) == Flow::Stops {
            return Err(Flow::Stops);
        }
        if let Some(id) = found {
            return Ok(id);
        }
        match self.unless_partial(What::UnknownTarget { name, filter }, at) {
            // Go on as if the section had been there, empty.
            Flow::Goes => {
                let name = &name[..name.len().min(LONGEST_NAME)];
                let content = Content::default();
                let origin = at;
                Ok(self.begin(Section {
                    name,
                    template: false,
                    bases: Vec::new(),
                    content,
                    origin,
                    appended: Vec::new(),
                }))
            }
            flow => Err(flow),
        }
    }

    fn inherit(
        &mut self,
        name: &'t [u8],
        fresh: &mut Option<Section<'t>>,
        target: Option<SectionId>,
        at: Origin,
    ) -> Flow {
        let base = match name {
            [] => (!self.sections.is_empty()).then_some(SectionId(0)),
            _ => self.names.get(name).first().copied(),
        };
        let Some(base) = base else { return self.unless_partial(What::UnknownBase { name }, at) };
        if name.is_empty() {
            self.note(What::EmptyBase { first: base }, at);
        }
        if fresh.is_none() && target == Some(base) && !self.sections[base.0 as usize].content.is_empty() {
            return self.hangs(What::InheritsItself, at);
        }
        self.change(base);
        let copy = self.sections[base.0 as usize].content.shared();
        let heir = self.target(fresh, target);
        heir.bases.push(base);
        heir.content.take_from(copy);
        if heir.content.len() > MOST_ENTRIES { self.limit(Limit::Entries, at) } else { Flow::Goes }
    }

    fn directive(&mut self, directive: &Directive<'t>, at: Origin) -> Flow {
        let keyword = directive.keyword.bytes;
        let is = |word: &str| keyword.eq_ignore_ascii_case(word.as_bytes());
        let try_include = is("tryinclude");
        match () {
            () if is("exec") => {
                let runs = *self.runs_exec.get_or_init(|| self.world.runs_exec(self.root, self.asked));
                self.note(What::Exec { runs }, at)
            }
            () if !try_include && !is("include") => self.note(What::UnknownDirective, at),
            () if directive.argument.bytes.is_empty() => self.note(What::NoArgument, at),
            () => self.include(directive.unquoted.bytes, try_include, at),
        }
    }

    fn include(&mut self, name: &'t [u8], try_include: bool, at: Origin) -> Flow {
        if !self.included.insert(name) {
            self.note(What::IncludedTwice { name }, at);
        }
        let (mut brought, mut missing) = (false, false);
        if self.level > DEEPEST_INCLUDE {
            self.note(What::IncludeTooDeep, at);
            missing = true;
        } else {
            self.level += 1;
            let mut flow = Flow::Goes;
            let mut start = Start::default();
            let mut section = self.current;
            let list = self.world.include(name, &|| self.asked.has(Quirk::RegexInCharacters), &self.looked);
            if self.looked.get() > MOST_LOOKS {
                return self.limit(Limit::Paths, at);
            }
            for found in list {
                match found {
                    Found::File(file) => {
                        brought = true;
                        if self.reading.contains(&file.id()) {
                            self.note(What::IncludeLoop { name }, at);
                        }
                        (flow, start, section) = self.read(file, Some(at), start, section);
                    }
                    Found::NotRegular => {
                        missing = true;
                        self.note(What::NotRegular { name }, at);
                    }
                    Found::Unreadable => {
                        brought = true;
                        self.unknown(name, at);
                    }
                    Found::Missing => {}
                }
                if flow != Flow::Goes {
                    break;
                }
            }
            match flow {
                Flow::Goes => self.level -= 1,
                // Asterisk does not count down for a file that it gave up.
                Flow::CutShort => return Flow::Goes,
                Flow::Stops => return Flow::Stops,
            }
        }
        match () {
            () if brought => Flow::Goes,
            () if !self.world.place().complete && !missing => self.unknown(name, at),
            () if try_include => self.note(What::TryIncludeMissing { name }, at),
            () => self.fatal(What::IncludeMissing { name }, at),
        }
    }

    fn unknown(&mut self, name: &'t [u8], at: Origin) -> Flow {
        self.partial = true;
        self.note(What::IncludeUnknown { name }, at)
    }

    /// What is open at the end of a file that was read to its end.
    fn comments(&mut self, tree: &'t Tree<'t>, read: ReadId) {
        let line = |at: u32| Origin { read, line: offset(tree.line_of(at as usize)) };
        if let Some(&open) = tree.unclosed().last() {
            self.note(What::Unterminated, line(open));
        }
        if let (Some(&stray), true) = (tree.strays().first(), tree.depth() < 0) {
            self.note(What::StrayEnd, line(stray));
        }
    }

    /// A header that refuses its file. Where the reading goes on for what else there is to say, it goes on in a
    /// section of its own.
    fn refused_header(&mut self, what: What<'t>, name: &'t [u8], at: Origin, section: &mut Option<SectionId>) -> Flow {
        let flow = self.fatal(what, at);
        if flow == Flow::Goes {
            let name = &name[..name.len().min(LONGEST_NAME)];
            let content = Content::default();
            let fresh = Section { name, template: false, bases: Vec::new(), content, origin: at, appended: Vec::new() };
            *section = Some(self.begin(fresh));
        }
        flow
    }
}
