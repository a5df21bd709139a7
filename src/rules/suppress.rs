//! `; amictl: allow(rule-name) reason`.
//!
//! On a line of its own it stands for the next line that is not a comment; behind an entry or a directive for that
//! line; behind a section header for the whole section. Behind the reason `until 2027-01-31` may stand.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::config::Effective;
use crate::finding::Finding;
use crate::host::Date;
use crate::syntax::{Node, PieceKind, Tree};
use crate::text::{FileId, Files, Span, is_blank, trim};

use super::{Check, Rule};

/// One comment that suppresses findings.
#[derive(Debug)]
pub struct Suppression {
    /// The whole of it, from `amictl` on.
    pub span: Span,
    /// What goes with it: the comment and the blanks before it, or the whole of its line where nothing else stands there.
    pub whole: Span,
    /// The rules it names.
    pub rules: Vec<Allowed>,
    /// Does it say why?
    pub has_reason: bool,
    /// Can it be read at all?
    pub is_clear: bool,
    /// The last day on which it holds, if it has one, and where that is written.
    pub until: Until,
    /// That day is over: it silences nothing.
    pub is_over: bool,
    /// It is in a file beside the root, at which only the rules on the manager as loaded look.
    is_beside: bool,
    /// The part of the file in which it holds: one line, or a section.
    reach: Range<usize>,
    of_section: bool,
}

/// A rule that is named in a suppression.
#[derive(Debug)]
pub struct Allowed {
    /// The name, as written.
    pub name: String,
    /// Where.
    pub span: Span,
    /// A finding was suppressed by it.
    pub used: bool,
    /// The rule did run, so that it could have been used.
    pub tried: bool,
}

/// The suppressions of some loads, those of each file once.
#[derive(Default)]
pub(crate) struct Found {
    seen: Vec<FileId>,
    pub(crate) list: Vec<Suppression>,
}

impl Found {
    /// Looks at the files of a load.
    pub(crate) fn add(&mut self, effective: &Effective<'_>, is_beside: bool, files: &Files) {
        for read in &effective.reads {
            if self.seen.contains(&read.file) {
                continue;
            }
            self.seen.push(read.file);
            if memchr::memmem::find(files.get(read.file).bytes(), b"amictl:").is_some() {
                let before = self.list.len();
                in_tree(read.tree, read.file, &mut self.list);
                self.list[before..].iter_mut().for_each(|it| it.is_beside = is_beside);
            }
        }
    }
}

fn in_tree(tree: &Tree<'_>, file: FileId, list: &mut Vec<Suppression>) {
    // Those that wait for the line they stand above, and the one whose section is still open.
    let mut waiting: Vec<Suppression> = Vec::new();
    let mut section: Option<Suppression> = None;
    for line in tree.lines() {
        let node = line.node();
        let place = line.range();
        let is_header = matches!(node, Node::Header(_) | Node::UnclosedName(_) | Node::UnclosedOptions(_));
        let is_live = !matches!(node, Node::Nothing(_));
        if is_header {
            list.extend(section.take().map(|it| it.until(place.start)));
        }
        if is_live {
            list.extend(waiting.drain(..).map(|it| Suppression { reach: place.clone(), ..it }));
        }
        if line.has_comment() {
            let pieces = line.pieces();
            let comment = pieces.into_iter().find(|piece| piece.kind == PieceKind::LineComment);
            let whole = |comment: &Range<usize>| {
                let before = tree.source()[place.start..comment.start].iter().rev();
                let start = comment.start - before.take_while(|&&byte| is_blank(byte)).count();
                // What stands below the first line is not the beginning of the file.
                let all = start == place.start && start > 0 && tree.source()[..place.end].ends_with(b"\n");
                Span::new(file, start..if all { place.end } else { comment.end })
            };
            let found = comment.and_then(|comment| {
                let found = parse(tree.source(), comment.range.clone(), file)?;
                Some(Suppression { whole: whole(&comment.range), ..found })
            });
            match found {
                Some(found) if is_header => section = Some(Suppression { reach: place, of_section: true, ..found }),
                Some(found) if is_live => list.push(Suppression { reach: place, ..found }),
                Some(found) => waiting.push(found),
                None => {}
            }
        }
    }
    list.extend(section.map(|it| it.until(tree.source().len())));
    list.extend(waiting);
}

/// Reads a comment; `None` when it does not speak to amictl.
fn parse(source: &[u8], comment: Range<usize>, file: FileId) -> Option<Suppression> {
    let body = &source[comment.clone()];
    let dots = body.iter().take_while(|&&byte| byte == b';').count();
    let start = trim(source, comment.start + dots..comment.end).start;
    let rest = source[start..comment.end].strip_prefix(b"amictl:")?;
    let span = Span::new(file, trim(source, start..comment.end));
    let unclear = Suppression {
        span,
        whole: span,
        rules: Vec::new(),
        has_reason: false,
        is_clear: false,
        until: None,
        is_over: false,
        is_beside: false,
        reach: 0..0,
        of_section: false,
    };
    let at = comment.end - rest.len();
    let word = trim(source, at..comment.end);
    let Some(inner) = source[word.clone()].strip_prefix(b"allow(") else { return Some(unclear) };
    let open = word.end - inner.len();
    let Some(close) = memchr::memchr(b')', inner).map(|found| open + found) else { return Some(unclear) };
    let mut rules = Vec::new();
    let mut from = open;
    for item in source[open..close].split(|&byte| byte == b',') {
        let place = trim(source, from..from + item.len());
        from += item.len() + 1;
        let name = String::from_utf8_lossy(&source[place.clone()]).into_owned();
        rules.push(Allowed { name, span: Span::new(file, place), used: false, tried: false });
    }
    let reason = trim(source, close + 1..comment.end);
    let Ok((until, reason)) = until(source, reason, file) else { return Some(unclear) };
    Some(Suppression { rules, until, has_reason: !reason.is_empty(), is_clear: true, ..unclear })
}

/// The last day of a suppression, and where it is written.
pub(crate) type Until = Option<(Date, Span)>;

/// Takes `until 2027-01-31` off the end of a reason. An error is an `until` at the very end, or before something that
/// looks like a day and is none.
fn until(source: &[u8], reason: Range<usize>, file: FileId) -> Result<(Until, Range<usize>), ()> {
    const WORD: &[u8] = b"until";
    let last = |end: usize| {
        let start = source[reason.start..end].iter().rposition(|&byte| is_blank(byte));
        start.map_or(reason.start, |at| reason.start + at + 1)..end
    };
    let day = last(reason.end);
    let before = trim(source, reason.start..day.start);
    let word = last(before.end);
    if source[day.clone()] == *WORD {
        return Err(());
    }
    let is_like_one =
        source[day.clone()].first().is_some_and(u8::is_ascii_digit) && source[day.clone()].contains(&b'-');
    match Date::parse(&source[day.clone()]) {
        _ if before.is_empty() || source[word.clone()] != *WORD => Ok((None, reason)),
        Some(date) => Ok((Some((date, Span::new(file, word.start..day.end))), trim(source, before.start..word.start))),
        None if is_like_one => Err(()),
        None => Ok((None, reason)),
    }
}

/// Takes out the findings that are suppressed, and remembers by what. `has_manager`: the manager was looked at.
pub(crate) fn apply(
    findings: Vec<Finding>,
    suppressions: &mut [Suppression],
    rules: &[&'static Rule],
    has_manager: bool,
    today: Date,
) -> Vec<Finding> {
    for suppression in suppressions.iter_mut() {
        suppression.is_over = suppression.until.is_some_and(|(last, _)| last < today);
        let did_run = |rule: &&&'static Rule| match rule.check {
            Check::Config(_) => !suppression.is_beside,
            Check::Manager(_) | Check::Strict(_) => has_manager,
            Check::Suppression(_) => false,
        };
        for allowed in &mut suppression.rules {
            allowed.tried = rules.iter().filter(did_run).any(|rule| rule.name == allowed.name);
        }
    }
    // Lines do not overlap, nor do sections: the last that begins before a place is the only one that can hold it.
    let mut starts: BTreeMap<(bool, FileId, usize), Vec<usize>> = BTreeMap::new();
    for (at, suppression) in suppressions.iter().enumerate() {
        starts.entry((suppression.of_section, suppression.span.file, suppression.reach.start)).or_default().push(at);
    }
    let mut kept = Vec::with_capacity(findings.len());
    for finding in findings {
        let at = finding.span.start as usize;
        let near = |of_section: bool| {
            let file = finding.span.file;
            let before = starts.range((of_section, file, 0)..=(of_section, file, at)).next_back();
            before.map_or(&[][..], |(_, list)| &list[..])
        };
        let mut covered = false;
        for &number in near(false).iter().chain(near(true)) {
            let suppression = &mut suppressions[number];
            if suppression.is_over || !suppression.reach.contains(&at) {
                continue;
            }
            for allowed in suppression.rules.iter_mut().filter(|allowed| allowed.name == finding.rule) {
                allowed.used = true;
                covered = true;
            }
        }
        if !covered {
            kept.push(finding);
        }
    }
    kept
}

impl Suppression {
    fn until(self, end: usize) -> Suppression {
        Suppression { reach: self.reach.start..end, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Files;

    fn read(comment: &str) -> Option<(Vec<String>, bool, bool)> {
        let files = Files::default();
        let file = files.add("f".into(), "f".into(), comment.as_bytes().to_vec());
        let found = parse(file.bytes(), 0..comment.len(), file.id())?;
        Some((found.rules.into_iter().map(|rule| rule.name).collect(), found.has_reason, found.is_clear))
    }

    #[test]
    fn comments_are_understood() {
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(read("; amictl: allow(a-b) because"), Some((names(&["a-b"]), true, true)));
        assert_eq!(read(";;amictl:allow( a , b )"), Some((names(&["a", "b"]), false, true)));
        assert_eq!(read("; amictl: alow(a) x"), Some((names(&[]), false, false)));
        assert_eq!(read("; amictl: allow(a"), Some((names(&[]), false, false)));
        assert_eq!(read("; see amictl: allow(a) x"), None);
        let until = |comment: &str| {
            let (_, has_reason, is_clear) = read(comment).unwrap();
            (has_reason, is_clear)
        };
        assert_eq!(until("; amictl: allow(a) the vendor mends it until 2027-01-31"), (true, true));
        assert_eq!(until("; amictl: allow(a) until 2027-01-31"), (false, true));
        assert_eq!(until("; amictl: allow(a) wait until"), (false, false));
        assert_eq!(until("; amictl: allow(a) wait until 2027-31-01"), (false, false));
        assert_eq!(until("; amictl: allow(a) wait until spring"), (true, true));
    }
}
