//! Where a live Asterisk disagrees with the recordings.

use amictl::testing::answer::Recorded;
use amictl::testing::judge::{Judge as _, Recording};
use amictl::testing::scenario::Table;
use anyhow::{Result, bail};

use super::Verdict;
use super::install::Installation;
use super::live::Live;
use super::record::path;

pub(crate) fn check(installations: &[Installation], tables: &[Table]) -> Result<Verdict> {
    let (mut compared, mut disagreements) = (0, 0);
    for installation in installations {
        let release = &installation.about.release;
        let mut live = Live::new(installation);
        for table in tables {
            let Some(mut recording) = Recording::read(&path(release, &table.topic)?)? else {
                println!("{}: nothing recorded of {release}", table.topic);
                continue;
            };
            let said = live.answer(table)?;
            for ((scenario, said), recorded) in table.scenarios.iter().zip(said).zip(recording.answer(table)?) {
                let (Some(Recorded::One(said)), Some(recorded)) = (said, recorded) else { continue };
                compared += 1;
                if !recorded.allows(&said) {
                    disagreements += 1;
                    println!("{} ({release}): {}", scenario.name, scenario.about);
                    println!("- {}", serde_json::to_string(&recorded)?);
                    println!("+ {}", serde_json::to_string(&said)?);
                }
            }
        }
    }
    if compared == 0 {
        bail!("nothing to compare: run `cargo judge oracle record` first");
    }
    println!("{compared} answers compared, {disagreements} disagree");
    Ok(if disagreements == 0 { Verdict::Agrees } else { Verdict::Disagrees })
}
