//! What a client sends, cut into messages as Asterisk cuts it.
//!
//! Source: `get_input`, `do_message` and `__astman_get_header` in main/manager.c; measured on 16.28.0 and 22.10.1.

use memchr::memchr;

use crate::text::is_blank;

/// The buffer that Asterisk reads into: a line with its end, and no more, fits into it.
const BUFFER: usize = 1024;

/// A message may have so many lines.
const MOST_LINES: usize = 128;

/// Cuts bytes into messages. What it holds is bounded, whatever comes.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// So many of the bytes that are not taken yet are in Asterisk's buffer already, behind that beginning.
    buffered: usize,
    supply: Supply,
    message: Request,
    /// A line was too long. That is told at the end of a message, but not of one that has too many lines: it is the fault
    /// of the next then, whatever that is.
    is_long: bool,
    has_many: bool,
}

/// Where bytes come from. Asterisk waits for the socket to have something before it reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Supply {
    /// The socket has what has not been read.
    #[default]
    Plain,
    /// The socket has records of TLS; so long is the one that came last. One that was begun is no longer there: its rest is
    /// read once something else is.
    Tls { record: usize },
    /// The socket tells of the end, whenever it is asked.
    Ended,
}

/// A message: the lines of a request, without their ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The lines, in order.
    pub lines: Vec<Vec<u8>>,
}

/// Why a message is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A line did not fit into the buffer.
    #[error("Failed to parse message: line too long")]
    LineTooLong,
    /// There were too many lines.
    #[error("Too many lines in message or allocation failure")]
    TooManyLines,
}

impl Reader {
    /// A record of TLS has come.
    pub(super) fn record(&mut self, length: usize) {
        self.supply = Supply::Tls { record: length };
    }

    /// No more will come.
    pub(super) fn end(&mut self) {
        self.supply = Supply::Ended;
    }

    pub(super) fn has_ended(&self) -> bool {
        self.supply == Supply::Ended
    }

    /// Is anything taken of so many bytes, before something else comes?
    pub(super) fn takes(&self, bytes: usize) -> bool {
        self.buffered > 0 || self.readable(bytes) > 0
    }

    /// So many of the bytes that are not in the buffer can be read at once.
    fn readable(&self, bytes: usize) -> usize {
        match self.supply {
            Supply::Tls { record } if bytes < record => 0,
            Supply::Tls { record } if bytes > record => bytes - record,
            _ => bytes,
        }
    }

    /// Has the socket something when so many bytes are not in the buffer?
    fn is_ready(&self, bytes: usize) -> bool {
        match self.supply {
            Supply::Plain => bytes > 0,
            Supply::Tls { record } => bytes >= record,
            Supply::Ended => true,
        }
    }

    /// Takes of some bytes what Asterisk would read by now, and gives each message that they end to `each`, with whether the
    /// socket has something then. It may stop there; the rest is given back.
    pub(super) fn take<'b>(
        &mut self,
        mut bytes: &'b [u8],
        mut each: impl FnMut(Request, Option<Fault>, bool) -> bool,
    ) -> &'b [u8] {
        loop {
            if self.buffered == 0 {
                self.buffered = self.readable(bytes.len()).min(BUFFER - self.line.len());
            }
            if self.buffered == 0 {
                break;
            }
            let Some(end) = memchr(b'\n', &bytes[..self.buffered]) else {
                self.line.extend_from_slice(&bytes[..self.buffered]);
                bytes = &bytes[self.buffered..];
                self.buffered = 0;
                if self.line.len() == BUFFER {
                    // There is no end in it: it is emptied but for its last byte, which may be the CR of an end.
                    self.is_long = true;
                    self.line.drain(..BUFFER - 1);
                }
                continue;
            };
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.buffered -= end + 1;
            if self.end_line() {
                let is_ready = self.is_ready(bytes.len() - self.buffered);
                if !each(std::mem::take(&mut self.message), self.take_fault(), is_ready) {
                    break;
                }
            }
        }
        if self.line.is_empty() {
            // A client that is idle needs no memory for lines.
            self.line = Vec::new();
        }
        bytes
    }

    /// About how many bytes it holds.
    pub(super) fn length(&self) -> usize {
        let lines = self.message.lines.iter().map(|line| line.len() + size_of::<Vec<u8>>());
        self.line.len() + lines.sum::<usize>()
    }

    /// What is wrong with the message that ends.
    fn take_fault(&mut self) -> Option<Fault> {
        if std::mem::take(&mut self.has_many) {
            return Some(Fault::TooManyLines);
        }
        std::mem::take(&mut self.is_long).then_some(Fault::LineTooLong)
    }

    /// Ends the line. Does it end the message, too?
    fn end_line(&mut self) -> bool {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        // A NUL ends the text of a line.
        let line = memchr(0, line).map_or(line, |end| &line[..end]);
        let is_empty = line.is_empty();
        if !is_empty && self.message.lines.len() < MOST_LINES {
            self.message.lines.push(line.to_vec());
        } else if !is_empty {
            self.has_many = true;
        }
        self.line.clear();
        is_empty
    }
}

impl Request {
    /// The value of the first header of a name, whatever its letter case; empty where there is none.
    pub fn header<'r>(&'r self, name: &str) -> &'r [u8] {
        self.lines.iter().find_map(|line| value_of(line, name)).unwrap_or_default()
    }

    /// The action: the first that is not empty.
    pub fn action(&self) -> &[u8] {
        let mut values = self.lines.iter().filter_map(|line| value_of(line, "Action"));
        values.find(|value| !value.is_empty()).unwrap_or_default()
    }

    /// A request of which nothing is left but the header of a name.
    pub(super) fn only(&self, name: &str) -> Request {
        Request { lines: self.lines.iter().find(|line| value_of(line, name).is_some()).cloned().into_iter().collect() }
    }

    /// All lines that have a name, as name and value, the value with the blanks before it.
    pub fn headers(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let pair = |line: &Vec<u8>| {
            let colon = memchr(b':', line)?;
            Some((line[..colon].to_vec(), line[colon + 1..].to_vec()))
        };
        self.lines.iter().filter_map(pair).collect()
    }
}

fn value_of<'l>(line: &'l [u8], name: &str) -> Option<&'l [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":").filter(|_| start.eq_ignore_ascii_case(name.as_bytes()))?;
    Some(&value[value.iter().take_while(|&&byte| is_blank(byte)).count()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages that some bytes end, in pieces of `piece`.
    fn read(bytes: &[u8], piece: usize) -> Vec<(Request, Option<Fault>)> {
        let (mut reader, mut all) = (Reader::default(), Vec::new());
        for bytes in bytes.chunks(piece) {
            reader.take(bytes, |request, fault, _| {
                all.push((request, fault));
                true
            });
        }
        all
    }

    fn actions(bytes: &[u8]) -> Vec<String> {
        let all: Vec<_> = [1, 3, 1 << 20].iter().map(|&piece| read(bytes, piece)).collect();
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "the pieces matter: {}", bytes.escape_ascii());
        all[0].iter().map(|(request, _)| request.action().escape_ascii().to_string()).collect()
    }

    /// Section 1 of what was measured on the wire.
    #[test]
    fn messages_are_cut_as_measured() {
        assert_eq!(actions(b"Action: Ping\r\n\r\nAction: Ping\n\nAction:Ping\r\n\n"), ["Ping", "Ping", "Ping"]);
        assert_eq!(actions(b"Action: Ping\rActionID: 1\r\r"), [""; 0]);
        assert_eq!(actions(b"Action: Ping\r\r\n\r\n"), ["Ping\\r"]);
        assert_eq!(actions(b"\r\n\r\n\r\n"), ["", "", ""]);
        assert_eq!(actions(b"ACTION:\tPING\r\n\r\nAction : Ping\r\n\r\n Action: Ping\r\n\r\n"), ["PING", "", ""]);
        assert_eq!(actions(b"Action: Ping  \r\n\r\n"), ["Ping  "]);
        assert_eq!(actions(b"Action:\r\nAction: Ping\r\n\r\n"), ["Ping"]);
        assert_eq!(actions(b"Action: Ping\r\n\0x\r\nAction: Pong\r\n\r\n"), ["Ping", "Pong"]);
        let [(request, None)] = &read(b"ActionID: a\0b\r\nActionID: b\r\nX:  y \r\nz\r\n\r\n", 7)[..] else { panic!() };
        assert_eq!(
            (request.header("actionid"), request.header("x"), request.header("z")),
            (&b"a"[..], &b"y "[..], &b""[..])
        );
        let [(request, None)] = &read(b"ActionID:\r\nActionID: b\r\n\r\n", 7)[..] else { panic!() };
        assert_eq!(request.header("ActionID"), b"", "the first counts, empty or not");
    }

    #[test]
    fn lines_and_messages_have_limits() {
        let line = |length: usize, end: &str| format!("ActionID: {}{end}", "x".repeat(length - 10));
        let fault = |text: &str| {
            let all: Vec<_> = [1, 1000, 1 << 20].iter().map(|&piece| read(text.as_bytes(), piece)).collect();
            assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "the pieces matter");
            all[0].iter().map(|(request, fault)| (request.lines.len(), *fault)).collect::<Vec<_>>()
        };
        let long = Some(Fault::LineTooLong);
        assert_eq!(fault(&format!("{}\r\n", line(1022, "\r\n"))), [(1, None)]);
        assert_eq!(fault(&format!("{}\n", line(1023, "\n"))), [(1, None)]);
        assert_eq!(fault(&format!("{}\n", line(1500, "\n"))), [(1, long)]);
        assert_eq!(fault(&format!("{}\r\n", line(1023, "\r\n"))), [(0, long), (0, None)], "its end is an empty line");
        assert_eq!(fault(&format!("{}\r\n\r\n", "x".repeat(2048))), [(1, long)], "the last byte is kept");
        assert_eq!(fault(&format!("Action: Ping\r\n{}\r\nX: y\r\n\r\n", "x".repeat((1 << 20) + 5))), [(3, long)]);
        let lines = |count: usize| format!("{}\r\n", "X: y\r\n".repeat(count));
        assert_eq!(fault(&lines(128)), [(128, None)]);
        assert_eq!(
            fault(&format!("{}Action: Ping\r\n\r\n", lines(129))),
            [(128, Some(Fault::TooManyLines)), (1, None)]
        );
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut reader = Reader::default();
        for _ in 0..1000 {
            reader.take(&[b'x'; 10_000], |_, _, _| true);
            reader.take(b"\nX: y\n", |_, _, _| true);
        }
        assert!(reader.line.capacity() <= 2 * BUFFER && reader.message.lines.len() <= MOST_LINES);
        let mut seen = 0;
        let rest = Reader::default().take(b"\n\n\n", |_, _, _| {
            seen += 1;
            false
        });
        assert_eq!((seen, rest), (1, &b"\n\n"[..]), "the rest is for later, or for nobody");
    }
}
