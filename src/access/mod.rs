//! Who gets in, and who may run what: Asterisk's own checks, one after the other, each told.
//!
//! An answer is an ordered [`Trace`]: what was looked at, with its line, and as its last step the verdict. Nothing is
//! decided apart from it. This layer knows no sockets and no clocks.

mod action;
mod delivery;
mod explain;
mod headers;
mod login;
mod mask;
mod near;
mod originate;
mod trace;

pub use action::{Request, action, invalid_command, rights, suffices};
pub use delivery::{Delivery, Fate, Watcher};
pub use explain::{Explanation, Sent, Session, explain};
pub use headers::{CRASH, MALFORMED_FILTER};
pub use login::{ACCEPTED, Attempt, Configuration, IN_USE, authenticate, header_value, is_nobody, login};
pub use mask::mask;
pub use trace::{Check, Outcome, Step, Trace, Verdict};
