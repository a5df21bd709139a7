//! What-ifs: a file as if some of its sections said something else. The file itself stays as it is.

use super::{Effective, Entry, SectionId};
use crate::syntax::{self, Dialect, Node, Operator, Start};
use crate::text::{FileId, Files};

/// The key that stands for all filters, those with criteria too.
const FILTERS: &[u8] = b"eventfilter";

/// What becomes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It goes, all its lines.
    Unset,
    /// One line stands where its last one stood, and all others go.
    Set,
    /// One line more stands at the end of the section.
    Add,
}

/// A change to every section of one name, as if its file had been written so: whoever inherits from one of them
/// inherits the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    change: Change,
    section: Vec<u8>,
    option: Vec<u8>,
    /// A file of one line, the new one.
    line: Option<FileId>,
}

impl WhatIf {
    /// Takes an option out of a section.
    pub fn unset(section: &[u8], option: &[u8]) -> WhatIf {
        WhatIf { change: Change::Unset, section: section.to_vec(), option: option.to_vec(), line: None }
    }

    /// Puts a line, `option = value`, into a section, instead of those of the same option or beside them. It is read as a
    /// line of the file would be: a `;` begins a comment. Nothing, where it is read as anything else. `said` is what
    /// people are told where the line stands.
    pub fn line(files: &Files, said: &str, change: Change, section: &[u8], text: &[u8]) -> Option<WhatIf> {
        let file = files.add_line(said.to_owned(), text.to_vec());
        let tree = syntax::parse(file.bytes(), Dialect::default(), Start::default());
        let mut lines = tree.lines();
        let (Some(Node::Entry(entry)), None) = (lines.next().map(|line| line.node()), lines.next()) else {
            return None;
        };
        let option = entry.name.bytes.to_vec();
        let is_set = entry.operator != Operator::Append && !option.is_empty();
        is_set.then(|| WhatIf { change, section: section.to_vec(), option, line: Some(file.id()) })
    }

    /// Its line, if it brings one.
    pub(super) fn file(&self) -> Option<FileId> {
        self.line
    }

    pub(super) fn is_about(&self, section: &[u8]) -> bool {
        self.section.eq_ignore_ascii_case(section)
    }

    /// Does a line stand in its way?
    fn replaces(&self, name: &[u8]) -> bool {
        let start = name.get(..FILTERS.len()).unwrap_or(name);
        let any_filter = self.option.eq_ignore_ascii_case(FILTERS) && start.eq_ignore_ascii_case(FILTERS);
        any_filter || name.eq_ignore_ascii_case(&self.option)
    }

    /// Does it to a section; `new` is the entry of its line. Done once more it changes nothing.
    pub(super) fn apply<'t>(&self, content: &mut super::Content<'t>, new: Option<Entry<'t>>) {
        match (self.change, new) {
            (Change::Add, Some(new)) => {
                if content.iter().all(|entry| entry.origin != new.origin) {
                    content.push(new);
                }
            }
            (_, new) => content.replace(|entry| self.replaces(entry.name), new),
        }
    }
}

impl Effective<'_> {
    /// Does a section of that name have an option?
    pub fn has_option(&self, section: &[u8], option: &[u8]) -> bool {
        let unset = WhatIf::unset(section, option);
        let has = |&id: &SectionId| self.section(id).content.iter().any(|entry| unset.replaces(entry.name));
        self.named(section).iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::{self, Place, World};
    use crate::host::Memory;
    use crate::release::Release;

    type Told<'s> = (Change, &'s str, &'s str, &'s str);

    /// The sections and their entries, after some changes.
    fn held(text: &str, changes: &[Told<'_>]) -> Vec<(String, Vec<(String, String)>)> {
        let (files, memory) = (Files::default(), Memory::default());
        let root = files.add("manager.conf".to_owned(), PathBuf::from("/x/manager.conf"), text.into()).id();
        let read = |&(change, section, option, value): &Told<'_>| match change {
            Change::Unset => WhatIf::unset(section.as_bytes(), option.as_bytes()),
            _ => WhatIf::line(&files, "", change, section.as_bytes(), format!("{option}={value}").as_bytes()).unwrap(),
        };
        let changes = changes.iter().map(read).collect();
        let world = World::new(&files, &memory, Place::default()).changed(root, changes);
        let effective = config::load(&world, root, Release::newest_lts());
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let section = |section: &config::Section<'_>| {
            let entries = section.content.iter().map(|entry| (lossy(entry.name), lossy(&entry.value)));
            (lossy(section.name), entries.collect())
        };
        effective.sections.iter().map(section).collect()
    }

    /// A file with changes is the file written so.
    #[test]
    fn what_ifs_are_what_an_editor_would_do() {
        use Change::{Add, Set, Unset};
        const FILE: &str =
            "[t](!)\nread = all\ndeny = 0/0\n[a](t)\nsecret = x\nREAD = call\nread = cdr\n[b](t)\nwrite = call\n";
        const CASES: &[(&[Told<'_>], &str)] = &[
            (&[], FILE),
            (
                &[(Set, "A", "read", "log")],
                "[t](!)\nread = all\ndeny = 0/0\n[a]\ndeny = 0/0\nsecret = x\nread = log\n[b](t)\nwrite = call\n",
            ),
            (
                &[(Set, "t", "read", "log")],
                "[t](!)\nread = log\ndeny = 0/0\n[a](t)\nsecret = x\nREAD = call\nread = cdr\n[b](t)\nwrite = call\n",
            ),
            (
                &[(Unset, "t", "deny", ""), (Unset, "b", "read", "")],
                "[t](!)\nread = all\n[a](t)\nsecret = x\nREAD = call\nread = cdr\n[b]\nwrite = call\n",
            ),
            (
                &[(Add, "t", "acl", "lan ; not me"), (Set, "b", "setvar", "A=;B")],
                "[t](!)\nread = all\ndeny = 0/0\nacl = lan\n[a](t)\nsecret = x\nREAD = call\nread = cdr\n[b](t)\n\
                 write = call\nsetvar = A=\n",
            ),
        ];
        for (changes, written) in CASES {
            assert_eq!(held(FILE, changes), held(written, &[]), "{changes:?}");
        }
    }

    #[test]
    fn the_key_of_filters_stands_for_all_of_them() {
        let file = "[a]\neventfilter = x\nEventFilter(name(Y)) =\nread = all\neventfilter = !z\n";
        let held =
            |changes: &[_]| held(file, changes)[0].1.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!(held(&[(Change::Unset, "a", "eventfilter", "")]), "read");
        assert_eq!(held(&[(Change::Set, "a", "eventfilter", "q")]), "read eventfilter");
        assert_eq!(held(&[(Change::Unset, "a", "eventfilter(name(Y))", "")]), "eventfilter read eventfilter");
    }

    #[test]
    fn what_is_no_line_of_its_option_is_refused() {
        let files = Files::default();
        let is_one = |line: &str| WhatIf::line(&files, "", Change::Set, b"a", line.as_bytes()).is_some();
        for line in ["read=call", "read => call", "eventfilter(name(X))=", "setvar=A=B", " read = call ; or not"] {
            assert!(is_one(line), "{line:?}");
        }
        for line in ["", "=x", "read", "read+=x", "#read=x", "[x=y]", "a\nb=", "a=b\nc=d", ";a=b"] {
            assert!(!is_one(line), "{line:?}");
        }
    }
}
