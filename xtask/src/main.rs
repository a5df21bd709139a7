//! Developer tasks: `cargo xtask generate [--check]`.
//!
//! This program never links amictl: it writes a source file of amictl, so it must build when that file is stale.

mod catalogue;
mod generate;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["generate"] => generate::write(),
        ["generate", "--check"] => generate::check(),
        _ => Err("usage: cargo xtask generate [--check]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
