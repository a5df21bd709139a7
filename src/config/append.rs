//! `name += value`.
//!
//! Asterisk: `process_text_line` finds the last entry of exactly this name; `ast_variable_update` then changes the
//! first entry (23 and later: the last) whose name and value are the same but for letter case, whatever its value
//! when the found one is empty.

use std::borrow::Cow;

use super::content::Content;
use super::note::What;
use super::{Asked, Entry, Origin, SectionId};
use crate::release::Quirk;
use crate::syntax;
use crate::text::trim;

/// How much of the end of a value is kept on record when more is joined to it.
const SEAM: usize = 24;

/// Does one `+=`. Returns what it did and how many entries it had to look at.
pub(super) fn append<'t>(
    content: &mut Content<'t>,
    entry: &syntax::Entry<'t>,
    origin: Origin,
    home: SectionId,
    asked: &Asked,
) -> (What<'t>, u64) {
    let name = entry.name.bytes;
    let mut looked = content.len();
    let mut list = content.flat();
    let last = list.len();
    let Some(meant) = (0..last).rev().find(|&at| list.get(at).name == name) else {
        let other = (0..last).rev().find(|&at| list.get(at).name.eq_ignore_ascii_case(name));
        let other_case = other.map(|at| list.get(at).origin);
        content.push(Entry::of(entry, origin, home));
        return (What::AppendedToNothing { other_case }, looked);
    };
    let fits = |at: usize| {
        let (one, other) = (list.get(at), list.get(meant));
        let same_value = || other.value.is_empty() || one.value.eq_ignore_ascii_case(&other.value);
        one.name.eq_ignore_ascii_case(name) && (at == meant || same_value())
    };
    let first = (0..=meant).find(|&at| fits(at)).unwrap_or(meant);
    let final_one = (meant..last).rev().find(|&at| fits(at)).unwrap_or(meant);
    let changed = if first != final_one && asked.has(Quirk::AppendChangesLastMatch) { final_one } else { first };
    looked += last as u64;
    let found = (list.get(meant).origin, list.get(changed).origin);
    if changed == meant {
        let value = &mut list.get_mut(meant).value;
        let seam = value[value.len().saturating_sub(SEAM)..].to_vec();
        join(value, entry.value.bytes);
        let what = What::Appended { target: found.0, seam };
        return (what, looked);
    }
    let mut value = list.get(meant).value.clone();
    join(&mut value, entry.value.bytes);
    let target = list.get_mut(changed);
    target.name = name;
    target.value = value;
    (What::AppendedElsewhere { target: found.1, meant: found.0 }, looked)
}

/// Joins without a separator, then strips: the text behind `+=` keeps its leading blanks unless it comes first.
fn join(value: &mut Cow<'_, [u8]>, more: &[u8]) {
    let value = value.to_mut();
    value.extend_from_slice(more);
    let kept = trim(value, 0..value.len());
    value.truncate(kept.end);
    if kept.start > 0 {
        value.drain(..kept.start);
    }
}
