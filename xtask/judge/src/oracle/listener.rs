//! A session of the manager interface that keeps all it is sent, byte for byte.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use memchr::memmem;

/// Longer than this nothing is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Listener {
    stream: TcpStream,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    so_far: Mutex<SoFar>,
    more: Condvar,
}

#[derive(Default)]
struct SoFar {
    bytes: Vec<u8>,
    closed: bool,
}

impl Heard {
    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        // Bytes are appended whole: a thread that panicked left nothing half done.
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Connects to the port of the manager on the loopback interface of this thread's network.
    pub(crate) fn connect(port: u16) -> Result<Listener> {
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).context("nobody listens")?;
        stream.set_nodelay(true)?;
        let listener = Listener { heard: Arc::default(), stream };
        // Whoever does not read is thrown out by Asterisk: each session has a thread that does nothing else.
        let (heard, mut stream) = (Arc::clone(&listener.heard), listener.stream.try_clone()?);
        thread::spawn(move || {
            let mut chunk = vec![0; 1 << 16];
            loop {
                let count = match stream.read(&mut chunk) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    count => count.unwrap_or(0),
                };
                let mut so_far = heard.so_far();
                so_far.bytes.extend_from_slice(&chunk[..count]);
                so_far.closed = count == 0;
                heard.more.notify_all();
                if count == 0 {
                    break;
                }
            }
        });
        listener.hears(0, b"\r\n").context("no greeting")?;
        Ok(listener)
    }

    /// Connects and logs in.
    pub(crate) fn login(port: u16, user: &str, secret: &str, events: Option<&str>) -> Result<Listener> {
        let mut listener = Listener::connect(port)?;
        let events = events.map_or(String::new(), |events| format!("Events: {events}\r\n"));
        let action = format!("Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n{events}\r\n");
        let answer = listener.ask(action.as_bytes())?;
        if !answer.starts_with(b"Response: Success\r\n") {
            bail!("`{user}` does not get in: {}", answer.escape_ascii());
        }
        Ok(listener)
    }

    /// Sends an action, and waits for its answer, which it returns.
    pub(crate) fn ask(&mut self, action: &[u8]) -> Result<Vec<u8>> {
        let from = self.len();
        self.send(action)?;
        let range = self.until(from, answer)?;
        Ok(self.bytes(range))
    }

    pub(crate) fn send(&mut self, text: &[u8]) -> Result<()> {
        self.stream.write_all(text).context("Asterisk does not listen any more")
    }

    /// Waits for `count` answers behind the byte `from`; or until the other side has closed the connection.
    pub(crate) fn answers(&self, from: usize, count: usize) -> Result<()> {
        let mut from = from;
        for _ in 0..count {
            match self.until(from, answer) {
                Ok(range) => from = range.end,
                Err(_) if self.heard.so_far().closed => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits for a text behind the byte `from`.
    pub(crate) fn hears(&self, from: usize, text: &[u8]) -> Result<()> {
        let finder = memmem::Finder::new(text);
        let found = self.until(from, |heard| finder.find(heard).map(|at| at..at + text.len()));
        found.map(drop).with_context(|| format!("no `{}`", text.escape_ascii()))
    }

    /// Has what is to be sent to it sent, and returns how much that is in all. An action is looked at only after all
    /// that was to be sent before it; its answer is not kept.
    pub(crate) fn mark(&mut self) -> Result<usize> {
        let from = self.len();
        self.send(b"Action: Ping\r\nActionID: mark\r\n\r\n")?;
        let answer = self.until(from, |heard| {
            let start = memmem::find(heard, b"Response: Success\r\nActionID: mark\r\nPing: Pong\r\n")?;
            Some(start..start + memmem::find(&heard[start..], b"\r\n\r\n")? + 4)
        })?;
        self.heard.so_far().bytes.drain(answer.clone());
        Ok(answer.start)
    }

    pub(crate) fn len(&self) -> usize {
        self.heard.so_far().bytes.len()
    }

    pub(crate) fn bytes(&self, range: Range<usize>) -> Vec<u8> {
        self.heard.so_far().bytes.get(range).unwrap_or_default().to_vec()
    }

    /// Waits until something is found in what is heard behind the byte `from`, and returns where in all that it is.
    fn until(&self, from: usize, find: impl Fn(&[u8]) -> Option<Range<usize>>) -> Result<Range<usize>> {
        let deadline = Instant::now() + PATIENCE;
        let mut so_far = self.heard.so_far();
        loop {
            if let Some(found) = find(&so_far.bytes[from..]) {
                return Ok(from + found.start..from + found.end);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if so_far.closed || left.is_zero() {
                let why = if so_far.closed { "Asterisk closed the connection" } else { "nothing came" };
                let last = &so_far.bytes[so_far.bytes.len().saturating_sub(500).max(from)..];
                bail!("{why} after {}", last.escape_ascii());
            }
            so_far = self.heard.more.wait_timeout(so_far, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

/// The first answer, whatever comes before it.
fn answer(heard: &[u8]) -> Option<Range<usize>> {
    const ANSWER: &[u8] = b"Response: ";
    let start = memmem::find_iter(heard, ANSWER).find(|&at| at == 0 || heard[..at].ends_with(b"\r\n"))?;
    Some(start..start + memmem::find(&heard[start..], b"\r\n\r\n")? + 4)
}
