//! A blocking client of the manager interface, for many short questions.
//!
//! Everything is bytes: names and values hold whatever the file held, a lone CR included. Only CR LF ends a line.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use amictl::testing::answer::{Answer, Section, Yes};

pub(crate) struct Ami {
    stream: TcpStream,
    received: Vec<u8>,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    Silent,
    Closed,
}

impl Ami {
    /// Connects and waits for the greeting.
    pub(crate) fn connect(port: u16) -> Result<Ami> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_nodelay(true)?;
        let mut ami = Ami { stream, received: Vec::new() };
        match ami.until(b"\r\n", Duration::from_secs(2)) {
            Ok(greeting) if greeting.starts_with(b"Asterisk Call Manager/") => Ok(ami),
            other => bail!("no greeting of a manager interface, but {other:?}"),
        }
    }

    pub(crate) fn login(&mut self, user: &str, secret: &str) -> Result<()> {
        let action = format!("Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: off\r\n\r\n");
        self.stream.write_all(action.as_bytes())?;
        let Ok(message) = self.message(Duration::from_secs(5)) else { bail!("no answer to the login") };
        ensure!(message.starts_with(b"Response: Success\r\n"), "login refused: {}", message.escape_ascii());
        Ok(())
    }

    /// Asks for files by name, all at once; the answers come in the same order.
    pub(crate) fn ask_files<'a>(&mut self, files: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let mut actions = Vec::new();
        for (id, file) in files.into_iter().enumerate() {
            write!(actions, "Action: GetConfig\r\nActionID: {id}\r\nFilename: {file}\r\n")?;
            write!(actions, "Filter: TEMPLATES=include\r\n\r\n")?;
        }
        // A failure to send shows as a missing answer, which says more.
        let _ = self.stream.write_all(&actions);
        Ok(())
    }

    /// The answer to the question number `id`, if it comes in time.
    pub(crate) fn file(&mut self, id: usize, patience: Duration) -> Result<Result<Answer, Lost>> {
        let message = match self.message(patience) {
            Ok(message) => message,
            Err(lost) => return Ok(Err(lost)),
        };
        let mut lines = message.split_crlf();
        let (response, action_id) = (lines.next(), lines.next());
        let wanted = format!("ActionID: {id}");
        ensure!(action_id == Some(wanted.as_bytes()), "not the answer to {id}: {}", message.escape_ascii());
        let answer = match (response, lines.next()) {
            (Some(b"Response: Success"), first) => Answer::Sections(sections(first.into_iter().chain(lines))?),
            (_, Some(b"Message: Config file has invalid format")) => Answer::Refused(Yes),
            (_, Some(b"Message: Config file not found")) => Answer::Missing(Yes),
            // What an Asterisk never comes back from amictl's server refuses to begin.
            (_, Some(b"Message: amictl serve does not read this file to its end")) => Answer::Hangs(Yes),
            _ => bail!("an unknown answer: {}", message.escape_ascii()),
        };
        Ok(Ok(answer))
    }

    /// What a command of the console prints.
    pub(crate) fn command(&mut self, command: &[u8], patience: Duration) -> Result<Option<Vec<u8>>> {
        let action = [b"Action: Command\r\nCommand: ", command, b"\r\n\r\n"].concat();
        if self.stream.write_all(&action).is_err() {
            return Ok(None);
        }
        let Ok(message) = self.message(patience) else { return Ok(None) };
        let mut printed = Vec::new();
        for line in message.split_crlf().filter_map(|line| line.strip_prefix(b"Output: ")) {
            printed.extend([line, b"\n"].concat());
        }
        ensure!(!printed.is_empty(), "not what a command prints: {}", message.escape_ascii());
        Ok(Some(printed))
    }

    /// Logs off, and waits until the connection is closed: by then nobody is logged in.
    pub(crate) fn leave(mut self, patience: Duration) -> Result<()> {
        // Who is gone already need not be told.
        let _ = self.stream.write_all(b"Action: Logoff\r\n\r\n");
        let deadline = Instant::now() + patience;
        loop {
            match self.receive(deadline) {
                Ok(()) => {}
                Err(Lost::Closed) => return Ok(()),
                Err(Lost::Silent) => bail!("a session that logs off is not closed"),
            }
        }
    }

    fn message(&mut self, patience: Duration) -> Result<Vec<u8>, Lost> {
        self.until(b"\r\n\r\n", patience)
    }

    /// What comes before `end`.
    fn until(&mut self, end: &[u8], patience: Duration) -> Result<Vec<u8>, Lost> {
        let deadline = Instant::now() + patience;
        let mut searched = 0;
        loop {
            if let Some(at) = self.received[searched..].windows(end.len()).position(|it| it == end) {
                let rest = self.received.split_off(searched + at + end.len());
                let mut message = std::mem::replace(&mut self.received, rest);
                message.truncate(message.len() - end.len());
                return Ok(message);
            }
            searched = self.received.len().saturating_sub(end.len() - 1);
            self.receive(deadline)?;
        }
    }

    fn receive(&mut self, deadline: Instant) -> Result<(), Lost> {
        let left = deadline.checked_duration_since(Instant::now()).filter(|it| !it.is_zero()).ok_or(Lost::Silent)?;
        self.stream.set_read_timeout(Some(left)).map_err(|_| Lost::Closed)?;
        let mut chunk = [0; 1 << 16];
        match self.stream.read(&mut chunk) {
            Ok(0) => Err(Lost::Closed),
            Ok(count) => {
                self.received.extend_from_slice(&chunk[..count]);
                Ok(())
            }
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => Ok(()),
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(Lost::Silent),
                _ => Err(Lost::Closed),
            },
        }
    }
}

trait SplitCrlf {
    fn split_crlf(&self) -> impl Iterator<Item = &[u8]>;
}

impl SplitCrlf for Vec<u8> {
    fn split_crlf(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = Some(self.as_slice());
        std::iter::from_fn(move || {
            let text = rest?;
            let end = text.windows(2).position(|it| it == b"\r\n");
            rest = end.map(|it| &text[it + 2..]);
            Some(&text[..end.unwrap_or(text.len())])
        })
    }
}

fn sections<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    for line in lines {
        let (label, value) = split_once(line, b": ").with_context(|| format!("no field: {}", line.escape_ascii()))?;
        let kind = &label[..label.iter().position(|&it| it == b'-').unwrap_or(label.len())];
        match (kind, sections.last_mut()) {
            (b"Category", _) => sections.push(Section {
                name: value.into(),
                template: false,
                templates: b""[..].into(),
                entries: Vec::new(),
            }),
            (b"IsTemplate", Some(section)) => section.template = value == b"1",
            (b"Templates", Some(section)) => section.templates = value.into(),
            (b"Line", Some(section)) => {
                let (name, value) = entry(value).with_context(|| format!("no entry: {}", line.escape_ascii()))?;
                section.entries.push((name.into(), value.into()));
            }
            _ => bail!("an unknown field: {}", line.escape_ascii()),
        }
    }
    Ok(sections)
}

/// Splits `NAME=VALUE` exactly: a name is never empty, and only an escaped first byte can be a `=` in it.
fn entry(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = 1 + text.get(1..)?.iter().position(|&it| it == b'=')?;
    Some((&text[..at], &text[at + 1..]))
}

fn split_once<'a>(text: &'a [u8], by: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(by.len()).position(|it| it == by)?;
    Some((&text[..at], &text[at + by.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_split_exactly() {
        assert_eq!(entry(b"x=1"), Some((&b"x"[..], &b"1"[..])));
        assert_eq!(entry(b"x==1"), Some((&b"x"[..], &b"=1"[..])));
        assert_eq!(entry(b"=x=1"), Some((&b"=x"[..], &b"1"[..])), "`\\=x=1`");
        assert_eq!(entry(b"==v"), Some((&b"="[..], &b"v"[..])), "`\\==v`");
        assert_eq!(entry(b"x"), None);
    }

    #[test]
    fn fields_become_sections() -> Result<()> {
        let message = b"Category-000000: a: b\r\nIsTemplate-000000: 1\r\nLine-000000-000000: x=1\r\n\
            Category-000001: \r\nTemplates-000001: a: b\r\nLine-000001-000000: x=1\r\nLine-000001-000001: y="
            .to_vec();
        let sections = sections(message.split_crlf())?;
        let expected = r#"[{"name":"a: b","template":true,"templates":"","entries":[["x","1"]]},{"name":"","template":false,"templates":"a: b","entries":[["x","1"],["y",""]]}]"#;
        assert_eq!(serde_json::to_string(&sections)?, expected);
        Ok(())
    }

    #[test]
    fn only_cr_lf_ends_a_line() {
        let message = b"a\rb\r\r\nc\r\n".to_vec();
        let lines: Vec<_> = message.split_crlf().collect();
        assert_eq!(lines, [&b"a\rb\r"[..], b"c", b""]);
    }
}
