//! What amictl says of a manager that has started, in the words in which Asterisk shows it.

use std::net::IpAddr;

use memchr::memmem;

use super::answer::{NO_CONNECTION, Started};
use super::bytes::{Bytes, Said};
use super::cases::ETC;
use super::judge::{self, Unsure};
use super::scenario::{ADDRESSES, Login, Receiver, SENDER, Trials, event_text, replace};
use crate::access::{self, Attempt, Configuration, Verdict};
use crate::config::manager::listen::{ListenerKind, State};
use crate::config::manager::{FactKind, Manager, When};
use crate::config::manager::{show, tls};
use crate::config::{Effective, What};
use crate::posix::Answer;
use crate::release::Release;
use crate::text::Secrets;

/// The manager of a configuration, with all that is tried on it; or why that cannot be held against Asterisk.
pub(super) fn started(
    effective: &Effective<'_>,
    manager: &Manager<'_>,
    release: Release,
    trials: &Trials,
) -> Result<Option<Started>, Unsure> {
    // Those of users.conf do not count: it kills only an Asterisk with pbx_config, which the judge does not load.
    for fact in &manager.accounts.facts {
        match fact.kind {
            FactKind::Hazard { when: When::Boot, .. } => return Ok(None),
            FactKind::Hazard { when: When::Login, .. } => return Err(Unsure::Undefined),
            _ => {}
        }
    }
    let general = &manager.general;
    let web = manager.http.iter().flat_map(|http| &http.listeners);
    let listeners = || manager.listeners.iter().chain(web.clone());
    let is_known = |state: State| matches!(state, State::Listens | State::Closed);
    // A path that is cut in its folder, which is another for each judge.
    let is_cut = |text: &[u8]| text.len() > show::LONGEST_TEXT && memmem::find(text, judge::ETC.as_bytes()).is_some();
    let tls = &general.tls;
    let undecided = [tls.certfile, tls.privatekey, tls.cipher].iter().any(|text| is_cut(text.value))
        || general.facts.iter().any(|fact| matches!(fact.kind, FactKind::Indeterminate { .. }))
        || effective.open().any(|note| matches!(note.what, What::Exec { .. }))
        || manager.accounts.gave_up
        || !listeners().all(|listener| is_known(listener.state))
        || manager.judgement.as_ref().is_some_and(|it| matches!(it.verdict, tls::Verdict::Unknown(_)));
    if undecided {
        return Err(Unsure::Undecided);
    }
    let here = listeners().filter(|listener| listener.state == State::Listens);
    let here = here.filter_map(|listener| listener.address).filter(|address| is_here(address.ip));
    let mut listen: Vec<String> = here.map(|address| address.to_string()).collect();
    listen.sort();
    let (logins, delivered) = tried(effective, manager, trials)?;
    let shown = |user| kept(show::user(user, Secrets::Revealed)).map(|line| line.as_slice().into()).collect();
    let users: Vec<(Said, Vec<Said>)> =
        manager.accounts.users.iter().map(|user| (user.name.into(), shown(user))).collect();
    let holds_path = |said: &Said| matches!(said, Said::Whole(text) if text.contains(judge::ETC));
    if users.iter().any(|(name, lines)| holds_path(name) || lines.iter().any(holds_path)) {
        return Err(Unsure::Undecided);
    }
    let setting = |line: Vec<u8>| replace(&squeezed(&line), judge::ETC.as_bytes(), ETC).as_slice().into();
    let settings = kept(show::settings(manager, release)).map(setting).collect();
    Ok(Some(Started { settings, listen, users, logins, delivered }))
}

/// Has the machine on which managers are asked this address?
fn is_here(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_unspecified()
        || ADDRESSES.iter().any(|&(own, length)| match (own.parse(), ip) {
            (Ok(IpAddr::V4(own)), IpAddr::V4(ip)) => (own.to_bits() ^ ip.to_bits()) >> (32 - length) == 0,
            (Ok(own), _) => own == ip,
            (Err(_), _) => false,
        })
}

/// The lines of `manager show …` as the judge keeps them: those that say something but the heading, without padding.
fn kept(lines: Vec<Vec<u8>>) -> impl Iterator<Item = Vec<u8>> {
    let lines = lines.into_iter().map(|line| line.trim_ascii().to_vec());
    lines.filter(|line| !line.iter().all(|&byte| byte == b'-')).skip(1)
}

/// `LABEL:   VALUE` with one blank in place of the padding.
fn squeezed(line: &[u8]) -> Vec<u8> {
    let Some(colon) = line.windows(2).position(|it| it[0] == b':' && it[1].is_ascii_whitespace()) else {
        return line.to_vec();
    };
    [&line[..=colon], b" ", line[colon + 1..].trim_ascii_start()].concat()
}

type Tried = (Vec<String>, Vec<Option<Vec<usize>>>);

fn tried(effective: &Effective<'_>, manager: &Manager<'_>, trials: &Trials) -> Result<Tried, Unsure> {
    let (accounts, listeners) = (&manager.accounts, &manager.listeners);
    let configuration = Configuration { effective, accounts, listeners };
    let unreachable = |listener: &crate::config::manager::listen::Listener<'_>| {
        listener.kind == ListenerKind::Plain && listener.address.is_none_or(|address| !is_here(address.ip))
    };
    let nowhere = listeners.iter().any(unreachable);
    let login = |user: &[u8], secret: &[u8], from: IpAddr, sessions: &[Vec<u8>]| {
        if nowhere {
            return Ok(NO_CONNECTION.to_owned());
        }
        let over = ListenerKind::Plain;
        let trace = access::login(configuration, Attempt { user, from, over, secret: Some(secret), sessions });
        match trace.verdict() {
            Verdict::Unknown => Err(Unsure::Undecided),
            Verdict::Accepted | Verdict::Denied => Ok(trace.answer().to_owned()),
        }
    };
    let is_in = |answer: &str| answer == access::ACCEPTED;
    let mut logins = Vec::new();
    for (at, Login { user, secret, from }) in trials.logins.iter().enumerate() {
        let alone = manager.accounts.find(&user.0).is_none_or(|user| user.allowmultiplelogin.value);
        if !alone && meets_itself(&user.0, at, trials) {
            return Err(Unsure::Undecided);
        }
        logins.push(login(&user.0, &secret.0, *from, &[])?);
    }
    if trials.receivers.is_empty() {
        return Ok((logins, Vec::new()));
    }
    let local = IpAddr::from([127, 0, 0, 1]);
    let mut sessions = Vec::new();
    let sends = is_in(&login(SENDER.as_bytes(), SENDER.as_bytes(), local, &[])?);
    sessions.extend(sends.then(|| SENDER.as_bytes().to_vec()));
    let may_send = manager.accounts.find(SENDER.as_bytes()).is_some_and(|user| user.write.value.has("user"));
    let events: Vec<Vec<u8>> = trials.events.iter().enumerate().map(|(at, it)| event_text(at, it)).collect();
    let (mut delivered, mut undecided) = (Vec::new(), Vec::new());
    for (number, Receiver { user: name, secret }) in trials.receivers.iter().enumerate() {
        let got_in = is_in(&login(&name.0, &secret.0, local, &sessions)?);
        let user = manager.accounts.find(&name.0).filter(|_| got_in);
        sessions.extend(got_in.then(|| name.0.clone()));
        let Some(user) = user else {
            delivered.push(None);
            continue;
        };
        let mut sent = Vec::new();
        for (at, event) in events.iter().enumerate().filter(|_| sends && may_send && user.read.value.has("user")) {
            match user.filters.pass(event, b"UserEvent") {
                Answer::Yes => sent.push(at),
                Answer::No => {}
                Answer::Undecided(_) => {
                    undecided.push(number);
                    break;
                }
            }
        }
        delivered.push(Some(sent));
    }
    if undecided.is_empty() { Ok((logins, delivered)) } else { Err(Unsure::Receivers(undecided)) }
}

/// Does another trial log in the same user? They are not made one after the other.
fn meets_itself(user: &[u8], at: usize, trials: &Trials) -> bool {
    let is = |other: &Bytes| other.0.eq_ignore_ascii_case(user);
    let other = trials.logins.iter().enumerate().any(|(other, login)| other != at && is(&login.user));
    other || user.eq_ignore_ascii_case(SENDER.as_bytes()) || trials.receivers.iter().any(|it| is(&it.user))
}
