//! What clients send, and what a message is: written anew from what was measured, so that it can be held against the
//! server.

use std::collections::VecDeque;

use md5::{Digest as _, Md5};

use crate::text::is_blank;

/// Cuts bytes into messages, one by one.
#[derive(Default)]
pub(super) struct Cutter {
    line: Vec<u8>,
    lines: Vec<Vec<u8>>,
    is_long: bool,
    has_many: bool,
}

/// A message: its lines, or what is wrong with it.
pub(super) struct Message {
    pub(super) lines: Vec<Vec<u8>>,
    pub(super) fault: Option<&'static str>,
}

/// What has come from a client, and how much of it was read: into a buffer of 1,024 bytes, and not before the socket has
/// something.
pub(super) struct Socket {
    is_tls: bool,
    /// Pieces that have come and of which nothing was read: one of them, or of TLS the records.
    waiting: VecDeque<Vec<u8>>,
    /// The rest of a record that was begun. Of that the socket knows nothing.
    begun: VecDeque<u8>,
    buffer: VecDeque<u8>,
    pub(super) has_ended: bool,
    pub(super) cutter: Cutter,
}

impl Socket {
    pub(super) fn new(is_tls: bool) -> Socket {
        let (waiting, begun, buffer) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Socket { is_tls, waiting, begun, buffer, has_ended: false, cutter: Cutter::default() }
    }

    pub(super) fn receives(&mut self, bytes: &[u8]) {
        match self.waiting.back_mut().filter(|_| !self.is_tls) {
            Some(piece) => piece.extend(bytes),
            None => self.waiting.push_back(bytes.to_vec()),
        }
    }

    /// Has it something?
    pub(super) fn is_ready(&self) -> bool {
        self.has_ended || !self.waiting.is_empty()
    }

    /// Is there a byte that is read before something else comes?
    pub(super) fn has_more(&self) -> bool {
        !self.buffer.is_empty() || !self.waiting.is_empty() || self.has_ended && !self.begun.is_empty()
    }

    /// The next byte.
    pub(super) fn next(&mut self) -> Option<u8> {
        if self.buffer.is_empty() && self.is_ready() {
            if self.begun.is_empty() {
                self.begun = self.waiting.pop_front()?.into();
            }
            let room = 1024 - self.cutter.line.len();
            self.buffer = self.begun.drain(..room.min(self.begun.len())).collect();
            if !self.is_tls && !self.begun.is_empty() {
                self.waiting.push_front(self.begun.drain(..).collect());
            }
        }
        self.buffer.pop_front()
    }
}

impl Cutter {
    /// Takes a byte, which may end a message.
    pub(super) fn take(&mut self, byte: u8) -> Option<Message> {
        if byte != b'\n' {
            self.line.push(byte);
            if self.line.len() == 1024 {
                // What is read into is emptied but for its last byte.
                self.is_long = true;
                self.line = vec![byte];
            }
            return None;
        }
        let mut line = std::mem::take(&mut self.line);
        line.pop_if(|last| *last == b'\r');
        line.truncate(line.iter().position(|&byte| byte == 0).unwrap_or(line.len()));
        if line.is_empty() {
            // Of both the long line is the fault of the next message.
            let fault = match () {
                () if std::mem::take(&mut self.has_many) => Some("Too many lines in message or allocation failure"),
                () if std::mem::take(&mut self.is_long) => Some("Failed to parse message: line too long"),
                () => None,
            };
            return Some(Message { lines: std::mem::take(&mut self.lines), fault });
        }
        if self.lines.len() == 128 {
            self.has_many = true;
        } else {
            self.lines.push(line);
        }
        None
    }
}

impl Message {
    /// The values of a header.
    pub(super) fn all<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m [u8]> {
        self.lines.iter().filter_map(move |line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let value = &line[colon + 1..];
            let blanks = value.iter().take_while(|&&byte| is_blank(byte)).count();
            line[..colon].eq_ignore_ascii_case(name.as_bytes()).then_some(&value[blanks..])
        })
    }

    /// The first value of a header.
    pub(super) fn first<'m>(&'m self, name: &'m str) -> &'m [u8] {
        self.all(name).next().unwrap_or_default()
    }

    pub(super) fn action(&self) -> String {
        let action = self.all("Action").find(|value| !value.is_empty()).unwrap_or_default();
        action.iter().map(|&byte| char::from(byte).to_ascii_lowercase()).collect()
    }

    /// The headers, each with the blanks before its value.
    pub(super) fn headers(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let pair = |line: &Vec<u8>| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((line[..colon].to_vec(), line[colon + 1..].to_vec()))
        };
        self.lines.iter().filter_map(pair).collect()
    }

    /// The headers of the event that a UserEvent is sent as.
    pub(super) fn user_event(&self) -> Vec<u8> {
        let mut body = [b"UserEvent: ", self.first("UserEvent"), b"\r\n"].concat();
        let named = |line: &[u8], name: &str| {
            line.len() >= name.len() && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        };
        for line in self.lines.iter().filter(|line| !named(line, "Action:") && !named(line, "UserEvent:")) {
            body.extend([line, &b"\r\n"[..]].concat());
        }
        body
    }

    /// An answer to it.
    pub(super) fn answer(&self, kind: &str, message: &str) -> Vec<u8> {
        [format!("Response: {kind}\r\n").as_bytes(), &self.id_line(), b"Message: ", message.as_bytes(), b"\r\n\r\n"]
            .concat()
    }

    /// The line that repeats its ActionID.
    pub(super) fn id_line(&self) -> Vec<u8> {
        match self.first("ActionID") {
            b"" => Vec::new(),
            id => [b"ActionID: ", id, b"\r\n"].concat(),
        }
    }
}

/// The answer to a challenge.
pub(super) fn key(challenge: &str, secret: &str) -> String {
    let digest = Md5::new().chain_update(challenge).chain_update(secret).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What clients say, without the empty line at its end. Those who log in are more often right than by chance.
pub(super) const SAID: &[&str] = &[
    "Action: Login\nUsername: all\nSecret: one",
    "Action: login\nUsername: ALL\nSecret:one\nEvents: on",
    "Action: Login\nUsername: few\nSecret: three",
    "Action: Login\nUsername: few\nSecret: three\nEvents: off",
    "Action: Login\nUsername: far\nSecret: two",
    "Action: Login\nUsername: single\nSecret: four",
    "Action: Login\nUsername: single\nSecret: four\nEvents: user",
    "Action: Login\nUsername: few\nSecret: other",
    "Action: Login\nUsername: all\nSecret: One",
    "Action: Login\nUsername: all\nSecret: one ",
    "Action: Login\nUsername: all\nSecret: two\nSecret: one",
    "Action: Login\nUsername: nobody",
    "Action: Login\nUsername: nobody\nSecret: ",
    "Action: Login\nUsername: general\nSecret: yes",
    "Action: Login\nUsername: all\nAuthType: MD5\nSecret: one",
    "Action: Login",
    "Action: Challenge\nAuthType: MD5",
    "Action: Challenge\nAuthType: md5\nUsername: single",
    "Action: Challenge",
    "Action: Ping",
    "Action: Logoff",
    "Action: Events\nEventMask: on",
    "Action: Events\nEventMask: off",
    "Action: Events\nEventMask: user,system",
    "Action: Events\nEventMask: bogus",
    "Action: Events",
    "Action: Filter\nOperation: Add\nFilter: UserEvent: a",
    "Action: Filter\nOperation: Add\nFilter: !Event: Ring",
    "Action: Filter\nOperation: Add\nFilter: (",
    "Action: Filter\nOperation: Add\nFilter: b\nMatchCriteria: action(exclude),header(UserEvent),method(contains)",
    "Action: Filter\nOperation: Add\nMatchCriteria: name(Ring),method(none)",
    "Action: UserEvent\nUserEvent: a",
    "Action: UserEvent\nUserEvent: b\nPrivilege: system,all\nEvent: Ring\n X\r\r",
    "Action: UserEvent\nUserEvent: Quiet\r\rEvent: Ring",
    "Action: WaitEvent\nTimeout: 2",
    "Action: WaitEvent",
    "Action: WaitEvent\nTimeout: 0",
    "Action: WaitEvent\nTimeout: 18446744073709551615",
    "Action: ListCommands",
    "Action: GetConfig\nFilename: manager.conf",
    "Action: Command\nCommand: manager show connected",
    "Action: Reload",
    "Action: Originate\nChannel: Local/1@a\nApplication: System",
    "Action: Frobnicate",
    "Action:\nAction: Ping",
    "X: y",
    "",
];
