//! `--unset`, `--set` and `--add`: the same question, of a configuration that says something else.

use std::ffi::OsString;

use clap::Args;

use super::exit::Failure;
use crate::catalog;
use crate::config::{self, Change, Effective, World};
use crate::host::name_bytes;
use crate::release::Release;
use crate::text::{FileId, Files, MASK, redacted, show, show_whole};

/// What the configuration is changed to, in memory.
#[derive(Args)]
#[command(next_help_heading = "What if")]
pub(super) struct WhatIf {
    /// Take an option out of a section, all its lines and those that it inherits: `crm.deny`
    #[arg(long, value_name = "SECTION.OPTION")]
    unset: Vec<OsString>,
    /// Let one line stand in their place: `crm.read=call,cdr`; `eventfilter` means all filters
    #[arg(long, value_name = "SECTION.OPTION=VALUE")]
    set: Vec<OsString>,
    /// Put a line at the end of a section, once all is unset and set: `crm.eventfilter=!Event: VarSet`
    #[arg(long, value_name = "SECTION.OPTION=VALUE")]
    add: Vec<OsString>,
}

/// A configuration, and what it would be.
pub(super) struct Worlds<'f> {
    plain: World<'f>,
    changed: Option<World<'f>>,
    /// What is changed, in words.
    pub(super) said: String,
}

impl<'f> Worlds<'f> {
    /// What is asked about.
    pub(super) fn asked(&self) -> &World<'f> {
        self.changed.as_ref().unwrap_or(&self.plain)
    }

    /// What it is held against, if anything is changed.
    pub(super) fn before(&self) -> Option<&World<'f>> {
        self.changed.is_some().then_some(&self.plain)
    }
}

impl WhatIf {
    /// The configuration of a root file on these releases, and what it would be.
    pub(super) fn worlds<'f>(
        &self,
        world: impl Fn() -> World<'f>,
        root: FileId,
        releases: &[Release],
    ) -> Result<Worlds<'f>, Failure> {
        let changes = self.changes();
        let plain = world();
        if changes.is_empty() {
            return Ok(Worlds { plain, changed: None, said: String::new() });
        }
        let effective: Vec<_> = releases.iter().map(|&release| config::load(&plain, root, release)).collect();
        let read = |&(change, text): &(Change, &[u8])| read(plain.files, &effective, change, text);
        let what_ifs = changes.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        drop(effective);
        let said: Vec<String> = changes.iter().map(|&(change, text)| said(change, text)).collect();
        Ok(Worlds { changed: Some(world().changed(root, what_ifs)), plain, said: said.join(" ") })
    }

    fn changes(&self) -> Vec<(Change, &[u8])> {
        let lists = [(Change::Unset, &self.unset), (Change::Set, &self.set), (Change::Add, &self.add)];
        lists.into_iter().flat_map(|(change, list)| list.iter().map(move |text| (change, name_bytes(text)))).collect()
    }
}

/// The option of the command line as it was given, but for a secret in it.
fn said(change: Change, text: &[u8]) -> String {
    let word = match change {
        Change::Unset => "--unset",
        Change::Set => "--set",
        Change::Add => "--add",
    };
    match redacted(text) {
        Some(secret) => format!("{word} {}{MASK}", show_whole(&text[..secret.start])),
        None => format!("{word} {}", show(text)),
    }
}

/// One change, if it is one of what some release holds.
fn read(files: &Files, effective: &[Effective<'_>], change: Change, text: &[u8]) -> Result<config::WhatIf, Failure> {
    let given = said(change, text);
    let dots = (0..text.len()).filter(|&at| text[at] == b'.');
    let is_known = |&at: &usize| effective.iter().any(|effective| !effective.named(&text[..at]).is_empty());
    let Some(dot) = dots.clone().find(is_known) else { return Err(no_section(effective, &given, text, dots.min())) };
    let (section, rest) = (&text[..dot], &text[dot + 1..]);
    if change == Change::Unset {
        return if effective.iter().any(|effective| effective.has_option(section, rest)) {
            Ok(config::WhatIf::unset(section, rest))
        } else {
            let why = format!("`{given}`: `{}` has no option `{}`", show(section), show(rest));
            Err(Failure::usage(why).help("nothing would be changed; look at `amictl dump --stage effective`"))
        };
    }
    if !rest.contains(&b'=') {
        return Err(Failure::usage(format!("`{given}` has no value")).help("give it as `crm.read=call,cdr`"));
    }
    config::WhatIf::line(files, &given, change, section, rest).ok_or_else(|| {
        Failure::usage(format!("`{given}` is no line of a manager.conf that sets an option"))
            .help("write option and value as they would stand there: `crm.read=call,cdr`")
    })
}

fn no_section(effective: &[Effective<'_>], given: &str, text: &[u8], dot: Option<usize>) -> Failure {
    let Some(dot) = dot else {
        return Failure::usage(format!("`{given}` names no option")).help("give section and option: `crm.read`");
    };
    let names = effective.iter().flat_map(|effective| &effective.sections).map(|section| section.name);
    let names = names.filter_map(|name| std::str::from_utf8(name).ok());
    let failure = Failure::usage(format!("`{given}`: there is no section `{}`", show(&text[..dot])));
    match catalog::nearest(&text[..dot].to_ascii_lowercase(), names) {
        Some(near) => failure.help(format!("did you mean `{}`?", show(near.as_bytes()))),
        None => failure,
    }
}
