//! What a server has beside its configuration.

use std::rc::Rc;

use super::replies::Replies;
use crate::text::Secrets;

/// What a server has beside its configuration; by default nothing.
pub struct Extras {
    /// May it give away what its files keep secret?
    pub secrets: Secrets,
    /// Answers to what it has no answer for.
    pub replies: Rc<Replies>,
    /// Told what whoever runs the server is to know.
    pub log: Box<dyn FnMut(&str)>,
}

impl Default for Extras {
    fn default() -> Extras {
        Extras { secrets: Secrets::Masked, replies: Rc::default(), log: Box::new(|_| {}) }
    }
}
