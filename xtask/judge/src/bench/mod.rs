//! `cargo judge bench`: amictl's speed beside that of others, in one run.

mod check;
mod idle;
mod read;
mod serve;
mod simulate;

use anyhow::Result;
use clap::Subcommand;

pub(crate) use read::program;

/// Measure speed: several programs in turns, so that a noisy machine is as noisy to each.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Reading: parse, load and check, beside other parsers of the same text
    Read(read::Read),
    /// Checking: all rules on a large file, beside an Asterisk that reloads it
    Check(check::Check),
    /// Judging events for many users, beside the C library's loop over all filters
    Simulate(simulate::Simulate),
    /// Serving: events to many clients, beside an Asterisk that sends them the same
    Serve(serve::Serve),
    /// Serving nothing: the memory that silent clients take
    Idle(idle::Idle),
}

impl Command {
    pub(crate) fn execute(self) -> Result<()> {
        match self {
            Command::Read(read) => read.execute(),
            Command::Check(check) => check.execute(),
            Command::Simulate(simulate) => simulate.execute(),
            Command::Serve(serve) => serve.execute(),
            Command::Idle(idle) => idle.execute(),
        }
    }
}

/// The middle of some measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Users like those of a large installation, with comments, ACLs and class lists.
fn users(seats: impl IntoIterator<Item = usize>, read: &str) -> String {
    let mut text = String::new();
    for seat in seats {
        text.push_str(&format!(
            "; seat {seat}, second floor, asked for by the reception on a Monday\n[seat{seat}]\nsecret = s3cr3t{seat}\ndeny = 0.0.0.0/0.0.0.0\n\
             permit = 10.{}.{}.0/255.255.255.0\nread = {read}\nwrite = call,agent,user ; what a seat may do\n\
             writetimeout = 500\n\n",
            seat / 256 % 256,
            seat % 256
        ));
    }
    text
}
