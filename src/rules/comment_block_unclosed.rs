//! A block comment that swallows the rest of a file.

use std::collections::HashMap;

use super::prelude::*;
use crate::config::{Effective, Origin};
use crate::syntax::{Dialect, Nothing, Start, Tree, parse};
use crate::text::{Files, Span};

pub(super) static RULE: Rule = Rule {
    name: "comment-block-unclosed",
    summary: "a block comment without an end swallows settings",
    severity: Severity::Error,
    doc: "\
`;--` opens a block comment, and only a `--;` closes it. Without one, everything up to the end of the file is comment: \
users are gone, and a user in the middle of whose section it begins has lost the `deny` below it. The file is not \
refused; there is one WARNING in the log.

Two things look harmless and are not: `;--;` opens a comment and does not close it, and a heading such as \
`;-- users` opens one too. Three dashes or more, `;---`, begin an ordinary line comment.

The comment ends with the file, so whoever includes it goes on in live text. The files of one `#include users.d/*.conf` \
are an exception: the open comment goes on into the next of them.

Close it with a `--;`. Where nothing but comments and blank lines would follow, it is not found.",
    source: "main/config.c, config_text_file_load; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\nenabled = yes\n;-- users\n^^^ 2 lines that would count, up to manager.conf:5\n[bob]\nsecret = x\n\n"),
        bad("[bob]\nsecret = x\n;--;\n^^^ `;--;` opens a block comment and does not close it\ndeny = 0.0.0.0/0\n"),
        bad("[bob]\nsecret = x ;--\n           ^^^ 2 lines that would count, up to manager.conf:5\n;--\n[ann] ;-- b --;\nread = all\n")
            .because("the outermost one is the one to close"),
        bad("[general]\n#include d/*.conf\n").beside(&[
            ("d/1.conf", "[bob]\nread = call\n;--\n^^^ 1 line that would count, /etc/asterisk/d/2.conf:1\n"),
            ("d/2.conf", "[ann]\n--;\nread = all\n"),
        ]),
        good("[general]\nenabled = yes\n;-- the end\n\n; old\n"),
        good("[general]\n;-- users --;\n;--- users\n;--\nport = 1\n--;\nenabled = yes\n"),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for lost in lost(context.effective, |tree| tree.unclosed(), |depth| depth > 0) {
        let Some(last) = lost.last else { continue };
        let file = context.files.get(context.effective.read(lost.at).file);
        let behind = &file.bytes()[lost.marker + 3..];
        let (message, help) = match behind.first() {
            Some(b';') => (
                "`;--;` opens a block comment and does not close it",
                "write `;---` for a line comment, or close it with `--;`",
            ),
            _ => (
                "this block comment is never closed",
                "close it with `--;`, or write `;` or `;---` for a comment that is one line long",
            ),
        };
        let effect = format!("the rest of the file is comment: {}", lost.words(last, context.files));
        let finding = findings.at(context.span(lost.at, lost.marker..lost.marker + 3), message, effect).help(help);
        if behind.starts_with(b";") {
            let place = context.span(lost.at, lost.marker + 3..lost.marker + 3);
            finding.fix(Safety::Widening, "make it a comment that ends with its line", place, "-");
        }
    }
}

/// What is not read because of a marker.
pub(super) struct Lost {
    /// The line of the marker.
    pub(super) at: Origin,
    /// The offset of its `;`.
    pub(super) marker: usize,
    /// How many lines would say something but for it.
    lines: usize,
    /// The last of them.
    pub(super) last: Option<Span>,
}

impl Lost {
    /// How many lines are lost, and where.
    pub(super) fn words(&self, last: Span, files: &Files) -> String {
        match self.lines {
            1 => format!("1 line that would count, {}", files.place(last)),
            lines => format!("{lines} lines that would count, up to {}", files.place(last)),
        }
    }
}

/// For each file the first marker that ends the live text for good, and what it takes away, in later files of a glob
/// too.
pub(super) fn lost(
    effective: &Effective<'_>,
    markers: for<'a> fn(&'a Tree<'_>) -> &'a [u32],
    goes_on: fn(i32) -> bool,
) -> Vec<Lost> {
    let mut list: Vec<Lost> = Vec::new();
    let mut carried: HashMap<Origin, usize> = HashMap::new();
    for (id, read) in effective.reads() {
        let (tree, file) = (read.tree, read.file);
        let inherited = read.from.and_then(|from| carried.remove(&from));
        let reached = |&&marker: &&u32| tree.hangs().is_none() && tree.line_of(marker as usize) < read.lines;
        let own: Vec<u32> = markers(tree).iter().filter(reached).copied().collect();
        if inherited.is_none() && own.is_empty() {
            continue;
        }
        let range = |line: usize| Span::new(file, tree.line(line).range());
        if let Some(before) = inherited {
            let end = own.first().map_or(tree.len(), |&marker| tree.line_of(marker as usize));
            settings(tree, 0..end, |line| list[before].add(range(line)));
        }
        let still = inherited.filter(|_| tree.lines().all(|line| matches!(line.node(), Node::Nothing(_))));
        let owner = still.or_else(|| {
            let &marker = own.first()?;
            let at = effective.origin(id, tree.line_of(marker as usize));
            list.push(Lost { at, marker: marker as usize, lines: 0, last: None });
            Some(list.len() - 1)
        });
        let Some(owner) = owner else { continue };
        let lines = own.iter().map(|&marker| tree.line_of(marker as usize));
        let ends = lines.clone().skip(1).chain([tree.len()]);
        for (start, end) in lines.zip(ends) {
            settings(tree, start + 1..end, |line| list[owner].add(range(line)));
        }
        if let (Some(from), true) = (read.from, goes_on(tree.depth())) {
            carried.insert(from, owner);
        }
    }
    list
}

impl Lost {
    fn add(&mut self, line: Span) {
        self.lines += 1;
        self.last = Some(line);
    }
}

/// Calls `found` for each line without live text that would be a header, an entry or a directive if the text of these
/// lines stood alone.
fn settings(tree: &Tree<'_>, lines: std::ops::Range<usize>, mut found: impl FnMut(usize)) {
    if lines.is_empty() {
        return;
    }
    let base = tree.line(lines.start).range().start;
    let text = &tree.source()[base..tree.line(lines.end - 1).range().end];
    for line in parse(text, Dialect::default(), Start { depth: 0, first: false }).lines() {
        let speaks = !matches!(line.node(), Node::Nothing(_) | Node::Text(_) | Node::BadEscape(_));
        let number = tree.line_of(base + line.range().start);
        if speaks && matches!(tree.line(number).node(), Node::Nothing(Nothing::Block | Nothing::Dead)) {
            found(number);
        }
    }
}
