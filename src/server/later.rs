//! What is to be sent later.

use std::collections::BTreeMap;
use std::time::Duration;

use super::channels::Variables;
use super::event::Event;
use super::hub::Id;

/// So much may wait: a client decides how much is asked for, and memory has an end.
const MOST: usize = 100_000;

/// What is to be sent later.
pub(super) enum Later {
    /// To one session, if it is still there.
    Answer(Id, Vec<u8>),
    /// To whoever may see it then; and the variables that its channel begins with.
    Event(Event, Variables),
}

/// What is to be sent, in the order of its time; of one time in the order in which it came.
#[derive(Default)]
pub(super) struct Schedule {
    queue: BTreeMap<(Duration, u64), Later>,
    count: u64,
}

impl Schedule {
    /// Where too much waits already it is not made to wait.
    pub(super) fn add(&mut self, at: Duration, later: Later) {
        let at = if self.queue.len() < MOST { at } else { Duration::ZERO };
        self.count += 1;
        self.queue.insert((at, self.count), later);
    }

    /// When there is something to send next.
    pub(super) fn next(&self) -> Option<Duration> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// What is to be sent by now, one after the other.
    pub(super) fn take(&mut self, now: Duration) -> Option<Later> {
        self.queue.first_entry().filter(|entry| entry.key().0 <= now).map(|entry| entry.remove())
    }
}
