//! Managers full of mistakes, before and after the fixes of amictl that are to change nothing.

use std::io;
use std::net::IpAddr;
use std::path::Path;

use super::bytes::Bytes;
use super::cases::{ETC, Files, ROOT};
use super::generate::Seed;
use super::judge;
use super::manager_cases::manager;
use super::manager_values::event;
use super::mistakes::mistakes;
use super::odd_managers::odd_manager;
use super::scenario::{Ask, Login, Question, Receiver, SENDER, Scenario, Trials, replace};
use crate::config::manager::Manager;
use crate::config::{self, Outcome, Place, World};
use crate::fix::{Fixed, Root, Wanted, fix};
use crate::host::Host as _;
use crate::release::Release;
use crate::rules::{All, Role};
use crate::text::Files as Texts;

/// The file that is asked about.
const MANAGER: &[u8] = b"manager.conf";

/// So many users of a manager are tried, and so many events sent.
const TRIED: usize = 8;
const EVENTS: usize = 6;

/// A manager that has something to mend, most likely, and what is to be tried on it. `beside`: files that lie beside it.
pub fn mistaken(seed: &mut Seed, beside: &Files, release: Release) -> Question {
    match seed.below(100) {
        0 => {
            // A login that fails takes a second, and there are a thousand.
            let mut question = manager(seed);
            question.manager.logins.truncate(TRIED);
            question
        }
        1..=16 => odd_manager(seed, beside),
        _ => {
            let mut files = mistakes(seed);
            let root = files.remove(ROOT).unwrap_or_default();
            files.insert(MANAGER.to_vec(), if seed.once_in(4) { root } else { reachable(&root) });
            let mut question = Question { ask: Ask::Manager, files, manager: Trials::default() };
            question.manager = trials(seed, &question, release).unwrap_or_default();
            question
        }
    }
}

/// The text with an account that sends events, and with a manager that is there to be talked to.
fn reachable(text: &[u8]) -> Vec<u8> {
    const GENERAL: &[u8] = b"[general]\n";
    const ENABLED: &[u8] = b"[general]\nenabled = yes\n";
    let sender = format!("[{SENDER}]\nsecret = {SENDER}\nread = all\nwrite = all\nwritetimeout = 10000\n").into_bytes();
    match memchr::memmem::find(text, GENERAL) {
        Some(at) => [&sender[..], &text[..at], ENABLED, &text[at + GENERAL.len()..]].concat(),
        None => [ENABLED, &sender, text].concat(),
    }
}

/// What to try on the users that a release makes of the files: the right secret, once for each, from somewhere.
fn trials(seed: &mut Seed, question: &Question, release: Release) -> io::Result<Trials> {
    let memory = scenario(question).in_memory(judge::ETC)?;
    let (files, path) = (Texts::default(), Path::new(judge::ETC).join("manager.conf"));
    let root = files.add("manager.conf".to_owned(), path.clone(), memory.read(&path)?).id();
    let world = World::new(&files, &memory, place());
    let effective = config::load(&world, root, release);
    let mut trials = Trials::default();
    if effective.outcome != Outcome::Loads {
        return Ok(trials);
    }
    let is_sendable = |text: &[u8]| !text.iter().any(|byte| b"\r\n\0".contains(byte));
    for user in Manager::load(&world, &effective, release).accounts.users.iter().take(TRIED) {
        let secret = user.secret.value.keyed(<[u8]>::to_vec).filter(|secret| is_sendable(secret));
        let Some(secret) = secret.filter(|_| is_sendable(user.name) && user.name != SENDER.as_bytes()) else {
            continue;
        };
        let (user_name, secret) = (Bytes(user.name.to_vec()), Bytes(secret));
        if user.filters.is_empty() {
            let from = seed.pick(&["127.0.0.1", "127.0.0.1", "10.0.0.7", "192.168.0.9", "::1"]).parse();
            let from = from.unwrap_or(IpAddr::from([127, 0, 0, 1]));
            trials.logins.push(Login { user: user_name, secret, from });
        } else {
            trials.receivers.push(Receiver { user: user_name, secret });
        }
    }
    if !trials.receivers.is_empty() {
        trials.events = (0..EVENTS).map(|_| event(seed)).collect();
        // What filters of the examples look for, within a value.
        let named = ["Event: Hangup", "Event: VarSet", "Channel: PJSIP/100", "Event: Newchannel"].map(|text| {
            let pair = |name: &str, value: &str| (Bytes(name.into()), Bytes(value.into()));
            vec![pair("UserEvent", "Hangup"), pair("Note", text)]
        });
        trials.events.extend(named);
    }
    Ok(trials)
}

/// The question after the safe fixes of what a release has found, and how many of which rule there were; nothing where
/// they change nothing.
///
/// # Errors
///
/// Fixes that amictl itself does not stand by.
pub fn mended(question: &Question, release: Release) -> io::Result<Option<(Question, Fixed)>> {
    let memory = scenario(question).in_memory(judge::ETC)?;
    let path = Path::new(judge::ETC).join("manager.conf");
    if memory.read(&path).is_err() {
        return Ok(None);
    }
    let roots = [Root { path, role: Role::Manager, place: place() }];
    let wanted = Wanted { safe: true, ..Wanted::default() };
    let fixed = fix(&memory, &roots, &[release], &All, &wanted).map_err(io::Error::other)?;
    let mut after = question.clone();
    for file in &fixed.files {
        let name = file.path.strip_prefix(judge::ETC).map_err(io::Error::other)?;
        let text = replace(&file.after, judge::ETC.as_bytes(), ETC);
        after.files.insert(name.as_os_str().as_encoded_bytes().to_vec(), text);
    }
    Ok((after.files != question.files).then_some((after, fixed)))
}

fn scenario(question: &Question) -> Scenario {
    Scenario::new(String::new(), String::new(), question)
}

fn place() -> Place {
    Place { etc: judge::ETC.into(), root: None, complete: true }
}
