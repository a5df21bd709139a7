//! Where `amictl serve` listens: where the file says, or where the options do.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use clap::Args;
use tokio::net::TcpListener;

use super::super::complain;
use super::super::exit::{Exit, Failure};
use crate::config::manager::listen::{ListenerKind, State};
use crate::server::{Loaded, Tls, tls};

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

/// A listener, and where it is.
pub(super) type Bound = (TcpListener, SocketAddr);

impl Doors {
    /// Where to listen: at one address at least.
    pub(super) fn plan(&self, loaded: &Loaded) -> Result<Plan, Failure> {
        let plain = self.address(loaded, ListenerKind::Plain);
        let tls = self.address(loaded, ListenerKind::Tls).and_then(|at| match tls(loaded) {
            Ok(tls) => Some((at, tls)),
            // Asterisk goes on without TLS, too.
            Err(error) => {
                complain(&format!("amictl: no TLS: {error}"));
                None
            }
        });
        if plain.is_none() && tls.is_none() {
            return Err(Failure { exit: Exit::Findings, ..Failure::usage("the file opens no listener") }
                .help("say where: `--bind 127.0.0.1 --port 5038`"));
        }
        Ok(Plan { plain, tls })
    }

    /// Where to listen for connections of a kind, if the options or the file say so.
    fn address(&self, loaded: &Loaded, kind: ListenerKind) -> Option<SocketAddr> {
        let listener = loaded.manager().listeners.iter().find(|it| it.kind == kind);
        let named = listener.filter(|it| it.state == State::Listens).and_then(|it| it.address);
        let port = if kind == ListenerKind::Plain { self.port } else { self.tls_port };
        let ip = self.bind.or(named.map(|it| it.ip)).unwrap_or(Ipv6Addr::LOCALHOST.into());
        Some(SocketAddr::new(ip, port.or(named.map(|it| it.port))?))
    }

    /// Opens them. Asterisk goes on with the other where one cannot be had, and so does this; but not where the command
    /// line asks for just that one.
    pub(super) async fn open(&self, plan: Plan) -> Result<(Option<Bound>, Option<(Bound, Tls)>), Failure> {
        let Plan { plain, tls } = plan;
        let has_both = plain.is_some() && tls.is_some();
        let (mut bound, mut bound_tls) = (None, None);
        if let Some(at) = plain {
            match bind(at).await {
                Err(failure) if has_both && self.bind.is_none() && self.port.is_none() => {
                    complain(&format!("amictl: {failure}"));
                }
                result => bound = Some(result?),
            }
        }
        if let Some((at, tls)) = tls {
            match bind(at).await {
                Err(failure) if bound.is_some() && self.bind.is_none() && self.tls_port.is_none() => {
                    complain(&format!("amictl: no TLS: {failure}"));
                }
                result => bound_tls = Some((result?, tls)),
            }
        }
        Ok((bound, bound_tls))
    }
}

/// Opens one.
pub(super) async fn bind(at: SocketAddr) -> Result<Bound, Failure> {
    let failed = |error| Failure::input(format!("cannot listen on {at}: {error}"));
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    Ok((listener, at))
}
