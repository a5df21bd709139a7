//! `amictl serve FILE -- COMMAND`: a command that has the server for as long as it runs.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::process::Command;
use tracing::info;

use super::super::exit::Failure;
use crate::report::listening::Listening;

/// Runs it, and tells whether it succeeded. Where the server is, is in its environment. It ends with this.
pub(super) async fn run(command: &[OsString], listening: &Listening) -> Result<bool, Failure> {
    let Some((program, arguments)) = command.split_first() else { return std::future::pending().await };
    let name = program.to_string_lossy();
    let failed = |error| Failure::input(format!("cannot run `{name}`: {error}"));
    let mut child = Command::new(program);
    child.args(arguments).kill_on_drop(true);
    if let Some(at) = listening.plain.or(listening.tls) {
        child.env("AMICTL_HOST", host(at).to_string());
    }
    for (variable, at) in [("AMICTL_PORT", listening.plain), ("AMICTL_TLS_PORT", listening.tls)] {
        if let Some(at) = at {
            child.env(variable, at.port().to_string());
        }
    }
    let status = child.spawn().map_err(failed)?.wait().await.map_err(failed)?;
    info!("`{name}` has ended, {status}");
    Ok(status.success())
}

/// An address at which a client on this machine finds it.
fn host(at: SocketAddr) -> IpAddr {
    match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}
