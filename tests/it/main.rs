//! The integration tests, one binary.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test may fail by panicking")]

#[cfg(unix)]
mod accounts;
#[cfg(unix)]
mod actions;
#[cfg(unix)]
mod cases;
mod catalogue;
mod cli;
#[cfg(unix)]
mod delivery;
mod explain_events;
#[cfg(unix)]
mod expressions;
mod filters;
mod fix_command;
mod fixes;
mod formats;
#[cfg(unix)]
mod general;
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
mod support;
mod what_if;
