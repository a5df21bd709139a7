//! `amictl dump`.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::{Exit, Failure};
use super::{Reading, Showing, target};
use crate::config::manager::Manager;
use crate::config::{self, Effective, World};
use crate::host::Host;
use crate::release::Release;
use crate::report::dump::{EffectiveDump, TreeDump};
use crate::report::manager::ManagerDump;
use crate::syntax::{Dialect, Start};
use crate::text::Files;

/// `amictl dump`.
#[derive(Args)]
pub(super) struct Dump {
    /// The file; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What is shown of it
    #[arg(long, value_enum, default_value = "effective")]
    stage: Stage,
    /// How it is shown
    #[arg(long, value_enum, default_value = "human")]
    format: FormatName,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    showing: Showing,
}

#[derive(Clone, Copy, ValueEnum)]
enum Stage {
    /// Every byte of the file and what it is
    Tree,
    /// Sections and entries as Asterisk holds them after includes and templates
    Effective,
    /// Listeners, settings and users as Asterisk's manager holds them
    Manager,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    Human,
    Json,
}

impl Dump {
    pub(super) fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        let settings = target::settings(host, std::slice::from_ref(&self.file), None)?;
        let releases = self.reading.releases(&settings)?;
        let [release] = releases[..] else {
            return Err(Failure::usage("dump answers for one release at a time").help("name one: --asterisk 22"));
        };
        let files = Files::default();
        let root = target::open(host, &files, &self.file, &self.reading)?;
        let world = World::new(&files, host, target::place(&self.file, &self.reading, &settings));
        // Also for the tree: secrets that only a loaded line gives away are hidden by the load.
        let effective = config::load(&world, root, release);
        let secrets = self.showing.secrets();
        match self.stage {
            Stage::Tree => {
                let tree = effective
                    .reads
                    .first()
                    .map_or_else(|| world.tree(root, Dialect::default(), Start::default()), |read| read.tree);
                let dump = TreeDump { file: files.get(root), tree, secrets };
                match self.format {
                    FormatName::Human => dump.human(out)?,
                    FormatName::Json => dump.json(out)?,
                }
                Ok(Exit::Clean)
            }
            Stage::Effective => {
                let dump = EffectiveDump { effective: &effective, release, files: &files, secrets };
                match self.format {
                    FormatName::Human => dump.human(out)?,
                    FormatName::Json => dump.json(out)?,
                }
                Ok(if dump.aborted().is_some() { Exit::Findings } else { Exit::Clean })
            }
            Stage::Manager => self.manager(&world, &effective, release, out),
        }
    }

    fn manager(
        &self,
        world: &World<'_>,
        effective: &Effective<'_>,
        release: Release,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let manager = &Manager::load(world, effective, release);
        let dump = ManagerDump { effective, manager, release, files: world.files, secrets: self.showing.secrets() };
        match self.format {
            FormatName::Human => dump.human(out)?,
            FormatName::Json => dump.json(out)?,
        }
        Ok(if dump.aborted().is_some() { Exit::Findings } else { Exit::Clean })
    }
}
