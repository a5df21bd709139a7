//! Inputs on which Asterisk reads or writes memory that is not its own: any answer is right, and none is asked for.
//!
//! All of it is of main/config.c and main/utils.c, releases 13 to 23.

use memchr::memmem;

use crate::config::Effective;
use crate::syntax::{HeaderItem, Node, Tree};

/// Does what is read depend on memory that holds anything?
pub fn is_undefined(effective: &Effective<'_>) -> bool {
    // The state of comments goes from file to file of a glob.
    let below = effective.reads.iter().any(|read| read.tree.depth() < 0);
    effective.reads.iter().any(|read| opens_below(read.tree, below) || searches_on(read.tree))
}

/// A `;--` behind a `--;` that ended nothing: the array in which the lines of open comments are noted is written to
/// before its first element, onto whatever the compiler put there.
fn opens_below(tree: &Tree<'_>, below: bool) -> bool {
    let from = if below { 0 } else { tree.strays().first().map_or(tree.source().len(), |&at| at as usize) };
    memmem::find(&tree.source()[from..], b";--").is_some()
}

/// A part of a `(+filter)` with a `\` before its last byte: `ast_strsep` goes over the escaped byte and then over the
/// end of the text, and looks for the separator in what follows.
fn searches_on(tree: &Tree<'_>) -> bool {
    let may = memmem::find(tree.source(), b"+").is_some() && memmem::find(tree.source(), b"\\").is_some();
    may && tree.lines().any(|line| {
        let Node::Header(header) = line.node() else { return false };
        let filters = header.items.iter().filter(|(item, _)| *item == HeaderItem::Append);
        filters.into_iter().any(|(_, text)| {
            let ends = |at: usize| matches!(text.bytes.get(at), None | Some(b'&'));
            (0..text.bytes.len()).any(|at| text.bytes[at] == b'\\' && at + 1 < text.bytes.len() && ends(at + 2))
        })
    })
}
