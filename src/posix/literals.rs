//! Texts without which an expression cannot match: a quick look for them tells most expressions off.

use super::tree::Node;

/// Texts of which one at least is in whatever matches.
pub type AnyOf = Vec<Vec<u8>>;

/// So many texts stand for one part of an expression where it is matched: more are slower to look for than they save.
pub(super) const MOST_TEXTS: usize = 16;
/// So many where somebody wants to know what it asks for, as in a long list of names.
pub(super) const MOST_NAMES: usize = 256;
/// So many parts are looked at.
const MOST_PARTS: usize = 8;
/// Shorter ones are found everywhere.
const SHORTEST: usize = 2;

/// What is needed for a match.
#[derive(Debug, Default)]
pub struct Needs {
    /// Something of each of these.
    pub all: Vec<AnyOf>,
    /// Nothing else than something of the only one.
    pub is_exact: bool,
}

/// What a text that an expression matches has in it, whatever else there is; a part for which more than `most` texts
/// would stand is passed over.
pub(super) fn needs(tree: &Node, most: usize) -> Needs {
    if let Some(texts) = exact(tree, most).filter(|texts| texts.iter().all(|text| text.len() >= SHORTEST)) {
        return Needs { all: vec![texts], is_exact: true };
    }
    let mut all = Vec::new();
    collect(tree, most, &mut all);
    all.retain(|texts| texts.iter().all(|text| text.len() >= SHORTEST));
    // The longest are the rarest.
    all.sort_by_key(|texts| std::cmp::Reverse(texts.iter().map(Vec::len).min()));
    all.truncate(MOST_PARTS);
    Needs { all, is_exact: false }
}

/// The texts that a part matches, if these are few and nothing depends on where they stand.
fn exact(node: &Node, most: usize) -> Option<AnyOf> {
    match node {
        Node::Empty | Node::Hollow => Some(vec![Vec::new()]),
        Node::Byte(byte) => Some(vec![vec![*byte]]),
        Node::Group(_, inner) => exact(inner, most),
        Node::All(parts) => {
            let mut texts = vec![Vec::new()];
            parts
                .iter()
                .all(|part| exact(part, most).is_some_and(|ends| join(&mut texts, &ends, most)))
                .then_some(texts)
        }
        Node::Either(parts) => {
            let texts: AnyOf = parts.iter().map(|part| exact(part, most)).collect::<Option<Vec<_>>>()?.concat();
            (texts.len() <= most).then_some(texts)
        }
        Node::Repeat(inner, low, Some(high)) if low == high && *low <= 8 => {
            let inner = exact(inner, most)?;
            let mut texts = vec![Vec::new()];
            (0..*low).all(|_| join(&mut texts, &inner, most)).then_some(texts)
        }
        _ => None,
    }
}

/// Puts each of some ends behind each of some texts, unless these become too many.
fn join(texts: &mut AnyOf, ends: &[Vec<u8>], most: usize) -> bool {
    match ends {
        [end] => texts.iter_mut().for_each(|text| text.extend_from_slice(end)),
        _ if texts.len() * ends.len() > most => return false,
        _ => *texts = texts.iter().flat_map(|text| ends.iter().map(move |end| [&text[..], end].concat())).collect(),
    }
    true
}

/// Adds what every match of a node holds.
fn collect(node: &Node, most: usize, all: &mut Vec<AnyOf>) {
    match node {
        Node::All(parts) => {
            // What stands side by side is looked for as one.
            let mut run = vec![Vec::new()];
            for part in parts {
                let texts = exact(part, most);
                if texts.as_ref().is_some_and(|texts| join(&mut run, texts, most)) {
                    continue;
                }
                all.push(std::mem::replace(&mut run, vec![Vec::new()]));
                match texts {
                    Some(texts) => run = texts,
                    None => collect(part, most, all),
                }
            }
            all.push(run);
        }
        Node::Group(_, inner) | Node::Repeat(inner, 1.., _) => match exact(inner, most) {
            Some(texts) => all.push(texts),
            None => collect(inner, most, all),
        },
        Node::Either(parts) => {
            // One of the best of each branch; nothing, where a branch needs nothing.
            let best = |part: &Node| needs(part, most).all.into_iter().next();
            if let Some(texts) = parts.iter().map(best).collect::<Option<Vec<_>>>() {
                all.push(texts.concat());
            }
        }
        Node::Byte(byte) => all.push(vec![vec![*byte]]),
        _ => {}
    }
}
