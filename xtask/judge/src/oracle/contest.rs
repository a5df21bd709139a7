//! amictl against live Asterisks on configurations that nobody wrote.

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use amictl::release::Release;
use amictl::testing::answer::{Answer, Started, Yes};
use amictl::testing::cases::{Files, case};
use amictl::testing::generate::Seed;
use amictl::testing::judge::{Evaluator, Unsure};
use amictl::testing::manager_cases::manager;
use amictl::testing::odd_managers::odd_manager;
use amictl::testing::scenario::{Ask, Question, Scenario, Table, Trials};
use anyhow::{Context, Result};

use super::diff::diff;
use super::install::Installation;
use super::live::Live;
use super::shrink::shrink;
use super::{Verdict, fixtures, found};

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
    /// What to ask: how files are read, or what managers do
    #[arg(long, value_enum, default_value_t = About::Parse)]
    about: About,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum About {
    /// How files are read
    Parse,
    /// Large managers: class lists, logins from many addresses, filters on events
    Manager,
    /// Small managers in which anything is odd: options, listeners, TLS, names
    Start,
}

impl Plan {
    /// The questions of a round. A round with a disagreement is the last.
    fn round(&self, seed: &mut Seed, corpus: &[Files], certificates: &Files) -> Vec<Question> {
        match self.about {
            About::Parse => (0..512).map(|_| Question::parse(case(seed, corpus))).collect(),
            About::Manager => (0..4).map(|_| manager(seed)).collect(),
            About::Start => (0..32).map(|_| odd_manager(seed, certificates)).collect(),
        }
    }
}

/// Of the disagreements of a round so many are shrunk and kept.
const KEPT: usize = 4;
pub(super) const SHRINKING: Duration = Duration::from_secs(40);
/// So many of those that never end are put to Asterisk, at the end: each takes seconds and an instance of its own.
const HANGS: usize = 2;

/// One release and what there is to say of it.
struct Contest<'a> {
    live: Live<'a>,
    evaluator: Evaluator,
    name: &'a str,
    compared: u64,
    parts: Parts,
    hanging: Vec<Question>,
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
    let certificates = certificates()?;
    let deadline = Instant::now() + Duration::from_secs(plan.seconds);
    let mut odd: Vec<Question> = Vec::new();
    while odd.is_empty() && Instant::now() < deadline && contests.iter().any(|it| it.compared < plan.count) {
        let cases = plan.round(&mut seed, &corpus, &certificates);
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
    for question in odd.into_iter().take(KEPT) {
        small.push(smallest(&mut contests, question)?);
    }
    small.sort_by_cached_key(|it| (it.files.values().map(Vec::len).sum::<usize>(), shape(&it.files)));
    small.dedup_by_key(|it| shape(&it.files));
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

/// Certificates and keys of every kind, by name.
pub(super) fn certificates() -> Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(fixtures()?.join("manager/tls"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        files.insert(name.to_vec(), fs::read(&path)?);
    }
    Ok(files)
}

/// The files of a scenario that can be mutated: a path of the folder that went into a value would be another elsewhere.
fn plain(scenario: &Scenario) -> Option<Files> {
    let files = scenario.files().filter(|_| scenario.ask == Ask::Parse && scenario.undefined.is_none())?;
    let names_folder = files.values().any(|content| content.windows(5).any(|it| it == b"{ETC}"));
    (!names_folder && !files.is_empty()).then_some(files)
}

/// Files without what tells one word from another: those that differ in nothing else show the same.
pub(super) fn shape(files: &Files) -> Vec<Vec<u8>> {
    let fold = |byte: &u8| if byte.is_ascii_alphanumeric() { b'a' } else { *byte };
    files.values().map(|content| content.iter().map(fold).collect()).collect()
}

fn smallest(contests: &mut [Contest<'_>], mut question: Question) -> Result<Question> {
    for contest in &mut *contests {
        if let Some((own, said)) = contest.answers(&found::scenario(&question))?.filter(|(own, said)| own != said) {
            print!("{}", diff((&format!("Asterisk {}", contest.name), &said), ("amictl", &own)));
            focus(&mut question, &own, &said);
        }
    }
    let deadline = Instant::now() + SHRINKING;
    let files = shrink(question.files.clone(), deadline, |files| {
        let scenario = found::scenario(&Question { files: files.clone(), ..question.clone() });
        for contest in &mut *contests {
            if contest.disagrees(&scenario)? {
                return Ok(true);
            }
        }
        Ok(false)
    })?;
    Ok(Question { files, ..question })
}

/// Leaves of the trials the first that the answers differ in.
fn focus(question: &mut Question, own: &Answer, said: &Answer) {
    let (Answer::Manager(own), Answer::Manager(said)) = (own, said) else { return };
    let trials = &mut question.manager;
    if own.settings != said.settings || own.listen != said.listen || own.users != said.users {
        *trials = Default::default();
    } else if let Some(at) = own.logins.iter().zip(&said.logins).position(|(own, said)| own != said) {
        trials.logins = vec![trials.logins.swap_remove(at)];
        trials.events.clear();
        trials.receivers.clear();
    } else if let Some(at) = own.delivered.iter().zip(&said.delivered).position(|(own, said)| own != said) {
        let [own, said] = [own, said].map(|started| started.delivered[at].clone().unwrap_or_default());
        let odd = |number: &usize| own.contains(number) != said.contains(number);
        if let Some(number) = (0..trials.events.len()).find(odd) {
            trials.events = vec![trials.events.swap_remove(number)];
        }
        trials.receivers = vec![trials.receivers.swap_remove(at)];
        trials.logins.clear();
    }
}

/// How many comparisons of which kind there were within whole managers.
#[derive(Default)]
struct Parts {
    class_lists: usize,
    logins: usize,
    deliveries: usize,
}

impl Parts {
    /// Counts what was compared in one manager; gives the sum.
    fn add(&mut self, trials: &Trials, started: &Started) -> u64 {
        let deliveries = started.delivered.iter().flatten().count() * trials.events.len();
        let (class_lists, logins) = (2 * started.users.len(), started.logins.len());
        self.class_lists += class_lists;
        self.logins += logins;
        self.deliveries += deliveries;
        (class_lists + logins + deliveries) as u64
    }
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
            parts: Parts::default(),
            hanging: Vec::new(),
            limits: 0,
            undecided: 0,
            undefined: 0,
            time: Duration::ZERO,
        })
    }

    /// The cases on which amictl and Asterisk disagree.
    fn round(&mut self, cases: &[Question]) -> Result<Vec<Question>> {
        let mut asked = Vec::new();
        let mut own = Vec::new();
        for question in cases {
            let mut question = question.clone();
            let mut scenario = found::scenario(&question);
            let mut answer = self.evaluator.sure(&scenario)?;
            if let Err(Unsure::Receivers(numbers)) = &answer {
                self.undecided += numbers.len() as u64;
                numbers.iter().rev().for_each(|&number| drop(question.manager.receivers.remove(number)));
                scenario = found::scenario(&question);
                answer = self.evaluator.sure(&scenario)?;
            }
            match answer {
                Err(Unsure::Limit) => self.limits += 1,
                Err(Unsure::Undecided | Unsure::Receivers(_)) => self.undecided += 1,
                Err(Unsure::Undefined) => self.undefined += 1,
                Ok(Answer::Hangs(Yes)) if self.hanging.len() == HANGS => self.limits += 1,
                Ok(Answer::Hangs(Yes)) => self.hanging.push(question),
                Ok(answer) => {
                    asked.push((question, scenario));
                    own.push(answer);
                }
            }
        }
        let scenarios: Vec<&Scenario> = asked.iter().map(|(_, scenario)| scenario).collect();
        let said = self.live.answers(&scenarios)?;
        for ((question, _), said) in asked.iter().zip(&said) {
            self.compared += match said {
                Answer::Manager(started) => self.parts.add(&question.manager, started),
                _ => 1,
            };
        }
        let odd = asked.iter().zip(said.iter().zip(&own)).filter(|(_, (said, own))| said != own);
        Ok(odd.map(|((question, _), _)| question.clone()).collect())
    }

    /// Puts what amictl says never ends to Asterisk; the cases on which that is wrong.
    fn those_that_hang(&mut self) -> Result<Vec<Question>> {
        let mut odd = Vec::new();
        for question in std::mem::take(&mut self.hanging) {
            self.compared += 1;
            if self.live.alone(&found::scenario(&question))? != Answer::Hangs(Yes) {
                odd.push(question);
            }
        }
        Ok(odd)
    }

    fn answers(&mut self, scenario: &Scenario) -> Result<Option<(Answer, Answer)>> {
        let Ok(own) = self.evaluator.sure(scenario)? else { return Ok(None) };
        let said = self.live.answers(&[scenario])?.pop();
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
        if self.parts.class_lists > 0 {
            let Parts { class_lists, logins, deliveries } = self.parts;
            println!("  {class_lists} class lists, {logins} logins, {deliveries} events to a user");
        }
    }
}
