//! `amictl rules`.

use std::io::Write;

use clap::Args;

use super::exit::{Exit, Failure};
use super::simulate::FormatName;
use crate::report::rules::{json, list};
use crate::rules;

/// `amictl rules`.
#[derive(Args)]
pub(super) struct Rules {
    /// How they are listed: a line each, or all that there is to say
    #[arg(long, value_enum, default_value = "human")]
    format: FormatName,
}

impl Rules {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Failure> {
        match self.format {
            FormatName::Human => list(&rules::infos(), out)?,
            FormatName::Json => json(&rules::infos(), out)?,
        }
        Ok(Exit::Clean)
    }
}
