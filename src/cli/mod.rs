//! The command line: one file a subcommand. It wires the layers, and decides nothing else.

mod baseline;
mod check;
mod document;
mod dump;
pub mod exit;
mod explain;
mod fix;
mod init;
mod progress;
mod replay;
mod reports;
mod roots;
mod rules;
#[cfg(feature = "server")]
mod serve;
mod settings;
mod shell;
mod simulate;
mod simulate_action;
mod simulate_events;
mod target;
mod what_if;

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::host::{Disk, env};
use crate::release::Release;
use crate::report::Look;
use crate::text::Secrets;
use exit::{Exit, Failure, unless_closed};
use settings::Settings;

/// Checks Asterisk's manager.conf, exactly as Asterisk reads it.
#[derive(Parser)]
#[command(name = "amictl", version, propagate_version = true, arg_required_else_help = true, max_term_width = 80)]
#[command(after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  amictl check /etc/asterisk/manager.conf
  amictl check --asterisk 16,22 --format short .
  amictl check --format github --report sarif=amictl.sarif .
  amictl dump manager.conf --stage effective
  amictl simulate login manager.conf --user crm --from 10.4.0.9
  amictl explain duplicate-section

Exit codes: 0 nothing found, 1 findings or a file that does not load, 2 usage or
settings, 3 input that cannot be read or a report that cannot be written, 70 a
mistake in amictl.";

#[derive(Subcommand)]
enum Command {
    /// Look for mistakes in configurations
    Check(check::Check),
    /// Show what was read, or what Asterisk holds in memory
    Dump(dump::Dump),
    /// Ask what Asterisk would do
    Simulate(simulate::Simulate),
    /// Tell more of a rule, an option, a class, an event or an action
    Explain(explain::Explain),
    /// Run a configuration as a server of the manager interface
    #[cfg(feature = "server")]
    Serve(serve::Serve),
    /// List the rules
    Rules(rules::Rules),
    /// Write an amictl.toml with every setting, commented out
    Init(init::Init),
    /// Print what a shell needs to complete commands and options
    Completions(shell::Completions),
    /// Print a page of the manual
    Man(shell::Man),
}

/// Options that say which Asterisk reads the file, and where.
#[derive(Args)]
struct Reading {
    /// Releases of Asterisk, as 22 or 16.28.0
    ///
    /// A series, a release, a certified one (certified/20.7) or a package's version; several with commas. Without it, the
    /// newest long-term series.
    #[arg(long, value_name = "R[,R…]", value_delimiter = ',')]
    asterisk: Vec<String>,
    /// Asterisk's configuration directory
    ///
    /// Where relative includes and the files beside manager.conf are looked for. Without it, the folder of the file.
    #[arg(long, value_name = "DIR")]
    etc: Option<PathBuf>,
    /// Look for absolute paths below this directory
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Take what is not there as absent
    ///
    /// As on the switch itself, where this is the default. Elsewhere what is not there is unknown.
    #[arg(long)]
    complete: bool,
    /// The name of what comes from standard input
    #[arg(long, value_name = "NAME", default_value = "manager.conf", hide_default_value = true)]
    stdin_name: PathBuf,
}

/// Options that say how the answer looks.
#[derive(Args)]
struct Showing {
    /// Colours: auto, always or never
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN", hide_possible_values = true)]
    #[arg(hide_default_value = true)]
    color: Color,
    /// Show secrets as they are
    #[arg(long)]
    reveal_secrets: bool,
    /// Without the line on the whole
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// All findings in full, and what was read
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Reading {
    /// The releases to answer for: of the command line, of the settings, or the newest LTS.
    fn releases(&self, settings: &Settings) -> Result<Vec<Release>, Failure> {
        let asked = if self.asterisk.is_empty() { &settings.asterisk } else { &self.asterisk };
        let mut releases = Vec::new();
        for name in asked.iter().flat_map(|list| list.split(',')) {
            let release =
                Release::parse(name.trim()).map_err(|error| Failure::usage(error.to_string()).help(error.help()))?;
            if !releases.contains(&release) {
                releases.push(release);
            }
        }
        Ok(if releases.is_empty() { vec![Release::newest_lts()] } else { releases })
    }
}

impl Showing {
    fn secrets(&self) -> Secrets {
        if self.reveal_secrets { Secrets::Revealed } else { Secrets::Masked }
    }

    fn look(&self) -> Look {
        let terminal = io::stdout().is_terminal();
        let plain = env("NO_COLOR").is_some() || env("TERM").is_some_and(|term| term == "dumb");
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !plain,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(env).unwrap_or_default().to_lowercase();
        // A pipe carries UTF-8 whatever the locale of the machine that fills it.
        let unicode = !terminal || locale.contains("utf-8") || locale.contains("utf8");
        let columns = terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| usize::from(width.0));
        Look { color, unicode, width: columns.clamp(40, 100), all: self.verbose }
    }
}

/// Runs amictl with the arguments of the process.
pub fn main() -> ExitCode {
    // The message of a panic could hold a part of a configuration.
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        complain(&format!(
            "amictl: a mistake in amictl{place}; please report it, with the release: {}",
            env!("CARGO_PKG_VERSION")
        ));
    }));
    match panic::catch_unwind(|| {
        let cli = Cli::parse();
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let run = match &cli.command {
            Command::Check(check) => check.run(&Disk, &mut out),
            Command::Dump(dump) => dump.run(&Disk, &mut out),
            Command::Simulate(simulate) => simulate.run(&Disk, &mut out),
            Command::Explain(explain) => explain.run(&mut out),
            #[cfg(feature = "server")]
            Command::Serve(serve) => serve.run(&Disk, &mut out),
            Command::Rules(rules) => rules.run(&mut out),
            Command::Init(init) => init.run(&mut out),
            Command::Completions(completions) => completions.run(&mut out),
            Command::Man(man) => man.run(&mut out),
        };
        run.and_then(|exit| unless_closed(out.flush()).map(|()| exit).map_err(Failure::from))
    }) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(failure)) if failure.exit == Exit::Clean => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            complain(&format!("amictl: {failure}"));
            if let Some(help) = &failure.help {
                complain(&format!("  help: {help}"));
            }
            failure.exit.into()
        }
        Err(_) => Exit::Bug.into(),
    }
}

/// Talk about the run. There is nobody left to tell when it cannot be written.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
