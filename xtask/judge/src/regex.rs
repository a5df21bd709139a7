//! Holds amictl's POSIX expressions against `regcomp` and `regexec` of the C library of this machine, in one process.
//!
//! Patterns are made from a grammar together with texts that they nearly match. glibc may use time and memory without
//! bounds on some of them, so each locale is a process of its own with limits, and repetitions are kept small.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::io::{Read as _, Write as _};
use std::process::Command as Process;

use amictl::posix::{self, Answer, Beyond, Units};
use amictl::testing::expressions::case;
use amictl::testing::generate::Seed;
use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{Resource, setrlimit};

use crate::c_library::{Said, matches, may_never_end};
use crate::oracle::Verdict;

/// Compare POSIX expressions with the C library's
#[derive(clap::Args)]
pub(crate) struct Command {
    /// How many pairs of a pattern and a text, for each locale
    #[arg(long, default_value_t = 1_000_000)]
    pairs: u64,
    /// Where the generator starts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this locale: C or C.UTF-8
    #[arg(long)]
    locale: Option<String>,
}

impl Command {
    pub(crate) fn execute(self) -> Result<Verdict> {
        if let Some(locale) = &self.locale {
            setrlimit(Resource::RLIMIT_AS, 4 << 30, 4 << 30)?;
            return self.run(locale);
        }
        let mut verdict = Verdict::Agrees;
        for locale in ["C", "C.UTF-8"] {
            let status = Process::new(std::env::current_exe()?)
                .args(["regex", "--locale", locale])
                .args(["--pairs", &self.pairs.to_string(), "--seed", &self.seed.to_string()])
                .status()?;
            match status.code() {
                Some(0) => {}
                Some(1) => verdict = Verdict::Disagrees,
                _ => anyhow::bail!("the comparison in {locale} ended with {status}"),
            }
        }
        Ok(verdict)
    }

    fn run(&self, locale: &str) -> Result<Verdict> {
        let name = CString::new(locale)?;
        set_locale(&name).with_context(|| format!("the C library has no locale {locale}"))?;
        let units = if locale == "C" { Units::Bytes } else { Units::Characters };
        let mut counts = Counts::default();
        let mut random = Seed::new(self.seed);
        while counts.pairs < self.pairs {
            let (pattern, texts) = case(&mut random);
            let Some((at, _)) = compare(&pattern, &texts, units, &mut counts)? else { continue };
            counts.differ += 1;
            if counts.differ <= 20 {
                let (pattern, text, said) = shrink(&pattern, &texts[at], units)?;
                println!("{locale}: `{}` on `{}`: {said}", pattern.escape_ascii(), text.escape_ascii());
            }
        }
        println!(
            "{locale}: {} pairs, {} differ; {} match, {} do not, {} refused, {} undecided, {} too slow in C",
            counts.pairs,
            counts.differ,
            counts.yes,
            counts.no,
            counts.refused,
            counts.undecided.values().sum::<u64>(),
            counts.too_slow
        );
        for (why, count) in &counts.undecided {
            println!("  {count} undecided: {why}");
        }
        ensure!(counts.yes > counts.pairs / 20 && counts.no > counts.pairs / 20, "the generator is one-sided");
        Ok(if counts.differ == 0 { Verdict::Agrees } else { Verdict::Disagrees })
    }
}

#[derive(Default)]
struct Counts {
    pairs: u64,
    differ: u64,
    yes: u64,
    no: u64,
    refused: u64,
    /// By its reason.
    undecided: BTreeMap<Beyond, u64>,
    /// The C library did not answer within a second.
    too_slow: u64,
}

/// Asks both; says how they differ. Each compiles a pattern once for all its texts.
fn compare(pattern: &[u8], texts: &[Vec<u8>], units: Units, counts: &mut Counts) -> Result<Option<(usize, String)>> {
    let theirs = ask(pattern, texts)?;
    let ours = posix::compile(pattern, units);
    for (at, text) in texts.iter().enumerate() {
        counts.pairs += 1;
        let answer = ours.as_ref().map(|pattern| pattern.matches(text));
        let Some(said) = theirs.get(at) else {
            counts.too_slow += 1;
            continue;
        };
        match (said, answer) {
            (Said::Refused, Err(_)) => counts.refused += 1,
            (_, Ok(Answer::Undecided(why))) => *counts.undecided.entry(why).or_default() += 1,
            (Said::Matches, Ok(Answer::Yes)) => counts.yes += 1,
            (Said::MatchesNot, Ok(Answer::No)) => counts.no += 1,
            _ => return Ok(Some((at, format!("glibc {said:?}, amictl {answer:?}")))),
        }
    }
    Ok(None)
}

/// The shortest pattern and text, by leaving bytes out, on which they still differ, and how.
fn shrink(pattern: &[u8], text: &[u8], units: Units) -> Result<(Vec<u8>, Vec<u8>, String)> {
    let differs = |pair: &[Vec<u8>; 2]| -> Result<Option<String>> {
        let found = compare(&pair[0], &pair[1..], units, &mut Counts::default())?;
        Ok(found.map(|(_, said)| said))
    };
    let mut pair = [pattern.to_vec(), text.to_vec()];
    let mut said = differs(&pair)?.unwrap_or_default();
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for which in 0..2 {
            for length in [8, 4, 2, 1] {
                let mut at = 0;
                while at + length <= pair[which].len() {
                    let mut tried = pair.clone();
                    tried[which].drain(at..at + length);
                    match differs(&tried)? {
                        Some(now) => (pair, said, changed) = (tried, now, true),
                        None => at += 1,
                    }
                }
            }
        }
    }
    let [pattern, text] = pair;
    Ok((pattern, text, said))
}

#[allow(unsafe_code, reason = "the C library is asked itself")]
fn set_locale(name: &CStr) -> Option<()> {
    // SAFETY: the name ends in a NUL, and no other thread runs.
    let set = unsafe { libc::setlocale(libc::LC_ALL, name.as_ptr()) };
    (!set.is_null()).then_some(())
}

/// What the C library says of a pattern and each of the texts. A pattern that may never end gets a process and a second
/// of its own, and no answer when that is over.
#[allow(unsafe_code, reason = "the C library is asked itself")]
fn ask(pattern: &[u8], texts: &[Vec<u8>]) -> Result<Vec<Said>> {
    let risky = may_never_end(pattern);
    let pattern = CString::new(pattern)?;
    let texts = texts.iter().map(|text| CString::new(text.as_slice())).collect::<Result<Vec<_>, _>>()?;
    if !risky {
        return Ok(matches(&pattern, &texts));
    }
    let (mut reader, mut writer) = std::io::pipe()?;
    // SAFETY: this process has one thread.
    let child = unsafe { libc::fork() };
    ensure!(child >= 0, "cannot fork");
    if child == 0 {
        // SAFETY: `alarm` and `_exit` take numbers only.
        unsafe { libc::alarm(1) };
        let said: Vec<u8> = matches(&pattern, &texts).into_iter().map(|said| said as u8).collect();
        let failed = writer.write_all(&said).is_err();
        unsafe { libc::_exit(failed.into()) };
    }
    drop(writer);
    let mut said = Vec::new();
    reader.read_to_end(&mut said)?;
    // SAFETY: the child is ours, and nobody else waits for it.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    let known = [Said::Refused, Said::Matches, Said::MatchesNot, Said::Failed];
    Ok(said.into_iter().map(|said| known[usize::from(said)]).collect())
}
