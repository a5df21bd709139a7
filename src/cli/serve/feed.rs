//! Where the events of `amictl serve` come from.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args};
use tokio::task::{JoinHandle, spawn_local};
use tracing::{info, warn};

use super::super::exit::Failure;
use super::super::target;
use crate::capture::{Capture, Message};
use crate::host::{Disk, FileKind, Host, random};
use crate::release::Release;
use crate::server::source::{Pace, Replay, stamp};
use crate::server::{Calls, Net, Prompt};
use crate::unpack::unpack;

/// The options of `amictl serve` about that.
#[derive(Args)]
#[command(next_help_heading = "Events", group = ArgGroup::new("sources").args(["events", "synthetic"]).multiple(true))]
pub(super) struct Feed {
    /// Replay the events of a recorded session, as they were sent; `-` sends what
    /// comes on standard input as it comes
    #[arg(long, value_name = "CAPTURE")]
    pub(super) events: Option<PathBuf>,
    /// So many events a second of a capture without Timestamps [default: 100]; one
    /// that has them keeps its own pace. Standard input is read as it comes, or at
    /// this rate, whatever its Timestamps say
    ///
    /// In a capture with Timestamps an event without one comes together with the one before it; what stands before the first
    /// Timestamp, and the first event of each round of --loop, come at this rate.
    #[arg(long, value_name = "N", value_parser = rate, requires = "events", allow_negative_numbers = true)]
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
    #[arg(long, value_name = "N", default_value = "1", value_parser = sessions, requires = "sources")]
    #[arg(allow_negative_numbers = true)]
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
            Some(FileKind::Other) if self.loops => {
                Err(Failure::usage("a pipe cannot be read again").help("name a file with `--events`"))
            }
            // A pipe gives its bytes once.
            Some(FileKind::Other) => Ok(()),
            _ => {
                let events = host.stream(path).and_then(unpack);
                let events =
                    events.map_err(|error| Failure::input(format!("cannot read `{}`: {error}", path.display())))?;
                if self.rate.is_some() && begins_with_a_time(events) {
                    let name = path.display();
                    let but = if self.loops { " but the wait between rounds" } else { "" };
                    warn!(
                        "`--rate` changes nothing{but}: the events of `{name}` carry Timestamps, and keep their pace"
                    );
                }
                Ok(())
            }
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
                    Ok(0) => warn!("no event in `{}`: is it a capture?", name.display()),
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

/// Has the first event a Timestamp? What cannot be read on is told of when it is replayed.
fn begins_with_a_time(events: Box<dyn Read>) -> bool {
    let mut capture = Capture::new(events);
    loop {
        match capture.message() {
            Ok(Some(Message::Event(event))) => return stamp(&event.text).is_some(),
            Ok(Some(Message::Reply)) => {}
            Ok(None) | Err(_) => return false,
        }
    }
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
    let number = text.strip_suffix("/s").unwrap_or(text).parse().ok().filter(|rate| (0.001..=1e9).contains(rate));
    number.ok_or_else(|| "a number of events a second, as `100`".to_owned())
}

/// So many of them.
fn sessions(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "a number of sessions, as `2`".to_owned())
}

/// So many calls a second. Each is remembered as long as it lasts.
fn calls(text: &str) -> Result<f64, String> {
    let number = text.strip_prefix("calls=").and_then(|text| rate(text).ok()).filter(|rate| *rate <= 10_000.0);
    number.ok_or_else(|| "a number of calls a second up to 10000, as `calls=50/s`".to_owned())
}
