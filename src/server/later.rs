//! What is to be sent later.

use std::collections::BTreeMap;
use std::time::Duration;

use super::channels::Variables;
use super::event::Event;
use super::hub::Id;

/// So much may wait, and so many bytes: a client decides how much is asked for, and memory has an end.
const MOST: usize = 100_000;
const MOST_BYTES: usize = 64 << 20;

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
    bytes: usize,
}

impl Later {
    fn length(&self) -> usize {
        let text = match self {
            Later::Answer(_, text) => text.len(),
            Later::Event(event, variables) => {
                let variables = variables.iter().map(|(name, value)| name.len() + value.len());
                event.name.len() + event.classes.len() + event.body.len() + variables.sum::<usize>()
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_has_an_end() {
        let at = Duration::from_secs(3600);
        let mut schedule = Schedule::default();
        for _ in 0..64 {
            schedule.add(at, Later::Answer(1, vec![0; 1 << 20]));
        }
        assert_eq!(schedule.next(), Some(at));
        schedule.add(at, Later::Answer(1, Vec::new()));
        assert!(schedule.take(Duration::ZERO).is_some(), "there are too many bytes for it to wait");
        assert!(schedule.take(Duration::ZERO).is_none());
        while schedule.take(at).is_some() {}
        assert_eq!(schedule.bytes, 0);
        (0..=MOST).for_each(|_| schedule.add(at, Later::Answer(1, Vec::new())));
        assert_eq!(schedule.next(), Some(Duration::ZERO), "there are too many");
    }
}
