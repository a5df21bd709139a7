//! A server of the manager interface that enforces a configuration.

pub mod event;
pub mod loaded;
pub mod wire;
