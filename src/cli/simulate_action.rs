//! `amictl simulate action`: what a user may run.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::exit::{Exit, Failure};
use super::simulate::{FormatName, ask, no_user};
use super::what_if::WhatIf;
use super::{Reading, target};
use crate::access::{self, Configuration, Request};
use crate::config::World;
use crate::config::manager::classes::Classes;
use crate::host::{Host, name_bytes};
use crate::release::Release;
use crate::report::action::{ActionAnswer, ActionReport};
use crate::report::login::Answer;
use crate::report::what_if::Before;
use crate::text::{Files, show};

/// `amictl simulate action`.
#[derive(Args)]
#[command(group(ArgGroup::new("asked").required(true).args(["action", "all"])))]
#[command(after_help = "\
Asked is whether the manager lets a session of the user run the action, and what
the client is told if not: not whether there is such a channel or file. Of
Command, Filter, Getvar, Originate and Status it depends on the headers, too.

Exit codes: 0 every release allows it, 1 one of them does not, or the user can
have no session; with `--all` the latter.")]
pub(super) struct Action {
    /// The manager.conf; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The user that is logged in
    #[arg(long, value_name = "NAME")]
    user: OsString,
    /// The action, in any letter case
    #[arg(long, value_name = "NAME")]
    action: Option<OsString>,
    /// A header of the action, as `Application: Playback`; may be given more than once
    #[arg(long, value_name = "KEY: VALUE", requires = "action")]
    header: Vec<OsString>,
    /// List all that the user may run, the dangerous first
    #[arg(long, conflicts_with = "header")]
    all: bool,
    /// How the answer is shown
    #[arg(long, value_enum, default_value = "human")]
    format: FormatName,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    what_if: WhatIf,
}

impl Action {
    pub(super) fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        let headers = self.header.iter().map(header).collect::<Result<Vec<_>, _>>()?;
        let settings = target::settings(host, std::slice::from_ref(&self.file), None)?;
        let releases = self.reading.releases(&settings)?;
        let files = Files::default();
        let root = target::open(host, &files, &self.file, &self.reading)?;
        let world = || World::new(&files, host, target::place(&self.file, &self.reading, &settings));
        let worlds = self.what_if.worlds(world, root, &releases)?;
        let action = self.action.as_deref().map(name_bytes);
        // The answers, and what to say instead where no release has such a user.
        let ask = |world: &World<'_>| -> (Vec<ActionAnswer>, Option<Failure>) {
            let answer = |&release: &Release| {
                ask(world, root, release, |configuration| {
                    let is_nobody = access::is_nobody(configuration, name_bytes(&self.user));
                    let nobody = is_nobody.then(|| no_user(configuration.accounts, name_bytes(&self.user)));
                    (self.answer(configuration, release, &headers), nobody)
                })
            };
            let (answers, nobody): (Vec<_>, Vec<_>) = releases.iter().map(answer).unzip();
            (answers, nobody.into_iter().collect::<Option<Vec<_>>>().and_then(|mut all| all.pop()))
        };
        let (asked, nobody) = ask(worlds.asked());
        if let Some(failure) = nobody {
            return Err(failure);
        }
        let before = worlds.before().map(|world| ask(world).0);
        let before = before.as_deref().map(|answers| Before { change: &worlds.said, answers });
        let report = ActionReport { user: name_bytes(&self.user), action, answers: &asked, before, files: &files };
        match self.format {
            FormatName::Human => report.human(out)?,
            FormatName::Json => report.json(out)?,
        }
        Ok(if report.allowed() { Exit::Clean } else { Exit::Findings })
    }

    fn answer(
        &self,
        configuration: Configuration<'_, '_>,
        release: Release,
        headers: &[(Vec<u8>, Vec<u8>)],
    ) -> ActionAnswer {
        let user = name_bytes(&self.user);
        let (trace, may) = match &self.action {
            Some(action) => {
                let request = Request { user, action: name_bytes(action), headers };
                (access::action(configuration, release, request), Vec::new())
            }
            None => access::rights(configuration, release, user),
        };
        let found = configuration.accounts.find(access::header_value(user));
        let write = found.map_or(Classes::NONE, |user| *user.write.value);
        ActionAnswer { answer: Answer { release, trace }, may, write }
    }
}

/// `Key: value`; blanks before the value are not part of it.
fn header(text: &OsString) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let text = name_bytes(text);
    match text.iter().position(|&byte| byte == b':') {
        Some(colon) if colon > 0 => Ok((text[..colon].to_vec(), text[colon + 1..].to_vec())),
        _ => Err(Failure::usage(format!("`{}` is no header", show(text))).help("give it as `Channel: PJSIP/100`")),
    }
}
