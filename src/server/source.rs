//! Where events come from when no client asks for them: what is sent, and when, without sockets and clocks.

use std::io::{self, Read};
use std::ops::Range;
use std::time::Duration;

use memchr::memchr;

use super::event::Event;
use super::hub::Hub;
use crate::capture::{self, Capture, CaptureError, Message};

/// Events, one after the other. Whoever asks may have to wait: the next one need not have come yet.
pub trait Source {
    /// The next event; nothing when there are no more.
    ///
    /// # Errors
    ///
    /// What it is read from cannot be read on.
    fn next(&mut self) -> Result<Option<Cue>, CaptureError>;
}

/// An event, and when it is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// So long after the first one may be sent.
    pub at: Duration,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// As it was captured, its name and its classes in it.
    Captured { text: Vec<u8>, name: Range<usize>, classes: Range<usize> },
    /// Made here.
    Made(Event),
}

impl Cue {
    /// An event that was made, and gets what the configuration adds to events.
    pub fn made(at: Duration, event: Event) -> Cue {
        Cue { at, what: What::Made(event) }
    }

    /// One that was captured, and is sent as it is.
    pub fn captured(at: Duration, event: &capture::Event<'_>) -> Cue {
        let (name, classes) = event.places();
        Cue { at, what: What::Captured { text: event.text.to_vec(), name, classes } }
    }

    /// Sends it to whoever may see it.
    pub fn send(&self, hub: &mut Hub) {
        match &self.what {
            What::Captured { text, name, classes } => hub.deliver(text, &text[name.clone()], &text[classes.clone()]),
            What::Made(event) => hub.publish(event),
        }
    }

    /// About how many bytes it has.
    pub(super) fn length(&self) -> usize {
        match &self.what {
            What::Captured { text, .. } => text.len(),
            What::Made(event) => event.body.len(),
        }
    }
}

/// How fast a capture is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Each event as soon as it is there: something is being captured.
    Live,
    /// So long after the one before it.
    Steady(Duration),
    /// As long after the one before it as its Timestamp says; of events that have none, so long.
    Recorded(Duration),
}

/// A capture, event by event: what only a session itself was sent is passed over.
pub struct Replay<O> {
    open: O,
    capture: Option<Capture<Box<dyn Read>>>,
    clock: Clock,
    loops: bool,
    /// There was an event since it was opened.
    is_of_use: bool,
}

impl<O: FnMut() -> io::Result<Box<dyn Read>>> Replay<O> {
    /// What `open` gives, over and over if it `loops`. It is opened when the first event is asked for.
    pub fn new(open: O, pace: Pace, loops: bool) -> Replay<O> {
        Replay { open, capture: None, clock: Clock::new(pace), loops, is_of_use: false }
    }
}

impl<O: FnMut() -> io::Result<Box<dyn Read>>> Source for Replay<O> {
    fn next(&mut self) -> Result<Option<Cue>, CaptureError> {
        loop {
            let capture = match &mut self.capture {
                Some(capture) => capture,
                closed => closed.insert(Capture::new((self.open)()?)),
            };
            match capture.message()? {
                Some(Message::Event(event)) => {
                    self.is_of_use = true;
                    return Ok(Some(Cue::captured(self.clock.due(&event.text), &event)));
                }
                Some(Message::Reply) => {}
                // One without events would be read for ever.
                None if !self.loops || !self.is_of_use => return Ok(None),
                None => {
                    (self.capture, self.is_of_use) = (None, false);
                    self.clock.last = None;
                }
            }
        }
    }
}

/// Tells when events are due.
struct Clock {
    pace: Pace,
    at: Duration,
    /// The Timestamp of the last event that had one.
    last: Option<Duration>,
    is_first: bool,
}

impl Clock {
    fn new(pace: Pace) -> Clock {
        Clock { pace, at: Duration::ZERO, last: None, is_first: true }
    }

    /// When the next event is due.
    fn due(&mut self, text: &[u8]) -> Duration {
        let is_first = std::mem::replace(&mut self.is_first, false);
        let wait = match self.pace {
            _ if is_first => Duration::ZERO,
            Pace::Live => Duration::ZERO,
            Pace::Steady(step) => step,
            Pace::Recorded(step) => match (stamp(text), self.last) {
                // The clock may have been set back meanwhile.
                (Some(now), Some(before)) => now.saturating_sub(before),
                (None, Some(_)) => Duration::ZERO,
                (_, None) => step,
            },
        };
        self.last = stamp(text).or(self.last);
        self.at = self.at.saturating_add(wait);
        self.at
    }
}

/// The Timestamp of an event, which stands below its classes: further down anybody may have written one.
pub fn stamp(text: &[u8]) -> Option<Duration> {
    let mut rest = text;
    for _ in 0..2 {
        rest = &rest[memchr(b'\n', rest)? + 1..];
    }
    let line = rest.strip_prefix(b"Timestamp: ")?;
    let value = std::str::from_utf8(&line[..memchr(b'\r', line)?]).ok()?;
    let (seconds, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_number = |text: &str| text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let nanos = is_number(fraction).then(|| format!("{fraction:0<9}").parse().ok())??;
    Some(Duration::new(seconds.parse::<u32>().ok()?.into(), nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(10);

    /// When the events of a capture are due, in milliseconds; of the first `most`.
    fn dues(capture: &'static str, pace: Pace, loops: bool, most: usize) -> Vec<u128> {
        let mut replay = Replay::new(|| Ok(Box::new(capture.as_bytes()) as Box<dyn Read>), pace, loops);
        let next = || replay.next().expect("a capture").map(|cue| cue.at.as_micros() / 1000);
        std::iter::from_fn(next).take(most).collect()
    }

    const STAMPED: &str = "Event: A\r\nPrivilege: call,all\r\nTimestamp: 1000.500000\r\n\r\n\
        Event: A\r\nPrivilege: call,all\r\nTimestamp: 1001.750000\r\n\r\n\
        Response: Success\r\nTimestamp: 9000.0\r\n\r\n\
        Event: A\r\nPrivilege: call,all\r\nX: y\r\n\r\n\
        Event: A\r\nPrivilege: call,all\r\nTimestamp: 900.0\r\n\r\n\
        Event: A\r\nPrivilege: call,all\r\nTimestamp: 900.25\r\n\r\n";
    const PLAIN: &str =
        "Event: A\r\nPrivilege: call,all\r\nX: y\r\nTimestamp: 1.5\r\n\r\nEvent: B\r\nPrivilege: call,all\r\n\r\n";

    #[test]
    fn events_come_when_they_were_captured() {
        let recorded = Pace::Recorded(STEP);
        assert_eq!(dues(STAMPED, recorded, false, 9), [0, 1250, 1250, 1250, 1500]);
        assert_eq!(dues(PLAIN, recorded, false, 9), [0, 10], "a line further down says nothing");
        assert_eq!(dues(STAMPED, Pace::Steady(STEP), false, 9), [0, 10, 20, 30, 40]);
        assert_eq!(dues(STAMPED, Pace::Live, false, 9), [0; 5]);
    }

    #[test]
    fn a_capture_is_replayed_again() {
        assert_eq!(dues(PLAIN, Pace::Recorded(STEP), true, 5), [0, 10, 20, 30, 40]);
        assert_eq!(dues(STAMPED, Pace::Recorded(STEP), true, 8), [0, 1250, 1250, 1250, 1500, 1510, 2760, 2760]);
        assert_eq!(dues("Response: Success\r\n\r\n", Pace::Live, true, 5), [0; 0], "nothing in it, over and over");
    }

    #[test]
    fn a_timestamp_is_a_number_below_the_classes() {
        let of = |value: &str| stamp(format!("Event: A\r\nPrivilege: x,all\r\nTimestamp: {value}\r\n\r\n").as_bytes());
        assert_eq!(of("1795380459.123456"), Some(Duration::from_micros(1_795_380_459_123_456)));
        assert_eq!(of("7"), Some(Duration::from_secs(7)));
        for value in ["", "x", "-1.5", "1.-5", "1.1234567890", "99999999999", "1.2.3", "+1.x"] {
            assert_eq!(of(value), None, "{value}");
        }
        assert_eq!(stamp(b"Event: A\r\n"), None);
    }
}
