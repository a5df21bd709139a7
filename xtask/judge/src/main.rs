//! Judges amictl by the real Asterisk. Linux only; ordinary tests never need it.

mod bench;
mod c_library;
mod fuzz;
mod oracle;
mod regex;

use std::process::ExitCode;

use clap::Parser;

/// Judges amictl by the real Asterisk.
#[derive(Parser)]
#[command(name = "judge", bin_name = "cargo judge")]
enum Judge {
    /// Install, run and record real Asterisks
    #[command(subcommand)]
    Oracle(oracle::Command),
    /// Measure speed beside other programs
    #[command(subcommand)]
    Bench(bench::Command),
    /// Hold amictl's expressions against the C library's
    Regex(regex::Command),
    /// Try the properties of amictl on seeded inputs
    Fuzz(fuzz::Plan),
}

/// A disagreement was found.
const DISAGREES: u8 = 1;
/// The work could not be done.
const FAILED: u8 = 3;
/// There is no Asterisk to ask here and none can be had: nothing was judged.
const UNAVAILABLE: u8 = 77;

fn main() -> ExitCode {
    let verdict = match Judge::parse() {
        Judge::Oracle(command) => command.execute(),
        Judge::Regex(command) => command.execute(),
        Judge::Fuzz(plan) => fuzz::fuzz(&plan),
        Judge::Bench(command) => command.execute().map(|()| oracle::Verdict::Agrees),
    };
    match verdict {
        Ok(oracle::Verdict::Agrees) => ExitCode::SUCCESS,
        Ok(oracle::Verdict::Disagrees) => ExitCode::from(DISAGREES),
        Ok(oracle::Verdict::Code(code)) => ExitCode::from(code),
        Err(error) => {
            eprintln!("judge: {error:#}");
            let unavailable = error.downcast_ref::<oracle::Unavailable>().is_some();
            ExitCode::from(if unavailable { UNAVAILABLE } else { FAILED })
        }
    }
}
