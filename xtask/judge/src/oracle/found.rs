//! What live comparison found, kept as scenarios: `fixtures/scenarios/found.toml` and its recordings.

use std::fs;

use amictl::testing::scenario::{self, Ask, Question, Scenario};
use anyhow::Result;

use super::install::Installation;
use super::{fixtures, record};

const TOPIC: &str = "found";
const HEADING: &str = "# What `cargo judge oracle live` found, shrunk to what matters.\n";
const ABOUT: &str = "found by live comparison";

/// A scenario that asks this, under the same name for the same question.
pub(crate) fn scenario(question: &Question) -> Scenario {
    let trials = match question.ask {
        Ask::Parse => String::new(),
        Ask::Manager => format!("{:?}", question.manager),
    };
    let files = question.files.iter().flat_map(|(name, content)| [name, content]).flatten();
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for byte in files.chain(trials.as_bytes()) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    Scenario::new(format!("found-{:08x}", hash >> 32), ABOUT.to_owned(), question)
}

/// Adds scenarios to the table, those that are not there yet, and records what each Asterisk says to it.
pub(crate) fn keep(scenarios: &[Scenario], installations: &[Installation]) -> Result<()> {
    let folder = fixtures()?.join("scenarios");
    let path = folder.join(TOPIC).with_extension("toml");
    let mut text = if path.exists() { fs::read_to_string(&path)? } else { HEADING.to_owned() };
    for scenario in scenarios {
        if !text.contains(&format!("name = \"{}\"", scenario.name)) {
            text.push('\n');
            text.push_str(&scenario.written());
        }
    }
    fs::write(&path, text)?;
    record::record(installations, &scenario::load(&folder, &[TOPIC.to_owned()])?)?;
    Ok(())
}
