//! The integration tests, one binary.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test may fail by panicking")]

#[cfg(unix)]
mod accounts;
#[cfg(unix)]
mod actions;
mod baseline;
#[cfg(unix)]
mod cases;
mod catalogue;
mod cli;
#[cfg(unix)]
mod delivery;
#[cfg(unix)]
mod events;
mod explain_events;
#[cfg(unix)]
mod expressions;
mod filters;
#[cfg(unix)]
mod fix_command;
mod fixes;
mod formats;
#[cfg(unix)]
mod general;
#[cfg(unix)]
mod hooks;
mod layered;
mod layers;
mod limits;
#[cfg(unix)]
mod login;
#[cfg(unix)]
mod oracle;
mod properties;
mod readme;
mod reports;
mod rules;
mod schemas;
#[cfg(all(unix, feature = "server"))]
mod serve;
#[cfg(all(unix, feature = "server"))]
mod serve_ends;
#[cfg(all(unix, feature = "server"))]
mod serve_for_tests;
#[cfg(all(unix, feature = "server"))]
mod serve_operation;
#[cfg(all(unix, feature = "server"))]
mod serve_tls;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod server_actions;
#[cfg(all(unix, feature = "server"))]
mod server_hostile;
#[cfg(feature = "server")]
mod server_replies;
#[cfg(all(unix, feature = "server"))]
mod server_scenarios;
#[cfg(all(unix, feature = "server"))]
mod server_sessions;
#[cfg(all(unix, feature = "server"))]
mod server_sources;
#[cfg(all(unix, feature = "server"))]
mod server_wire;
mod settings;
mod shell;
#[cfg(unix)]
mod streams;
mod support;
mod what_if;
