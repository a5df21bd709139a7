//! `amictl completions` and `amictl man`: for packages and shells.

use std::io::Write;

use clap::{Args, CommandFactory as _};

use super::Cli;
use super::exit::{Exit, Failure};

/// `amictl completions`.
#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(&self, mut out: &mut dyn Write) -> Result<Exit, Failure> {
        clap_complete::generate(self.shell, &mut Cli::command(), "amictl", &mut out);
        Ok(Exit::Clean)
    }
}

/// `amictl man`.
#[derive(Args)]
pub(super) struct Man {
    /// A command, as `check` or `simulate login`; without it, amictl itself
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Man {
    pub(super) fn run(&self, mut out: &mut dyn Write) -> Result<Exit, Failure> {
        let mut command = Cli::command();
        command.build();
        let mut name = "amictl".to_owned();
        for word in &self.command {
            let Some(inner) = command.find_subcommand(word) else {
                return Err(Failure::usage(format!("there is no command `{name} {word}`"))
                    .help(format!("`{name} --help` lists them")));
            };
            command = inner.clone();
            name = format!("{name} {word}");
        }
        clap_mangen::Man::new(command).render(&mut out)?;
        Ok(Exit::Clean)
    }
}
