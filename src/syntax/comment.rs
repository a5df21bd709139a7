//! Which bytes of a line are live, given the comments on it.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till};
use nom::character::complete::char;
use nom::combinator::{not, peek, value};
use nom::sequence::terminated;
use nom::{IResult, Parser};

use super::DEEPEST_COMMENT;

/// What a `;` is, which depends on the text before it as far as that was not looked at yet, and on what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Semicolon {
    /// `\;`: a literal semicolon.
    Escaped,
    /// `;--`, but not `;---`: a block comment begins.
    Opens,
    /// `--;`: a block comment ends.
    Closes,
    /// Any other: the rest of the line is comment, unless a block is open.
    Plain,
}

/// Text up to the next `;` and what that is; leaves the input behind it.
fn semicolon(input: &[u8]) -> IResult<&[u8], (&[u8], Semicolon)> {
    let (rest, text) = terminated(take_till(|byte| byte == b';'), char(';')).parse(input)?;
    if text.ends_with(b"\\") {
        return Ok((rest, (text, Semicolon::Escaped)));
    }
    let opens = value(Semicolon::Opens, terminated(tag(&b"--"[..]), peek(not(char('-')))));
    let other = value(if text.ends_with(b"--") { Semicolon::Closes } else { Semicolon::Plain }, tag(&b""[..]));
    let (rest, what) = alt((opens, other)).parse(rest)?;
    Ok((rest, (text, what)))
}

/// The comment state that goes from line to line of a file.
#[derive(Debug, Default)]
pub(super) struct Comments {
    /// Blocks open now; below zero after stray ends.
    pub(super) depth: i32,
    /// How many of the open ones were opened before this file.
    pub(super) inherited: i32,
    /// Offsets of the `;--` that are still open.
    pub(super) opened: Vec<u32>,
    /// Offsets of `--;` that ended nothing.
    pub(super) strays: Vec<u32>,
    /// Offset of the `;--` on which Asterisk never comes back.
    pub(super) hangs: Option<u32>,
}

/// The live parts of one line.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Nothing of a line is looked at unless this is so.
    pub(super) processed: bool,
    /// Source ranges, joined without anything between them.
    pub(super) segments: Vec<Range<usize>>,
}

impl Comments {
    /// Is the line one of those most lines are: no comment, or one plain comment at its end? Then its live part is
    /// known from the first `;` alone.
    pub(super) fn is_plain(line: &[u8], first_semicolon: usize) -> bool {
        let before = &line[..first_semicolon];
        let after = &line[first_semicolon + 1..];
        !before.ends_with(b"\\") && !before.ends_with(b"--") && (!after.starts_with(b"--") || after.starts_with(b"---"))
    }

    /// Goes over a line of any kind. `base` is the offset of `line` in the file.
    pub(super) fn scan(&mut self, line: &[u8], base: usize) -> Live {
        let mut live = Live { processed: self.depth == 0, segments: Vec::new() };
        // Where the live text that is being collected began; `None` while none is.
        let mut open = live.processed.then_some(0);
        let mut rest = line;
        while let Ok((behind, (text, what))) = semicolon(rest) {
            let at = line.len() - rest.len() + text.len();
            let place = crate::text::offset(base + at);
            match what {
                Semicolon::Escaped => {
                    if let Some(start) = open {
                        live.segments.push(start..at - 1);
                        open = Some(at);
                    }
                }
                Semicolon::Opens if self.depth == DEEPEST_COMMENT => {
                    self.hangs = Some(place);
                    break;
                }
                Semicolon::Opens => {
                    live.segments.extend(open.take().map(|start| start..at));
                    self.depth += 1;
                    if self.depth > 0 {
                        self.opened.push(place);
                    }
                }
                Semicolon::Closes => {
                    self.depth -= 1;
                    if self.depth < 0 {
                        self.strays.push(place);
                    }
                    self.inherited = self.inherited.min(self.depth.max(0));
                    self.opened.truncate((self.depth - self.inherited).max(0).unsigned_abs() as usize);
                    if self.depth == 0 {
                        live.processed = true;
                        open = Some(at + 1);
                    }
                }
                Semicolon::Plain if self.depth == 0 => {
                    live.segments.extend(open.take().map(|start| start..at));
                    break;
                }
                Semicolon::Plain => {}
            }
            rest = behind;
        }
        live.segments.extend(open.map(|start| start..line.len()));
        live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(depth: i32, line: &str) -> (Option<String>, i32) {
        let mut comments = Comments { depth, ..Comments::default() };
        let live = comments.scan(line.as_bytes(), 0);
        let text = live.segments.into_iter().map(|range| &line[range]).collect();
        (live.processed.then_some(text), comments.depth)
    }

    #[test]
    fn comments_are_cut_as_asterisk_cuts_them() {
        let some = |text: &str| Some(text.to_owned());
        for (depth, line, want) in [
            (0, "x=a;b", (some("x=a"), 0)),
            (0, "x=a\\;b", (some("x=a;b"), 0)),
            (0, "x=a\\\\;b", (some("x=a\\;b"), 0)),
            (0, "x=a;--b--;c", (some("x=ac"), 0)),
            (0, "x=a;---b--;c", (some("x=a"), 0)),
            (0, ";--;", (some(""), 1)),
            (0, "\\;--x", (some(";--x"), 0)),
            (1, "a ; b --; c ; d", (some(" c "), 0)),
            (1, "--\\; x", (None, 1)),
            (0, "x --; y ; z", (some("x --; y ; z"), -1)),
            (-1, ";-- x", (None, 0)),
            (0, "[s;--f--;t];--g--;(!)", (some("[st](!)"), 0)),
        ] {
            assert_eq!(live(depth, line), want, "{depth} {line}");
        }
    }

    #[test]
    fn what_an_earlier_file_opened_is_not_counted_among_the_open_ones() {
        let mut comments = Comments { depth: 1, inherited: 1, ..Comments::default() };
        comments.scan(b";-- x --;", 0);
        assert_eq!((comments.depth, comments.opened.as_slice()), (1, &[][..]));
        comments.scan(b"--; ;--", 10);
        assert_eq!((comments.depth, comments.opened.as_slice()), (1, &[14][..]));
    }

    #[test]
    fn the_129th_block_hangs() {
        let mut comments = Comments::default();
        comments.scan(";--\n".repeat(128).as_bytes(), 0);
        assert_eq!((comments.depth, comments.hangs), (128, None));
        comments.scan(b"a;--", 1000);
        assert_eq!((comments.depth, comments.hangs), (128, Some(1001)));
    }
}
