//! Exit codes. The first of this list that applies is the one.

use std::io;
use std::process::ExitCode;

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Nothing to report.
    Clean = 0,
    /// Findings at or above `--fail-on`, or a file that does not load.
    Findings = 1,
    /// The command line or the settings cannot be understood.
    Usage = 2,
    /// Input that cannot be read, a folder with no manager.conf, or a report that cannot be written.
    Input = 3,
    /// A mistake in amictl.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a run ends before it has an answer.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl Failure {
    /// The command line or the settings cannot be understood.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into(), help: None }
    }

    /// Input cannot be read, or a report cannot be written.
    pub fn input(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Input, message: message.into(), help: None }
    }

    /// The same, with the way out.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Failure {
        Failure { help: Some(help.into()), ..self }
    }
}

/// What was written, where a closed pipe is no news: it changes nothing about how a run ends.
///
/// # Errors
///
/// What writing says otherwise.
pub fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Output that cannot be written: a closed pipe is no news, anything else is.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::Clean } else { Exit::Input };
        Failure { exit, message: format!("cannot write the report: {error}"), help: None }
    }
}
