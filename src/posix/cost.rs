//! What it costs glibc to compile an expression, before any text is looked at.
//!
//! `regcomp` writes out every repetition (`duplicate_tree` of posix/regcomp.c), and then keeps, for each node, all the
//! nodes that are reached from it without taking anything (`calc_eclosure`). Many things in a row that are each
//! optional make that list quadratic: of 10,000 it takes 770 MB.

use super::tree::Node;

/// What a node of the tree takes, its syntax tree included.
const NODE: u64 = 200;
/// What one entry in the list of one node takes.
const ENTRY: u64 = 8;

/// The bytes that glibc takes for a tree, within some tens of percent.
///
/// Measured with glibc 2.36 on x86-64: `a{0,5000}` 194 MB for 200, `((a{100}){100}){100}` 206 for 208,
/// `((a{1,255}){1,255}){1,10}` 1511 for 1450.
pub(super) fn bytes(tree: &Node) -> u64 {
    let part = Part::of(tree);
    part.nodes.saturating_mul(NODE).saturating_add(part.listed.saturating_mul(ENTRY))
}

/// A part of an expression, as far as the lists of its nodes go.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    nodes: u64,
    /// How many nodes are reached from its beginning without taking anything.
    first: u64,
    /// It can be passed without taking anything.
    passes: bool,
    /// The entries of all its nodes' lists.
    listed: u64,
    /// How many of its nodes reach its end: to their lists comes what follows.
    open: u64,
}

impl Part {
    fn of(node: &Node) -> Part {
        match node {
            Node::Empty | Node::Hollow => Part { passes: true, ..Part::default() },
            Node::Byte(_) | Node::Any | Node::Set(_) | Node::Back(_) => {
                Part { nodes: 1, first: 1, passes: false, listed: 1, open: 0 }
            }
            Node::At(_) => Part { nodes: 1, first: 1, passes: true, listed: 1, open: 1 },
            Node::Group(_, inner) => {
                let mark = Part::of(&Node::At(super::tree::Place::TextStart));
                mark.then(Part::of(inner)).then(mark)
            }
            Node::All(parts) => parts.iter().map(Part::of).fold(Part::of(&Node::Empty), Part::then),
            Node::Either(parts) => parts.iter().map(Part::of).reduce(Part::or).unwrap_or_default(),
            Node::Repeat(inner, low, high) => {
                let inner = Part::of(inner);
                let all = inner.times(*low);
                match high {
                    None => all.then(inner.star()),
                    Some(high) if high > low => all.then(inner.up_to(high - low)),
                    Some(_) => all,
                }
            }
        }
    }

    fn then(self, next: Part) -> Part {
        Part {
            nodes: self.nodes.saturating_add(next.nodes),
            first: self.first.saturating_add(if self.passes { next.first } else { 0 }),
            passes: self.passes && next.passes,
            listed: self.listed.saturating_add(next.listed).saturating_add(self.open.saturating_mul(next.first)),
            open: next.open.saturating_add(if next.passes { self.open } else { 0 }),
        }
    }

    fn or(self, other: Part) -> Part {
        let first = self.first.saturating_add(other.first).saturating_add(1);
        let passes = self.passes || other.passes;
        Part {
            nodes: self.nodes.saturating_add(other.nodes).saturating_add(1),
            first,
            passes,
            listed: self.listed.saturating_add(other.listed).saturating_add(first),
            open: self.open.saturating_add(other.open).saturating_add(passes.into()),
        }
    }

    fn star(self) -> Part {
        let first = self.first.saturating_add(1);
        Part {
            nodes: self.nodes.saturating_add(1),
            first,
            passes: true,
            listed: self.listed.saturating_add(self.open.saturating_add(1).saturating_mul(first)),
            open: self.open.saturating_add(1),
        }
    }

    /// So many in a row.
    fn times(self, mut count: u32) -> Part {
        let (mut all, mut power) = (Part::of(&Node::Empty), self);
        while count > 0 {
            if count & 1 == 1 {
                all = all.then(power);
            }
            power = power.then(power);
            count >>= 1;
        }
        all
    }

    /// `x{0,3}`, which glibc writes as `(((x)?x)?x)?`: the sum of what each `?` adds.
    fn up_to(self, count: u32) -> Part {
        let count = u64::from(count);
        let (pairs, triangle) = (count * (count - 1) / 2, count * (count + 1) / 2);
        let step = self.first.saturating_add(1);
        let opened = self.open.saturating_add(1);
        let (open, joins) = if self.passes { (opened.saturating_mul(count), pairs) } else { (opened, count - 1) };
        Part {
            nodes: self.nodes.saturating_add(1).saturating_mul(count),
            first: step.saturating_mul(count),
            passes: true,
            listed: (self.listed.saturating_mul(count))
                .saturating_add(opened.saturating_mul(self.first).saturating_mul(joins))
                .saturating_add(step.saturating_mul(triangle)),
            open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posix::{Units, parse};

    /// The figures are the peak of a process that did nothing but `regcomp`, glibc 2.36 on x86-64, in MB.
    #[test]
    fn the_estimate_is_near_what_was_measured() {
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")+".repeat(depth));
        for (pattern, measured) in [
            ("a{0,3000}".to_owned(), 71),
            ("a{0,8000}".to_owned(), 492),
            ("a{0,20000}".to_owned(), 3084),
            ("(a?){5000}".to_owned(), 195),
            ("(a?b?c?d?){1000}".to_owned(), 125),
            ("(a{1,255}){1,255}".to_owned(), 152),
            ("((a?){100}){100}".to_owned(), 774),
            ("((a{1,255}){1,255}){1,10}".to_owned(), 1511),
            ("((a{100}){100}){100}".to_owned(), 206),
            ("(a{255}){1000}".to_owned(), 53),
            (nested(16), 49),
            (nested(20), 830),
        ] {
            let Ok(tree) = parse::parse(pattern.as_bytes(), Units::Bytes) else { panic!("{pattern}") };
            let estimate = bytes(&tree) >> 20;
            assert!((measured * 2 / 3..=measured * 3 / 2).contains(&estimate), "{pattern}: {estimate} for {measured}");
        }
    }

    #[test]
    fn no_expression_is_too_much_for_the_estimate() {
        let deep = format!("{}a{}", "(".repeat(150), "){0,32767}".repeat(150));
        let Ok(tree) = parse::parse(deep.as_bytes(), Units::Bytes) else { panic!() };
        assert_eq!(bytes(&tree), u64::MAX);
    }
}
