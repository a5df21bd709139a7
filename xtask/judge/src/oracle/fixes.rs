//! Fixes that are to change nothing, held against Asterisk itself: it starts with the files before and with those after,
//! and must show and do the same.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use amictl::release::Release;
use amictl::testing::answer::{Answer, Yes};
use amictl::testing::cases::Files;
use amictl::testing::generate::Seed;
use amictl::testing::judge::{Evaluator, Unsure};
use amictl::testing::mended::{mended, mistaken};
use amictl::testing::scenario::{Question, Scenario};
use anyhow::{Context, Result};

use super::contest::{SHRINKING, certificates, shape};
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
    /// Stop after so many files that fixes change, for each release
    #[arg(long, default_value_t = u64::MAX, hide_default_value = true)]
    count: u64,
    /// The same seed makes the same files (one that is shown, when none is given)
    #[arg(long)]
    seed: Option<u64>,
}

/// Files that fixes change are gathered until there are so many.
const ROUND: usize = 64;
/// Of the disagreements of a round so many are shrunk and kept.
const KEPT: usize = 4;

/// Files before fixes, and as they are after those of what a release has found.
struct Pair {
    release: Release,
    before: Question,
    after: Question,
}

/// One release and how much of it there is to say.
struct Contest<'a> {
    live: Live<'a>,
    evaluator: Evaluator,
    name: &'a str,
    /// How many pairs of files it was asked about.
    compared: u64,
    /// Those that it had to start with, as it reads the two differently.
    started: u64,
    left_out: u64,
}

pub(crate) fn fixes(installations: &[Installation], plan: &Plan) -> Result<Verdict> {
    let mut contests = installations.iter().map(Contest::new).collect::<Result<Vec<_>>>()?;
    let start = plan
        .seed
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |it| u64::from(it.subsec_nanos())));
    println!("seed {start}");
    let (mut seed, beside) = (Seed::new(start), certificates()?);
    let began = Instant::now();
    let (mut made, mut files) = (BTreeMap::new(), 0);
    let mut odd: Vec<Pair> = Vec::new();
    while odd.is_empty()
        && began.elapsed() < Duration::from_secs(plan.seconds)
        && contests.iter().any(|it| it.compared < plan.count)
    {
        let mut pairs = Vec::new();
        while pairs.len() < ROUND {
            files += 1;
            pairs.extend(pair(&mut seed, &beside, &mut made)?);
        }
        for contest in &mut contests {
            odd.extend(contest.round(&pairs)?);
        }
    }
    for Contest { name, compared, started, left_out, .. } in &contests {
        println!(
            "{name}: {compared} files that fixes change, {started} of them read differently and started; {left_out} left out"
        );
    }
    let sum: usize = made.values().sum();
    let of_rule: Vec<String> = made.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    println!("{files} files, {sum} fixes in {} s: {}", began.elapsed().as_secs(), of_rule.join(", "));
    if odd.is_empty() {
        println!("no disagreement; seed {start}");
        return Ok(Verdict::Agrees);
    }
    println!("{} files are not the same to Asterisk after their fixes; seed {start}; shrinking", odd.len());
    keep(installations, contests, odd)?;
    Ok(Verdict::Disagrees)
}

/// A file with mistakes and what becomes of it; nothing when that is the same.
fn pair(seed: &mut Seed, beside: &Files, made: &mut BTreeMap<&'static str, usize>) -> Result<Option<Pair>> {
    let series = Release::all_series();
    let release = series[seed.below(series.len())];
    let before = mistaken(seed, beside, release);
    let mended = mended(&before, release).with_context(|| shown(&before.files))?;
    Ok(mended.map(|(after, fixed)| {
        fixed.made.into_iter().for_each(|(rule, count)| *made.entry(rule).or_default() += count);
        Pair { release, before, after }
    }))
}

/// Shrinks some of the disagreements, shows them and keeps them as scenarios.
fn keep(installations: &[Installation], mut contests: Vec<Contest<'_>>, odd: Vec<Pair>) -> Result<()> {
    let mut small: Vec<Pair> = Vec::new();
    for pair in odd.into_iter().take(KEPT) {
        let deadline = Instant::now() + SHRINKING;
        let Pair { release, before, .. } = pair;
        let again = |files: &Files| -> Result<Option<Pair>> {
            let before = Question { files: files.clone(), ..before.clone() };
            // What amictl itself does not stand by while parts of it are taken out is another matter.
            let mended = mended(&before, release).unwrap_or_default();
            Ok(mended.map(|(after, _)| Pair { release, before, after }))
        };
        let files = shrink(before.files.clone(), deadline, |files| {
            let Some(pair) = again(files)? else { return Ok(false) };
            for contest in &mut contests {
                if contest.disagreement(&pair)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        small.extend(again(&files)?);
    }
    small.sort_by_cached_key(|pair| shape(&pair.before.files));
    small.dedup_by_key(|pair| shape(&pair.before.files));
    let mut scenarios = Vec::new();
    for pair in &small {
        let [before, after] = [&pair.before, &pair.after].map(found::scenario);
        println!("\nbefore, as checked for {}:\n{}\nafter:\n{}", pair.release, before.written(), after.written());
        for contest in &mut contests {
            if let Some((was, is)) = contest.disagreement(pair)? {
                print!("{}: {}", contest.name, diff(("before", &was), ("after", &is)));
            }
        }
        scenarios.extend([before, after]);
    }
    drop(contests);
    found::keep(&scenarios, installations)
}

impl<'a> Contest<'a> {
    fn new(installation: &'a Installation) -> Result<Contest<'a>> {
        let name = &installation.about.release;
        let release = Release::parse(name).ok().with_context(|| format!("amictl does not know {name}"))?;
        let live = Live::new(installation);
        Ok(Contest { live, evaluator: Evaluator { release }, name, compared: 0, started: 0, left_out: 0 })
    }

    /// The pairs that are not the same to this Asterisk.
    fn round(&mut self, pairs: &[Pair]) -> Result<Vec<Pair>> {
        let mut asked: Vec<(&Pair, [Scenario; 2])> = Vec::new();
        for pair in pairs {
            let scenarios = [&pair.before, &pair.after].map(found::scenario);
            match self.is_certain(&scenarios)? {
                true => asked.push((pair, scenarios)),
                false => self.left_out += 1,
            }
        }
        let mut odd = Vec::new();
        let unlike = self.read_differently(&asked)?;
        let scenarios: Vec<&Scenario> = unlike.iter().flat_map(|&at| &asked[at].1).collect();
        self.compared += asked.len() as u64;
        self.started += unlike.len() as u64;
        for (&at, answers) in unlike.iter().zip(self.live.answers(&scenarios)?.chunks(2)) {
            let (pair, _) = asked[at];
            // What comes only once is chance: a machine that was busy.
            if answers[0] != answers[1] && self.disagreement(pair)?.is_some() {
                let Pair { release, before, after } = pair;
                odd.push(Pair { release: *release, before: before.clone(), after: after.clone() });
            }
        }
        Ok(odd)
    }

    /// Which pairs a manager may tell apart: not those that Asterisk reads as the same sections, whatever the bytes.
    fn read_differently(&mut self, pairs: &[(&Pair, [Scenario; 2])]) -> Result<Vec<usize>> {
        let read = |question: &Question| found::scenario(&Question::parse(question.clone().root()));
        let scenarios: Vec<Scenario> =
            pairs.iter().flat_map(|(pair, _)| [read(&pair.before), read(&pair.after)]).collect();
        let answers = self.live.answers(&scenarios.iter().collect::<Vec<_>>())?;
        let is_unlike = |&at: &usize| {
            let (Pair { before, after, .. }, said) = (pairs[at].0, &answers[2 * at..2 * at + 2]);
            said[0] != said[1] || changes_beside(before, after)
        };
        Ok((0..pairs.len()).filter(is_unlike).collect())
    }

    /// Both answers, where they are certain and differ.
    fn disagreement(&mut self, pair: &Pair) -> Result<Option<(Answer, Answer)>> {
        let scenarios = [&pair.before, &pair.after].map(found::scenario);
        if !self.is_certain(&scenarios)? {
            return Ok(None);
        }
        let mut answers = self.live.answers(&[&scenarios[0], &scenarios[1]])?.into_iter();
        Ok(answers.next().zip(answers.next()).filter(|(was, is)| was != is))
    }

    /// Does Asterisk come to an end with these, and does it the same each time?
    fn is_certain(&self, scenarios: &[Scenario]) -> Result<bool> {
        for scenario in scenarios {
            let answer = self.evaluator.sure(scenario)?;
            // What is up to the machine, as the port of a listener, is another each time: there amictl is undecided.
            if !matches!(answer, Ok(_) | Err(Unsure::Receivers(_))) || answer == Ok(Answer::Hangs(Yes)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Is there more that changes than the manager.conf: an acl.conf, or what is included?
fn changes_beside(before: &Question, after: &Question) -> bool {
    before.files.iter().any(|(name, content)| name != b"manager.conf" && after.files.get(name) != Some(content))
}

fn shown(files: &Files) -> String {
    let file =
        |(name, content): (&Vec<u8>, &Vec<u8>)| format!("{}: \"{}\"\n", name.escape_ascii(), content.escape_ascii());
    files.iter().map(file).collect()
}
