//! The seam: one table, several that answer it.

use anyhow::Result;

use super::answer::Recorded;
use super::scenario::Table;

/// Anyone who can answer the scenarios of a table: a live Asterisk, a recording.
pub(crate) trait Judge {
    /// The answers in the order of the scenarios; none where this judge has nothing to say.
    fn answer(&mut self, table: &Table) -> Result<Vec<Option<Recorded>>>;
}
