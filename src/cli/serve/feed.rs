//! Where the events of `amictl serve` come from.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::task::{JoinHandle, spawn_local};
use tracing::{info, warn};

use super::super::exit::Failure;
use super::super::target;
use crate::host::{Disk, FileKind, Host, random};
use crate::release::Release;
use crate::server::source::{Pace, Replay};
use crate::server::{Calls, Net, Prompt};
use crate::unpack::unpack;

/// The options of `amictl serve` about that.
#[derive(Args)]
#[command(next_help_heading = "Events")]
pub(super) struct Feed {
    /// Replay the events of a recorded session, as they were sent; `-` sends what
    /// comes on standard input as it comes
    #[arg(long, value_name = "CAPTURE")]
    events: Option<PathBuf>,
    /// So many events a second where they carry no Timestamp [default: 100; of
    /// standard input: as they come]
    #[arg(long, value_name = "N", value_parser = rate, requires = "events")]
    rate: Option<f64>,
    /// Begin again at the end of the capture
    #[arg(long = "loop", requires = "events")]
    loops: bool,
    /// Make up calls, so many a second: `calls=50/s`
    #[arg(long, value_name = "calls=N/s", value_parser = calls)]
    synthetic: Option<f64>,
    /// Make up the same calls every time, at the same times of day
    #[arg(long, value_name = "N", requires = "synthetic")]
    seed: Option<u64>,
    /// Begin once so many sessions can see events: those that are logged in, and
    /// have not switched events off
    #[arg(long, value_name = "N", default_value = "1")]
    wait_for: usize,
}

/// What is being sent, until somebody stops it.
pub(super) struct Playing(Vec<JoinHandle<()>>);

impl Playing {
    pub(super) fn stop(&self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// The beginning of 2026: when calls begin that are the same every time.
const SAME_TIME: Duration = Duration::from_secs(1_767_225_600);

/// Events a second where nobody says how many.
const USUAL: f64 = 100.0;

impl Feed {
    /// Is there anything to read that cannot be?
    pub(super) fn look(&self, host: &dyn Host) -> Result<(), Failure> {
        let Some(path) = &self.events else { return Ok(()) };
        if target::is_stdin(path) {
            return match self.loops {
                true => Err(Failure::usage("standard input cannot be read again").help("name a file with `--events`")),
                false => Ok(()),
            };
        }
        match host.kind(path) {
            Some(FileKind::Regular) => {
                host.stream(path).and_then(unpack).map(drop).map_err(|error| unread(path, &error))
            }
            Some(FileKind::Other) if self.loops => {
                Err(Failure::usage("a pipe cannot be read again").help("name a file with `--events`"))
            }
            // A pipe gives its bytes once.
            Some(FileKind::Other) => Ok(()),
            Some(FileKind::Directory) => Err(unread(path, &io::ErrorKind::IsADirectory.into())),
            None => Err(unread(path, &io::ErrorKind::NotFound.into())),
        }
    }

    /// Are the events those of standard input?
    pub(super) fn reads_input(&self) -> bool {
        self.events.as_deref().is_some_and(target::is_stdin)
    }

    /// Sends everything from now on.
    pub(super) fn begin(&self, net: &Net, release: Release) -> Playing {
        let (audience, mut playing) = (self.wait_for, Vec::new());
        if let Some(path) = self.events.clone() {
            let pace = match (target::is_stdin(&path), self.rate) {
                (true, None) => Pace::Live,
                (true, Some(rate)) => Pace::Steady(step(rate)),
                (false, rate) => Pace::Recorded(step(rate.unwrap_or(USUAL))),
            };
            let (name, loops, net) = (path.clone(), self.loops, net.clone());
            playing.push(spawn_local(async move {
                let replay = move || Replay::new(move || open(&path), pace, loops);
                match net.play(replay, audience).await {
                    Ok(count) => info!("all {count} events of `{}` are sent", name.display()),
                    Err(error) => warn!("no more events of `{}`: {error}", name.display()),
                }
            }));
        }
        if let Some(rate) = self.synthetic {
            let (seed, epoch) = self.seed.map_or_else(|| (random(), Disk.now()), |seed| (seed, SAME_TIME));
            let net = net.clone();
            playing.push(spawn_local(async move {
                // What is made up has no errors.
                let _ = net.play(move || Calls::new(release, rate, seed, epoch), audience).await;
            }));
        }
        Playing(playing)
    }
}

fn unread(path: &Path, error: &io::Error) -> Failure {
    Failure::input(format!("cannot read `{}`: {error}", path.display()))
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    match target::is_stdin(path) {
        true => Ok(Box::new(Prompt::new(|| unpack(Box::new(io::stdin()))))),
        false => unpack(Disk.stream(path)?),
    }
}

fn step(rate: f64) -> Duration {
    Duration::from_secs_f64(rate.recip())
}

/// So many a second.
fn rate(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches("/s").parse().ok().filter(|rate| (0.001..=1e9).contains(rate));
    number.ok_or_else(|| "a number of events a second, as `100`".to_owned())
}

/// So many calls a second. Each is remembered as long as it lasts.
fn calls(text: &str) -> Result<f64, String> {
    let number = text.strip_prefix("calls=").and_then(|text| rate(text).ok()).filter(|rate| *rate <= 10_000.0);
    number.ok_or_else(|| "a number of calls a second up to 10000, as `calls=50/s`".to_owned())
}
