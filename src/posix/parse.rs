//! The grammar of an expression, as glibc reads it.
//!
//! glibc: `parse_reg_exp`, `parse_branch`, `parse_expression`, `parse_dup_op`, `fetch_number` and `peek_token` of
//! posix/regcomp.c with the syntax bits of REG_EXTENDED.

use super::bracket::bracket;
use super::chars::{Class, character};
use super::tree::{Node, Place, Set, Wide, places_within};
use super::{Beyond, Refusal, Units};

/// How deep groups, and repetitions of repetitions, may nest here; glibc has no such bound.
const DEEPEST: usize = 200;
const TOO_DEEP: Refusal = Refusal::Beyond(Beyond::TooDeep);

/// Reads an expression.
pub(super) fn parse(pattern: &[u8], units: Units) -> Result<Node, Refusal> {
    let mut parser = Parser {
        pattern,
        units,
        at: 0,
        depth: 0,
        opened: 0,
        closed: 0,
        used: 0,
        stray: false,
        stray_tail: false,
        stacked: false,
    };
    let mut tree = parser.alternatives()?;
    forget_groups(&mut tree, parser.used);
    if parser.stray && tree.any(&Node::is_edge) {
        return Err(Refusal::Beyond(Beyond::StrayAtEdge));
    }
    if parser.stray_tail && tree.any(&|node| matches!(node, Node::Any)) {
        return Err(Refusal::Beyond(Beyond::StrayBesideDot));
    }
    if tree.any(&copies_group) {
        return Err(Refusal::Beyond(Beyond::BackToCopies));
    }
    if parser.stacked || tree.any(&copies_place_and_more) {
        return Err(Refusal::Beyond(Beyond::PlaceInCopies));
    }
    if parser.used != 0 && places_within(&tree) {
        return Err(Refusal::Beyond(Beyond::BackAndPlaces));
    }
    Ok(tree)
}

/// Is a part written out more than once that has two conditions on one place, and a repetition or an empty group?
fn copies_place_and_more(node: &Node) -> bool {
    let Node::Repeat(inner, low, high) = node else { return false };
    let copies = *low > 0 || high.is_some_and(|high| high > 1);
    copies && inner.any(&places_side_by_side) && inner.any(&|node| matches!(node, Node::Hollow | Node::Repeat(..)))
}

/// Do two conditions stand behind one another?
fn places_side_by_side(node: &Node) -> bool {
    let Node::All(parts) = node else { return false };
    parts.windows(2).any(|two| has_place_at(&two[0], <[Node]>::last) && has_place_at(&two[1], <[Node]>::first))
}

/// Is there a condition at one end, which `end` takes from parts in a row?
fn has_place_at(node: &Node, end: fn(&[Node]) -> Option<&Node>) -> bool {
    match node {
        Node::All(parts) => end(parts).is_some_and(|part| has_place_at(part, end)),
        Node::Either(parts) => parts.iter().any(|part| has_place_at(part, end)),
        Node::Group(_, inner) | Node::Repeat(inner, ..) => has_place_at(inner, end),
        _ => matches!(node, Node::At(_) | Node::Hollow),
    }
}

/// Is a group that something refers to written out more than once? glibc then misses matches that go through another
/// copy than the first.
fn copies_group(node: &Node) -> bool {
    let Node::Repeat(inner, low, high) = node else { return false };
    high.unwrap_or(low + 1) > 1 && inner.any(&|node| matches!(node, Node::Group(..)))
}

/// Takes out the groups that nothing refers back to.
fn forget_groups(node: &mut Node, used: u16) {
    match node {
        Node::Group(number, inner) if used & 1 << *number == 0 => {
            *node = match std::mem::replace(&mut **inner, Node::Empty) {
                Node::Empty => Node::Hollow,
                inner => inner,
            };
            forget_groups(node, used);
        }
        Node::Group(_, inner) | Node::Repeat(inner, ..) => forget_groups(inner, used),
        Node::All(parts) | Node::Either(parts) => parts.iter_mut().for_each(|part| forget_groups(part, used)),
        _ => {}
    }
}

struct Parser<'p> {
    pattern: &'p [u8],
    units: Units,
    at: usize,
    depth: usize,
    /// How many groups were opened so far.
    opened: usize,
    /// Which of the first nine are closed: only those can be referred back to.
    closed: u16,
    used: u16,
    /// A byte that is no character was read where characters are.
    stray: bool,
    /// One that could be found within a character.
    stray_tail: bool,
    /// A repetition of something with an edge of a word is repeated itself.
    stacked: bool,
}

/// One step of an interval's text.
enum Digit {
    Number(u32),
    Comma,
    Close,
    Other,
    End,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        &self.pattern[self.at..]
    }

    /// `branch|branch…`, to the end or to the `)` that closes the group.
    fn alternatives(&mut self) -> Result<Node, Refusal> {
        // A branch does not know the groups of the branches beside it; what follows knows them all.
        let before = self.closed;
        let mut branches = vec![self.branch()?];
        while self.peek() == Some(b'|') {
            self.at += 1;
            let all = std::mem::replace(&mut self.closed, before);
            branches.push(self.branch()?);
            self.closed |= all;
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Either(branches) })
    }

    fn branch(&mut self) -> Result<Node, Refusal> {
        let mut parts = Vec::new();
        while let Some(byte) = self.peek() {
            if byte == b'|' || (byte == b')' && self.depth > 0) {
                break;
            }
            let (mut node, repeatable) = self.atom(byte)?;
            let mut layers = 0;
            while repeatable && matches!(self.peek(), Some(b'*' | b'+' | b'?' | b'{')) {
                let (low, high) = self.repetition()?;
                self.stacked |= layers > 0 && node.any(&Node::is_edge);
                (node, layers) = repeated(node, low, high, layers);
                if layers > DEEPEST {
                    return Err(TOO_DEEP);
                }
            }
            if !matches!(node, Node::Empty) {
                parts.push(node);
            }
        }
        Ok(match parts.len() {
            0 => Node::Empty,
            1 => parts.remove(0),
            _ => Node::All(parts),
        })
    }

    /// One atom; says whether a repetition may follow it.
    fn atom(&mut self, byte: u8) -> Result<(Node, bool), Refusal> {
        match byte {
            b'*' | b'+' | b'?' | b'{' => return Err(Refusal::Invalid("a repetition with nothing before it")),
            b'\\' => return self.escape(),
            b'(' => return Ok((self.group()?, true)),
            b'[' => {
                let (set, used) = bracket(&self.pattern[self.at + 1..], self.units)?;
                self.at += 1 + used;
                return Ok((Node::Set(Box::new(set)), true));
            }
            _ => {}
        }
        if !matches!(byte, b'^' | b'$' | b'.') {
            return Ok((self.literal(), true));
        }
        self.at += 1;
        Ok(match byte {
            b'^' => (Node::At(Place::LineStart), false),
            b'$' => (Node::At(Place::LineEnd), false),
            _ => (Node::Any, true),
        })
    }

    fn group(&mut self) -> Result<Node, Refusal> {
        let number = self.opened;
        self.opened += 1;
        self.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(TOO_DEEP);
        }
        let inner = self.alternatives()?;
        if self.peek() != Some(b')') {
            return Err(Refusal::Invalid("a `(` without its `)`"));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(match u8::try_from(number) {
            Ok(number @ 0..9) => {
                self.closed |= 1 << number;
                Node::Group(number, Box::new(inner))
            }
            _ if matches!(inner, Node::Empty) => Node::Hollow,
            _ => inner,
        })
    }

    /// `\x`: GNU's extensions, references back, or the character itself.
    fn escape(&mut self) -> Result<(Node, bool), Refusal> {
        self.at += 1;
        let Some(byte) = self.peek() else { return Err(Refusal::Invalid("a `\\` at the end")) };
        let node = match byte {
            b'w' | b'W' => class(Class::Alnum, Some(b'_'), byte == b'W', self.units),
            b's' | b'S' => class(Class::Space, None, byte == b'S', self.units),
            b'b' => Node::At(Place::WordEdge),
            b'B' => Node::At(Place::NoWordEdge),
            b'<' => Node::At(Place::WordStart),
            b'>' => Node::At(Place::WordEnd),
            b'`' => Node::At(Place::TextStart),
            b'\'' => Node::At(Place::TextEnd),
            b'1'..=b'9' => {
                let bit = 1 << (byte - b'1');
                if self.closed & bit == 0 {
                    return Err(Refusal::Invalid("a reference back to a group that is not there"));
                }
                self.used |= bit;
                Node::Back(byte - b'1')
            }
            _ => return Ok((self.literal(), true)),
        };
        self.at += 1;
        let repeatable = !matches!(node, Node::At(_));
        Ok((node, repeatable))
    }

    /// A byte, or all bytes of a character.
    fn literal(&mut self) -> Node {
        let length = match self.units {
            Units::Bytes => 1,
            Units::Characters => character(self.rest()).map_or(1, |(length, _)| length),
        };
        let bytes = &self.pattern[self.at..self.at + length];
        self.at += length;
        match bytes {
            [byte] => {
                if self.units == Units::Characters {
                    self.stray |= *byte >= 0x80;
                    self.stray_tail |= (0x80..0xc0).contains(byte);
                }
                Node::Byte(*byte)
            }
            _ => Node::All(bytes.iter().map(|&byte| Node::Byte(byte)).collect()),
        }
    }

    /// `*`, `+`, `?`, `{m,n}`.
    fn repetition(&mut self) -> Result<(u32, Option<u32>), Refusal> {
        let operator = self.pattern[self.at];
        self.at += 1;
        Ok(match operator {
            b'*' => (0, None),
            b'+' => (1, None),
            b'?' => (0, Some(1)),
            _ => self.interval()?,
        })
    }

    fn interval(&mut self) -> Result<(u32, Option<u32>), Refusal> {
        const OTHER: Refusal = Refusal::Invalid("a `{` with something else than numbers in it");
        let (low, comma) = self.number()?;
        let high = match (low, comma) {
            (None, false) => return Err(Refusal::Invalid("a `{` without a number")),
            (low, false) => low,
            (_, true) => match self.number()? {
                (_, true) => return Err(OTHER),
                (high, false) => high,
            },
        };
        let low = low.unwrap_or(0);
        if high.is_some_and(|high| high < low) {
            return Err(Refusal::Invalid("an interval that ends before it begins"));
        }
        if high.unwrap_or(low) > 0x7fff {
            return Err(Refusal::Invalid("a repetition of more than 32767"));
        }
        Ok((low, high))
    }

    /// A number of an interval, and whether a comma ended it rather than a `}`.
    fn number(&mut self) -> Result<(Option<u32>, bool), Refusal> {
        let mut value = None;
        loop {
            match self.digit() {
                Digit::Number(digit) => {
                    value = Some((value.unwrap_or(0) * 10 + digit).min(0x8000));
                }
                Digit::Comma => return Ok((value, true)),
                Digit::Close => return Ok((value, false)),
                Digit::Other => return Err(Refusal::Invalid("a `{` with something else than numbers in it")),
                Digit::End => return Err(Refusal::Invalid("a `{` without its `}`")),
            }
        }
    }

    /// What is next in an interval. A comma or a nought may have a `\` before it.
    fn digit(&mut self) -> Digit {
        let (digit, used) = match self.rest() {
            [] => (Digit::End, 0),
            [b'}', ..] => (Digit::Close, 1),
            [b',', ..] => (Digit::Comma, 1),
            [b'\\', b',', ..] => (Digit::Comma, 2),
            [b'\\', b'0', ..] => (Digit::Number(0), 2),
            [byte @ b'0'..=b'9', ..] => (Digit::Number((byte - b'0').into()), 1),
            _ => (Digit::Other, 0),
        };
        self.at += used;
        digit
    }
}

/// `\w` and its like.
fn class(class: Class, extra: Option<u8>, negated: bool, units: Units) -> Node {
    let mut set = Set::default();
    set.add_all(|byte| class.has_byte(byte) || Some(byte) == extra);
    set.finish(negated, units == Units::Characters);
    set.wide = (units == Units::Characters).then(|| Wide { classes: vec![class], negated, ..Wide::default() });
    Node::Set(Box::new(set))
}

/// A node repeated, with the number of its layers: repetitions of repetitions that say no more are left out.
fn repeated(node: Node, low: u32, high: Option<u32>, layers: usize) -> (Node, usize) {
    match (node, low, high) {
        (_, 0, Some(0)) | (Node::Empty, ..) => (Node::Empty, 0),
        (node, 1, Some(1)) => (node, layers),
        (Node::Repeat(inner, 0, None), ..) if layers > 0 => (Node::Repeat(inner, 0, None), layers),
        (Node::Repeat(inner, 0, Some(1)), 0, Some(1)) if layers > 0 => (Node::Repeat(inner, 0, Some(1)), layers),
        (Node::Repeat(inner, 0 | 1, Some(1) | None), 0, None) if layers > 0 => (Node::Repeat(inner, 0, None), layers),
        (node, low, high) => (Node::Repeat(Box::new(node), low, high), layers + 1),
    }
}
