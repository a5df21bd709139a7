//! The properties of `amictl::testing::properties` on seeded inputs, for as long as there is time, on a stable compiler.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use amictl::testing::cases::{Files, ROOT, case};
use amictl::testing::generate::{Seed, mutated, soup};
use amictl::testing::mistakes::mistakes;
use amictl::testing::odd_managers::odd_manager;
use amictl::testing::properties::{check_is_total, fixes_are_sound, load_is_total, round_trip, suppression_is_exact};
use amictl::testing::scenario::{self, Scenario};
use amictl::testing::sessions::{happenings, sessions_are_sound};
use anyhow::{Result, bail};

use crate::oracle::Verdict;

#[derive(clap::Args)]
pub(crate) struct Plan {
    /// Stop after so many seconds, shared by the properties
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The same seed makes the same inputs (one that is shown, when none is given)
    #[arg(long)]
    seed: Option<u64>,
    /// Stop each property after so many inputs, too
    #[arg(long)]
    inputs: Option<u64>,
    /// Properties to try (all of them when none is named): round-trip, load, check, suppression, fix, session
    properties: Vec<String>,
}

/// What takes longer is shown: amictl is to be linear in what it reads.
const SLOW: Duration = Duration::from_secs(3);

type Property = fn(&Files);

const PROPERTIES: [(&str, Property); 6] = [
    ("round-trip", |case| case.values().for_each(|bytes| round_trip(bytes))),
    ("load", load_is_total),
    ("check", check_is_total),
    ("suppression", |case| suppression_is_exact(case.get(ROOT).map_or(&b""[..], Vec::as_slice))),
    ("fix", fixes_are_sound),
    ("session", |case| sessions_are_sound(case.get(ROOT).map_or(&b""[..], Vec::as_slice))),
];

pub(crate) fn fuzz(plan: &Plan) -> Result<Verdict> {
    if let Some(unknown) = plan.properties.iter().find(|it| PROPERTIES.iter().all(|(name, _)| name != it)) {
        bail!("there is no property `{unknown}`: name round-trip, load, check, suppression, fix or session");
    }
    let chosen =
        PROPERTIES.iter().filter(|(name, _)| plan.properties.is_empty() || plan.properties.iter().any(|it| it == name));
    let chosen: Vec<_> = chosen.collect();
    let start = plan
        .seed
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |it| u64::from(it.subsec_nanos())));
    let corpus = corpus();
    println!("seed {start}, {} scenarios to mutate", corpus.len());
    let time = Duration::from_secs(plan.seconds) / u32::try_from(chosen.len())?;
    let mut verdict = Verdict::Agrees;
    for (name, property) in chosen {
        let (began, mut seed, mut inputs) = (Instant::now(), Seed::new(start), 0_u64);
        let mut slowest = (Duration::ZERO, 0);
        while began.elapsed() < time && plan.inputs.is_none_or(|most| inputs < most) {
            let input = match *name {
                "session" => Files::from([(ROOT.to_vec(), happenings(&mut seed))]),
                _ => input(&mut seed, &corpus),
            };
            inputs += 1;
            let asked = Instant::now();
            // A panic says on standard error what is wrong, and where.
            if catch_unwind(AssertUnwindSafe(|| property(&input))).is_err() {
                println!("{name} fails on input {inputs} of seed {start}\n{}", shown(&input));
                verdict = Verdict::Disagrees;
                break;
            }
            if asked.elapsed() > SLOW {
                println!("{name}: input {inputs} took {:?}\n{}", asked.elapsed(), shown(&input));
            }
            slowest = slowest.max((asked.elapsed(), inputs));
        }
        let speed = inputs as f64 / began.elapsed().as_secs_f64();
        println!(
            "{name}: {inputs} inputs, {speed:.0} a second; the slowest, number {}, took {:?}",
            slowest.1, slowest.0
        );
    }
    Ok(verdict)
}

/// The scenario tables, when this is run in a checkout; a manager.conf is a root like others.
fn corpus() -> Vec<Files> {
    let tables = scenario::load(Path::new("fixtures/scenarios"), &[]).unwrap_or_default();
    let files = tables.iter().flat_map(|table| &table.scenarios).filter_map(Scenario::files);
    let named = |mut files: Files| {
        if !files.contains_key(ROOT)
            && let Some(manager) = files.remove(&b"manager.conf"[..])
        {
            files.insert(ROOT.to_vec(), manager);
        }
        files
    };
    files.map(named).collect()
}

fn input(seed: &mut Seed, corpus: &[Files]) -> Files {
    let root = match seed.below(8) {
        0 => soup(seed),
        1 => {
            let bytes = soup(seed);
            mutated(seed, &bytes)
        }
        2 | 3 => return mistakes(seed),
        4 => return odd_manager(seed, &Files::new()).root(),
        _ => return case(seed, corpus),
    };
    Files::from([(ROOT.to_vec(), root)])
}

fn shown(case: &Files) -> String {
    case.iter().map(|(name, content)| format!("{}: \"{}\"\n", name.escape_ascii(), content.escape_ascii())).collect()
}
