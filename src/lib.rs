//! amictl.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail by panicking"))]

pub mod access;
pub mod baseline;
pub mod capture;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod finding;
pub mod fingerprint;
pub mod fix;
pub mod host;
pub mod posix;
pub mod release;
pub mod report;
pub mod rules;
#[cfg(feature = "server")]
pub mod server;
pub mod syntax;
mod tables;
#[doc(hidden)]
pub mod testing;
pub mod text;
pub mod unpack;
