//! Who gets in: Asterisk's own checks, one after the other, each told.
//!
//! An answer is an ordered [`Trace`]: what was looked at, with its line, and as its last step the verdict. Nothing is
//! decided apart from it. This layer knows no sockets and no clocks.

mod delivery;
mod login;
mod mask;
mod trace;

pub use delivery::{Delivery, Fate, Watcher};
pub use login::{ACCEPTED, Attempt, Configuration, login};
pub use mask::mask;
pub use trace::{Check, Outcome, Step, Trace, Verdict};
