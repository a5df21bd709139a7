//! A recorded session of the manager interface, cut into messages.
//!
//! A value can have an empty line in it, as a dialplan can send any bytes: a session has no other sign of the end of a
//! message, so that what follows is taken for a message of its own, by whoever reads it.
//!
//! Source: the wire format of `astman_append` and `process_events` (main/manager.c), as captured from 16.28.0 and 22.10.1.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::Range;

use memchr::{memchr, memmem};

/// A message longer than this is no message of Asterisk.
const LONGEST: usize = 1 << 20;

/// Reads a session message by message, in constant memory.
pub struct Capture<R> {
    input: R,
    buffer: Vec<u8>,
    /// What of the buffer is not read yet.
    start: usize,
    /// Where the buffer begins in the input.
    offset: u64,
    /// Where the last message began.
    at: u64,
    ended: bool,
    /// How lines end, once the first one is known, and two of them in a row.
    ends: Option<(&'static [u8], memmem::Finder<'static>)>,
    /// The message before was the answer to a login that succeeded.
    logged_in: bool,
}

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'b> {
    /// An event that is sent to whoever may see it.
    Event(Event<'b>),
    /// What only the session itself is sent: an answer, an item of a list, the FullyBooted behind a login.
    Reply,
}

/// An event as it was sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Event<'b> {
    /// The byte of the input that it begins with.
    pub at: u64,
    /// Its whole text, down to the empty line, with CRLF at the end of each line.
    pub text: Cow<'b, [u8]>,
    name: (usize, usize),
    classes: (usize, usize),
}

/// Why a capture cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// What the input says.
    #[error("cannot read the capture: {0}")]
    Input(#[from] io::Error),
    /// A message that does not end.
    #[error("the message at byte {at} is longer than 1 MiB: that is no capture of the manager interface")]
    TooLong {
        /// Where it begins.
        at: u64,
    },
}

impl Event<'_> {
    /// Its real name: the value of the first line.
    pub fn name(&self) -> &[u8] {
        &self.text[self.name.0..self.name.1]
    }

    /// Its classes as the second line has them, without the `,all` at their end.
    pub fn classes(&self) -> &[u8] {
        &self.text[self.classes.0..self.classes.1]
    }

    /// Where in the text the name and the classes are.
    pub fn places(&self) -> (Range<usize>, Range<usize>) {
        (self.name.0..self.name.1, self.classes.0..self.classes.1)
    }
}

impl<R: Read> Capture<R> {
    /// Begins to read. An input that says that it timed out has nothing now: it is asked again, but not for an empty line
    /// that may yet belong to an event that is there.
    pub fn new(input: R) -> Capture<R> {
        let (buffer, ends) = (Vec::with_capacity(1 << 18), None);
        Capture { input, buffer, start: 0, offset: 0, at: 0, ended: false, ends, logged_in: false }
    }

    /// The next message; nothing at the end.
    ///
    /// # Errors
    ///
    /// What the input says, or a message that is too long.
    pub fn message(&mut self) -> Result<Option<Message<'_>>, CaptureError> {
        self.skip_greeting()?;
        let Some(end) = self.find_end()? else { return Ok(None) };
        let text = &self.buffer[self.start..end];
        self.at = self.offset + self.start as u64;
        self.start = end;
        let was_logged_in = std::mem::replace(&mut self.logged_in, is_login(text));
        let Some(mut event) =
            broadcast(text, self.at).filter(|event| !(was_logged_in && event.name() == b"FullyBooted"))
        else {
            return Ok(Some(Message::Reply));
        };
        if self.ends.as_ref().is_some_and(|(line, _)| *line == b"\n") {
            let text = with_crlf(&event.text);
            if let Some((name, classes)) = broadcast(&text, self.at).map(|event| (event.name, event.classes)) {
                event = Event { text: text.into(), name, classes, ..event };
            }
        }
        Ok(Some(Message::Event(event)))
    }

    /// How many bytes are left at the end that are no whole message.
    pub fn tail(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Passes the greeting, which has no empty line behind it, and empty lines before a message.
    fn skip_greeting(&mut self) -> Result<(), CaptureError> {
        const GREETING: &[u8] = b"Asterisk Call Manager/";
        loop {
            while self.buffer.len() - self.start < GREETING.len() && self.fill()? {}
            let rest = &self.buffer[self.start..];
            match rest.first() {
                Some(b'\r' | b'\n') => self.start += 1,
                Some(_) if rest.starts_with(GREETING) => match memchr(b'\n', rest) {
                    Some(end) => self.start += end + 1,
                    None if self.fill()? => {}
                    None => return Ok(()),
                },
                _ => return Ok(()),
            }
        }
    }

    /// The end of the message at the start, and of the empty lines behind it, which belong to it.
    fn find_end(&mut self) -> Result<Option<usize>, CaptureError> {
        let mut searched = self.start;
        let mut end = loop {
            if self.ends.is_none() {
                let first = memchr(b'\n', &self.buffer[self.start..]);
                self.ends = first.map(|at| match self.buffer[self.start..self.start + at].last() {
                    Some(b'\r') => (&b"\r\n"[..], memmem::Finder::new(b"\r\n\r\n")),
                    _ => (&b"\n"[..], memmem::Finder::new(b"\n\n")),
                });
            }
            if let Some((line, empty)) = &self.ends
                && let Some(at) = empty.find(&self.buffer[searched..])
            {
                break searched + at + 2 * line.len();
            }
            let known = self.buffer.len() - self.start;
            if !self.fill()? {
                return Ok(None);
            }
            searched = self.start + known.saturating_sub(3);
        };
        let ends = self.ends.as_ref().map_or(&b"\r\n"[..], |(line, _)| line);
        loop {
            while self.buffer.len() < end + ends.len() {
                let before = self.start;
                let more = self.fill_now(false)?;
                end -= before - self.start;
                if !more {
                    return Ok(Some(end));
                }
            }
            if !self.buffer[end..].starts_with(ends) {
                return Ok(Some(end));
            }
            end += ends.len();
        }
    }

    /// Reads more of the message at the start, whatever it is needed for; false at the end of the input.
    fn fill(&mut self) -> Result<bool, CaptureError> {
        self.fill_now(true)
    }

    /// The same; false also if it is not to wait and there is nothing now.
    fn fill_now(&mut self, waits: bool) -> Result<bool, CaptureError> {
        if self.ended {
            return Ok(false);
        }
        if self.buffer.len() - self.start > LONGEST {
            return Err(CaptureError::TooLong { at: self.offset + self.start as u64 });
        }
        self.buffer.drain(..self.start);
        self.offset += self.start as u64;
        self.start = 0;
        let old = self.buffer.len();
        self.buffer.resize(old + (1 << 17), 0);
        let count = loop {
            match self.input.read(&mut self.buffer[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut && waits => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    self.buffer.truncate(old);
                    return Ok(false);
                }
                other => break other,
            }
        };
        self.buffer.truncate(old + *count.as_ref().unwrap_or(&0));
        self.ended = count? == 0;
        Ok(!self.ended)
    }
}

/// Is it the answer to a login that succeeded?
fn is_login(text: &[u8]) -> bool {
    text.starts_with(b"Response: Success") && memmem::find(text, b"Message: Authentication accepted").is_some()
}

/// The event of a message, if it is one that is broadcast: `Event:`, then a `Privilege:` that ends in `,all`.
fn broadcast(text: &[u8], at: u64) -> Option<Event<'_>> {
    let first = memchr(b'\n', text)?;
    let second = first + 1 + memchr(b'\n', &text[first + 1..])?;
    let line = |from: usize, to: usize, key: &[u8]| {
        let to = if text[from..to].last() == Some(&b'\r') { to - 1 } else { to };
        text[from..to].starts_with(key).then_some((from + key.len(), to))
    };
    let name = line(0, first, b"Event: ")?;
    let (from, to) = line(first + 1, second, b"Privilege: ")?;
    let classes = text[from..to].strip_suffix(b",all")?;
    Some(Event { at, text: text.into(), name, classes: (from, from + classes.len()) })
}

fn with_crlf(text: &[u8]) -> Vec<u8> {
    text.split_inclusive(|&byte| byte == b'\n')
        .flat_map(|line| match line {
            [bare @ .., b'\n'] if bare.last() != Some(&b'\r') => [bare, b"\r\n"],
            _ => [line, b""],
        })
        .flatten()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names and texts of the events, and how many replies there are; read in small pieces.
    fn read(text: &[u8], piece: usize) -> (Vec<(String, Vec<u8>)>, usize, usize) {
        struct Pieces<'t>(&'t [u8], usize);
        impl Read for Pieces<'_> {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                let count = self.0.len().min(self.1).min(to.len());
                to[..count].copy_from_slice(&self.0[..count]);
                self.0 = &self.0[count..];
                Ok(count)
            }
        }
        let mut capture = Capture::new(Pieces(text, piece));
        let (mut events, mut replies) = (Vec::new(), 0);
        while let Some(message) = capture.message().expect("a capture") {
            match message {
                Message::Event(event) => {
                    events.push((String::from_utf8_lossy(event.name()).into_owned(), event.text.to_vec()));
                }
                Message::Reply => replies += 1,
            }
        }
        (events, replies, capture.tail())
    }

    const SESSION: &[u8] = b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n\
        Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: x\r\n\r\nEvent: A\r\nPrivilege: call,all\r\nX: 1\r\n\r\n\r\n\
        Event: Item\r\nX: 1\r\n\r\nEvent: S\r\nPrivilege: Call\r\n\r\nEvent: FullyBooted\r\nPrivilege: system,all\r\n\r\n\
        Event: B\r\nPrivilege: system,user,all\r\n\r\nEvent: C\r\nPriv";

    #[test]
    fn messages_are_cut_wherever_the_input_is() {
        let events = |text: &[u8], piece| read(text, piece).0.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        for piece in [1, 2, 3, 7, 64, 1 << 20] {
            assert_eq!(events(SESSION, piece), ["A", "FullyBooted", "B"], "in pieces of {piece}");
            let (all, replies, tail) = read(SESSION, piece);
            assert_eq!((replies, tail), (4, 14));
            assert!(all[0].1.ends_with(b"X: 1\r\n\r\n\r\n"), "an empty line more belongs to the event before it");
        }
        let whole = &SESSION[..SESSION.len() - 14];
        for piece in [1, 5, 1 << 20] {
            assert_eq!((events(whole, piece).len(), read(whole, piece).2), (3, 0), "the last message ends the input");
        }
        assert_eq!(read(b"", 1), (Vec::new(), 0, 0));
        assert_eq!(read(b"Asterisk Call Manager/11.0.0\r\n", 3), (Vec::new(), 0, 0));
    }

    #[test]
    fn other_line_ends_become_crlf() {
        let plain = SESSION.iter().copied().filter(|&byte| byte != b'\r').collect::<Vec<_>>();
        let (events, replies, _) = read(&plain, 5);
        assert_eq!((events.clone(), replies), (read(SESSION, 5).0, 4));
        assert!(events[0].1.starts_with(b"Event: A\r\nPrivilege: call,all\r\n"));
    }

    /// An input that comes piece by piece, with pauses between.
    #[test]
    fn a_pause_ends_an_event_that_is_whole() {
        struct Pauses(Vec<&'static [u8]>);
        impl Read for Pauses {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                let Some(piece) = self.0.pop() else { return Ok(0) };
                to[..piece.len()].copy_from_slice(piece);
                if piece.is_empty() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(piece.len()) }
            }
        }
        let [a, rest, b] =
            [&b"Event: A\r\nPrivilege: call,all\r\nX: "[..], b"1\r\n\r\n", b"Event: B\r\nPrivilege: x,all\r\n\r\n"];
        let next = |capture: &mut Capture<Pauses>| match capture.message().expect("a capture") {
            Some(Message::Event(event)) => event.text.to_vec(),
            other => panic!("{other:?}"),
        };
        let whole = [a, rest].concat();
        let mut capture = Capture::new(Pauses(vec![b, b"\r\n", b"", b"", rest, b"", a, b""]));
        assert!(next(&mut capture) == whole && capture.input.0.len() == 3, "nothing is waited for");
        assert!(next(&mut capture) == b, "an empty line that comes later is nothing");
        let mut capture = Capture::new(Pauses(vec![b"", b"\r\n", rest, a]));
        assert!(next(&mut capture) == [&whole[..], b"\r\n"].concat(), "one that comes at once belongs to the event");
    }

    #[test]
    fn what_never_ends_is_no_message() {
        for begin in ["", "Asterisk Call Manager/", "Event: A\r\nPrivilege: call,all\r\n"] {
            let mut capture = Capture::new(Read::chain(begin.as_bytes(), io::repeat(b'x')));
            assert!(matches!(capture.message(), Err(CaptureError::TooLong { at: 0 })), "{begin}");
        }
        let mut capture = Capture::new(Read::chain(&b"Event: A\n\n"[..], io::repeat(b'\n')));
        assert!(matches!(capture.message(), Err(CaptureError::TooLong { at: 0 })), "empty lines belong to the event");
    }
}
