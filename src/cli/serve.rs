//! `amictl serve`: the configuration, running.

use std::io::Write;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

use super::exit::{Exit, Failure};
use super::{Reading, complain, replies, target};
use crate::config::manager::listen::{ListenerKind, State};
use crate::config::{Outcome, World};
use crate::finding::{Finding, Severity};
use crate::host::{Disk, Host, random};
use crate::release::Release;
use crate::rules::{self, Rule, Selection};
use crate::server::{Event, Extras, Hub, Loaded, Net};
use crate::text::{Files, Secrets};

/// `amictl serve`.
#[derive(Args)]
#[command(after_help = "\
It listens where the file says, or where --bind and --port do; port 0 takes any
that is free. The first line on standard output says where.

Clients may what the file says, and are told what Asterisk would tell them. By
itself it answers Login, Logoff, Challenge, Ping, Events, Filter, WaitEvent,
UserEvent, ListCommands, CoreStatus, CoreSettings, GetConfig, GetConfigJSON,
ListCategories, Reload, and Command for `manager show ...`; other actions get
what the file of --replies has for them, or an error that says there is nothing.

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
}

/// Only what is wrong: the rules as they are by themselves.
struct Usual;

impl Selection for Usual {
    fn severity(&self, rule: &'static Rule, own: Severity) -> Option<Severity> {
        (!rule.is_strict()).then_some(own)
    }
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
        if !self.is_fit(host, &settings, release)? && !self.force {
            return Ok(Exit::Findings);
        }
        let place = target::place(&self.file, &self.reading, &settings);
        let loaded = Loaded::read(Arc::new(Disk), self.file.clone(), place, release)
            .map_err(|error| Failure::input(format!("cannot read `{}`: {error}", self.file.display())))?;
        if loaded.effective().outcome != Outcome::Loads {
            return Err(Failure { exit: Exit::Findings, ..Failure::usage("Asterisk does not load this file") }
                .help(format!("`amictl check {}` says why", self.file.display())));
        }
        let at = self.address(&loaded)?;
        let hub = Hub::new(Rc::new(loaded), Box::new(random), host.now()).with(self.extras(host, release)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::input(format!("cannot begin to listen: {error}")))?;
        LocalSet::new().block_on(&runtime, listen(hub, at, out))
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

    /// Is there no error in the file? Says what there is.
    fn is_fit(&self, host: &dyn Host, settings: &super::settings::Settings, release: Release) -> Result<bool, Failure> {
        let files = Files::default();
        let root = target::open(host, &files, &self.file, &self.reading)?;
        let world = World::new(&files, host, target::place(&self.file, &self.reading, settings));
        let findings = rules::check(&world, root, rules::Role::Manager, &[release], &Usual);
        let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        for error in &errors {
            complain(&format!("amictl: {}: {} [{}]", files.place(error.span), error.message, error.rule));
        }
        if !errors.is_empty() && !self.force {
            complain("amictl: not served; `--force` does so all the same");
        }
        Ok(errors.is_empty())
    }

    /// Where to listen.
    fn address(&self, loaded: &Loaded) -> Result<SocketAddr, Failure> {
        let plain = loaded.manager().listeners.iter().find(|it| it.kind == ListenerKind::Plain);
        let named = plain.filter(|it| it.state == State::Listens).and_then(|it| it.address);
        match (self.bind.or(named.map(|it| it.ip)), self.port.or(named.map(|it| it.port))) {
            (Some(ip), Some(port)) => Ok(SocketAddr::new(ip, port)),
            (None, Some(port)) => Ok(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port)),
            _ => {
                let why = plain.map(|it| format!(": {}", it.why)).unwrap_or_default();
                Err(Failure { exit: Exit::Findings, ..Failure::usage(format!("the file opens no listener{why}")) }
                    .help("say where: `--bind 127.0.0.1 --port 5038`"))
            }
        }
    }
}

/// Listens until a signal comes, then tells everybody and waits until all is sent.
async fn listen(hub: Hub, at: SocketAddr, out: &mut dyn Write) -> Result<Exit, Failure> {
    let failed = |error| Failure::input(format!("cannot listen on {at}: {error}"));
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    writeln!(out, "listening on {}", listener.local_addr().map_err(failed)?)?;
    out.flush()?;
    let net = Net::new(hub, Box::new(|| Disk.now()));
    tokio::task::spawn_local(net.clone().keep_time());
    tokio::task::spawn_local(reload(net.clone()));
    tokio::select! {
        ended = net.clone().accept(listener) => ended.map_err(failed)?,
        () = stopped() => {}
    }
    let shutdown = Event {
        name: b"Shutdown".to_vec(),
        classes: b"system".to_vec(),
        body: b"Shutdown: Cleanly\r\nRestart: False\r\n".to_vec(),
    };
    net.with(|hub, now| {
        hub.publish(&shutdown, now);
        hub.close();
    });
    net.emptied().await;
    Ok(Exit::Clean)
}

/// Reads the configuration again each time that a client asks for it. One that does not load changes nothing.
async fn reload(net: Net) {
    loop {
        net.reload_wanted().await;
        let why = net.with(|hub, now| match hub.loaded().again() {
            Ok(loaded) if loaded.effective().outcome == Outcome::Loads => {
                hub.reload(Rc::new(loaded), now);
                None
            }
            Ok(_) => Some("Asterisk does not load it".to_owned()),
            Err(error) => Some(error.to_string()),
        });
        if let Some(why) = why {
            complain(&format!("amictl: not reloaded: {why}"));
        }
    }
}

/// Ends when the process is asked to.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
