//! Sources of events on a network: each is read by a thread of its own, as reading may block, and sent when it is due.

use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use super::net::Net;
use super::source::{Cue, Source};
use crate::capture::CaptureError;

/// So many events are read before they are due: a source of any length needs no more memory.
const AHEAD: usize = 256;

/// As many bytes of events that are due are sent in one go.
const PIECE: usize = 1 << 16;

/// A session for which more waits is behind, and is waited for so long.
const BEHIND: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(1);

type Cues = Receiver<Result<Cue, CaptureError>>;

impl Net {
    /// Sends the events of a source from when so many sessions can see events, and tells how many there were. A source
    /// that is faster than its readers is slowed down; one that does not read at all holds it up for a second at a time,
    /// and only until it is cut off.
    ///
    /// # Errors
    ///
    /// What the source says.
    pub async fn play<S: Source>(
        self,
        source: impl FnOnce() -> S + Send + 'static,
        audience: usize,
    ) -> Result<u64, CaptureError> {
        let mut cues = read(source);
        self.until(|hub| hub.audience() >= audience).await;
        let (began, mut count) = (Instant::now(), 0);
        let mut next = cues.recv().await.transpose()?;
        while let Some(cue) = next.take() {
            sleep_until(began + cue.at).await;
            next = self.send_due(cue, &mut cues, began, &mut count)?;
            // Whoever is sent something can take it now.
            yield_now().await;
            let _ = timeout(PATIENCE, self.until(|hub| hub.backlog() < BEHIND)).await;
            if next.is_none() {
                next = cues.recv().await.transpose()?;
            }
        }
        Ok(count)
    }

    /// Sends an event and those behind it that are there and due as well; returns the first that is not due.
    fn send_due(
        &self,
        first: Cue,
        cues: &mut Cues,
        began: Instant,
        count: &mut u64,
    ) -> Result<Option<Cue>, CaptureError> {
        let elapsed = began.elapsed();
        self.with(|hub| {
            let (mut next, mut bytes) = (Some(first), 0);
            while let Some(cue) = next.take_if(|cue| cue.at <= elapsed && bytes < PIECE) {
                cue.send(hub);
                bytes += cue.length();
                *count += 1;
                next = cues.try_recv().ok().transpose()?;
            }
            Ok(next)
        })
    }
}

/// Reads a source in a thread, which ends with it or when nobody wants it any more.
fn read<S: Source>(source: impl FnOnce() -> S + Send + 'static) -> Cues {
    let (sender, receiver) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let mut source = source();
        while let Some(cue) = source.next().transpose() {
            let is_last = cue.is_err();
            if sender.blocking_send(cue).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}
