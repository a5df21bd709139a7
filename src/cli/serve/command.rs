//! `amictl serve FILE -- COMMAND`: a command that has the server for as long as it runs.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Stdio;

use tokio::process::{Child, Command};
use tokio::time::sleep;
use tracing::{info, warn};

use super::super::exit::Failure;
use super::FAREWELL;
use super::signals::Signals;
use crate::host::terminate;
use crate::report::listening::Listening;

/// A command that runs. It is asked to end where this ends first.
pub(super) struct Running {
    child: Child,
    name: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.id().into_iter().for_each(terminate);
    }
}

impl Running {
    /// Runs it, if there is one. Where the server is, is in its environment. `takes_input`: it gets what comes on standard
    /// input, which nobody else reads.
    pub(super) fn begin(
        command: &[OsString],
        listening: &Listening,
        takes_input: bool,
    ) -> Result<Option<Running>, Failure> {
        let Some((program, arguments)) = command.split_first() else { return Ok(None) };
        let name = program.to_string_lossy().into_owned();
        let mut child = Command::new(program);
        child.args(arguments);
        if !takes_input {
            child.stdin(Stdio::null());
        }
        for (host_variable, port_variable, at) in
            [("AMICTL_HOST", "AMICTL_PORT", listening.plain), ("AMICTL_TLS_HOST", "AMICTL_TLS_PORT", listening.tls)]
        {
            // Where there is no such listener, those are not it which somebody else has named.
            child.env_remove(host_variable).env_remove(port_variable);
            if let Some(at) = at {
                child.env(host_variable, host(at).to_string()).env(port_variable, at.port().to_string());
            }
        }
        match child.spawn() {
            Ok(child) => Ok(Some(Running { child, name })),
            Err(error) => Err(Failure::input(format!("cannot run `{name}`: {error}"))),
        }
    }

    /// Waits until it has ended by itself. Did it succeed?
    pub(super) async fn ended(&mut self) -> Result<bool, Failure> {
        let status = self.child.wait().await;
        let status = status.map_err(|error| Failure::input(format!("cannot wait for `{}`: {error}", self.name)))?;
        info!("`{}` has ended, {status}", self.name);
        Ok(status.success())
    }

    /// Asks it to end, and waits for it; one that takes too long, or longer than until the next signal, is killed.
    pub(super) async fn stop(&mut self, signals: &mut Signals) {
        info!("`{}` is asked to end", self.name);
        self.child.id().into_iter().for_each(terminate);
        tokio::select! {
            // What cannot be waited for has ended.
            _ = self.ended() => return,
            () = sleep(FAREWELL) => {}
            () = signals.stop() => {}
        }
        warn!("`{}` does not end, and is killed", self.name);
        let _ = self.child.kill().await;
    }
}

/// An address at which a client on this machine finds it.
fn host(at: SocketAddr) -> IpAddr {
    match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}
