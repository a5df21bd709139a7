//! Where amictl's server does not do what the recorded Asterisks did.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use amictl::release::Release;
use amictl::testing::answer::{Answer, NO_CONNECTION, Recorded, Started};
use amictl::testing::judge::{Evaluator, Judge as _, Recording};
use amictl::testing::scenario::{Scenario, Table};
use anyhow::{Context as _, Result, ensure};

use super::diff::{diff, of_recording};
use super::live::Live;
use super::record::path;
use super::server::Server;
use super::{Verdict, fixtures};

/// What is not, or not wholly, held against a recording.
type Exempt = &'static str;

const CRASHES: Exempt = "on which Asterisk crashes";
const HANGS: Exempt = "on which Asterisk hangs";
const REFUSED: Exempt = "with a file that Asterisk does not load, and opens no listener; the server does not start";
const UNSERVED: Exempt =
    "without listeners that the server has not: those of Asterisk's web server, and that of TLS without a certificate";

/// Puts the tables to `amictl serve`, as every release that has answers to them.
pub(crate) fn check(program: PathBuf, wanted: &[String], tables: &[Table]) -> Result<Verdict> {
    let (mut compared, mut disagreements) = (0, 0);
    let mut exempt: BTreeMap<Exempt, Vec<String>> = BTreeMap::new();
    for release in releases(&fixtures()?.join("oracle"), wanted)? {
        let server = Server { program: program.clone(), release };
        let mut live = Live::new(&server);
        for table in tables {
            let Some(mut recording) = Recording::read(&path(&release.to_string(), &table.topic)?)? else { continue };
            let recorded = recording.answer(table)?;
            for ((scenario, said), recorded) in table.scenarios.iter().zip(live.answer(table)?).zip(recorded) {
                let (Some(Recorded::One(said)), Some(recorded)) = (said, recorded) else { continue };
                compared += 1;
                match agree(release, scenario, &said, &recorded)? {
                    Ok(None) => {}
                    Ok(Some(why)) => exempt.entry(why).or_default().push(format!("{} ({release})", scenario.name)),
                    Err(text) => {
                        disagreements += 1;
                        println!("{} ({release}): {}\n{text}", scenario.name, scenario.about);
                    }
                }
            }
        }
    }
    ensure!(compared > 0, "nothing is recorded of these tables and releases");
    println!("{compared} answers of amictl serve held against recordings, {disagreements} with a disagreement");
    for (why, scenarios) in exempt {
        println!("  {} {why}: {}", scenarios.len(), scenarios.join(", "));
    }
    Ok(if disagreements == 0 { Verdict::Agrees } else { Verdict::Disagrees })
}

/// The releases that have a folder of recordings: those wanted, or all.
pub(crate) fn releases(folder: &Path, wanted: &[String]) -> Result<Vec<Release>> {
    let mut releases = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_wanted = |wanted: &String| name == *wanted || name.starts_with(&format!("{wanted}."));
        if wanted.is_empty() || wanted.iter().any(is_wanted) {
            releases.push(Release::parse(&name).with_context(|| format!("`{name}` in `{}`", folder.display()))?);
        }
    }
    releases.sort_by_key(ToString::to_string);
    Ok(releases)
}

/// Whether the server said what was recorded, and what of it was not compared; or the difference.
fn agree(
    release: Release,
    scenario: &Scenario,
    said: &Answer,
    recorded: &Recorded,
) -> Result<Result<Option<Exempt>, String>> {
    if recorded.allows(said) {
        return Ok(Ok(None));
    }
    let (of_old, old) = of_recording(recorded);
    let differ = || Err(diff((&old, of_old), ("amictl serve", said)));
    Ok(match (of_old, said) {
        (Answer::Crashes(_), _) => Ok(Some(CRASHES)),
        (Answer::Hangs(_), _) => Ok(Some(HANGS)),
        (Answer::Manager(started), Answer::Crashes(_)) if serves_nobody(started) => Ok(Some(REFUSED)),
        (Answer::Manager(started), Answer::Manager(_)) => {
            let unserved = Evaluator { release }.unserved_listeners(scenario)?;
            let mut without = started.clone();
            without.listen.retain(|address| !unserved.contains(address));
            if !unserved.is_empty() && Answer::Manager(without) == *said { Ok(Some(UNSERVED)) } else { differ() }
        }
        _ => differ(),
    })
}

fn serves_nobody(started: &Started) -> bool {
    started.listen.is_empty() && started.logins.iter().all(|answer| answer == NO_CONNECTION)
}
