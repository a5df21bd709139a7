//! `amictl serve`: the configuration, running.

use std::io::Write;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local};

use super::exit::{Exit, Failure};
use super::feed::Feed;
use super::settings::Settings;
use super::{Reading, complain, replies, target};
use crate::config::Outcome;
use crate::config::manager::listen::{ListenerKind, State};
use crate::finding::Severity;
use crate::host::{Disk, Host, random};
use crate::release::Release;
use crate::rules::{self, Rule, Selection};
use crate::server::{Event, Extras, Hub, Loaded, Net, Tls, changes, tls};
use crate::text::{Files, Secrets};

/// `amictl serve`.
#[derive(Args)]
#[command(after_help = "\
It listens where the file says, or where the options do; port 0 takes any that
is free. The first lines on standard output say where. SIGHUP reads the file
again, and so does the action Reload: one with errors is refused, and who is
logged in keeps what it has.

Clients may what the file says, and are told what Asterisk would tell them. By
itself it answers Login, Logoff, Challenge, Ping, Events, Filter, WaitEvent,
UserEvent, ListCommands, CoreStatus, CoreSettings, GetConfig, GetConfigJSON,
ListCategories, Reload, and Command for `manager show ...`; other actions get
what the file of --replies has for them, or an error that says there is nothing.

To replay a recorded session to a client under development, over and over:
  amictl serve manager.conf --port 0 --events session.ami --loop
Each session is sent what its classes, mask and filters let through, byte for
byte as it was captured; events that carry a Timestamp come as far apart as they
were. A client that must not miss the first ones logs in with `Events: off`,
adds its filters, and then switches events on.

Exit codes: 0 stopped by a signal, 1 the file has errors, 2 usage or settings, 3
it cannot be read, or nothing can be listened to.")]
pub(super) struct Serve {
    /// The manager.conf
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Listen on this address
    #[arg(long, value_name = "IP")]
    bind: Option<IpAddr>,
    /// Listen on this port
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Listen on this port with TLS
    #[arg(long, value_name = "PORT")]
    tls_port: Option<u16>,
    /// Answer actions with what is written down in this file (TOML)
    #[arg(long, value_name = "FILE")]
    replies: Option<PathBuf>,
    /// Give away secrets to clients that may ask for files
    #[arg(long)]
    reveal_secrets: bool,
    /// Run in spite of errors in the file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    reading: Reading,
    // The last, as what follows it in here would stand under its heading.
    #[command(flatten)]
    feed: Feed,
}

/// The rules as they are by themselves.
struct Usual;

impl Selection for Usual {
    fn severity(&self, rule: &'static Rule, own: Severity) -> Option<Severity> {
        (!rule.is_strict()).then_some(own)
    }
}

/// A configuration as it is to be served, and how it is read again.
struct Source<'s> {
    serve: &'s Serve,
    host: &'s dyn Host,
    settings: Settings,
    release: Release,
}

impl Serve {
    pub(super) fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        if target::is_stdin(&self.file) {
            return Err(
                Failure::usage("standard input cannot be served").help("name a file: it is read again on SIGHUP")
            );
        }
        let settings = target::settings(host, std::slice::from_ref(&self.file), None)?;
        let [release] = self.reading.releases(&settings)?[..] else {
            return Err(Failure::usage("one release is served").help("name one: `--asterisk 22`"));
        };
        let source = Source { serve: self, host, settings, release };
        let Some(loaded) = source.load()? else { return Ok(Exit::Findings) };
        let plain = self.address(&loaded, ListenerKind::Plain);
        let secret = self.address(&loaded, ListenerKind::Tls);
        let secret = secret.and_then(|at| match tls(&loaded) {
            Ok(tls) => Some((at, tls)),
            // Asterisk goes on without TLS, too.
            Err(error) => {
                complain(&format!("amictl: no TLS: {error}"));
                None
            }
        });
        if plain.is_none() && secret.is_none() {
            return Err(Failure { exit: Exit::Findings, ..Failure::usage("the file opens no listener") }
                .help("say where: `--bind 127.0.0.1 --port 5038`"));
        }
        self.feed.look(host)?;
        let hub = Hub::new(Rc::new(loaded), Box::new(random), host.now()).with(self.extras(host, release)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::input(format!("cannot begin to listen: {error}")))?;
        LocalSet::new().block_on(&runtime, source.listen(hub, plain, secret, out))
    }

    /// What the server has beside the file.
    fn extras(&self, host: &dyn Host, release: Release) -> Result<Extras, Failure> {
        let replies = self.replies.as_deref().map(|path| replies::read(host, path, release)).transpose()?;
        Ok(Extras {
            secrets: if self.reveal_secrets { Secrets::Revealed } else { Secrets::Masked },
            replies: Rc::new(replies.unwrap_or_default()),
            log: Box::new(|text| complain(&format!("amictl: {text}"))),
        })
    }

    /// Where to listen, if the options or the file say so.
    fn address(&self, loaded: &Loaded, kind: ListenerKind) -> Option<SocketAddr> {
        let listener = loaded.manager().listeners.iter().find(|it| it.kind == kind);
        let named = listener.filter(|it| it.state == State::Listens).and_then(|it| it.address);
        let port = if kind == ListenerKind::Plain { self.port } else { self.tls_port };
        let ip = self.bind.or(named.map(|it| it.ip)).unwrap_or(Ipv6Addr::LOCALHOST.into());
        Some(SocketAddr::new(ip, port.or(named.map(|it| it.port))?))
    }
}

impl Source<'_> {
    /// The configuration, if it is fit to be served; otherwise what is wrong has been said.
    fn load(&self) -> Result<Option<Loaded>, Failure> {
        let file = &self.serve.file;
        let place = target::place(file, &self.serve.reading, &self.settings);
        let files = Files::default();
        let root = target::open(self.host, &files, file, &self.serve.reading)?;
        let loaded = Loaded::new(Arc::new(Disk), files, root, place, self.release);
        let errors: Vec<String> = loaded.ask(|world, root| {
            let findings = rules::check(world, root, rules::Role::Manager, &[self.release], &Usual);
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            errors.map(|it| format!("{}: {} [{}]", world.files.place(it.span), it.message, it.rule)).collect()
        });
        errors.iter().for_each(|error| complain(&format!("amictl: {error}")));
        if !errors.is_empty() && !self.serve.force {
            complain("amictl: not served; `--force` does so all the same");
            return Ok(None);
        }
        if loaded.effective().outcome != Outcome::Loads {
            complain(&format!("amictl: Asterisk does not load `{}`: `amictl check` says why", file.display()));
            return Ok(None);
        }
        Ok(Some(loaded))
    }

    /// Listens until a signal comes, then tells everybody and waits until all is sent.
    async fn listen(
        &self,
        hub: Hub,
        plain: Option<SocketAddr>,
        secret: Option<(SocketAddr, Tls)>,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        let failed = |error| Failure::input(format!("cannot mind signals: {error}"));
        let mut signals = Signals::new().map_err(failed)?;
        let net = Net::new(hub, Box::new(|| Disk.now()));
        // Whoever reads that there is one listener can rely on both.
        let (plain, secret) = self.bind(plain, secret).await?;
        if let Some((listener, at)) = plain {
            writeln!(out, "listening on {at}")?;
            spawn_local(net.clone().accept(listener, None));
        }
        if let Some(((listener, at), Tls { acceptor, notes })) = secret {
            writeln!(out, "listening on {at} with TLS")?;
            notes.iter().for_each(|note| complain(&format!("amictl: {note}")));
            spawn_local(net.clone().accept(listener, Some(acceptor)));
        }
        out.flush()?;
        spawn_local(net.clone().keep_time());
        self.serve.feed.begin(&net, self.release);
        loop {
            let asked = tokio::select! {
                asked = signals.next() => asked,
                () = net.reload_wanted() => Asked::Reload,
            };
            match asked {
                Asked::Reload => self.reload(&net),
                Asked::Stop => break,
            }
        }
        let body = b"Shutdown: Cleanly\r\nRestart: False\r\n".to_vec();
        let shutdown = Event { name: b"Shutdown".to_vec(), classes: b"system".to_vec(), body };
        net.with(|hub, now| {
            hub.publish(&shutdown, now);
            hub.close();
        });
        net.emptied().await;
        Ok(Exit::Clean)
    }

    /// Binds the listeners. Asterisk goes on with the other where one cannot be had, and so does this; but not where the
    /// command line asks for just that one.
    async fn bind(
        &self,
        plain: Option<SocketAddr>,
        secret: Option<(SocketAddr, Tls)>,
    ) -> Result<(Option<Bound>, Option<(Bound, Tls)>), Failure> {
        let Serve { bind: ip, port, tls_port, .. } = self.serve;
        let has_both = plain.is_some() && secret.is_some();
        let (mut bound, mut bound_tls) = (None, None);
        if let Some(at) = plain {
            match bind(at).await {
                Err(failure) if has_both && ip.is_none() && port.is_none() => complain(&format!("amictl: {failure}")),
                result => bound = Some(result?),
            }
        }
        if let Some((at, tls)) = secret {
            match bind(at).await {
                Err(failure) if bound.is_some() && ip.is_none() && tls_port.is_none() => {
                    complain(&format!("amictl: no TLS: {failure}"));
                }
                result => bound_tls = Some((result?, tls)),
            }
        }
        Ok((bound, bound_tls))
    }

    /// Reads the configuration again; one that is not fit is refused whole.
    fn reload(&self, net: &Net) {
        match self.load() {
            Ok(Some(loaded)) => net.with(|hub, now| {
                let told = changes(hub.loaded(), &loaded);
                hub.reload(Rc::new(loaded), now);
                told.iter().for_each(|line| complain(&format!("amictl: {line}")));
                complain(&format!("amictl: read again; {} changed in terms of access", told.len()));
            }),
            Ok(None) => complain("amictl: what was read before goes on"),
            Err(failure) => complain(&format!("amictl: {failure}; what was read before goes on")),
        }
    }
}

/// A listener, and where it is.
type Bound = (TcpListener, SocketAddr);

async fn bind(at: SocketAddr) -> Result<Bound, Failure> {
    let failed = |error| Failure::input(format!("cannot listen on {at}: {error}"));
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    Ok((listener, at))
}

/// What a signal, or a client, asks for.
#[derive(PartialEq, Eq)]
enum Asked {
    Reload,
    Stop,
}

/// Signals to the process, from when this is made on.
struct Signals {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { hangup: signal(SignalKind::hangup())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {})
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.hangup.recv() => Asked::Reload,
            _ = self.terminate.recv() => Asked::Stop,
            _ = tokio::signal::ctrl_c() => Asked::Stop,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Asked {
        let _ = tokio::signal::ctrl_c().await;
        Asked::Stop
    }
}
