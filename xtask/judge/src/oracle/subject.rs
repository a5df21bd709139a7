//! What is asked: an Asterisk, or amictl's server in the place of one.

use std::path::PathBuf;

use amictl::testing::scenario::Scenario;
use anyhow::Result;

use super::ami::Ami;
use super::instance::Ended;

/// A program that is a manager when it is started.
pub(crate) trait Subject: Sync {
    /// So many are asked side by side: mostly they wait. A process can have ten.
    fn side_by_side(&self) -> usize;

    /// Starts it with an account of ours, to be asked for files.
    fn start(&self) -> Result<Box<dyn Manager>>;

    /// Starts it with the files of a scenario, all of which it reads then; or says how that ended.
    fn start_with(&self, scenario: &Scenario) -> Result<Result<Box<dyn Manager>, Ended>>;
}

/// One that runs, and ends with this value.
pub(crate) trait Manager {
    /// What its console prints in answer to a command; nothing when it goes away, or never gives an answer.
    fn console(&self, command: &[u8]) -> Result<Option<Vec<u8>>>;

    /// The addresses on which it listens, as the system has them, sorted.
    fn listens(&self) -> Result<Vec<String>>;

    /// A session of our account.
    fn session(&self) -> Result<Ami>;

    /// The configuration folder, as this process sees it.
    fn etc(&self) -> PathBuf;

    /// The configuration folder, as the program sees it.
    fn etc_inside(&self) -> String;

    /// Whether it is gone, or going: its sockets are closed a little before.
    fn has_ended(&mut self) -> Result<bool>;

    /// Whether it took all the memory it may have, now or before.
    fn is_exhausted(&self) -> bool;
}
