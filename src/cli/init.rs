//! `amictl init`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::exit::{Exit, Failure};
use super::settings::NAME;
use crate::host;

/// All keys with what they are for, none of them set.
pub(super) const TEMPLATE: &str = include_str!("init.toml");

/// `amictl init`.
#[derive(Args)]
pub(super) struct Init {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl Init {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let path = self.folder.join(NAME);
        match host::create(&path, TEMPLATE.as_bytes()) {
            Ok(()) => writeln!(out, "wrote {}; all in it is commented out", path.display())?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(Failure::usage(format!("there is a `{}` already", path.display())).help("edit that one"));
            }
            Err(error) => return Err(Failure::input(format!("cannot write `{}`: {error}", path.display()))),
        }
        Ok(Exit::Clean)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::settings::{self, KEYS};
    use crate::host::Memory;

    /// Uncommented, it is read, and every key is in it.
    #[test]
    fn the_template_is_one_that_can_be_read() {
        let is_key =
            |line: &&str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let uncommented = |line: &'static str| line.strip_prefix("# ").filter(is_key);
        let lines: Vec<&str> = TEMPLATE.lines().filter_map(uncommented).collect();
        let mut memory = Memory::default();
        memory.add("/x/amictl.toml", lines.join("\n"));
        let read = settings::read(&memory, Path::new("/x/amictl.toml")).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!((read.asterisk.len(), read.rules.len(), read.per_path.len()), (2, 1, 1));
        for key in KEYS {
            assert!(lines.iter().any(|line| line.trim_start_matches('[').starts_with(key)), "{key} is not in it");
        }
        assert!(TEMPLATE.lines().all(|line| line.is_empty() || line.starts_with('#')), "something in it is set");
    }
}
