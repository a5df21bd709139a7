//! amictl against live Asterisks on configurations that nobody wrote.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use amictl::release::Release;
use amictl::testing::answer::{Answer, Yes};
use amictl::testing::cases::{Files, case};
use amictl::testing::generate::Seed;
use amictl::testing::judge::{Evaluator, Unsure};
use amictl::testing::scenario::{Scenario, Table};
use anyhow::{Context, Result};

use super::diff::diff;
use super::install::Installation;
use super::live::Live;
use super::shrink::shrink;
use super::{Verdict, found};

/// For how long, and on what.
#[derive(clap::Args)]
pub(crate) struct Plan {
    /// Stop after so many seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Stop after so many comparisons for each release
    #[arg(long, default_value_t = u64::MAX, hide_default_value = true)]
    count: u64,
    /// The same seed makes the same configurations (one that is shown, when none is given)
    #[arg(long)]
    seed: Option<u64>,
}

/// Configurations in a round. A round with a disagreement is the last.
const ROUND: usize = 512;
/// Of the disagreements of a round so many are shrunk and kept.
const KEPT: usize = 4;
const SHRINKING: Duration = Duration::from_secs(40);
/// So many of those that never end are put to Asterisk, at the end: each takes seconds and an instance of its own.
const HANGS: usize = 2;

/// One release and what there is to say of it.
struct Contest<'a> {
    live: Live<'a>,
    evaluator: Evaluator,
    name: &'a str,
    compared: u64,
    hanging: Vec<Files>,
    limits: u64,
    undecided: u64,
    undefined: u64,
    time: Duration,
}

pub(crate) fn live(installations: &[Installation], tables: &[Table], plan: &Plan) -> Result<Verdict> {
    let corpus: Vec<Files> = tables.iter().flat_map(|table| &table.scenarios).filter_map(plain).collect();
    let mut contests = installations.iter().map(Contest::new).collect::<Result<Vec<_>>>()?;
    let start = plan
        .seed
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |it| u64::from(it.subsec_nanos())));
    println!("seed {start}, {} scenarios to mutate", corpus.len());
    let mut seed = Seed::new(start);
    let deadline = Instant::now() + Duration::from_secs(plan.seconds);
    let mut odd: Vec<Files> = Vec::new();
    while odd.is_empty() && Instant::now() < deadline && contests.iter().any(|it| it.compared < plan.count) {
        let cases: Vec<Files> = (0..ROUND).map(|_| case(&mut seed, &corpus)).collect();
        for contest in &mut contests {
            let began = Instant::now();
            odd.extend(contest.round(&cases)?);
            contest.time += began.elapsed();
        }
    }
    for contest in &mut contests {
        odd.extend(contest.those_that_hang()?);
        contest.tell();
    }
    if odd.is_empty() {
        println!("no disagreement; seed {start}");
        return Ok(Verdict::Agrees);
    }
    println!("{} disagreements in the last round; seed {start}; shrinking", odd.len());
    let mut small = Vec::new();
    for files in odd.into_iter().take(KEPT) {
        small.push(smallest(&mut contests, files)?);
    }
    small.sort_by_cached_key(|files| (files.values().map(Vec::len).sum::<usize>(), shape(files)));
    small.dedup_by_key(|files| shape(files));
    let scenarios: Vec<Scenario> = small.iter().map(found::scenario).collect();
    for scenario in &scenarios {
        println!("\n{}", scenario.written());
        for contest in &mut contests {
            contest.show(scenario)?;
        }
    }
    drop(contests);
    found::keep(&scenarios, installations)?;
    Ok(Verdict::Disagrees)
}

/// The files of a scenario that can be mutated: a path of the folder that went into a value would be another elsewhere.
fn plain(scenario: &Scenario) -> Option<Files> {
    let files = scenario.files().filter(|_| scenario.undefined.is_none())?;
    let names_folder = files.values().any(|content| content.windows(5).any(|it| it == b"{ETC}"));
    (!names_folder && !files.is_empty()).then_some(files)
}

/// Files without what tells one word from another: those that differ in nothing else show the same.
fn shape(files: &Files) -> Vec<Vec<u8>> {
    let fold = |byte: &u8| if byte.is_ascii_alphanumeric() { b'a' } else { *byte };
    files.values().map(|content| content.iter().map(fold).collect()).collect()
}

fn smallest(contests: &mut [Contest<'_>], files: Files) -> Result<Files> {
    let deadline = Instant::now() + SHRINKING;
    shrink(files, deadline, |files| {
        let scenario = found::scenario(files);
        for contest in &mut *contests {
            if contest.disagrees(&scenario)? {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

impl<'a> Contest<'a> {
    fn new(installation: &'a Installation) -> Result<Contest<'a>> {
        let name = &installation.about.release;
        let release = Release::parse(name).ok().with_context(|| format!("amictl does not know {name}"))?;
        Ok(Contest {
            live: Live::new(installation),
            evaluator: Evaluator { release },
            name,
            compared: 0,
            hanging: Vec::new(),
            limits: 0,
            undecided: 0,
            undefined: 0,
            time: Duration::ZERO,
        })
    }

    /// The cases on which amictl and Asterisk disagree.
    fn round(&mut self, cases: &[Files]) -> Result<Vec<Files>> {
        let mut asked = Vec::new();
        let mut own = Vec::new();
        for files in cases {
            let scenario = found::scenario(files);
            match self.evaluator.sure(&scenario)? {
                Err(Unsure::Limit) => self.limits += 1,
                Err(Unsure::Undecided) => self.undecided += 1,
                Err(Unsure::Undefined) => self.undefined += 1,
                Ok(Answer::Hangs(Yes)) if self.hanging.len() == HANGS => self.limits += 1,
                Ok(Answer::Hangs(Yes)) => self.hanging.push(files.clone()),
                Ok(answer) => {
                    asked.push((files, scenario));
                    own.push(answer);
                }
            }
        }
        let scenarios: Vec<&Scenario> = asked.iter().map(|(_, scenario)| scenario).collect();
        let said = self.live.parse(&scenarios)?;
        self.compared += said.len() as u64;
        let odd = asked.iter().zip(said.iter().zip(&own)).filter(|(_, (said, own))| said != own);
        Ok(odd.map(|((files, _), _)| (*files).clone()).collect())
    }

    /// Puts what amictl says never ends to Asterisk; the cases on which that is wrong.
    fn those_that_hang(&mut self) -> Result<Vec<Files>> {
        let mut odd = Vec::new();
        for files in std::mem::take(&mut self.hanging) {
            self.compared += 1;
            if self.live.parse_alone(&found::scenario(&files))? != Answer::Hangs(Yes) {
                odd.push(files);
            }
        }
        Ok(odd)
    }

    fn answers(&mut self, scenario: &Scenario) -> Result<Option<(Answer, Answer)>> {
        let Ok(own) = self.evaluator.sure(scenario)? else { return Ok(None) };
        let said = self.live.parse(&[scenario])?.pop();
        Ok(said.map(|said| (own, said)))
    }

    fn disagrees(&mut self, scenario: &Scenario) -> Result<bool> {
        Ok(self.answers(scenario)?.is_some_and(|(own, said)| own != said))
    }

    fn show(&mut self, scenario: &Scenario) -> Result<()> {
        if let Some((own, said)) = self.answers(scenario)?.filter(|(own, said)| own != said) {
            print!("{}", diff((&format!("Asterisk {}", self.name), &said), ("amictl", &own)));
        }
        Ok(())
    }

    fn tell(&self) {
        println!(
            "{}: {} comparisons, {:.0} a second; not compared: {} limits of amictl or hangs, {} filters it cannot decide, \
             {} undefined",
            self.name,
            self.compared,
            self.compared as f64 / self.time.as_secs_f64().max(0.001),
            self.limits,
            self.undecided,
            self.undefined,
        );
    }
}
