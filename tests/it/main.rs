//! The integration tests, one binary.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test may fail by panicking")]

mod layers;
mod properties;
mod rules;
