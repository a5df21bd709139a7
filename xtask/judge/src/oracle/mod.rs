//! Real Asterisks as the judge of what amictl claims.
//!
//! `install` knows which Asterisks there are and `setup` brings them here; `instance` runs one of them and `ami`
//! talks to it. The tables of questions, the answers and the seam between them are in `amictl::testing`: amictl, a live
//! Asterisk (`live`) and a recording (`record`) all answer the same tables. `check` holds them against one another, and
//! `contest` does so on what nobody wrote down, `shrink`ing what it `found`. `fixes` asks an Asterisk about the same
//! files before and after amictl mended them. `capture` has many sessions, each a `listener`,
//! watch the same calls. What is asked is a `subject`: an Asterisk, or amictl's own `server`, which `served` holds against
//! what was recorded.

mod ami;
mod capture;
mod check;
mod console;
mod contest;
mod diff;
mod fixes;
mod found;
mod home;
mod install;
mod instance;
mod listener;
mod live;
mod manager;
mod network;
mod record;
mod run;
mod served;
mod server;
mod setup;
mod shrink;
mod subject;
mod wire;

use std::env;
use std::path::PathBuf;

use amictl::testing::scenario;
use anyhow::{Context, Result};
use clap::Subcommand;

use crate::bench::program;
pub(crate) use console::answer;
pub(crate) use install::{Installation, Unavailable};
pub(crate) use instance::Instance;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Install Asterisk 16 and 22 in chroots in the cache folder ($AMICTL_ORACLE_DIR)
    Setup {
        /// Series to install: 16, 22 (all when none is named)
        series: Vec<String>,
    },
    /// Start an Asterisk, run a command beside it, stop it; without a command, wait for Ctrl-C
    ///
    /// The command finds the manager interface in AMICTL_ORACLE_HOST, _PORT, _USER and _SECRET, and the configuration
    /// folder in AMICTL_ORACLE_ETC.
    Run {
        /// Which installed Asterisk: a series (16) or a release (16.28.0)
        #[arg(required_unless_present = "asterisk_bin")]
        release: Option<String>,
        /// Folder whose files are copied over the instance's configuration; {PORT} and {ETC} in them are replaced
        #[arg(long)]
        etc: Option<PathBuf>,
        /// An Asterisk of this machine in place of an installed one
        #[arg(long, conflicts_with = "release")]
        asterisk_bin: Option<PathBuf>,
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Put every scenario to the real thing and write the answers to fixtures/oracle/RELEASE
    Record(Selection),
    /// Put every scenario to the real thing and show where it, its recordings and amictl disagree
    ///
    /// With `--against server` no Asterisk is asked, but `amictl serve` in the place of one, and what it does is held
    /// against the recordings.
    Check {
        #[command(flatten)]
        selection: Selection,
        /// Who is asked
        #[arg(long, value_enum, default_value = "asterisk")]
        against: Against,
    },
    /// Put generated and mutated configurations to amictl and the real thing
    ///
    /// A disagreement is shrunk and becomes a scenario of fixtures/scenarios/found.toml. The topics are the tables whose
    /// files are mutated.
    Live {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        plan: contest::Plan,
    },
    /// Make the safe fixes of files full of mistakes, and ask the real thing whether it starts with the same as before
    ///
    /// A fix that is not safe is shown on the least that shows it; the files before and after become scenarios of
    /// fixtures/scenarios/found.toml.
    Fixes {
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        plan: fixes::Plan,
    },
    /// Have the conversations of fixtures/wire with the real thing, or amictl's server, and tell what is not as recorded
    Wire(wire::Options),
    /// Record what each session of a crowd is sent while calls go on, and compare it with what amictl says
    Capture(capture::Options),
}

/// Who the scenarios are put to.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Against {
    /// The real thing
    Asterisk,
    /// amictl's own server
    Server,
}

/// Which Asterisks are asked.
#[derive(clap::Args)]
pub(crate) struct Asked {
    /// Installed Asterisks to ask (all of them when none is named)
    #[arg(long = "release")]
    releases: Vec<String>,
    /// An Asterisk of this machine in place of the installed ones
    #[arg(long, conflicts_with = "releases")]
    asterisk_bin: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct Selection {
    #[command(flatten)]
    asked: Asked,
    /// Tables to ask, by file name without .toml (all when none is named)
    topics: Vec<String>,
}

impl Asked {
    fn installations(&self) -> Result<Vec<Installation>> {
        match &self.asterisk_bin {
            Some(binary) => Ok(vec![Installation::on_this_machine(binary)?]),
            None if self.releases.is_empty() => Installation::all(),
            None => self.releases.iter().map(|wanted| Installation::find(wanted)).collect(),
        }
    }
}

impl Selection {
    fn installations(&self) -> Result<Vec<Installation>> {
        self.asked.installations()
    }

    fn tables(&self) -> Result<Vec<scenario::Table>> {
        Ok(scenario::load(&fixtures()?.join("scenarios"), &self.topics)?)
    }
}

/// What a command has to say to the shell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Agrees,
    Disagrees,
    /// The exit code of the command that `run` ran.
    Code(u8),
}

impl Command {
    pub(crate) fn execute(self) -> Result<Verdict> {
        match self {
            Command::Setup { series } => setup::setup(&series),
            Command::Run { release, etc, asterisk_bin, command } => {
                let installation = match (release, asterisk_bin) {
                    (_, Some(binary)) => Installation::on_this_machine(&binary)?,
                    (release, None) => Installation::find(&release.unwrap_or_default())?,
                };
                run::run(&installation, etc.as_deref(), &command)
            }
            Command::Record(selection) => record::record(&selection.installations()?, &selection.tables()?),
            Command::Check { selection, against: Against::Asterisk } => {
                check::check(&selection.installations()?, &selection.tables()?)
            }
            Command::Check { selection, against: Against::Server } => {
                served::check(program()?, &selection.asked.releases, &selection.tables()?)
            }
            Command::Live { selection, plan } => {
                contest::live(&selection.installations()?, &selection.tables()?, &plan)
            }
            Command::Fixes { asked, plan } => fixes::fixes(&asked.installations()?, &plan),
            Command::Wire(options) => wire::wire(&options),
            Command::Capture(options) => capture::capture(&options),
        }
    }
}

/// `fixtures` of the checkout that this is run in.
fn fixtures() -> Result<PathBuf> {
    let here = env::current_dir()?;
    let found = here.ancestors().map(|it| it.join("fixtures")).find(|it| it.join("scenarios").is_dir());
    found.context("no `fixtures/scenarios` here or above: run this in a checkout of amictl")
}
