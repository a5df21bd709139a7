//! `amictl serve --admin`: metrics and health.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::spawn_local;

use super::source::Reloaded;
use crate::release::Release;
use crate::report::health::Health;
use crate::server::{Metrics, admin};

/// What is counted, and how it goes.
#[derive(Clone)]
pub(super) struct Operation {
    release: Release,
    pub(super) metrics: Metrics,
    /// Was the configuration taken that was read last?
    reload: Rc<Cell<Option<bool>>>,
}

impl Operation {
    pub(super) fn new(release: Release, now: Duration) -> Operation {
        Operation { release, metrics: Metrics::new(release, now), reload: Rc::default() }
    }

    /// Minds what became of a configuration.
    pub(super) fn reloaded(&self, reloaded: &Reloaded) {
        let is_taken = match reloaded {
            Reloaded::Taken => true,
            Reloaded::Refused => false,
            Reloaded::Same => return,
        };
        self.metrics.reloaded(is_taken);
        self.reload.set(Some(is_taken));
    }

    /// Tells it to whoever asks, from now on.
    pub(super) fn begin(&self, listener: TcpListener) {
        let Operation { release, metrics, reload } = self.clone();
        let health = move |[connections, sessions]: [i64; 2]| {
            Health { release, connections, sessions, reload: reload.get() }.json().unwrap_or_default()
        };
        spawn_local(admin(listener, metrics, health));
    }
}

/// An address and a port, or a port of 127.0.0.1.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let port = || text.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    text.parse().or_else(|_| port()).map_err(|_| "a port, or an address and a port, as `127.0.0.1:9100`".to_owned())
}
