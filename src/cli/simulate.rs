//! `amictl simulate`: what Asterisk would do.

use std::ffi::OsString;
use std::io::{Read as _, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::exit::{Exit, Failure};
use super::simulate_action::Action;
use super::simulate_events::Events;
use super::what_if::WhatIf;
use super::{Reading, target};
use crate::access::{self, Attempt, Configuration};
use crate::catalog;
use crate::config::manager::listen::ListenerKind;
use crate::config::manager::{Accounts, Manager};
use crate::config::{self, World};
use crate::host::{Host, name_bytes};
use crate::release::Release;
use crate::report::login::{Answer, LoginReport};
use crate::report::what_if::Before;
use crate::text::{FileId, Files, show};

/// `amictl simulate`.
#[derive(Args)]
pub(super) struct Simulate {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// May a client log in, and which line decides that
    Login(Login),
    /// May a user run an action, and by which class; or all that a user may run
    Action(Action),
    /// Which events of a recorded session each user is sent
    Events(Events),
}

/// `amictl simulate login`.
#[derive(Args)]
#[command(after_help = "\
Exit codes: 0 every release lets the client in, 1 one of them does not, or that
cannot be known without a file that is not here.")]
struct Login {
    /// The manager.conf; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The user that logs in
    #[arg(long, value_name = "NAME")]
    user: OsString,
    /// The client's address
    #[arg(long, value_name = "IP[:PORT]")]
    from: String,
    /// Connect to the TLS listener
    #[arg(long)]
    tls: bool,
    /// Take the client's secret from standard input, without the newline at its end [default: the right one]
    #[arg(long)]
    secret_stdin: bool,
    /// A user that has a session already; may be given more than once
    #[arg(long, value_name = "NAME")]
    session: Vec<OsString>,
    /// How the answer is shown
    #[arg(long, value_enum, default_value = "human")]
    format: FormatName,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    what_if: WhatIf,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum FormatName {
    Human,
    Json,
}

impl Simulate {
    pub(super) fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        match &self.what {
            What::Login(login) => login.run(host, out),
            What::Action(action) => action.run(host, out),
            What::Events(events) => events.run(host, out),
        }
    }
}

impl Login {
    fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        let from = address(&self.from)?;
        let secret = self.secret()?;
        let settings = target::settings(host, std::slice::from_ref(&self.file), None)?;
        let releases = self.reading.releases(&settings)?;
        let files = Files::default();
        let root = target::open(host, &files, &self.file, &self.reading)?;
        let world = || World::new(&files, host, target::place(&self.file, &self.reading, &settings));
        let worlds = self.what_if.worlds(world, root, &releases)?;
        let sessions: Vec<Vec<u8>> = self.session.iter().map(|name| name_bytes(name).to_vec()).collect();
        let attempt = Attempt {
            user: name_bytes(&self.user),
            from,
            over: if self.tls { ListenerKind::Tls } else { ListenerKind::Plain },
            secret: secret.as_deref(),
            sessions: &sessions,
        };
        let login = |configuration: Configuration<'_, '_>| access::login(configuration, attempt);
        let answers = |world: &World<'_>| -> Vec<Answer> {
            let answer = |&release: &Release| Answer { release, trace: ask(world, root, release, login) };
            releases.iter().map(answer).collect()
        };
        let before = worlds.before().map(answers);
        let before = before.as_deref().map(|answers| Before { change: &worlds.said, answers });
        let (user, from, answers) = (name_bytes(&self.user), &*self.from, &answers(worlds.asked())[..]);
        let report = LoginReport { user, from, answers, before, files: &files };
        match self.format {
            FormatName::Human => report.human(out)?,
            FormatName::Json => report.json(out)?,
        }
        Ok(if report.accepted() { Exit::Clean } else { Exit::Findings })
    }

    /// The secret from standard input, without the newline that ends it.
    fn secret(&self) -> Result<Option<Vec<u8>>, Failure> {
        if !self.secret_stdin {
            return Ok(None);
        }
        if target::is_stdin(&self.file) {
            return Err(Failure::usage("standard input cannot be both the file and the secret"));
        }
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| Failure::input(format!("cannot read the secret: {error}")))?;
        if bytes.ends_with(b"\n") {
            bytes.pop();
        }
        Ok(Some(bytes))
    }
}

/// Asks a question of the configuration as one release holds it.
pub(super) fn ask<R>(
    world: &World<'_>,
    root: FileId,
    release: Release,
    question: impl FnOnce(Configuration<'_, '_>) -> R,
) -> R {
    let effective = config::load(world, root, release);
    let manager = Manager::load(world, &effective, release);
    let (accounts, listeners) = (&manager.accounts, &manager.listeners);
    question(Configuration { effective: &effective, accounts, listeners })
}

/// There is no user of that name.
pub(super) fn no_user(accounts: &Accounts<'_>, name: &[u8]) -> Failure {
    let names = accounts.users.iter().filter_map(|user| std::str::from_utf8(user.name).ok());
    let failure = Failure::usage(format!("there is no user `{}`", show(name)));
    match catalog::nearest(&name.to_ascii_lowercase(), names) {
        Some(near) => failure.help(format!("did you mean `{}`?", show(near.as_bytes()))),
        None => failure,
    }
}

/// `127.0.0.1`, `127.0.0.1:40000`, `::1`, `[::1]:40000`: the port plays no part.
fn address(text: &str) -> Result<IpAddr, Failure> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    address.map_err(|_| {
        Failure::usage(format!("`{text}` is no address"))
            .help("give it as 192.0.2.1, 192.0.2.1:40000, ::1 or [::1]:40000")
    })
}
