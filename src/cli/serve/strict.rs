//! `amictl serve --strict-rights`: a test fails where its clients need other rights than it says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

use super::super::exit::{Exit, Failure};
use super::Ready;
use crate::catalog;
use crate::config::manager::classes::Classes;
use crate::report::rights::RightsReport;
use crate::server::Loaded;
use crate::server::rights::{Expected, Rights};
use crate::text::show;

/// The rights that are watched, until they are told of.
pub(super) struct Strict(pub(super) Rc<RefCell<Rights>>);

impl Strict {
    /// Begins with what the options expect; nothing without them.
    pub(super) fn new(options: &[String], loaded: &Loaded) -> Result<Option<Strict>, Failure> {
        if options.is_empty() {
            return Ok(None);
        }
        let mut expected: BTreeMap<Vec<u8>, Expected> = BTreeMap::new();
        for option in options.iter().filter(|option| !option.is_empty()) {
            let (user, key, classes) = parse(option)?;
            let Some(user) = loaded.manager().accounts.find(user.as_bytes()) else {
                let help = "a right is one of a user of the file: `--strict-rights=USER.read=CLASSES`";
                return Err(Failure::usage(format!("no user `{}` can log in", show(user.as_bytes()))).help(help));
            };
            let rights = expected.entry(user.name.to_ascii_lowercase()).or_default();
            let list = if key == "read" { &mut rights.read } else { &mut rights.write };
            *list = Some(list.unwrap_or(Classes::NONE).and(classes));
        }
        Ok(Some(Strict(Rc::new(RefCell::new(Rights::new(loaded.release(), expected))))))
    }

    /// How the run ends, for all that is known of rights.
    pub(super) fn verdict(&self) -> Exit {
        let is_expected = self.0.borrow().accounts().iter().all(|account| account.surprises.is_empty());
        if is_expected { Exit::Clean } else { Exit::Findings }
    }

    /// Tells what came out.
    pub(super) fn tell(&self, ready: Ready, out: &mut dyn Write) -> io::Result<()> {
        let accounts = self.0.borrow().accounts();
        let report = RightsReport(&accounts);
        match ready {
            Ready::Human => report.human(out),
            Ready::Json => report.json(out),
        }
    }
}

/// `bob.read=call,cdr`
fn parse(option: &str) -> Result<(&str, &str, Classes), Failure> {
    let malformed = || {
        Failure::usage(format!("`--strict-rights={option}` names no right"))
            .help("write it as `--strict-rights=USER.read=CLASSES` or `USER.write=CLASSES`")
    };
    let (left, list) = option.split_once('=').ok_or_else(malformed)?;
    let (user, key) = left.rsplit_once('.').filter(|(_, key)| ["read", "write"].contains(key)).ok_or_else(malformed)?;
    let mut classes = Classes::NONE;
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "none") {
        let class = Classes::named(name.as_bytes()).ok_or_else(|| {
            let names: Vec<&str> = catalog::classes().map(catalog::ClassDef::name).collect();
            Failure::usage(format!("there is no class `{name}`")).help(format!("there are {}", names.join(", ")))
        })?;
        classes = classes.and(class);
    }
    Ok((user, key, classes))
}
