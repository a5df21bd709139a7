//! A server of the manager interface that enforces a configuration.
//!
//! [`Hub`] is all of it but sockets and clocks: bytes come in with the time, bytes and waits come out. Who may what is the
//! evaluator's to say (`access`), which events whom reach is the compiled `Delivery`'s.

mod actions;
mod admin;
mod changes;
mod channels;
mod crowd;
pub mod event;
mod extras;
mod hub;
mod later;
mod loaded;
mod log;
mod metrics;
mod net;
pub mod observe;
mod outgoing;
mod play;
mod prompt;
mod publish;
mod queue;
mod reload;
pub mod replies;
pub mod rights;
mod session;
mod show;
pub mod source;
mod stream;
mod synthetic;
mod test_server;
mod tls;
mod wire;

pub use admin::admin;
pub use changes::changes;
pub use event::{Event, Peer};
pub use extras::Extras;
pub use hub::{Hub, Id};
pub use loaded::Loaded;
pub use log::Log;
pub use metrics::Metrics;
pub use net::Net;
pub use outgoing::{Due, Kept};
pub use prompt::Prompt;
pub use synthetic::Calls;
pub use test_server::TestServer;
pub use tls::{Keys, Tls, TlsError, tls};
pub use wire::{Fault, Request};
