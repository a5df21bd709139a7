//! Signals to the process, from when this is made on.

use std::io;

/// What a signal asks for.
pub(super) enum Signal {
    /// Read the configuration again.
    Reload,
    /// Stop.
    Stop,
}

pub(super) struct Signals {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn new() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let (hangup, terminate) = (signal(SignalKind::hangup())?, signal(SignalKind::terminate())?);
        Ok(Signals { hangup, terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> io::Result<Signals> {
        Ok(Signals {})
    }

    /// Waits until somebody wants it to end.
    pub(super) async fn stop(&mut self) {
        while matches!(self.next().await, Signal::Reload) {}
    }

    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hangup.recv() => Signal::Reload,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> Signal {
        let _ = tokio::signal::ctrl_c().await;
        Signal::Stop
    }
}
