//! amictl against what real Asterisks answered: every scenario, on every release that has answers to it.

use std::fs;
use std::path::{Path, PathBuf};

use amictl::release::Release;
use amictl::testing::answer::Recorded;
use amictl::testing::judge::{Evaluator, Judge as _, Recording};
use amictl::testing::scenario::{self, Table};

use crate::support::root;

fn tables() -> Vec<Table> {
    scenario::load(&root().join("fixtures/scenarios"), &[]).unwrap()
}

/// The folders of fixtures/oracle: one a release.
fn releases() -> Vec<(Release, PathBuf)> {
    let folders = fs::read_dir(root().join("fixtures/oracle")).unwrap().map(|entry| entry.unwrap().path());
    let mut releases: Vec<_> = folders.map(|path| (Release::parse(name(&path)).unwrap(), path)).collect();
    releases.sort_by_key(|(_, path)| path.clone());
    releases
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn amictl_answers_as_asterisk_did() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (release, folder) in releases() {
        for table in tables() {
            let path = folder.join(&table.topic).with_extension("json");
            let Some(mut recording) = Recording::read(&path).unwrap() else { continue };
            let recorded = recording.answer(&table).unwrap();
            let answers = Evaluator { release }.answer(&table).unwrap();
            for ((scenario, recorded), answer) in table.scenarios.iter().zip(recorded).zip(answers) {
                let (Some(recorded), Some(Recorded::One(answer))) = (recorded, answer) else { continue };
                compared += 1;
                if !recorded.allows(&answer) {
                    let text = |value: String| value.replace("\\u0000", "\\0");
                    wrong.push(format!(
                        "{} ({release}): {}\n  asterisk {}\n  amictl   {}",
                        scenario.name,
                        scenario.about,
                        text(serde_json::to_string(&recorded).unwrap()),
                        text(serde_json::to_string(&answer).unwrap())
                    ));
                }
            }
        }
    }
    assert!(compared > 2_300, "only {compared} answers were compared");
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// A scenario that was renamed or dropped must not leave its answers behind, nor a slip of the pen hide them.
#[test]
fn recordings_answer_the_tables() {
    let tables = tables();
    for (release, folder) in releases() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let recording = Recording::read(&path).unwrap().unwrap();
            assert_eq!(Release::parse(&recording.release).unwrap(), release);
            let topic = path.file_stem().unwrap().to_str().unwrap();
            let table = tables.iter().find(|table| table.topic == topic);
            let table = table.unwrap_or_else(|| panic!("{} has no table", path.display()));
            for name in recording.answers.keys() {
                assert!(table.scenarios.iter().any(|it| it.name == *name), "`{name}` of {release} is no scenario");
            }
        }
        assert!(release.is_recorded(), "{release} has recordings, and grammar/releases.toml does not say so");
    }
    for release in Release::recorded() {
        assert!(releases().iter().any(|(recorded, _)| *recorded == release), "{release} has no recordings");
    }
}

/// More recorded cases, where a folder with them is named; CI does so.
#[test]
fn more_recorded_cases_agree() {
    let Some(folder) = std::env::var_os("AMICTL_RECORDED_CASES") else { return };
    let mut compared = 0;
    for file in ["cases-config.jsonl", "cases-config-more.jsonl"] {
        let text = fs::read_to_string(Path::new(&folder).join(file)).unwrap();
        for line in text.lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            if case["kind"] == "parse" {
                crate::cases::compare(&case);
                compared += 1;
            }
        }
    }
    assert!(compared > 0, "no case in {}", Path::new(&folder).display());
}
