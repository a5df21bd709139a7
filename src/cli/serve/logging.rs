//! The log of `amictl serve`, on standard error.

use std::io::{self, IsTerminal as _};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, dispatcher, error};

use super::super::complain;
use super::super::exit::{Exit, Failure};
use crate::host::env;

/// The options about the log.
#[derive(Args)]
#[command(next_help_heading = "Log")]
pub(super) struct Logging {
    /// Lines for people, or one object of JSON a line: human or json
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT", hide_possible_values = true)]
    #[arg(hide_default_value = true)]
    log_format: LogFormat,
    /// Least level of what is logged: off, error, warn, info, debug (each action)
    #[arg(long, default_value = "info", value_name = "LEVEL", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(LEVELS).map(|name| level(&name)))]
    log_level: LevelFilter,
}

const LEVELS: [&str; 5] = ["off", "error", "warn", "info", "debug"];

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Human,
    Json,
}

fn level(name: &str) -> LevelFilter {
    name.parse().unwrap_or(LevelFilter::INFO)
}

impl Logging {
    /// Tells what is wrong, whatever level is logged.
    pub(super) fn complain(&self, text: &str) {
        match self.log_format {
            LogFormat::Human => complain(&format!("amictl: {text}")),
            LogFormat::Json => dispatcher::with_default(&self.log(LevelFilter::ERROR), || error!("{text}")),
        }
    }

    /// Tells of what ends the run, if the log is JSON; people are told where all commands end.
    pub(super) fn fail(&self, failure: Failure) -> Result<Exit, Failure> {
        if self.log_format == LogFormat::Human || failure.exit == Exit::Clean {
            return Err(failure);
        }
        let help = failure.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        self.complain(&format!("{failure}{help}"));
        Ok(failure.exit)
    }

    /// From now on what is logged goes to standard error.
    pub(super) fn begin(&self) {
        // It fails where there is a log already: that one goes on.
        let _ = dispatcher::set_global_default(self.log(self.log_level));
    }

    fn log(&self, level: LevelFilter) -> Dispatch {
        let plain = env("NO_COLOR").is_some() || env("TERM").is_some_and(|term| term == "dumb");
        let log = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_target(false)
            .with_ansi(io::stderr().is_terminal() && !plain)
            .with_writer(io::stderr)
            // What cannot be written would be told of on standard error, in a panic where that is what cannot be written.
            .log_internal_errors(false);
        match self.log_format {
            LogFormat::Human => log.finish().into(),
            LogFormat::Json => log.json().flatten_event(true).finish().into(),
        }
    }
}
