//! What a server has beside its configuration.

use std::rc::Rc;

use super::hub::Hub;
use super::observe::Observer;
use super::replies::Replies;
use crate::text::Secrets;

/// What a server has beside its configuration; by default nothing.
pub struct Extras {
    /// May it give away what its files keep secret?
    pub secrets: Secrets,
    /// Answers to what it has no answer for.
    pub replies: Rc<Replies>,
    /// They are told what happens.
    pub observers: Vec<Box<dyn Observer>>,
    /// Somebody reads the configuration again when a client asks for it ([`Hub::wants_reload`]), and says so afterwards
    /// ([`Hub::reloaded`]). Without that clients are answered at once.
    pub reloads: bool,
}

impl Default for Extras {
    fn default() -> Extras {
        Extras { secrets: Secrets::Masked, replies: Rc::default(), observers: Vec::new(), reloads: false }
    }
}

impl Hub {
    /// The same server with more than its configuration.
    #[must_use]
    pub fn with(mut self, extras: Extras) -> Hub {
        self.extras = extras;
        self
    }

    /// From now on somebody else is told what happens, too.
    pub fn tell_also(&mut self, observer: Box<dyn Observer>) {
        self.extras.observers.push(observer);
    }

    pub(super) fn secrets(&self) -> Secrets {
        self.extras.secrets
    }

    pub(super) fn replies(&self) -> Rc<Replies> {
        Rc::clone(&self.extras.replies)
    }
}
