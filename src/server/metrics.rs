//! What happens, counted: for Prometheus.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::observe::{Observation, Observer, What};
use crate::catalog;
use crate::release::Release;

/// A name and its value, for one or two of which there is a counter each.
type Labels = Vec<(&'static str, String)>;

/// Counters of what happens. Clones count together.
#[derive(Clone)]
pub struct Metrics {
    release: Release,
    connections: Counter,
    turned_away: Counter,
    no_tls: Counter,
    open: Gauge,
    sessions: Gauge,
    logins: Family<Labels, Counter>,
    actions: Family<Labels, Counter>,
    messages_refused: Counter,
    events: Counter,
    deliveries: Counter,
    sent: Counter,
    ends: Family<Labels, Counter>,
    reloads: Family<Labels, Counter>,
    started: Gauge,
}

impl Metrics {
    /// Nothing has happened. `started`: since the beginning of 1970.
    pub fn new(release: Release, started: Duration) -> Metrics {
        let metrics = Metrics {
            release,
            connections: Counter::default(),
            turned_away: Counter::default(),
            no_tls: Counter::default(),
            open: Gauge::default(),
            sessions: Gauge::default(),
            logins: Family::default(),
            actions: Family::default(),
            messages_refused: Counter::default(),
            events: Counter::default(),
            deliveries: Counter::default(),
            sent: Counter::default(),
            ends: Family::default(),
            reloads: Family::default(),
            started: Gauge::default(),
        };
        metrics.started.set(i64::try_from(started.as_secs()).unwrap_or(i64::MAX));
        metrics
    }

    /// The configuration was read again, and taken or refused.
    pub fn reloaded(&self, is_taken: bool) {
        let result = if is_taken { "taken" } else { "refused" };
        self.reloads.get_or_create(&vec![("result", result.to_owned())]).inc();
    }

    /// How many clients are connected, and how many of these are logged in.
    pub(super) fn clients(&self) -> [i64; 2] {
        [self.open.get(), self.sessions.get()]
    }

    /// All of them, as Prometheus reads them.
    ///
    /// # Errors
    ///
    /// None that is known of: the text is written to memory.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut all = Registry::with_prefix("amictl");
        let build = Family::<Labels, Gauge>::default();
        let version = ("version", env!("CARGO_PKG_VERSION").to_owned());
        build.get_or_create(&vec![version, ("release", self.release.to_string())]).set(1);
        all.register("build_info", "The version of amictl, and the release that it speaks as", build);
        all.register("connections", "Clients that connected", self.connections.clone());
        all.register("connections_turned_away", "Connections closed for authlimit", self.turned_away.clone());
        all.register("connections_without_tls", "Connections closed for want of TLS", self.no_tls.clone());
        all.register("connections_open", "Clients that are connected", self.open.clone());
        all.register("sessions", "Clients that are logged in", self.sessions.clone());
        all.register("logins", "Logins, and what the refused ones failed on", self.logins.clone());
        all.register("actions", "Actions, and what became of them", self.actions.clone());
        all.register("messages_refused", "Messages too long to be looked at", self.messages_refused.clone());
        all.register("events", "Events raised or replayed", self.events.clone());
        all.register("events_delivered", "Events sent, counted for each session", self.deliveries.clone());
        all.register_with_unit("sent", "What was sent to clients", Unit::Bytes, self.sent.clone());
        all.register("disconnects", "Connections that ended, and why", self.ends.clone());
        all.register("reloads", "Configurations read again", self.reloads.clone());
        all.register_with_unit("start_time", "When the server began, since 1970", Unit::Seconds, self.started.clone());
        let mut text = String::new();
        encode(&mut text, &all)?;
        Ok(text)
    }

    /// Names that clients make up are not told apart: there is no end to them.
    fn action(&self, name: &[u8], result: &str) {
        let name = catalog::action(self.release, name).map_or("unknown", |action| action.name());
        self.actions.get_or_create(&vec![("action", name.to_owned()), ("result", result.to_owned())]).inc();
    }

    fn login(&self, result: &str, failed: &str) {
        self.logins.get_or_create(&vec![("result", result.to_owned()), ("failed", failed.to_owned())]).inc();
    }
}

impl Observer for Metrics {
    fn observe(&mut self, observation: &Observation<'_>) {
        match observation.what {
            What::Connected => {
                self.connections.inc();
                self.open.inc();
            }
            What::TurnedAway(_) => drop(self.turned_away.inc()),
            What::NoTls(..) => drop(self.no_tls.inc()),
            What::LoggedIn => {
                self.sessions.inc();
                self.login("accepted", "");
            }
            What::LoginRefused { check, .. } => self.login("refused", check.name()),
            What::Received(_, Some(_)) => drop(self.messages_refused.inc()),
            What::Ran(request) => self.action(request.action(), "run"),
            What::Refused { request, .. } => self.action(request.action(), "refused"),
            What::WouldCrash(request) => self.action(request.action(), "crash"),
            What::Unanswered(request) => self.action(request.action(), "unanswered"),
            What::Event { receivers, .. } => {
                self.events.inc();
                self.deliveries.inc_by(receivers.count() as u64);
            }
            What::FullyBooted => drop(self.deliveries.inc()),
            What::Sent(bytes) => drop(self.sent.inc_by(bytes.len() as u64)),
            What::Left(end) => {
                self.open.dec();
                if observation.client.is_some_and(|client| client.user.is_some()) {
                    self.sessions.dec();
                }
                self.ends.get_or_create(&vec![("why", end.name().to_owned())]).inc();
            }
            What::Received(..) | What::NotRead(_) | What::AskedFor { .. } => {}
        }
    }
}
