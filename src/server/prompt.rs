//! A reader that tells when nothing comes for a while, so that nobody waits for what may never come.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// What belongs together comes at once: nothing for so long is a pause.
const PAUSE: Duration = Duration::from_millis(20);

/// So many pieces are read ahead.
const AHEAD: usize = 4;

/// Bytes as they come; [`io::ErrorKind::TimedOut`] in a pause, after which reading goes on.
pub struct Prompt {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    taken: usize,
}

impl Prompt {
    /// Reads what `open` gives, which may take as long as it likes: that is a thread of its own.
    pub fn new(open: impl FnOnce() -> io::Result<Box<dyn Read>> + Send + 'static) -> Prompt {
        let (sender, pieces) = sync_channel(AHEAD);
        thread::spawn(move || {
            let mut input = match open() {
                Ok(input) => input,
                Err(error) => return drop(sender.send(Err(error))),
            };
            loop {
                let mut piece = vec![0; 1 << 16];
                let read = match input.read(&mut piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    read => read,
                };
                let is_last = !matches!(read, Ok(1..));
                piece.truncate(*read.as_ref().unwrap_or(&0));
                if sender.send(read.map(|_| piece)).is_err() || is_last {
                    return;
                }
            }
        });
        Prompt { pieces, piece: Vec::new(), taken: 0 }
    }
}

impl Read for Prompt {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.piece.len() {
            self.piece = match self.pieces.recv_timeout(PAUSE) {
                Ok(piece) => piece?,
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            };
            self.taken = 0;
        }
        let count = to.len().min(self.piece.len() - self.taken);
        to[..count].copy_from_slice(&self.piece[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}
