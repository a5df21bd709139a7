//! `amictl check --baseline` and `--write-baseline`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::complain;
use super::exit::Failure;
use super::settings::Settings;
use crate::baseline::Baseline;
use crate::finding::Finding;
use crate::host::{self, Host};
use crate::text::Files;

/// Which findings are known.
#[derive(Args)]
pub(super) struct Known {
    /// Tell only what this file does not know
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write down what is found now as known
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "diff"])]
    write_baseline: Option<PathBuf>,
}

impl Known {
    /// Writes a baseline, if one is asked for.
    pub(super) fn write(&self, findings: &[Finding], files: &Files) -> Result<bool, Failure> {
        let Some(path) = &self.write_baseline else { return Ok(false) };
        if files.iter().any(|file| host::real_file(file.path()) == host::real_file(path)) {
            return Err(Failure::usage(format!("`{}` is a file that is checked", path.display()))
                .help("give the baseline a name of its own, as `amictl-baseline.json`"));
        }
        let text = Baseline::text(findings, files, folder(path));
        host::put(path, text.as_bytes())
            .map_err(|error| Failure::input(format!("cannot write `{}`: {error}", path.display())))?;
        complain(&format!("amictl: wrote `{}`: {} known", path.display(), findings.len()));
        Ok(true)
    }

    /// Leaves out the findings that are known, and says how many they are.
    pub(super) fn leave_out(
        &self,
        host: &dyn Host,
        settings: &Settings,
        findings: Vec<Finding>,
        files: &Files,
        is_on: impl Fn(&str) -> bool,
    ) -> Result<Vec<Finding>, Failure> {
        let settings = settings.baseline.as_ref().filter(|_| self.write_baseline.is_none());
        let Some(path) = self.baseline.as_ref().or(settings) else { return Ok(findings) };
        let bytes = host.read(path).map_err(|error| {
            Failure::input(format!("cannot read the baseline `{}`: {error}", path.display()))
                .help("`--write-baseline` makes one")
        })?;
        let baseline = Baseline::parse(&bytes).map_err(|why| {
            Failure::usage(format!("`{}` is no baseline: {why}", path.display())).help("`--write-baseline` makes one")
        })?;
        let told = baseline.tell(findings, files, folder(path), is_on);
        if told.known > 0 {
            complain(&format!("amictl: {} not told: `{}` knows of them", count(told.known), path.display()));
        }
        if told.gone > 0 {
            let gone = count(told.gone);
            complain(&format!("amictl: {gone} of `{}` gone: write it anew, so that they stay so", path.display()));
        }
        Ok(told.new)
    }
}

fn count(findings: usize) -> String {
    if findings == 1 { "1 finding".to_owned() } else { format!("{findings} findings") }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
