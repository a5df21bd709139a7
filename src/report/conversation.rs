//! `amictl serve --record`: what clients and the server said, a line of JSON for each message.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::text;
use crate::host::timestamp;
use crate::release::Release;

/// One line of the record.
pub struct Line<'a> {
    /// When, since the beginning of 1970.
    pub at: Duration,
    /// The number of the connection.
    pub session: u64,
    /// The user that is logged in, as the client spelled it.
    pub user: Option<&'a [u8]>,
    /// What happened.
    pub what: Said<'a>,
}

/// What a line of the record tells.
pub enum Said<'a> {
    /// A client is connected.
    Connected {
        /// Its address.
        from: SocketAddr,
        /// Over TLS.
        is_tls: bool,
    },
    /// A message of the client, or of the server.
    Message {
        /// Is it the client's?
        by_client: bool,
        /// Its text.
        text: &'a [u8],
        /// Why nothing of it was looked at.
        fault: Option<String>,
    },
    /// A connection is no more, and why.
    Left(&'static str),
}

/// Writes the first line.
///
/// # Errors
///
/// What the writer says.
pub fn begin(release: Release, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Head {
        format: u32,
        release: String,
    }
    serde_json::to_writer(&mut *out, &Head { format: 1, release: release.to_string() })?;
    out.write_all(b"\n")
}

impl Line<'_> {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("at", &timestamp(self.at))?;
        map.serialize_entry("session", &self.session)?;
        match self.user {
            Some(user) => text::entry(&mut map, "user", user)?,
            None => map.serialize_entry("user", &())?,
        }
        match &self.what {
            Said::Connected { from, is_tls } => {
                map.serialize_entry("what", "connected")?;
                map.serialize_entry("from", from)?;
                map.serialize_entry("tls", is_tls)?;
            }
            Said::Message { by_client, text, fault } => {
                map.serialize_entry("what", if *by_client { "client" } else { "server" })?;
                text::entry(&mut map, "message", text)?;
                if let Some(fault) = fault {
                    map.serialize_entry("fault", fault)?;
                }
            }
            Said::Left(why) => {
                map.serialize_entry("what", "left")?;
                map.serialize_entry("why", why)?;
            }
        }
        map.end()
    }
}
