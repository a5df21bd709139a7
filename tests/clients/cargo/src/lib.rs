//! What the clients in Rust share: HOST PORT USER SECRET, one line for each step, and an end in any case.

use std::env;
use std::error::Error;
use std::fmt::Debug;
use std::process::{self, ExitCode};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// Where to connect, and as whom.
pub struct Arguments {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub secret: String,
    /// Not the secret.
    pub wrong: String,
    /// What makes the event of this process its own.
    pub token: String,
    /// How long to wait for an event.
    pub patience: Duration,
}

/// That a step did not go as it should.
pub type Failure = Box<dyn Error>;

/// Runs a client, with the exit code that says whether all went as it should.
pub fn run(client: impl AsyncFnOnce(&Arguments) -> Result<(), Failure>) -> ExitCode {
    let main = async || timeout(Duration::from_secs(30), client(&Arguments::new()?)).await?;
    match runtime().block_on(main()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// What runs a client: one thread, and with it goes all that the client left running.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime needs nothing")
}

/// Says that a step went as it should, or ends the client.
pub fn step(name: &str, holds: bool, saw: &dyn Debug) -> Result<(), Failure> {
    if !holds {
        return Err(format!("{name}: {saw:?}").into());
    }
    println!("{name}");
    Ok(())
}

impl Arguments {
    fn new() -> Result<Arguments, Failure> {
        let mut given = env::args().skip(1);
        let mut next = || given.next().ok_or("HOST PORT USER SECRET");
        let (host, port, user, secret) = (next()?, next()?.parse()?, next()?, next()?);
        let wrong = format!("{secret}-not");
        let token = format!("rust-{}", process::id());
        let patience = Duration::from_secs_f64(env::var("PATIENCE").as_deref().unwrap_or("10").parse()?);
        Ok(Arguments { host, port, user, secret, wrong, token, patience })
    }
}
