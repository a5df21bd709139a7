//! What is to be sent later.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::Event;
use super::hub::Id;

/// So much may wait, and so many bytes: a client decides how much is asked for, and memory has an end.
const MOST: usize = 100_000;
const MOST_BYTES: usize = 64 << 20;

/// What is to be sent later.
pub(super) enum Later {
    /// To one session, if it is still there.
    Answer(Id, Vec<u8>),
    /// To whoever may see it then.
    Event(Event),
}

/// What is to be sent, in the order of its time; of one time in the order in which it came.
#[derive(Default)]
pub(super) struct Schedule {
    queue: BTreeMap<(Duration, u64), Later>,
    count: u64,
    bytes: usize,
}

impl Later {
    fn length(&self) -> usize {
        let text = match self {
            Later::Answer(_, text) => text.len(),
            Later::Event(event) => event.name.len() + event.classes.len() + event.body.len(),
        };
        text + size_of::<Later>()
    }
}

impl Schedule {
    /// Where too much waits already it is not made to wait.
    pub(super) fn add(&mut self, at: Duration, later: Later) {
        let has_room = self.queue.len() < MOST && self.bytes < MOST_BYTES;
        let at = if has_room { at } else { Duration::ZERO };
        self.count += 1;
        self.bytes += later.length();
        self.queue.insert((at, self.count), later);
    }

    /// When there is something to send next.
    pub(super) fn next(&self) -> Option<Duration> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// What is to be sent by now, one after the other.
    pub(super) fn take(&mut self, now: Duration) -> Option<Later> {
        let later = self.queue.first_entry().filter(|entry| entry.key().0 <= now)?.remove();
        self.bytes -= later.length();
        Some(later)
    }
}
