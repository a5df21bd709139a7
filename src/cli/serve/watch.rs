//! `amictl serve --watch`: the configuration is read again when one of its files changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use tracing::warn;

use super::super::exit::Failure;
use super::source::Source;
use crate::host::Watcher;

/// Whoever writes files writes more than one thing: it is over when nothing has changed for so long.
const QUIET: Duration = Duration::from_millis(200);

/// Watches the folders of the files that were read.
pub(super) struct Watch {
    watcher: Watcher,
    changes: UnboundedReceiver<()>,
}

impl Watch {
    pub(super) fn new(source: &Source<'_>) -> Result<Watch, Failure> {
        let (told, changes) = unbounded_channel();
        let failed = |error| Failure::input(format!("{error}"));
        let tell = move || {
            // Nobody listens any more when the server has stopped.
            let _ = told.send(());
        };
        let watcher = Watcher::new(tell).map_err(failed)?;
        let mut watch = Watch { watcher, changes };
        watch.watcher.watch(folders(source)).map_err(failed)?;
        Ok(watch)
    }

    /// Other files may be read than before.
    pub(super) fn again(&mut self, source: &Source<'_>) {
        if let Err(error) = self.watcher.watch(folders(source)) {
            warn!("{error}");
        }
    }

    /// Waits until something has changed, and nothing more changes.
    pub(super) async fn changed(&mut self) {
        self.changes.recv().await;
        while let Ok(Some(())) = timeout(QUIET, self.changes.recv()).await {}
    }
}

/// Where the files are. Editors put a new file in the place of the old one, and what is included may be a pattern: so these
/// are what is watched, and not the files.
fn folders(source: &Source<'_>) -> BTreeSet<PathBuf> {
    let seen = source.seen.borrow();
    let folder = |path: &PathBuf| match path.parent() {
        None => None,
        Some(parent) if parent.as_os_str().is_empty() => Some(PathBuf::from(".")),
        Some(parent) => Some(Path::to_path_buf(parent)),
    };
    seen.iter().filter_map(|(path, _)| folder(path)).collect()
}
