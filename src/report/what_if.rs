//! Answers of a configuration beside those of what it would be.

use crate::access::{Trace, Verdict};

/// What the question of a report is held against.
pub struct Before<'a, A> {
    /// What was changed since, as it may be shown.
    pub change: &'a str,
    /// The answers before that.
    pub answers: &'a [A],
}

/// What a change makes of a verdict, in words.
pub(super) fn turn(before: &Trace, after: &Trace, word: fn(Verdict) -> &'static str) -> String {
    match (before.verdict(), after.verdict()) {
        (old, new) if old != new => format!("it was {}, and is {} then", word(old), word(new)),
        (same, _) if before.answer() == after.answer() => format!("{} either way", word(same)),
        (same, _) => format!("{} either way, and told otherwise", word(same)),
    }
}
