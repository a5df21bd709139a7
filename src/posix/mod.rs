//! POSIX extended regular expressions as glibc's `regcomp` and `regexec` read them.
//!
//! Asterisk compiles every expression of its configuration with REG_EXTENDED and REG_NOSUB: only whether there is a
//! match matters, never where. Which bytes a `.` or a class takes depends on the release (`regex-in-characters`).
//!
//! An expression becomes a tree. Where bytes alone decide, the regex crate searches; references back, and characters
//! beyond ASCII under a class or a word's edge, are searched here. All of it is bounded: beyond the bounds the answer
//! is [`Answer::Undecided`].
//!
//! Held against glibc 2.36 (`cargo judge regex`); the bounds on ranges in characters are those of its C.UTF-8.

mod bracket;
mod chars;
mod cost;
mod fast;
mod literals;
mod parse;
mod search;
mod set;
mod tree;

pub use literals::{AnyOf, Needs};
pub use set::Set;

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use search::{Program, Reading};
use tree::Node;

/// In what a pattern and its subject are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Units {
    /// Byte by byte: the C locale.
    Bytes,
    /// UTF-8 characters: the C.UTF-8 locale.
    Characters,
}

/// Does a text match?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That is not told: why.
    Undecided(Beyond),
}

impl Answer {
    fn of(yes: bool) -> Answer {
        if yes { Answer::Yes } else { Answer::No }
    }
}

/// Why nothing is told of an expression, or of an expression and a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Beyond {
    /// Written out it has more places than amictl goes over.
    #[error("the expression is too large")]
    TooLarge,
    /// Its groups, or repetitions of repetitions, nest deeper than amictl reads.
    #[error("the expression nests too deep")]
    TooDeep,
    /// Where characters are read.
    #[error("the expression has an edge of a word and a byte that is no character")]
    StrayAtEdge,
    /// Where characters are read.
    #[error("the expression has a `.` and a byte that is the end of a character")]
    StrayBesideDot,
    /// glibc misses matches that go through another copy of the group than the first.
    #[error("the expression refers back to a repeated group")]
    BackToCopies,
    /// glibc reads such places in a way of its own.
    #[error("the expression refers back to a group, and has a `^` or `$` in its middle")]
    BackAndPlaces,
    /// glibc then lets some conditions pass that do not hold: `(a()|\\B\\>)+` matches `_`.
    #[error("the expression repeats a part with conditions on one place and a repetition, or repeats it twice over")]
    PlaceInCopies,
    /// Matching has a budget.
    #[error("matching the expression takes too long")]
    TooLong,
    /// Matching with references back has a budget.
    #[error("the expression refers back to a group, and matching it takes too long")]
    BackTooLong,
}

/// Why there is no tree of a pattern.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    /// glibc refuses it too.
    Invalid(&'static str),
    /// Only amictl does.
    Beyond(Beyond),
}

/// A pattern that glibc compiles, or that is beyond telling.
#[derive(Debug)]
pub struct Pattern {
    inner: Inner,
    memory: Option<u64>,
}

#[derive(Debug)]
enum Inner {
    Known(Box<Known>),
    Beyond(Beyond),
}

#[derive(Debug)]
struct Known {
    tree: Node,
    reading: Reading,
    /// Right for any text, or for those in ASCII only.
    fast: Option<Regex>,
    program: OnceLock<Option<Program>>,
    needs: OnceLock<Needs>,
}

/// Compiles a pattern; the error says why glibc refuses it. A NUL ends it.
///
/// # Errors
///
/// The reason, as `regerror` would group it.
pub fn compile(pattern: &[u8], units: Units) -> Result<Pattern, &'static str> {
    let tree = match parse::parse(until_nul(pattern), units) {
        Ok(tree) => tree,
        Err(Refusal::Invalid(why)) => return Err(why),
        Err(Refusal::Beyond(why)) => return Ok(Pattern { inner: Inner::Beyond(why), memory: None }),
    };
    let memory = Some(cost::bytes(&tree));
    let reading = match units {
        Units::Bytes => Reading::Bytes,
        Units::Characters if tree.any(&needs_characters) => Reading::Characters,
        Units::Characters => Reading::Utf8,
    };
    let refers_back = tree.any(&|node| matches!(node, Node::Back(_)));
    let fast = if refers_back || tree::places_within(&tree) { None } else { fast::regex(&tree, reading) };
    let always = fast.is_some() && reading != Reading::Characters;
    if !always && tree.size() > search::LARGEST {
        return Ok(Pattern { inner: Inner::Beyond(Beyond::TooLarge), memory });
    }
    let inner = Inner::Known(Box::new(Known { tree, reading, fast, program: OnceLock::new(), needs: OnceLock::new() }));
    Ok(Pattern { inner, memory })
}

/// glibc reads UTF-8 byte by byte when that cannot make a difference: `optimize_utf8`.
fn needs_characters(node: &Node) -> bool {
    match node {
        Node::Set(set) => set.wide.is_some(),
        _ => node.is_edge(),
    }
}

fn until_nul(text: &[u8]) -> &[u8] {
    memchr::memchr(0, text).map_or(text, |end| &text[..end])
}

impl Pattern {
    /// Does it match somewhere in a text? A NUL ends the text.
    pub fn matches(&self, text: &[u8]) -> Answer {
        let text = until_nul(text);
        let known = match &self.inner {
            Inner::Known(known) => known,
            Inner::Beyond(why) => return Answer::Undecided(*why),
        };
        match &known.fast {
            Some(regex) if known.reading != Reading::Characters || text.is_ascii() => Answer::of(regex.is_match(text)),
            _ => match known.program.get_or_init(|| Program::new(&known.tree)) {
                Some(program) => program.search(text, known.reading),
                None => Answer::Undecided(Beyond::TooLarge),
            },
        }
    }

    /// Where the leftmost match is that the regex crate finds; nothing where there is none, or only whether there is one
    /// is told.
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let text = until_nul(text);
        match &self.inner {
            Inner::Known(known) if known.reading != Reading::Characters || text.is_ascii() => {
                known.fast.as_ref()?.find(text).map(|found| found.range())
            }
            _ => None,
        }
    }

    /// The texts that it cannot match without, as far as they can be told; nothing where nothing is told of it.
    pub fn needs(&self) -> Option<&Needs> {
        match &self.inner {
            Inner::Known(known) => Some(known.needs.get_or_init(|| literals::needs(&known.tree, literals::MOST_NAMES))),
            Inner::Beyond(_) => None,
        }
    }

    /// About how many bytes glibc takes to compile it, whatever the text; `None` where that is not known.
    pub fn memory(&self) -> Option<u64> {
        self.memory
    }

    /// Does it refer back to what one of its groups has matched? What that costs is bounded, and may be much.
    pub fn refers_back(&self) -> bool {
        matches!(&self.inner, Inner::Known(known) if known.tree.any(&|node| matches!(node, Node::Back(_))))
    }

    /// Why no text will be told of, when that is so. Whether glibc compiles such a pattern is not known either.
    pub fn undecided(&self) -> Option<Beyond> {
        match self.inner {
            Inner::Known(_) => None,
            Inner::Beyond(why) => Some(why),
        }
    }
}

#[cfg(test)]
mod tests;
