//! Where `amictl serve` listens: where the file says, or where the options do.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, spawn_local};
use tracing::{error, info, warn};

use super::super::exit::{Exit, Failure};
use crate::config::manager::listen::{Listener, ListenerKind, State};
use crate::server::{Hub, Keys, Loaded, Net, Tls, tls};

/// The options about that.
#[derive(Args)]
pub(super) struct Doors {
    /// Listen on this address
    #[arg(long, value_name = "IP")]
    bind: Option<IpAddr>,
    /// Listen on this port
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Listen on this port with TLS
    #[arg(long, value_name = "PORT")]
    tls_port: Option<u16>,
}

/// Where to listen.
pub(super) struct Plan {
    plain: Option<SocketAddr>,
    tls: Option<(SocketAddr, Tls)>,
}

/// What is listened to.
#[derive(Default)]
pub(super) struct Open {
    plain: Door,
    tls: Door,
}

/// One listener, if it is open.
#[derive(Default)]
struct Door {
    /// Where it was to be; its port may be 0.
    asked: Option<SocketAddr>,
    at: Option<SocketAddr>,
    keys: Option<Keys>,
    accepts: Option<JoinHandle<io::Result<()>>>,
}

/// A listener, and where it is.
type Bound = (TcpListener, SocketAddr);

impl Doors {
    /// Where to listen: at one address at least.
    pub(super) fn plan(&self, loaded: &Loaded) -> Result<Plan, Failure> {
        let plain = self.address(loaded, ListenerKind::Plain);
        let tls = match self.address(loaded, ListenerKind::Tls).map(|at| tls(loaded).map(|tls| (at, tls))) {
            Some(Err(error)) if self.tls_port.is_some() => {
                let failure = Failure { exit: Exit::Findings, ..Failure::usage(format!("no TLS: {error}")) };
                let is_named = loaded.manager().general.tls.certfile.at.is_some();
                let help = "name a certificate in the file: `tlscertfile`";
                return Err(if is_named { failure } else { failure.help(help) });
            }
            // Asterisk goes on without TLS, too.
            Some(Err(error)) => {
                error!("no TLS: {error}");
                None
            }
            Some(Ok(tls)) => Some(tls),
            None => None,
        };
        if plain.is_none() && tls.is_none() {
            return Err(nowhere(loaded));
        }
        self.shut(loaded).iter().for_each(|line| error!("{line}"));
        Ok(Plan { plain, tls })
    }

    /// Why what the file asks for does not open, a line for each listener; nothing of one that the options open.
    fn shut(&self, loaded: &Loaded) -> Vec<String> {
        let shut = loaded.manager().listeners.iter().filter(|it| {
            is_wanted(loaded, it.kind) && it.state != State::Listens && self.address(loaded, it.kind).is_none()
        });
        shut.map(|it| format!("not listening{}: {}", with(it.kind), reason(loaded, it))).collect()
    }

    /// Where to listen for connections of a kind, if the options or the file say so.
    fn address(&self, loaded: &Loaded, kind: ListenerKind) -> Option<SocketAddr> {
        let open = || loaded.manager().listeners.iter().filter(|it| it.state == State::Listens);
        let named = open().find(|it| it.kind == kind).and_then(|it| it.address);
        let port = if kind == ListenerKind::Plain { self.port } else { self.tls_port };
        // Where the file says nothing of it, it is where the other one is.
        let ip = named.or_else(|| open().find_map(|it| it.address)).map(|it| it.ip);
        let ip = self.bind.or(ip).unwrap_or(Ipv4Addr::LOCALHOST.into());
        Some(SocketAddr::new(ip, port.or(named.map(|it| it.port))?))
    }

    /// Opens them. Asterisk goes on with the other where one cannot be had, and so does this; but not where the command
    /// line asks for just that one.
    pub(super) async fn open(&self, plan: Plan, net: &Net) -> Result<Open, Failure> {
        let Plan { plain, tls } = plan;
        let has_both = plain.is_some() && tls.is_some();
        let mut open = Open::default();
        if let Some(at) = plain {
            match bind(at).await {
                Err(failure) if has_both && self.bind.is_none() && self.port.is_none() => {
                    error!("{failure}");
                }
                bound => open.plain.open(at, bound?, None, net),
            }
        }
        if let Some((at, tls)) = tls {
            match bind(at).await {
                Err(failure) if open.plain.at.is_some() && self.bind.is_none() && self.tls_port.is_none() => {
                    error!("no TLS: {failure}");
                }
                bound => open.tls.open(at, bound?, Some(tls), net),
            }
        }
        Ok(open)
    }

    /// Closes what the file that holds now does not ask for, and opens what it does; who is connected stays. Asterisk closes
    /// first, too, so that nothing listens where the new address cannot be had.
    pub(super) async fn follow(&self, open: &mut Open, net: &Net) {
        let asked = |hub: &mut Hub| [ListenerKind::Plain, ListenerKind::Tls].map(|it| self.address(hub.loaded(), it));
        let [plain, secret] = net.with(asked);
        let before = open.addresses();
        let changes = [open.plain.closes_for(plain).await, open.tls.closes_for(secret).await];
        if let (true, Some(at)) = (changes[0], plain) {
            match bind(at).await {
                Ok(bound) => open.plain.open(at, bound, None, net),
                Err(failure) => error!("{failure}"),
            }
        }
        if let (true, Some(at)) = (changes[1], secret) {
            match (net.with(|hub| tls(hub.loaded())), bind(at).await) {
                (Ok(tls), Ok(bound)) => open.tls.open(at, bound, Some(tls), net),
                (Err(failure), _) => error!("no TLS: {failure}"),
                (_, Err(failure)) => error!("no TLS: {failure}"),
            }
        }
        // A certificate may be another in the same place.
        if let (false, Some(keys)) = (changes[1], &open.tls.keys) {
            match net.with(|hub| tls(hub.loaded())) {
                Ok(tls) => keys.change(&tls.keys),
                Err(failure) => error!("the certificate stays as it was: {failure}"),
            }
        }
        let now = open.addresses();
        for (kind, (before, now)) in
            [ListenerKind::Plain, ListenerKind::Tls].into_iter().zip(before.into_iter().zip(now))
        {
            match (before, now) {
                (_, Some(at)) if before != now => info!("listening on {at}{}", with(kind)),
                (Some(_), None) => info!("not listening{} any more", with(kind)),
                _ => {}
            }
        }
        net.with(|hub| self.shut(hub.loaded())).iter().for_each(|line| error!("{line}"));
    }
}

impl Open {
    /// Where it listens: plain, and with TLS.
    pub(super) fn addresses(&self) -> [Option<SocketAddr>; 2] {
        [self.plain.at, self.tls.at]
    }
}

impl Door {
    fn open(&mut self, asked: SocketAddr, (listener, at): Bound, tls: Option<Tls>, net: &Net) {
        (self.asked, self.at) = (Some(asked), Some(at));
        tls.iter().flat_map(|tls| &tls.notes).for_each(|note| warn!("{note}"));
        self.keys = tls.map(|tls| tls.keys);
        self.accepts = Some(spawn_local(net.clone().accept(listener, self.keys.clone())));
    }

    /// Closes it where it was asked for elsewhere. Was it?
    async fn closes_for(&mut self, asked: Option<SocketAddr>) -> bool {
        if self.asked == asked {
            return false;
        }
        if let Some(accepts) = std::mem::take(self).accepts {
            accepts.abort();
            // It is closed once that has ended.
            let _ = accepts.await;
        }
        true
    }
}

/// Does the file ask for one, whether it gets it or not?
fn is_wanted(loaded: &Loaded, kind: ListenerKind) -> bool {
    let general = &loaded.manager().general;
    match kind {
        ListenerKind::Plain => general.enabled.value,
        ListenerKind::Tls => general.tls.enable.value,
    }
}

/// Behind the word that it listens, or does not.
fn with(kind: ListenerKind) -> &'static str {
    match kind {
        ListenerKind::Plain => "",
        ListenerKind::Tls => " with TLS",
    }
}

/// Why a listener is as it is, and the line that decides it.
fn reason(loaded: &Loaded, listener: &Listener<'_>) -> String {
    let place = |at| loaded.ask(|world, _| world.files.place(loaded.effective().text(at)));
    let place = listener.at.map(|at| format!(" ({})", place(at))).unwrap_or_default();
    format!("{}{place}", listener.why)
}

/// There is nowhere to listen, as far as is known.
fn nowhere(loaded: &Loaded) -> Failure {
    let listeners = &loaded.manager().listeners;
    let message = match listeners.iter().any(|it| it.state == State::Unknown) {
        true => "whether the file opens a listener is unknown",
        false => "the file opens no listener",
    };
    let told = listeners.iter().filter(|it| it.state != State::Listens);
    let told = told.filter(|it| it.kind == ListenerKind::Plain || is_wanted(loaded, it.kind));
    let mut reasons: Vec<String> = told.map(|it| reason(loaded, it)).collect();
    reasons.dedup();
    let failure = Failure::usage(format!("{message}: {}", reasons.join("; ")));
    Failure { exit: Exit::Findings, ..failure }.help("say where: `--bind 127.0.0.1 --port 5038`")
}

/// Opens one.
pub(super) async fn bind(at: SocketAddr) -> Result<Bound, Failure> {
    let failed = |error| Failure::input(format!("cannot listen on {at}: {error}"));
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    Ok((listener, at))
}
