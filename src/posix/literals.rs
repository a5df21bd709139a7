//! Texts without which an expression cannot match: a quick look for them tells most expressions off.

use super::tree::Node;

/// Texts of which one at least is in whatever matches.
pub(super) type AnyOf = Vec<Vec<u8>>;

/// So many texts stand for one part of an expression, and so many parts are looked at.
const MOST_TEXTS: usize = 16;
const MOST_PARTS: usize = 8;
/// Shorter ones are found everywhere.
const SHORTEST: usize = 2;

/// What is needed for a match.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Something of each of these.
    pub(super) all: Vec<AnyOf>,
    /// Nothing else than something of the only one.
    pub(super) is_exact: bool,
}

/// What a text that an expression matches has in it, whatever else there is.
pub(super) fn needs(tree: &Node) -> Needs {
    if let Some(texts) = exact(tree).filter(|texts| texts.iter().all(|text| text.len() >= SHORTEST)) {
        return Needs { all: vec![texts], is_exact: true };
    }
    let mut all = Vec::new();
    collect(tree, &mut all);
    all.retain(|texts| texts.iter().all(|text| text.len() >= SHORTEST));
    // The longest are the rarest.
    all.sort_by_key(|texts| std::cmp::Reverse(texts.iter().map(Vec::len).min()));
    all.truncate(MOST_PARTS);
    Needs { all, is_exact: false }
}

/// The texts that a part matches, if these are few and nothing depends on where they stand.
fn exact(node: &Node) -> Option<AnyOf> {
    match node {
        Node::Empty | Node::Hollow => Some(vec![Vec::new()]),
        Node::Byte(byte) => Some(vec![vec![*byte]]),
        Node::Group(_, inner) => exact(inner),
        Node::All(parts) => parts.iter().try_fold(vec![Vec::new()], |texts, part| joined(&texts, &exact(part)?)),
        Node::Either(parts) => {
            let texts: AnyOf = parts.iter().map(exact).collect::<Option<Vec<_>>>()?.concat();
            (texts.len() <= MOST_TEXTS).then_some(texts)
        }
        Node::Repeat(inner, low, Some(high)) if low == high && *low <= 8 => {
            let inner = exact(inner)?;
            (0..*low).try_fold(vec![Vec::new()], |texts, _| joined(&texts, &inner))
        }
        _ => None,
    }
}

/// Each of some texts behind each of others.
fn joined(texts: &[Vec<u8>], ends: &[Vec<u8>]) -> Option<AnyOf> {
    if texts.len() * ends.len() > MOST_TEXTS {
        return None;
    }
    Some(texts.iter().flat_map(|text| ends.iter().map(move |end| [&text[..], end].concat())).collect())
}

/// Adds what every match of a node holds.
fn collect(node: &Node, all: &mut Vec<AnyOf>) {
    match node {
        Node::All(parts) => {
            // What stands side by side is looked for as one.
            let mut run = vec![Vec::new()];
            for part in parts {
                match exact(part).and_then(|texts| joined(&run, &texts)) {
                    Some(longer) => run = longer,
                    None => {
                        all.push(std::mem::replace(&mut run, vec![Vec::new()]));
                        match exact(part) {
                            Some(texts) => run = texts,
                            None => collect(part, all),
                        }
                    }
                }
            }
            all.push(run);
        }
        Node::Group(_, inner) | Node::Repeat(inner, 1.., _) => match exact(inner) {
            Some(texts) => all.push(texts),
            None => collect(inner, all),
        },
        Node::Either(parts) => {
            // One of the best of each branch; nothing, where a branch needs nothing.
            let best = |part: &Node| needs(part).all.into_iter().next();
            if let Some(texts) = parts.iter().map(best).collect::<Option<Vec<_>>>() {
                all.push(texts.concat());
            }
        }
        Node::Byte(byte) => all.push(vec![vec![*byte]]),
        _ => {}
    }
}
