//! The configuration that is served: read, checked, and read again when somebody asks for it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use tracing::{error, info, warn};

use super::super::exit::Failure;
use super::super::settings::Settings;
use super::super::{Reading, target};
use crate::config::Outcome;
use crate::finding::Severity;
use crate::host::{Asked, Host};
use crate::release::Release;
use crate::rules::{self, Rule, Selection};
use crate::server::{Loaded, Net, changes};
use crate::text::Files;

/// The rules as they are by themselves.
struct Usual;

impl Selection for Usual {
    fn severity(&self, rule: &'static Rule, own: Severity) -> Option<Severity> {
        (!rule.is_strict()).then_some(own)
    }
}

/// A configuration as it is to be served, and how it is read again.
pub(super) struct Source<'s> {
    pub(super) file: &'s PathBuf,
    pub(super) reading: &'s Reading,
    /// Serve it in spite of errors.
    pub(super) force: bool,
    pub(super) settings: Settings,
    pub(super) release: Release,
    /// What was read last, fit or not.
    pub(super) seen: RefCell<Vec<(PathBuf, Vec<u8>)>>,
    /// Where files were looked for then.
    pub(super) folders: RefCell<BTreeSet<PathBuf>>,
}

/// What has become of a configuration that was read again.
pub(super) enum Reloaded {
    /// It holds, from now on.
    Taken,
    /// It is not fit: what was read before goes on.
    Refused,
    /// It is the same as before.
    Same,
}

impl Source<'_> {
    /// The configuration, if it is fit to be served, and all that is wrong with it.
    pub(super) fn load(&self) -> Result<(Option<Loaded>, Vec<String>), Failure> {
        let loaded = self.read()?;
        let (is_fit, problems) = self.judge(&loaded);
        Ok((is_fit.then_some(loaded), problems))
    }

    fn read(&self) -> Result<Loaded, Failure> {
        let place = target::place(self.file, self.reading, &self.settings);
        let files = Files::default();
        let host = Arc::new(Asked::default());
        let root = target::open(&*host, &files, self.file, self.reading);
        // Where the file itself is not there, it may come again.
        *self.folders.borrow_mut() = host.folders();
        let root = root?;
        let loaded = Loaded::new(Arc::clone(&host) as Arc<dyn Host>, files, root, place, self.release);
        *self.seen.borrow_mut() = loaded.files();
        *self.folders.borrow_mut() = host.folders();
        Ok(loaded)
    }

    fn judge(&self, loaded: &Loaded) -> (bool, Vec<String>) {
        loaded.effective().open().for_each(|note| {
            let place = loaded.ask(|world, _| world.files.place(loaded.effective().text(note.at)));
            warn!("{place}: {}", note.message());
        });
        let mut problems: Vec<String> = loaded.ask(|world, root| {
            let findings = rules::check(world, root, rules::Role::Manager, &[self.release], &Usual);
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            errors.map(|it| format!("{}: {} [{}]", world.files.place(it.span), it.message, it.rule)).collect()
        });
        if loaded.effective().outcome != Outcome::Loads {
            let name = self.file.display();
            problems.push(format!(
                "Asterisk does not load `{name}`: `amictl check` says why; `--force` does not help here"
            ));
            return (false, problems);
        }
        if problems.is_empty() || self.force {
            return (true, problems);
        }
        problems.push("not served; `--force` does so all the same".to_owned());
        (false, problems)
    }

    /// Reads the configuration again; one that is not fit is refused whole. `only_changed`: unless it is what was read last.
    pub(super) fn reload(&self, net: &Net, only_changed: bool) -> Reloaded {
        let seen = self.seen.borrow().clone();
        match self.read() {
            Ok(_) if only_changed && *self.seen.borrow() == seen => Reloaded::Same,
            Ok(loaded) => {
                let (is_fit, problems) = self.judge(&loaded);
                problems.iter().for_each(|problem| error!("{problem}"));
                if !is_fit {
                    warn!("what was read before goes on");
                    return Reloaded::Refused;
                }
                net.with(|hub| {
                    let told = changes(hub.loaded(), &loaded);
                    hub.reload(Rc::new(loaded));
                    told.iter().for_each(|line| info!("{line}"));
                    info!(changes = told.len(), "the configuration was read again");
                });
                Reloaded::Taken
            }
            Err(failure) => {
                warn!("{failure}; what was read before goes on");
                Reloaded::Refused
            }
        }
    }
}
