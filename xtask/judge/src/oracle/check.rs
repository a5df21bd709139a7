//! Where the recordings, amictl and a live Asterisk disagree.

use amictl::release::Release;
use amictl::testing::answer::{Answer, Recorded};
use amictl::testing::judge::{Evaluator, Judge as _, Recording};
use amictl::testing::scenario::{Scenario, Table};
use anyhow::{Result, bail};

use super::Verdict;
use super::diff::{diff, of_recording};
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
            let recorded = recording.answer(table)?;
            let own = own(release, table)?;
            for (((scenario, said), recorded), own) in
                table.scenarios.iter().zip(live.answer(table)?).zip(recorded).zip(own)
            {
                let (Some(Recorded::One(said)), Some(recorded)) = (said, recorded) else { continue };
                compared += 1;
                disagreements += u32::from(tell(release, scenario, &said, &recorded, own.as_ref()));
            }
        }
    }
    if compared == 0 {
        bail!("nothing to compare: run `cargo judge oracle record` first");
    }
    println!("{compared} scenarios put to Asterisk, its recordings and amictl, {disagreements} with a disagreement");
    Ok(if disagreements == 0 { Verdict::Agrees } else { Verdict::Disagrees })
}

/// What amictl itself says; nothing for a release that it does not know.
fn own(release: &str, table: &Table) -> Result<Vec<Option<Answer>>> {
    let Ok(release) = Release::parse(release) else { return Ok(vec![None; table.scenarios.len()]) };
    let answers = Evaluator { release }.answer(table)?.into_iter();
    Ok(answers.map(|it| if let Some(Recorded::One(answer)) = it { Some(answer) } else { None }).collect())
}

/// Says who disagrees with whom; is there anyone?
fn tell(release: &str, scenario: &Scenario, said: &Answer, recorded: &Recorded, own: Option<&Answer>) -> bool {
    let asterisk = format!("Asterisk {release}, now");
    let (of_old, old) = of_recording(recorded);
    let mut diffs = Vec::new();
    if !recorded.allows(said) {
        diffs.push(diff((&old, of_old), (&asterisk, said)));
    }
    match own {
        // One of the two is enough to be right where the answer depends on memory.
        Some(own) if own != said && !recorded.allows(own) => diffs.push(diff((&asterisk, said), ("amictl", own))),
        Some(own) if !recorded.allows(own) => diffs.push(diff((&old, of_old), ("amictl", own))),
        _ => {}
    }
    if !diffs.is_empty() {
        println!("{} ({release}): {}\n{}", scenario.name, scenario.about, diffs.concat());
    }
    !diffs.is_empty()
}
