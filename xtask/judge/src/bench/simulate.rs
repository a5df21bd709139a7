//! `cargo judge bench simulate`: who is sent which events, beside the loop of the C library that Asterisk runs.

use std::ffi::CString;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;
use std::time::Instant;

use amictl::access::{Delivery, Watcher};
use amictl::capture::{Capture, Message};
use amictl::config::manager::Manager;
use amictl::config::manager::classes::Classes;
use amictl::config::{self, Place, World};
use amictl::host::Memory;
use amictl::release::Release;
use amictl::text::Files;
use anyhow::{Context, Result, ensure};
use clap::Args;

use super::median;
use crate::c_library::Expression;

#[derive(Args)]
pub(crate) struct Simulate {
    /// How many users there are
    #[arg(long, default_value = "100")]
    users: usize,
    /// How many filters each of them has, all different
    #[arg(long, default_value = "10")]
    filters: usize,
    /// Megabytes of recorded events, over and over
    #[arg(long, default_value = "100")]
    megabytes: usize,
    /// How often each is measured
    #[arg(long, default_value = "5")]
    rounds: usize,
}

impl Simulate {
    pub(crate) fn execute(self) -> Result<()> {
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures/22.10.1/events.ami");
        let recorded = fs::read(&recorded).with_context(|| format!("no capture at `{}`", recorded.display()))?;
        let stream = recorded.repeat((self.megabytes * 1_000_000).div_ceil(recorded.len()));
        let legacy: Vec<String> = (0..self.users * self.filters).map(legacy).collect();
        let named: Vec<String> = (0..self.users).map(|user| NAMES[user % NAMES.len()].to_owned()).collect();
        let (mut ours, mut by_name, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        let expressions: Vec<Expression> = legacy
            .iter()
            .map(|line| Expression::new(line.trim_start_matches(['!', ' '])).context("a filter does not compile"))
            .collect::<Result<_>>()?;
        // The loop takes so long for an event that a part of the events says enough.
        let few = events(&recorded)?;
        for _ in 0..self.rounds {
            ours.push(judged(&conf(self.users, self.filters, "eventfilter = ", &legacy), &stream)?);
            by_name.push(judged(&conf(self.users, 1, "eventfilter", &named), &stream)?);
            let start = Instant::now();
            let matches =
                few.iter().flat_map(|text| expressions.iter().map(|it| usize::from(it.matches(text)))).sum::<usize>();
            black_box(matches);
            theirs.push(few.len() as f64 / start.elapsed().as_secs_f64());
        }
        let size = recorded.len() as f64 / few.len() as f64;
        let (ours, by_name, theirs) = (median(ours), median(by_name), median(theirs));
        let (users, filters, megabytes) = (self.users, self.filters, self.megabytes);
        println!("{megabytes} MB of recorded events of {size:.0} bytes, median of {} rounds in turns", self.rounds);
        println!(
            "amictl: {users} users, {filters} legacy filters each {ours:>12.0} events/s {:>6.2} GB/s",
            ours * size / 1e9
        );
        println!("C library: the same filters, one by one    {theirs:>10.0} events/s {:>6.0}x", ours / theirs);
        println!(
            "amictl: {users} users, a name() filter each   {by_name:>11.0} events/s {:>6.2} GB/s",
            by_name * size / 1e9
        );
        Ok(())
    }
}

const NAMES: [&str; 4] = ["(name(Hangup)) =", "(name(Newchannel)) =", "(name(VarSet)) =", "(name(Cdr)) ="];

/// A filter like those of wallboards and recorders.
pub(super) fn legacy(number: usize) -> String {
    let not = if number % 3 == 2 { "!" } else { "" };
    let text = match number % 5 {
        0 => format!("Channel: PJSIP/{number}"),
        1 => format!("CallerIDNum: {number}[[:space:]]"),
        2 => format!("Exten: {number}[0-9]"),
        3 => format!("Event: (Hangup|Newchannel).*Uniqueid: {number}"),
        _ => format!("AccountCode: acc{number}"),
    };
    format!("{not}{text}")
}

fn conf(users: usize, each: usize, key: &str, filters: &[String]) -> String {
    let mut text = String::from("[general]\nenabled = yes\n");
    for user in 0..users {
        let _ = write!(text, "[user{user}]\nsecret = s{user}\nread = all\n");
        for filter in &filters[user * each..][..each] {
            let _ = writeln!(text, "{key}{filter}");
        }
    }
    text
}

/// The texts of events, as the C library takes them.
fn events(capture: &[u8]) -> Result<Vec<CString>> {
    let (mut capture, mut events) = (Capture::new(Cursor::new(capture)), Vec::new());
    while let Some(message) = capture.message()? {
        if let Message::Event(event) = message {
            events.push(CString::new(event.text.to_vec())?);
        }
    }
    Ok(events)
}

/// How many events a second are read and judged for all users.
fn judged(conf: &str, stream: &[u8]) -> Result<f64> {
    let (files, memory, release) = (Files::default(), Memory::default(), Release::newest_lts());
    let root = files.add("manager.conf".into(), "/etc/asterisk/manager.conf".into(), conf.as_bytes().to_vec()).id();
    let world = World::new(&files, &memory, Place { etc: "/etc/asterisk".into(), root: None, complete: true });
    let effective = config::load(&world, root, release);
    let manager = Manager::load(&world, &effective, release);
    let watchers: Vec<_> = manager.accounts.users.iter().map(|user| Watcher::of(user, Classes::ALL)).collect();
    let mut delivery = Delivery::new(&watchers, Vec::new());
    let (start, mut capture, mut count) = (Instant::now(), Capture::new(Cursor::new(stream)), 0_u64);
    while let Some(message) = capture.message()? {
        let Message::Event(event) = message else { continue };
        black_box(delivery.judge(&event.text, event.name(), event.classes()));
        count += 1;
    }
    ensure!(count > 0, "the capture has no events");
    Ok(count as f64 / start.elapsed().as_secs_f64())
}
