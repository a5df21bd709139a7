//! An Asterisk for the length of a command.

use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result};

use super::Verdict;
use super::install::Installation;
use super::instance::{Instance, SECRET, USER, in_child};

pub(crate) fn run(installation: &Installation, etc: Option<&Path>, command: &[String]) -> Result<Verdict> {
    let instance = Instance::start(installation, etc)?;
    let Some((program, arguments)) = command.split_first() else {
        println!("{} listens on 127.0.0.1:{}", installation.about.version, instance.port);
        println!("user {USER}, secret {SECRET}, configuration in {}", instance.etc().display());
        loop {
            // Ctrl-C ends this process, and Asterisk with it.
            thread::park();
        }
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("AMICTL_ORACLE_HOST", "127.0.0.1")
        .env("AMICTL_ORACLE_PORT", instance.port.to_string())
        .env("AMICTL_ORACLE_USER", USER)
        .env("AMICTL_ORACLE_SECRET", SECRET)
        .env("AMICTL_ORACLE_ETC", instance.etc());
    in_child(&mut command, || Ok(()));
    let status = command.status().with_context(|| format!("cannot run `{program}`"))?;
    // A command that a signal ended has no code; a shell would say 128 and more.
    Ok(Verdict::Code(status.code().and_then(|it| u8::try_from(it).ok()).unwrap_or(128)))
}
