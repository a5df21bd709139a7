//! The formats of `amictl check`, on standard output and in files.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::Failure;
use super::{Showing, complain};
use crate::host;
use crate::report::{CheckReport, Format, Look};

/// Which reports are wanted.
#[derive(Args)]
pub(super) struct Reports {
    /// human, short, json, sarif, github, gitlab, …
    ///
    /// human, short (a line each), json, sarif, github (annotations), gitlab (code quality), junit or checkstyle.
    #[arg(long, value_enum, default_value = "human", hide_possible_values = true, hide_default_value = true)]
    format: FormatName,
    /// Write a report into a file besides
    #[arg(long, value_name = "FORMAT=FILE", value_parser = wanted, conflicts_with = "diff")]
    report: Vec<Wanted>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    Human,
    Short,
    Json,
    Sarif,
    Github,
    Gitlab,
    Junit,
    Checkstyle,
}

/// A report in a file.
#[derive(Clone)]
struct Wanted {
    format: Format,
    path: PathBuf,
}

/// Reads `FORMAT=FILE`.
fn wanted(text: &str) -> Result<Wanted, String> {
    let Some((format, path)) = text.split_once('=') else {
        return Err("expected FORMAT=FILE, as in sarif=amictl.sarif".to_owned());
    };
    let Ok(format) = FormatName::from_str(format, false) else {
        let names = FormatName::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = names.map(|name| name.get_name().to_owned()).collect();
        return Err(format!("there is no format `{format}`; there are {}", names.join(", ")));
    };
    match path {
        "" => Err("the name of the file is missing".to_owned()),
        "-" => Err("standard output has the report of --format".to_owned()),
        path => Ok(Wanted { format: format.into(), path: path.into() }),
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Format {
        match name {
            FormatName::Human => Format::Human,
            FormatName::Short => Format::Short,
            FormatName::Json => Format::Json,
            FormatName::Sarif => Format::Sarif,
            FormatName::Github => Format::Github,
            FormatName::Gitlab => Format::Gitlab,
            FormatName::Junit => Format::Junit,
            FormatName::Checkstyle => Format::Checkstyle,
        }
    }
}

impl Reports {
    /// Writes them all. A file that cannot be written is named, and the others are.
    pub(super) fn write(
        &self,
        report: &CheckReport<'_>,
        showing: &Showing,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        self.spare(report)?;
        let mut failed = None;
        for Wanted { format, path } in &self.report {
            let mut bytes = Vec::new();
            let look = Look { color: false, unicode: true, width: 80, all: true };
            report.write(*format, look, &mut bytes)?;
            if let Err(error) = host::put(path, &bytes) {
                let failure = Failure::input(format!("cannot write the report `{}`: {error}", path.display()));
                if let Some(earlier) = failed.replace(failure) {
                    complain(&format!("amictl: {earlier}"));
                }
            }
        }
        report.write(self.format.into(), showing.look(), out)?;
        failed.map_or(Ok(()), Err)
    }

    /// Refuses what would be lost: a file that was read, and a report that another one would follow.
    fn spare(&self, report: &CheckReport<'_>) -> Result<(), Failure> {
        let inputs = report.files.iter().filter_map(|file| host::real_file(file.path()));
        let mut taken: Vec<PathBuf> = inputs.collect();
        for Wanted { path, .. } in &self.report {
            let Some(real) = host::real_file(path) else { continue };
            if taken.contains(&real) {
                let failure = Failure::usage(format!("`{}` was read, or is another report", path.display()));
                return Err(failure.help("name a file of its own for each report"));
            }
            taken.push(real);
        }
        Ok(())
    }
}
