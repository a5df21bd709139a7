//! `amictl simulate events`: who is sent which event of a recorded session.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::{Exit, Failure};
use super::simulate::no_user;
use super::{Reading, progress, target};
use crate::access::{self, Delivery, Fate, Watcher};
use crate::capture::{Capture, CaptureError, Message};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::{FilterReader, Matcher};
use crate::config::manager::{Manager, User};
use crate::config::{self, Outcome, World};
use crate::host::{Host, name_bytes};
use crate::report::events::{EventsReport, Stream, Tally};
use crate::text::{Files, show};
use crate::unpack::unpack;

/// `amictl simulate events`.
#[derive(Args)]
#[command(after_help = "\
The capture is what a session that sees everything was sent, as it came: a
greeting, responses and lists in it are counted and passed over. Its text is
judged as it is. It may be of any length, and compressed with gzip or xz.

Exit codes: 0 judged, 1 the manager.conf does not load, 3 the capture cannot be
read.")]
pub(super) struct Events {
    /// The manager.conf; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The recorded session; `-` for standard input
    #[arg(long, value_name = "CAPTURE")]
    events: PathBuf,
    /// A user to judge for; may be given more than once [default: every user]
    #[arg(long, value_name = "NAME")]
    user: Vec<OsString>,
    /// The header `Events` of the login: `on`, `off`, a number or a list of classes [default: everything]
    #[arg(long, value_name = "EVENTS")]
    mask: Option<OsString>,
    /// A filter that the session adds itself, as `!Event: VarSet` or `name(Hangup)=`; may be given more than once
    #[arg(long, value_name = "[CRITERIA=]PATTERN")]
    session_filter: Vec<OsString>,
    /// How the answer is shown: `ami` is the events that a user is sent, byte for byte
    #[arg(long, value_enum, default_value = "table")]
    format: FormatName,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    Table,
    Json,
    Ami,
}

impl Events {
    pub(super) fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        if target::is_stdin(&self.file) && target::is_stdin(&self.events) {
            return Err(Failure::usage("standard input cannot be both the file and the capture"));
        }
        let settings = target::settings(host, std::slice::from_ref(&self.file), None)?;
        let [release] = self.reading.releases(&settings)?[..] else {
            return Err(Failure::usage("events are judged for one release").help("name one: `--asterisk 22`"));
        };
        let files = Files::default();
        let root = target::open(host, &files, &self.file, &self.reading)?;
        let world = World::new(&files, host, target::place(&self.file, &self.reading, &settings));
        let effective = config::load(&world, root, release);
        let manager = Manager::load(&world, &effective, release);
        if effective.outcome != Outcome::Loads {
            return Err(Failure { exit: Exit::Findings, ..Failure::usage("Asterisk does not load this file") }
                .help(format!("`amictl check {}` says why", self.file.display())));
        }
        let users = self.users(&manager)?;
        let mask = self.mask.as_ref().and_then(|mask| access::mask(name_bytes(mask))).unwrap_or(Classes::ALL);
        let added = self.added(&mut FilterReader::new(release))?;
        let watchers: Vec<Watcher<'_>> = users.iter().map(|user| watcher(user, mask, &added)).collect();
        let disabled = manager.general.disabled_events().into_iter().map(<[u8]>::to_vec).collect();
        let mut judged =
            Judged { delivery: Delivery::new(&watchers, disabled), tallies: Vec::new(), stream: Stream::default() };
        let input = self.input(host)?;
        if self.format == FormatName::Ami {
            judged.run(input, |text| out.write_all(text))?;
        } else {
            judged.run(input, |_| Ok(()))?;
        }
        let names: Vec<&[u8]> = users.iter().map(|user| user.name).collect();
        let tallies: Vec<Tally> = judged.delivery.groups().iter().map(|&group| judged.tallies[group]).collect();
        let report = EventsReport { release, names: &names, tallies: &tallies, stream: &judged.stream };
        match self.format {
            FormatName::Table => report.table(out)?,
            FormatName::Json => report.json(out)?,
            FormatName::Ami => {}
        }
        for note in report.notes(&manager.general) {
            let _ = writeln!(io::stderr(), "amictl: {note}");
        }
        Ok(Exit::Clean)
    }

    /// The filters that the session adds.
    fn added(&self, reader: &mut FilterReader) -> Result<Vec<(Matcher, bool)>, Failure> {
        let filter = |text: &OsString| {
            let text = name_bytes(text);
            let equals = text.iter().position(|&byte| byte == b'=');
            let criteria = equals.map(|at| &text[..at]).filter(|criteria| {
                let words: [&[u8]; 4] = [b"action(", b"name(", b"header(", b"method("];
                criteria.ends_with(b")") && words.iter().any(|word| criteria.starts_with(word))
            });
            let value = criteria.map_or(text, |criteria| &text[criteria.len() + 1..]);
            reader.of_session(criteria, value).map_err(|_| {
                Failure::usage(format!("Asterisk refuses the session filter `{}`", show(text)))
                    .help("write a POSIX extended expression, or criteria as in `name(Hangup)=`")
            })
        };
        self.session_filter.iter().map(filter).collect()
    }

    fn input(&self, host: &dyn Host) -> Result<Box<dyn Read>, Failure> {
        let failed = |error| Failure::input(format!("cannot read `{}`: {error}", self.events.display()));
        let (input, path): (Box<dyn Read>, _) = match target::is_stdin(&self.events) {
            // A shell may have made a file of it.
            true => (Box::new(io::stdin().lock()), Path::new("/dev/stdin")),
            false => (host.stream(&self.events).map_err(failed)?, &*self.events),
        };
        // Events that run over the terminal show that it goes on, and a bar would be in between.
        let are_seen = self.format == FormatName::Ami && io::stdout().is_terminal();
        Ok(if are_seen { input } else { progress::watched(input, host.length(path)) })
    }

    /// The users that are asked about, or all of them.
    fn users<'m, 't>(&self, manager: &'m Manager<'t>) -> Result<Vec<&'m User<'t>>, Failure> {
        let accounts = &manager.accounts;
        if self.format == FormatName::Ami && self.user.len() != 1 {
            return Err(Failure::usage("`--format ami` is for one user").help("name it: `--user NAME`"));
        }
        if self.user.is_empty() {
            return Ok(accounts.users.iter().collect());
        }
        let find = |name: &OsString| {
            let name = name_bytes(name);
            accounts.find(name).ok_or_else(|| no_user(accounts, name))
        };
        self.user.iter().map(find).collect()
    }
}

fn watcher<'w>(user: &'w User<'_>, mask: Classes, added: &'w [(Matcher, bool)]) -> Watcher<'w> {
    let mut watcher = Watcher::of(user, mask);
    for (matcher, excludes) in added {
        if *excludes { &mut watcher.excludes } else { &mut watcher.includes }.push(matcher);
    }
    watcher
}

struct Judged<'w> {
    delivery: Delivery<'w>,
    /// Of each group of sessions.
    tallies: Vec<Tally>,
    stream: Stream,
}

impl Judged<'_> {
    /// Judges all events of a capture; `send` gets those that the first group is sent.
    fn run(&mut self, input: Box<dyn Read>, mut send: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), Failure> {
        let groups = self.delivery.groups().iter().max().map_or(0, |last| last + 1);
        self.tallies.resize(groups, Tally::default());
        let mut capture = Capture::new(unpack(input).map_err(CaptureError::from)?);
        while let Some(message) = capture.message()? {
            let Message::Event(event) = message else {
                self.stream.replies += 1;
                continue;
            };
            self.stream.add(&event);
            let fates = self.delivery.judge(&event.text, event.name(), event.classes());
            for (tally, &fate) in self.tallies.iter_mut().zip(fates) {
                tally.add(fate, event.text.len());
            }
            if fates.first() == Some(&Fate::Delivered) {
                send(&event.text)?;
            }
        }
        self.stream.tail = capture.tail();
        Ok(())
    }
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Failure {
        Failure::input(error.to_string())
    }
}
