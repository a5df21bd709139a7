//! Recordings, `fixtures/oracle/RELEASE/TOPIC.json`: what a release said to a table, and when.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use amictl::testing::judge::{Judge as _, Recording};
use amictl::testing::scenario::Table;
use anyhow::{Context, Result};

use super::install::Installation;
use super::live::Live;
use super::{Verdict, fixtures};

pub(crate) fn record(installations: &[Installation], tables: &[Table]) -> Result<Verdict> {
    for installation in installations {
        let mut live = Live::new(installation);
        for table in tables {
            let path = path(&installation.about.release, &table.topic)?;
            let old = Recording::read(&path)?;
            let mut new = Recording {
                release: installation.about.release.clone(),
                package: installation.about.package.clone(),
                recorded: today(),
                recorder: "cargo judge oracle record".to_owned(),
                answers: BTreeMap::new(),
            };
            for (scenario, answer) in table.scenarios.iter().zip(live.answer(table)?) {
                let Some(answer) = answer else { continue };
                let seen = old.as_ref().and_then(|it| it.answers.get(&scenario.name));
                let answer = if scenario.undefined.is_some() { answer.or_as_before(seen) } else { answer };
                new.answers.insert(scenario.name.clone(), answer);
            }
            println!("{}: {} answers of {}", table.topic, new.answers.len(), new.release);
            if !old.is_some_and(|it| says_the_same(&it, &new)) {
                write(&new, &path)?;
            }
        }
    }
    Ok(Verdict::Agrees)
}

pub(crate) fn path(release: &str, topic: &str) -> Result<PathBuf> {
    Ok(fixtures()?.join("oracle").join(release).join(topic).with_extension("json"))
}

fn says_the_same(one: &Recording, other: &Recording) -> bool {
    (&one.release, &one.package, &one.recorder) == (&other.release, &other.package, &other.recorder)
        && one.answers == other.answers
}

/// One answer a line, so that a difference between two recordings can be read.
fn write(recording: &Recording, path: &Path) -> Result<()> {
    let mut text = head(&recording.release, &recording.package, &recording.recorded, &recording.recorder)?;
    let answers: Vec<String> = recording
        .answers
        .iter()
        .map(|(name, answer)| Ok(format!("{}: {}", serde_json::to_string(name)?, serde_json::to_string(answer)?)))
        .collect::<Result<_>>()?;
    writeln!(text, "\"answers\": {{\n{}\n}}\n}}", answers.join(",\n"))?;
    fs::create_dir_all(path.parent().context("a recording has a folder")?)?;
    Ok(fs::write(path, text)?)
}

/// How a recording begins: what was asked, when and how.
pub(crate) fn head(release: &str, package: &str, recorded: &str, recorder: &str) -> Result<String> {
    let mut text = String::from("{\n");
    for (key, value) in [("release", release), ("package", package), ("recorded", recorded), ("recorder", recorder)] {
        writeln!(text, "{}: {},", serde_json::to_string(key)?, serde_json::to_string(value)?)?;
    }
    Ok(text)
}

/// Today, in UTC, as 2026-11-23.
pub(crate) fn today() -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs() / 86400);
    date(days)
}

/// The day `days` after 1970-01-01, by the rule of the eras of 400 years (146097 days) that begin on a 1 March.
fn date(days: u64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, expected) in [(0, "1970-01-01"), (11016, "2000-02-29"), (20780, "2026-11-23"), (20819, "2027-01-01")]
        {
            assert_eq!(date(days), expected);
        }
    }
}
