//! Where a server listens: said once, when it is ready.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::Serialize;

use crate::release::Release;

/// Where a server listens.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// The release that it speaks as.
    pub release: Release,
    /// For plain connections.
    pub plain: Option<SocketAddr>,
    /// For TLS.
    pub tls: Option<SocketAddr>,
    /// For metrics and health, over HTTP.
    pub admin: Option<SocketAddr>,
}

#[derive(Serialize)]
struct Ready {
    format: u32,
    release: String,
    plain: Option<SocketAddr>,
    tls: Option<SocketAddr>,
    admin: Option<SocketAddr>,
}

impl Listening {
    /// A line for each.
    ///
    /// # Errors
    ///
    /// What writing says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(at) = self.plain {
            writeln!(out, "listening on {at}")?;
        }
        if let Some(at) = self.tls {
            writeln!(out, "listening on {at} with TLS")?;
        }
        if let Some(at) = self.admin {
            writeln!(out, "metrics and health at http://{at}")?;
        }
        Ok(())
    }

    /// One line of JSON.
    ///
    /// # Errors
    ///
    /// What writing says.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Listening { release, plain, tls, admin } = *self;
        serde_json::to_writer(&mut *out, &Ready { format: 1, release: release.to_string(), plain, tls, admin })?;
        writeln!(out)
    }
}
