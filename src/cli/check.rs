//! `amictl check`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::baseline::Known;
use super::exit::{Exit, Failure};
use super::reports::Reports;
use super::settings::Settings;
use super::{Reading, Showing, complain, fix, target};
use crate::catalog::nearest;
use crate::config::World;
use crate::finding::{Severity, merged};
use crate::fix::{Fixed, Root};
use crate::host::Host;
use crate::release::{Release, phrase};
use crate::report::CheckReport;
use crate::rules::{self, Rule, Selection};
use crate::text::Files;

/// `amictl check`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  amictl check /etc/asterisk
  amictl check --asterisk 16,22 --strict manager.conf
  amictl check --diff --fix=hardening .
  ; amictl: allow(duplicate-section) a comment that silences")]
#[command(after_long_help = "\
A folder is searched for manager.conf, acl.conf and users.conf. A file that a
manager.conf includes is judged through it, acl.conf and users.conf with the
manager.conf beside them. `-` is standard input.

A finding is silenced by a comment on its line or above it, or for a section
behind its header:
  ; amictl: allow(duplicate-section) the second one is generated

Exit codes: 0 nothing found, 1 findings at or above --fail-on, 2 usage or
settings, 3 input that cannot be read or a report that cannot be written.")]
pub(super) struct Check {
    /// Files and folders; `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    reports: Reports,
    /// Only these rules
    #[arg(long, value_name = "RULE[,…]", value_delimiter = ',')]
    select: Vec<String>,
    /// All but these rules
    #[arg(long, value_name = "RULE[,…]", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Ask for more than most files do
    #[arg(long)]
    strict: bool,
    /// Exit with 1 from here on: error, warning or info
    #[arg(long, value_enum, value_name = "SEVERITY", hide_possible_values = true)]
    fail_on: Option<FailOn>,
    /// Settings
    ///
    /// Without it, the amictl.toml beside the first path or in the nearest folder above it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Mend files: safe, hardening or names of rules
    ///
    /// safe, without a value too: what changes nothing of what Asterisk holds, on no release. hardening: also what takes
    /// rights or exposure away. RULE: all that a rule can, also where it gives what was plainly meant.
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "safe"
    )]
    fix: Vec<String>,
    /// Show what --fix would change; 1 if anything
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    showing: Showing,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
}

impl Check {
    pub(super) fn run(&self, host: &dyn Host, out: &mut dyn Write) -> Result<Exit, Failure> {
        let settings = target::settings(host, &self.paths, self.config.as_deref())?;
        let releases = self.reading.releases(&settings)?;
        let chosen = Chosen::new(&self.select, &self.ignore, self.strict || settings.strict, &settings)?;
        let targets = target::find(host, &self.paths, &self.reading, &settings, releases[0])?;
        if self.diff || !self.fix.is_empty() {
            let fixed = self.mend(host, &targets, &settings, &releases, &chosen)?;
            if self.diff {
                let differs = fix::show(&fixed, self.showing.secrets(), out)?;
                return Ok(if differs { Exit::Findings } else { Exit::Clean });
            }
        }
        let files = Files::default();
        let mut findings = Vec::new();
        for target in &targets {
            let root = target::open(host, &files, &target.path, &self.reading)?;
            let world = World::new(&files, host, target::place(&target.path, &self.reading, &settings));
            findings.extend(rules::check(&world, root, target.role, &releases, &chosen));
        }
        // Two roots may include one file.
        let findings = merged(findings, &releases);
        if self.known.write(&findings, &files)? {
            return Ok(Exit::Clean);
        }
        let is_on =
            |name: &str| rules::by_name(name).is_some_and(|rule| chosen.severity(rule, rule.severity).is_some());
        let findings = self.known.leave_out(host, &settings, findings, &files, is_on)?;
        if self.showing.verbose {
            complain(&format!("amictl: as Asterisk {} reads it", phrase(&releases, &releases)));
            files.iter().for_each(|file| complain(&format!("amictl: read {}", file.name())));
        }
        let report = CheckReport {
            findings: &findings,
            files: &files,
            releases: &releases,
            secrets: self.showing.secrets(),
            quiet: self.showing.quiet,
            rules: &rules::infos(),
            here: &std::env::current_dir().unwrap_or_default(),
        };
        self.reports.write(&report, &self.showing, out)?;
        let fail_on = match self.fail_on {
            Some(FailOn::Error) => Severity::Error,
            Some(FailOn::Warning) => Severity::Warning,
            Some(FailOn::Info) => Severity::Info,
            None => settings.fail_on.unwrap_or(Severity::Warning),
        };
        let fails = findings.iter().any(|finding| finding.severity >= fail_on);
        Ok(if fails { Exit::Findings } else { Exit::Clean })
    }
}

impl Check {
    /// Makes the fixes that are asked for, and writes them unless only the difference is.
    fn mend(
        &self,
        host: &dyn Host,
        targets: &[target::Target],
        settings: &Settings,
        releases: &[Release],
        chosen: &Chosen<'_>,
    ) -> Result<Fixed, Failure> {
        let wanted = if self.fix.is_empty() { fix::wanted(&["safe".to_owned()])? } else { fix::wanted(&self.fix)? };
        if targets.iter().any(|target| target::is_stdin(&target.path)) {
            return Err(Failure::usage("standard input cannot be mended").help("name a file"));
        }
        let root = |target: &target::Target| Root {
            path: target.path.clone(),
            role: target.role,
            place: target::place(&target.path, &self.reading, settings),
        };
        let roots: Vec<Root> = targets.iter().map(root).collect();
        let fixed = crate::fix::fix(host, &roots, releases, chosen, &wanted)?;
        if !self.diff {
            fix::write(&fixed, &roots)?;
        }
        Ok(fixed)
    }
}

/// The rules of the command line and the settings.
struct Chosen<'s> {
    select: Vec<&'static Rule>,
    ignore: Vec<&'static Rule>,
    strict: bool,
    settings: &'s Settings,
}

impl<'s> Chosen<'s> {
    fn new(select: &[String], ignore: &[String], strict: bool, settings: &'s Settings) -> Result<Chosen<'s>, Failure> {
        let rules = |names: &[String]| names.iter().map(|name| rule(name)).collect::<Result<Vec<_>, _>>();
        Ok(Chosen { select: rules(select)?, ignore: rules(ignore)?, strict, settings })
    }
}

impl Selection for Chosen<'_> {
    fn severity(&self, rule: &'static Rule, own: Severity) -> Option<Severity> {
        // Which files the findings will be in is not known yet.
        let somewhere = self.settings.per_path.iter().any(|it| matches!(it.rules.get(rule.name), Some(Some(_))));
        self.of_all(rule, own).or((somewhere && self.may_run(rule)).then_some(own))
    }

    fn severity_in(&self, path: &Path, rule: &'static Rule, own: Severity) -> Option<Severity> {
        let here = self.settings.per_path.iter().rev().filter(|it| it.takes(path));
        match here.filter_map(|it| it.rules.get(rule.name)).next() {
            Some(None) if self.select.is_empty() => None,
            Some(Some(severity)) => Some(*severity),
            _ => self.of_all(rule, own),
        }
    }
}

impl Chosen<'_> {
    fn may_run(&self, rule: &'static Rule) -> bool {
        let named = |list: &[&'static Rule]| list.iter().any(|it| std::ptr::eq(*it, rule));
        !named(&self.ignore) && (self.select.is_empty() || named(&self.select))
    }

    /// The severity of a rule's findings, in whatever file.
    fn of_all(&self, rule: &'static Rule, own: Severity) -> Option<Severity> {
        if !self.may_run(rule) {
            return None;
        }
        match self.settings.rules.get(rule.name) {
            // What the command line selects by name is run whatever the settings say.
            Some(None) if self.select.is_empty() => None,
            Some(Some(severity)) => Some(*severity),
            None if rule.is_strict() && !self.strict && self.select.is_empty() => None,
            _ => Some(own),
        }
    }
}

/// The rule of a name, or what to write instead.
pub(super) fn rule(name: &str) -> Result<&'static Rule, Failure> {
    rules::by_name(name).ok_or_else(|| {
        let failure = Failure::usage(format!("there is no rule `{name}`"));
        match nearest(name.as_bytes(), rules::names()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`amictl explain` lists them"),
        }
    })
}
