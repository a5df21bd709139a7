//! `cargo judge bench`: amictl's speed beside that of others, in one run.

mod read;

use anyhow::Result;
use clap::Subcommand;

/// Measure speed: several programs in turns, so that a noisy machine is as noisy to each.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Reading: parse, load and check, beside other parsers of the same text
    Read(read::Read),
}

impl Command {
    pub(crate) fn execute(self) -> Result<()> {
        match self {
            Command::Read(read) => read.execute(),
        }
    }
}

/// The middle of some measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
