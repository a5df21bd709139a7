//! Recordings, `fixtures/oracle/RELEASE/TOPIC.json`: what a release said to a table, and when.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::answer::Recorded;
use super::install::Installation;
use super::judge::Judge;
use super::live::Live;
use super::scenario::Table;
use super::{Verdict, fixtures};

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recording {
    release: String,
    package: String,
    recorded: String,
    recorder: String,
    answers: BTreeMap<String, Recorded>,
}

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
            if !old.is_some_and(|it| it.says_the_same(&new)) {
                new.write(&path)?;
            }
        }
    }
    Ok(Verdict::Agrees)
}

pub(crate) fn path(release: &str, topic: &str) -> Result<PathBuf> {
    Ok(fixtures()?.join("oracle").join(release).join(topic).with_extension("json"))
}

impl Recording {
    /// The recording at `path`, if there is one.
    pub(crate) fn read(path: &Path) -> Result<Option<Recording>> {
        if !path.exists() {
            return Ok(None);
        }
        let recording = serde_json::from_slice(&fs::read(path)?);
        recording.with_context(|| format!("`{}` is no recording", path.display())).map(Some)
    }

    fn says_the_same(&self, other: &Recording) -> bool {
        (&self.release, &self.package, &self.recorder) == (&other.release, &other.package, &other.recorder)
            && self.answers == other.answers
    }

    /// One answer a line, so that a difference between two recordings can be read.
    fn write(&self, path: &Path) -> Result<()> {
        let mut text = String::from("{\n");
        for (key, value) in [
            ("release", &self.release),
            ("package", &self.package),
            ("recorded", &self.recorded),
            ("recorder", &self.recorder),
        ] {
            writeln!(text, "{}: {},", serde_json::to_string(key)?, serde_json::to_string(value)?)?;
        }
        let answers: Vec<String> = self
            .answers
            .iter()
            .map(|(name, answer)| Ok(format!("{}: {}", serde_json::to_string(name)?, serde_json::to_string(answer)?)))
            .collect::<Result<_>>()?;
        writeln!(text, "\"answers\": {{\n{}\n}}\n}}", answers.join(",\n"))?;
        fs::create_dir_all(path.parent().context("a recording has a folder")?)?;
        Ok(fs::write(path, text)?)
    }
}

impl Judge for Recording {
    fn answer(&mut self, table: &Table) -> Result<Vec<Option<Recorded>>> {
        Ok(table.scenarios.iter().map(|it| self.answers.get(&it.name).cloned()).collect())
    }
}

/// Today, in UTC, as 2026-11-23.
fn today() -> String {
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
    use super::super::answer::{Answer, Yes};
    use super::super::scenario;
    use super::*;

    /// A scenario that was renamed or dropped must not leave its answers behind, nor a typing error hide them.
    #[test]
    fn recordings_answer_the_tables() -> Result<()> {
        let tables = scenario::load(&fixtures()?.join("scenarios"), &[])?;
        for release in fs::read_dir(fixtures()?.join("oracle"))? {
            let release = release?.file_name().to_string_lossy().into_owned();
            for table in &tables {
                let Some(recording) = Recording::read(&path(&release, &table.topic)?)? else { continue };
                assert_eq!(recording.release, release);
                for name in recording.answers.keys() {
                    assert!(table.scenarios.iter().any(|it| it.name == *name), "`{name}` of {release} is no scenario");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn undefined_answers_add_up() {
        let [hangs, crashes] = [Answer::Hangs(Yes), Answer::Crashes(Yes)];
        let seen = Recorded::One(hangs.clone()).or_as_before(None);
        let seen = Recorded::One(crashes.clone()).or_as_before(Some(&seen));
        let seen = Recorded::One(hangs.clone()).or_as_before(Some(&seen));
        assert_eq!(seen, Recorded::Any { any: vec![hangs, crashes] });
    }

    #[test]
    fn days_become_dates() {
        for (days, expected) in [(0, "1970-01-01"), (11016, "2000-02-29"), (20780, "2026-11-23"), (20819, "2027-01-01")]
        {
            assert_eq!(date(days), expected);
        }
    }
}
