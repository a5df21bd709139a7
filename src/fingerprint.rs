//! What a finding is known by from one run to the next, wherever its line has moved to.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use crate::finding::Finding;
use crate::syntax::{Dialect, Node, Start, parse};
use crate::text::{FileId, Files, MASK, SourceFile, is_blank};

/// Of a line so many bytes count. What differs only behind them is told apart by its number.
const LONGEST: usize = 1024;

/// What a finding is known by in its file: the rule, the section, the line with its secrets masked, and which of the
/// findings it is that have all this in common.
///
/// Neither line numbers nor what amictl says of it are in it, and not the name of the file: who keeps fingerprints of
/// several files keeps their names beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// The same made one with a name, such as that of the file: unique in a whole report then.
    #[must_use]
    pub fn within(self, name: &[u8]) -> Fingerprint {
        Fnv::default().field(&self.0.to_be_bytes()).field(name).end()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The fingerprints of some findings, in their order.
pub fn fingerprints(findings: &[Finding], files: &Files) -> Vec<Fingerprint> {
    let mut places: HashMap<FileId, Places<'_>> = HashMap::new();
    let mut seen: HashMap<(FileId, u128), u32> = HashMap::new();
    let each = findings.iter().map(|finding| {
        let file = files.get(finding.span.file);
        let place = places.entry(file.id()).or_insert_with(|| Places::new(file));
        let like = place.at(finding.span.start as usize).field(finding.rule.as_bytes());
        let number = seen.entry((file.id(), like.0)).or_default();
        *number += 1;
        like.field(&number.to_be_bytes()).end()
    });
    each.collect()
}

/// The lines of one file, as what is the same wherever they stand.
struct Places<'f> {
    file: &'f SourceFile,
    /// Where sections begin, with their names.
    sections: Vec<(usize, Vec<u8>)>,
    /// Findings come in order: the line of the last one is often that of the next.
    last: Option<(Range<usize>, Fnv)>,
}

impl<'f> Places<'f> {
    fn new(file: &'f SourceFile) -> Places<'f> {
        let tree = parse(file.bytes(), Dialect::default(), Start::default());
        let header = |line: crate::syntax::Line<'_>| match line.node() {
            Node::Header(header) => Some((line.range().start, header.name.bytes.to_vec())),
            _ => None,
        };
        let headers = tree.lines().filter(|line| line.is_header());
        Places { file, sections: headers.filter_map(header).collect(), last: None }
    }

    fn at(&mut self, offset: usize) -> Fnv {
        if let Some((range, hash)) = &self.last
            && (range.start..=range.end).contains(&offset)
        {
            return *hash;
        }
        let number = self.file.position(offset).line;
        let range = self.file.line(number).unwrap_or(offset..offset);
        let above = self.sections.partition_point(|(start, _)| *start <= range.start);
        let section = above.checked_sub(1).map_or(&b""[..], |at| &self.sections[at].1);
        let hash = Fnv::default().field(section).field(&content(self.file, number, range.clone()));
        self.last = Some((range, hash));
        hash
    }
}

/// A line without its secrets, and with one blank for many: to indent it anew is no change.
fn content(file: &SourceFile, number: usize, range: Range<usize>) -> Vec<u8> {
    let bytes = file.bytes();
    let masked = match file.redacted_on(number) {
        Some(hidden) => [&bytes[range.start..hidden.start], MASK.as_bytes(), &bytes[hidden.end..range.end]].concat(),
        None => bytes[range.start..range.end.min(range.start + LONGEST)].to_vec(),
    };
    let words = masked.split(|&byte| is_blank(byte)).filter(|word| !word.is_empty());
    let mut plain = words.collect::<Vec<_>>().join(&b' ');
    plain.truncate(LONGEST);
    plain
}

/// The FNV-1a hash of 128 bits: the same on every machine and for ever, and nobody has a reason to forge it.
#[derive(Debug, Clone, Copy)]
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    /// Adds a field; its length keeps it apart from the next one.
    #[must_use]
    fn field(self, bytes: &[u8]) -> Fnv {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        let length = (bytes.len() as u64).to_be_bytes();
        let add = |hash: u128, &byte: &u8| (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        Fnv(bytes.iter().chain(&length).fold(self.0, add))
    }

    fn end(self) -> Fingerprint {
        Fingerprint(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Findings, Severity};
    use crate::text::Span;

    /// The fingerprints of findings at the places that are marked with `^` in a text, which is taken out.
    fn of(text: &str) -> Vec<String> {
        let (mut plain, mut places) = (String::new(), Vec::new());
        for part in text.split_inclusive('^') {
            plain.push_str(part.trim_end_matches('^'));
            places.extend(part.ends_with('^').then_some(plain.len()));
        }
        let files = Files::default();
        let id = files.add("a".into(), "a".into(), plain.into_bytes()).id();
        let mut list = Vec::new();
        let mut findings = Findings::new("some-rule", Severity::Warning, &[], &mut list);
        for at in places {
            findings.at(Span::new(id, at..at), "x", "y");
        }
        fingerprints(&list, &files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn moving_a_line_keeps_it() {
        let want = of("[general]\nenabled = yes\n[bob]\n^read = al\n");
        for text in [
            "; a comment\n\n[general]\nenabled = yes\n[bob]\n^read = al\n",
            "[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = al\n^read = al",
            "[bob]\n^read = al\n[general]\n",
            "[bob](!)\r\n  read =^  al\r\n",
        ] {
            assert_eq!(of(text), want, "{text}");
        }
        for text in ["[eve]\n^read = al\n", "[bob]\n^read = all\n", "^read = al\n"] {
            assert_ne!(of(text), want, "{text}");
        }
    }

    #[test]
    fn equal_findings_differ_by_their_number() {
        let two = of("[bob]\n^read = al\nwrite = x\n^read = al\n");
        assert_ne!(two[0], two[1]);
        assert_eq!(of("[bob]\n^read = al\n")[0], two[0]);
        let two = of("[bob]\n^read = ^al\n");
        assert_ne!(two[0], two[1]);
    }

    #[test]
    fn a_secret_is_not_in_it() {
        assert_eq!(of("[bob]\n^secret = one\n"), of("[bob]\n^secret = another\n"));
    }

    #[test]
    fn it_is_the_same_for_ever() {
        assert_eq!(of("[bob]\n^read = al\n"), ["da21f3687fe3ace744bf10a968e16bc1"]);
        let print = Fingerprint(1);
        assert_ne!(print.within(b"a"), print.within(b"b"));
    }
}
