//! `amictl serve --watch`: the configuration is read again when one of its files changes.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tracing::warn;

use super::super::exit::Failure;
use super::source::{Reloaded, Source};
use crate::host::{WatchError, Watcher};

/// Whoever writes files writes more than one thing: it is over when nothing has changed for so long.
const QUIET: Duration = Duration::from_millis(200);

/// Watches the folders in which files were looked for. Editors put a new file in the place of the old one, and what is
/// included may be a pattern, or not be there yet: so these are what is watched, and not the files.
pub(super) struct Watch {
    watcher: Watcher,
    tell: UnboundedSender<()>,
    changes: UnboundedReceiver<()>,
}

impl Watch {
    pub(super) fn new(source: &Source<'_>) -> Result<Watch, Failure> {
        let (tell, changes) = unbounded_channel();
        let told = tell.clone();
        let watcher = Watcher::new(move || {
            // Nobody listens any more when the server has stopped.
            let _ = told.send(());
        });
        let failed = |error| Failure::input(format!("{error}"));
        let mut watch = Watch { watcher: watcher.map_err(failed)?, tell, changes };
        watch.begin(source).map_err(failed)?;
        Ok(watch)
    }

    /// Files may be looked for in other folders than before, or in others of the same name.
    pub(super) fn again(&mut self, source: &Source<'_>, reloaded: &Reloaded) {
        if let Err(error) = self.begin(source) {
            warn!("{error}");
        }
        if let Reloaded::Taken = reloaded {
            self.look_again();
        }
    }

    fn begin(&mut self, source: &Source<'_>) -> Result<(), WatchError> {
        let before = self.watcher.folders().clone();
        let begun = self.watcher.watch(source.folders.borrow().clone());
        if !self.watcher.folders().is_subset(&before) {
            self.look_again();
        }
        begun
    }

    /// Something may have changed between the reading and this.
    fn look_again(&self) {
        let _ = self.tell.send(());
    }

    /// Waits until something has changed, and nothing more changes.
    pub(super) async fn changed(&mut self) {
        self.changes.recv().await;
        while let Ok(Some(())) = timeout(QUIET, self.changes.recv()).await {}
    }
}
