//! What an expression is made of, before anything is matched.

/// A part of an expression.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Nothing at all.
    Empty,
    /// `()`
    Hollow,
    /// A byte; a character of several is several of these.
    Byte(u8),
    /// `.`
    Any,
    /// `[…]`, `\w` and their like.
    Set(Box<Set>),
    /// A condition on a place.
    At(Place),
    /// A group that something refers back to, by its number from 0.
    Group(u8, Box<Node>),
    /// One after the other.
    All(Vec<Node>),
    /// One of them.
    Either(Vec<Node>),
    /// So many times; without a second number without end.
    Repeat(Box<Node>, u32, Option<u32>),
    /// What a group matched before.
    Back(u8),
}

/// A condition on a place between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `^`: the start of the text, and behind a newline that the expression itself has just taken.
    LineStart,
    /// `$`: the end of the text, and before a newline that the expression itself takes next.
    LineEnd,
    /// `` \` ``
    TextStart,
    /// `\'`
    TextEnd,
    /// `\<`
    WordStart,
    /// `\>`
    WordEnd,
    /// `\b`
    WordEdge,
    /// `\B`
    NoWordEdge,
}

/// What stands for one byte or one character.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    /// The bytes; where characters are read, only those of ASCII.
    pub(super) bytes: [u64; 4],
    /// The characters of several bytes, where those are read.
    pub(super) wide: Option<Wide>,
}

/// Which characters of several bytes a set takes.
#[derive(Debug, Clone, Default)]
pub(super) struct Wide {
    pub(super) chars: Vec<u32>,
    pub(super) ranges: Vec<(u32, u32)>,
    pub(super) classes: Vec<super::chars::Class>,
    /// All but these.
    pub(super) negated: bool,
}

impl Set {
    pub(super) fn has(&self, byte: u8) -> bool {
        self.bytes[usize::from(byte >> 6)] & 1 << (byte & 63) != 0
    }

    pub(super) fn add(&mut self, byte: u8) {
        self.bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// The bytes of a predicate.
    pub(super) fn add_all(&mut self, fits: impl Fn(u8) -> bool) {
        (0..=255).filter(|&byte| fits(byte)).for_each(|byte| self.add(byte));
    }

    /// All other bytes; where characters are read, those of ASCII.
    pub(super) fn finish(&mut self, negated: bool, ascii: bool) {
        if negated {
            self.bytes = self.bytes.map(|word| !word);
        }
        if ascii {
            self.bytes[2] = 0;
            self.bytes[3] = 0;
        }
    }
}

impl Wide {
    pub(super) fn has(&self, code: u32) -> bool {
        let listed = self.chars.contains(&code)
            || self.ranges.iter().any(|&(low, high)| low <= code && code <= high)
            || self.classes.iter().any(|class| class.has(code));
        listed != self.negated
    }
}

impl Node {
    /// Is it an edge of a word?
    pub(super) fn is_edge(&self) -> bool {
        use Place::{NoWordEdge, WordEdge, WordEnd, WordStart};
        matches!(self, Node::At(WordStart | WordEnd | WordEdge | NoWordEdge))
    }

    /// Does it begin in a copy, when it is itself within a copy or not? A group that is referred to never does.
    pub(super) fn begins_in_copy(&self, copy: bool) -> bool {
        match self {
            Node::Empty | Node::Hollow | Node::Group(..) => false,
            Node::All(parts) => parts.first().is_some_and(|part| part.begins_in_copy(copy)),
            Node::Repeat(inner, 1.., _) => inner.begins_in_copy(copy),
            _ => copy,
        }
    }

    /// Does some part, itself included, have a property?
    pub(super) fn any(&self, test: &dyn Fn(&Node) -> bool) -> bool {
        test(self)
            || match self {
                Node::Group(_, inner) | Node::Repeat(inner, ..) => inner.any(test),
                Node::All(parts) | Node::Either(parts) => parts.iter().any(|part| part.any(test)),
                _ => false,
            }
    }

    /// How many places it has once every repetition is written out.
    pub(super) fn size(&self) -> u64 {
        match self {
            Node::Repeat(inner, low, high) => {
                let times = u64::from(high.unwrap_or(low.saturating_add(1)).max(1));
                (inner.size().saturating_add(1)).saturating_mul(times)
            }
            Node::Group(_, inner) => inner.size().saturating_add(2),
            Node::All(parts) => parts.iter().fold(0, |sum, part| part.size().saturating_add(sum)),
            Node::Either(parts) => parts.iter().fold(0, |sum, part| part.size().saturating_add(sum).saturating_add(2)),
            _ => 1,
        }
    }
}

/// Does a condition stand where glibc reads it in a way of its own: a `^` behind something that takes bytes, a `$` before
/// it, anything in a repetition?
pub(super) fn places_within(node: &Node) -> bool {
    let is = |place| move |node: &Node| matches!(node, Node::At(found) if *found == place);
    match node {
        Node::All(parts) => {
            let takes = |node: &Node| node.any(&|node| !matches!(node, Node::Hollow | Node::At(_) | Node::All(_)));
            let first = parts.iter().position(takes).unwrap_or(parts.len());
            let last = parts.iter().rposition(takes).unwrap_or(0);
            parts.iter().enumerate().any(|(at, part)| {
                (at > first && part.any(&is(Place::LineStart)))
                    || (at < last && part.any(&is(Place::LineEnd)))
                    || places_within(part)
            })
        }
        Node::Either(parts) => parts.iter().any(places_within),
        Node::Group(_, inner) => places_within(inner),
        Node::Repeat(inner, ..) => inner.any(&|node| matches!(node, Node::At(_))),
        _ => false,
    }
}
