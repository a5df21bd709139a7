//! `amictl serve FILE -- COMMAND`: a command that has the server for as long as it runs.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Stdio;

use tokio::process::{Child, Command};
use tracing::info;

use super::super::exit::Failure;
use crate::host::terminate;
use crate::report::listening::Listening;

/// A command that runs. It is asked to end where this ends first.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.id().into_iter().for_each(terminate);
    }
}

/// Runs it, and tells whether it succeeded. Where the server is, is in its environment. `takes_input`: it gets what comes on
/// standard input, which nobody else reads.
pub(super) async fn run(command: &[OsString], listening: &Listening, takes_input: bool) -> Result<bool, Failure> {
    let Some((program, arguments)) = command.split_first() else { return std::future::pending().await };
    let name = program.to_string_lossy();
    let failed = |error| Failure::input(format!("cannot run `{name}`: {error}"));
    let mut child = Command::new(program);
    child.args(arguments);
    if !takes_input {
        child.stdin(Stdio::null());
    }
    for (host_variable, port_variable, at) in
        [("AMICTL_HOST", "AMICTL_PORT", listening.plain), ("AMICTL_TLS_HOST", "AMICTL_TLS_PORT", listening.tls)]
    {
        if let Some(at) = at {
            child.env(host_variable, host(at).to_string()).env(port_variable, at.port().to_string());
        }
    }
    let mut running = Running(child.spawn().map_err(failed)?);
    let status = running.0.wait().await.map_err(failed)?;
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
