//! How the reading goes on, or ends, once there is something to say.

use super::{Flow, Limit, Loader, MOST_REASONS, MOST_WORK, Note, Origin, Outcome, What};

impl<'t> Loader<'t, '_, '_> {
    pub(super) fn note(&mut self, what: What<'t>, at: Origin) -> Flow {
        self.notes.push(Note { what, at, fatal: false });
        Flow::Goes
    }

    /// A name that is not there, unless it may stand in a file that amictl could not look at.
    pub(super) fn unless_partial(&mut self, what: What<'t>, at: Origin) -> Flow {
        if self.partial { self.note(what, at) } else { self.fatal(what, at) }
    }

    /// Refuses the file. An included one ends here. The root goes on: each reason is worth a word, and they are
    /// mended one by one.
    pub(super) fn fatal(&mut self, what: What<'t>, at: Origin) -> Flow {
        self.notes.push(Note { what, at, fatal: true });
        if at.read.0 > 0 {
            return Flow::CutShort;
        }
        self.outcome.get_or_insert(Outcome::Refused(self.notes.len() - 1));
        self.reasons += 1;
        if self.reasons < MOST_REASONS { Flow::Goes } else { Flow::CutShort }
    }

    pub(super) fn hangs(&mut self, what: What<'t>, at: Origin) -> Flow {
        self.note(what, at);
        self.outcome.get_or_insert(Outcome::Hangs(self.notes.len() - 1));
        Flow::Stops
    }

    pub(super) fn limit(&mut self, limit: Limit, at: Origin) -> Flow {
        self.note(What::Limit(limit), at);
        self.outcome.get_or_insert(Outcome::Limit(self.notes.len() - 1));
        Flow::Stops
    }

    pub(super) fn works(&mut self, entries: u64, at: Origin) -> Flow {
        self.work += entries;
        if self.work > MOST_WORK { self.limit(Limit::Work, at) } else { Flow::Goes }
    }
}
