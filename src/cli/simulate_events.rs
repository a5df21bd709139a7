//! `amictl simulate events`: who is sent which event of a recorded session.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::{Exit, Failure};
use super::replay::{Asked, Judged, Replay};
use super::simulate::no_user;
use super::what_if::WhatIf;
use super::{Reading, progress, target};
use crate::access;
use crate::config::manager::Manager;
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::{FilterReader, Matcher};
use crate::config::{self, Effective, Outcome, World};
use crate::host::{Host, name_bytes};
use crate::release::Release;
use crate::report::events::{EventsReport, notes};
use crate::report::explain::Explained;
use crate::text::{FileId, Files, show};

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
    /// Say of each event, or of those of one name, why a user is sent it or is not, and what it would take
    #[arg(long, value_name = "EVENT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    explain: Option<OsString>,
    /// Explain with every step and every filter, and not just what decided
    #[arg(long, value_enum, value_name = "DEPTH")]
    trace: Option<Depth>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    what_if: WhatIf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Depth {
    Full,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    Table,
    Json,
    Ami,
}

impl Events {
    pub(super) fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        self.is_sensible()?;
        let settings = target::settings(host, std::slice::from_ref(&self.file), None)?;
        let [release] = self.reading.releases(&settings)?[..] else {
            return Err(Failure::usage("events are judged for one release").help("name one: `--asterisk 22`"));
        };
        let files = Files::default();
        let root = target::open(host, &files, &self.file, &self.reading)?;
        let world = || World::new(&files, host, target::place(&self.file, &self.reading, &settings));
        let worlds = self.what_if.worlds(world, root, &[release])?;
        let load = |world| self.load(world, root, release);
        let (effective, old_effective) = (load(worlds.asked())?, worlds.before().map(load).transpose()?);
        let manager = Manager::load(worlds.asked(), &effective, release);
        let old = worlds.before().zip(old_effective.as_ref());
        let old = old.map(|(world, effective)| (effective, Manager::load(world, effective, release)));
        let old = old.as_ref().map(|(effective, manager)| (*effective, manager));

        let mask = self.mask.as_ref().and_then(|mask| access::mask(name_bytes(mask))).unwrap_or(Classes::ALL);
        let asked = Asked { mask, filters: self.added(&mut FilterReader::new(release))? };
        let names = self.names(&manager, old.map(|(_, manager)| manager))?;
        let mut replay = Replay::new(names, (&effective, &manager), old, &asked);
        let stream = replay.run(self.input(host)?, |judged| self.show(&judged, &files, out))?;
        let (rows, change) = (replay.rows(), old.map(|_| &*worlds.said));
        let notes = notes(&stream, &effective, &manager.general, &files);
        let report = EventsReport { release, rows: &rows, change, stream: &stream, notes: &notes };
        match self.format {
            FormatName::Ami => {}
            FormatName::Json if self.is_explaining() => report.json_line(out)?,
            FormatName::Json => report.json(out)?,
            FormatName::Table => report.table(out)?,
        }
        for note in &notes {
            let _ = writeln!(io::stderr(), "amictl: {note}");
        }
        Ok(Exit::Clean)
    }

    fn is_sensible(&self) -> Result<(), Failure> {
        let is_ami = self.format == FormatName::Ami;
        match () {
            () if target::is_stdin(&self.file) && target::is_stdin(&self.events) => {
                Err(Failure::usage("standard input cannot be both the file and the capture"))
            }
            () if is_ami && self.is_explaining() => {
                Err(Failure::usage("`--format ami` has no place for explanations").help("leave it out"))
            }
            () if is_ami && self.user.len() != 1 => {
                Err(Failure::usage("`--format ami` is for one user").help("name it: `--user NAME`"))
            }
            () => Ok(()),
        }
    }

    /// What is shown of a single event.
    fn show(&self, judged: &Judged<'_, '_, '_>, files: &Files, out: &mut dyn Write) -> Result<(), Failure> {
        let (number, event) = (judged.number, judged.event);
        if self.format == FormatName::Ami && judged.first_is_sent_it {
            out.write_all(&event.text)?;
        }
        if self.explains(event.name()) {
            let users = judged.explain();
            let explained = Explained { number, event, users: &users, files, in_full: self.trace.is_some() };
            match self.format {
                FormatName::Json => explained.json(out)?,
                _ => explained.human(out)?,
            }
        }
        Ok(())
    }

    /// What the release holds of the file, if it loads it.
    fn load<'t>(&self, world: &'t World<'_>, root: FileId, release: Release) -> Result<Effective<'t>, Failure> {
        let effective = config::load(world, root, release);
        if effective.outcome == Outcome::Loads {
            return Ok(effective);
        }
        Err(Failure { exit: Exit::Findings, ..Failure::usage("Asterisk does not load this file") }
            .help(format!("`amictl check {}` says why", self.file.display())))
    }

    fn is_explaining(&self) -> bool {
        self.explain.is_some() || self.trace.is_some()
    }

    /// Is an event of that name one to be explained?
    fn explains(&self, name: &[u8]) -> bool {
        let is_asked = |asked: &OsString| asked.is_empty() || name_bytes(asked) == name;
        self.is_explaining() && self.explain.as_ref().is_none_or(is_asked)
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
        let runs_over = self.format == FormatName::Ami || self.is_explaining();
        let are_seen = runs_over && io::stdout().is_terminal();
        Ok(if are_seen { input } else { progress::watched(input, host.length(path)) })
    }

    /// The users that are asked about; or all that there are, and those that there were before a change.
    fn names<'t>(&self, manager: &Manager<'t>, old: Option<&Manager<'t>>) -> Result<Vec<&'t [u8]>, Failure> {
        let accounts = &manager.accounts;
        let old = old.map(|old| &old.accounts);
        if self.user.is_empty() {
            let gone = old.into_iter().flat_map(|old| &old.users).filter(|user| accounts.find(user.name).is_none());
            return Ok(accounts.users.iter().chain(gone).map(|user| user.name).collect());
        }
        let find = |name: &OsString| {
            let name = name_bytes(name);
            let found = accounts.find(name).or_else(|| old?.find(name));
            found.map(|user| user.name).ok_or_else(|| no_user(accounts, name))
        };
        self.user.iter().map(find).collect()
    }
}
