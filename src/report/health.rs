//! The page `/health` of `amictl serve --admin`.

use serde::Serialize;

use crate::release::Release;

/// How a server is.
#[derive(Debug, Clone, Copy)]
pub struct Health {
    /// The release that it speaks as.
    pub release: Release,
    /// Clients that are connected.
    pub connections: i64,
    /// Those of them that are logged in.
    pub sessions: i64,
    /// What became of the configuration when it was read again last: was it taken?
    pub reload: Option<bool>,
}

impl Health {
    /// As JSON.
    ///
    /// # Errors
    ///
    /// None that is known of: all of it can be written.
    pub fn json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Page {
            format: u32,
            status: &'static str,
            release: String,
            connections: i64,
            sessions: i64,
            last_reload: Option<&'static str>,
        }
        let Health { release, connections, sessions, reload } = *self;
        let last_reload = reload.map(|is_taken| if is_taken { "taken" } else { "refused" });
        let release = release.to_string();
        serde_json::to_string(&Page { format: 1, status: "ok", release, connections, sessions, last_reload })
    }
}
