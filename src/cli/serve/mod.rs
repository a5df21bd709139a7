//! `amictl serve`: the configuration, running.

mod command;
mod doors;
mod feed;
mod logging;
mod operation;
mod record;
mod replies;
mod signals;
mod source;
mod strict;
mod watch;

use std::cell::RefCell;
use std::ffi::OsString;
use std::future::pending;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;
use tracing::info;

use super::exit::{Exit, Failure, unless_closed};
use super::{Reading, target};
use crate::host::{Disk, Host, raise_file_limit, random};
use crate::release::Release;
use crate::report::listening::Listening;
use crate::server::observe::Observer;
use crate::server::rights::Watching;
use crate::server::{Extras, Hub, Log, Net};
use crate::text::Secrets;
use command::Running;
use doors::{Doors, Open, Plan, bind};
use feed::Feed;
use logging::Logging;
use operation::Operation;
use record::Record;
use signals::{Signal, Signals};
use source::{Reloaded, Source};
use strict::Strict;
use watch::Watch;

/// `amictl serve`.
#[derive(Args)]
#[command(after_help = "\
It listens where the file says, or where the options do; port 0 takes any that
is free. The first lines on standard output say where. SIGHUP reads the file
again, and so does the action Reload: one with errors is refused, and who is
logged in keeps what it has.

Clients may what the file says, and are told what Asterisk would tell them. What
the file of --replies has for an action comes first; by itself it answers Login,
Logoff, Challenge, Ping, Events, Filter, WaitEvent, UserEvent, ListCommands,
CoreStatus, CoreSettings, GetConfig, GetConfigJSON, ListCategories, Reload, and
Command for `manager show ...`; others get an error that says there is nothing.

To replay a recorded session to a client under development, over and over:
  amictl serve manager.conf --port 0 --events session.ami --loop
Each session is sent what its classes, mask and filters let through, byte for
byte as it was captured; events that carry a Timestamp come as far apart as they
were. A client that must not miss the first ones logs in with `Events: off`,
adds its filters, and then switches events on.

To test a client, and fail if it needs other rights than these:
  amictl serve manager.conf --bind 127.0.0.1 --port 0 \\
      --strict-rights=crm.read=call --strict-rights=crm.write=originate \\
      -- npm test

Exit codes: 0 stopped by a signal, or the command has succeeded, 1 the file has
errors, the command has failed or was stopped before its end, or rights are not
as expected, 2 usage or settings, 3 it cannot be read, or nothing can be
listened to.")]
#[command(mut_arg("stdin_name", |arg| arg.hide(true).conflicts_with("file")))]
#[command(mut_arg("asterisk", |arg| arg.value_name("R").help(RELEASE).long_help(RELEASE_AT_LENGTH)))]
pub(super) struct Serve {
    /// The manager.conf
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Serve as long as this runs; AMICTL_HOST and AMICTL_PORT tell it where
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<OsString>,
    #[command(flatten)]
    doors: Doors,
    /// Answer actions with what is written down in this file (TOML), before amictl answers by itself
    #[arg(long, value_name = "FILE")]
    replies: Option<PathBuf>,
    /// Give metrics for Prometheus and a health page at this port of 127.0.0.1, or at the address that is named
    #[arg(long, value_name = "[IP:]PORT", value_parser = operation::address)]
    admin: Option<SocketAddr>,
    /// Write down what clients and the server say, a line of JSON for each message
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Give away secrets to clients that may ask for files, and in the record
    #[arg(long)]
    reveal_secrets: bool,
    /// Run in spite of errors in the file
    ///
    /// What counts are errors of amictl's own rules, but for those that comments silence (`amictl: allow`); the [rules] of an
    /// amictl.toml are not heeded. A file that Asterisk does not load is not served in any case.
    #[arg(long)]
    force: bool,
    /// Read the file again when it changes, one that it includes, or its certificate
    #[arg(long)]
    watch: bool,
    /// Fail at the end if clients used or were refused rights that are not listed
    ///
    /// The option is repeated, for each right that a user's clients are expected to need. A user that is not listed, or whose
    /// read or write is not, is held to what the file grants there; without any list all are. What each user's clients did
    /// need is told at the end.
    #[arg(long, value_name = "USER.read=CLASSES", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    strict_rights: Vec<String>,
    /// Say where it listens in lines for people, or in one of JSON: human or json
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT", hide_possible_values = true)]
    #[arg(hide_default_value = true)]
    ready: Ready,
    #[command(flatten)]
    reading: Reading,
    // The last, as what follows them in here would stand under their headings.
    #[command(flatten)]
    feed: Feed,
    #[command(flatten)]
    logging: Logging,
}

const RELEASE: &str = "The release of Asterisk to be, as 22 or 16.28.0";
const RELEASE_AT_LENGTH: &str = "\
The release of Asterisk to be, as 22 or 16.28.0

A series, a release, a certified one (certified/20.7) or a package's version; one of them. Without it, the newest \
long-term series.";

/// So long clients may take what is left to be sent when the server ends, and a command that is asked to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// When nothing has happened for so long, nothing is on its way.
const QUIET: Duration = Duration::from_millis(100);

/// How it is said where it listens.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ready {
    Human,
    Json,
}

impl Serve {
    pub(super) fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        self.serve(host, out).or_else(|failure| self.logging.fail(failure))
    }

    fn serve(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        self.look()?;
        self.logging.begin();
        let settings = target::settings(host, std::slice::from_ref(&self.file), None)?;
        let [release] = self.reading.releases(&settings)?[..] else {
            return Err(Failure::usage("one release is served").help("name one: `--asterisk 22`"));
        };
        let source = Source {
            file: &self.file,
            reading: &self.reading,
            force: self.force,
            settings,
            release,
            seen: RefCell::default(),
            folders: RefCell::default(),
        };
        let (loaded, problems) = source.load()?;
        problems.iter().for_each(|problem| self.logging.complain(problem));
        let Some(loaded) = loaded else { return Ok(Exit::Findings) };
        let plan = self.doors.plan(&loaded)?;
        let operation = self.admin.map(|_| Operation::new(release, host.now()));
        self.feed.look(host)?;
        raise_file_limit();
        let strict = Strict::new(&self.strict_rights, &loaded)?;
        let mut extras = self.extras(host, release, strict.as_ref())?;
        extras.observers.extend(operation.iter().map(|it| Box::new(it.metrics.clone()) as _));
        let hub = Hub::new(Rc::new(loaded), Box::new(random), host.now()).with(extras);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::input(format!("cannot begin to listen: {error}")))?;
        let exit = LocalSet::new().block_on(&runtime, self.listen(&source, hub, plan, operation, out))?;
        let Some(strict) = strict else { return Ok(exit) };
        // It is decided before it is told: who was to read that may have left.
        let exit = exit.max(strict.verdict());
        unless_closed(strict.tell(self.ready, out))?;
        Ok(exit)
    }

    /// Is anything asked for that cannot be?
    fn look(&self) -> Result<(), Failure> {
        if target::is_stdin(&self.file) {
            let help = "name a file: it is read again on SIGHUP";
            return Err(Failure::usage("standard input cannot be served").help(help));
        }
        if self.record.as_deref().is_some_and(target::is_stdin) {
            let help = "name a file: `--record said.jsonl`";
            return Err(Failure::usage("standard output says where the server listens, and takes no record").help(help));
        }
        // The parser does not tell this from a line without it.
        if self.command.is_empty() && std::env::args_os().next_back().is_some_and(|last| last == "--") {
            return Err(Failure::usage("no command stands behind `--`").help("name one, or leave out the `--`"));
        }
        Ok(())
    }

    fn secrets(&self) -> Secrets {
        if self.reveal_secrets { Secrets::Revealed } else { Secrets::Masked }
    }

    /// What the server has beside the file.
    fn extras(&self, host: &dyn Host, release: Release, strict: Option<&Strict>) -> Result<Extras, Failure> {
        let replies = self.replies.as_deref().map(|path| replies::read(host, path, release)).transpose()?;
        let mut observers: Vec<Box<dyn Observer>> = vec![Box::new(Log)];
        observers.extend(strict.map(|strict| Box::new(Watching(Rc::clone(&strict.0))) as _));
        Ok(Extras { secrets: self.secrets(), replies: Rc::new(replies.unwrap_or_default()), observers, reloads: true })
    }

    /// Listens until a signal comes, or the command has ended; then tells everybody and waits until all is sent.
    async fn listen(
        &self,
        source: &Source<'_>,
        hub: Hub,
        plan: Plan,
        operation: Option<Operation>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let mut signals = Signals::new().map_err(|error| Failure::input(format!("cannot mind signals: {error}")))?;
        let watch = self.watch.then(|| Watch::new(source)).transpose()?;
        let net = Net::new(hub, Box::new(|| Disk.now()));
        let mut listening = Listening { release: source.release, plain: None, tls: None, admin: None };
        let mut open = self.doors.open(plan, &net).await?;
        [listening.plain, listening.tls] = open.addresses();
        if let Some(path) = &self.record {
            let mut read = net.with(|hub| hub.loaded().paths());
            read.extend([&self.replies, &self.feed.events].into_iter().flatten().cloned());
            let record = Record::new(path, &read, source.release, self.secrets())?;
            net.with(|hub| hub.tell_also(Box::new(record)));
        }
        if let (Some(at), Some(operation)) = (self.admin, &operation) {
            let (listener, at) = bind(at).await?;
            listening.admin = Some(at);
            operation.begin(listener);
        }
        let said = match self.ready {
            Ready::Human => listening.write(out),
            Ready::Json => listening.write_json(out),
        };
        // Whoever has left before it is said may have a command that runs.
        unless_closed(said.and_then(|()| out.flush()))?;
        spawn_local(net.clone().keep_time());
        let playing = self.feed.begin(&net, source.release);
        let mut command = Running::begin(&self.command, &listening, !self.feed.reads_input())?;
        let tell = |reloaded: &Reloaded| operation.iter().for_each(|it| it.reloaded(reloaded));
        let minded = self.mind(source, &net, &mut open, &mut signals, watch, tell);
        let ended = async {
            match &mut command {
                Some(command) => command.ended().await,
                None => pending().await,
            }
        };
        let ended = tokio::select! {
            biased;
            ended = ended => Some(ended?),
            () = minded => None,
        };
        // Events that nobody waits for any more would go on for as long as it is waited that nothing happens.
        playing.stop();
        let has_succeeded = match (ended, &mut command) {
            (Some(has_succeeded), _) => {
                hear_the_last(&net, &mut signals).await;
                has_succeeded
            }
            // What it was to tell nobody knows now: that is no success.
            (None, Some(command)) => {
                command.stop(&mut signals).await;
                false
            }
            (None, None) => true,
        };
        say_goodbye(&net, &mut signals).await;
        Ok(if has_succeeded { Exit::Clean } else { Exit::Findings })
    }

    /// Reads the configuration again whenever somebody asks for it, until the server is to stop.
    async fn mind(
        &self,
        source: &Source<'_>,
        net: &Net,
        open: &mut Open,
        signals: &mut Signals,
        mut watch: Option<Watch>,
        tell: impl Fn(&Reloaded),
    ) {
        loop {
            let changed = async {
                match &mut watch {
                    Some(watch) => watch.changed().await,
                    None => pending().await,
                }
            };
            let reloaded = tokio::select! {
                signal = signals.next() => match signal {
                    Signal::Reload => {
                        let reloaded = source.reload(net, false);
                        net.with(|hub| hub.tell_reload(b"All", "0"));
                        reloaded
                    }
                    Signal::Stop => return,
                },
                () = net.reload_wanted() => source.reload(net, false),
                () = changed => source.reload(net, true),
            };
            tell(&reloaded);
            if let Reloaded::Taken = reloaded {
                self.doors.follow(open, net).await;
            }
            net.with(Hub::reloaded);
            if let Some(watch) = &mut watch {
                watch.again(source, &reloaded);
            }
        }
    }
}

/// What the clients of a command have sent last may not have come yet when it has ended.
async fn hear_the_last(net: &Net, signals: &mut Signals) {
    tokio::select! {
        () = net.quiet(QUIET) => {}
        () = sleep(FAREWELL) => {}
        () = signals.stop() => {}
    }
}

/// Tells everybody that it is over, and waits until all is sent.
async fn say_goodbye(net: &Net, signals: &mut Signals) {
    // Who does not take what is left of it does not keep everybody waiting; nor does whoever asks twice.
    tokio::select! {
        () = net.shut_down() => {}
        () = sleep(FAREWELL) => {}
        () = signals.stop() => {}
    }
    info!("stopped");
}
