//! What amictl says of a manager that has started, in the words in which Asterisk shows it.

use std::net::IpAddr;

use memchr::memmem;

use super::answer::{NO_CONNECTION, Started};
use super::bytes::{Bytes, Said};
use super::cases::ETC;
use super::judge::{self, Unsure};
use super::scenario::{ADDRESSES, Login, Receiver, SENDER, Trials, event_text, replace};
use crate::access::{self, Attempt, Configuration, Verdict};
use crate::config::manager::acl::Sense;
use crate::config::manager::listen::{ListenerKind, State};
use crate::config::manager::tls;
use crate::config::manager::{Address, FactKind, Manager, SecretState, User, When};
use crate::config::{Effective, What};
use crate::posix::Answer;

/// The manager of a configuration, with all that is tried on it; or why that cannot be held against Asterisk.
pub(super) fn started(
    effective: &Effective<'_>,
    manager: &Manager<'_>,
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
    let is_cut = |text: &[u8]| text.len() > cut(text).len() && memmem::find(text, judge::ETC.as_bytes()).is_some();
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
    let users: Vec<(Said, Vec<Said>)> =
        manager.accounts.users.iter().map(|user| (user.name.into(), shown(user))).collect();
    let holds_path = |said: &Said| matches!(said, Said::Whole(text) if text.contains(judge::ETC));
    if users.iter().any(|(name, lines)| holds_path(name) || lines.iter().any(holds_path)) {
        return Err(Unsure::Undecided);
    }
    Ok(Some(Started { settings: settings(manager), listen, users, logins, delivered }))
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

/// `manager show settings`, releases 16 to 23.
fn settings(manager: &Manager<'_>) -> Vec<Said> {
    let general = &manager.general;
    let yes = |yes: bool| if yes { &b"Yes"[..] } else { b"No" };
    let tls = general.tls.enable.value
        && manager.judgement.as_ref().is_some_and(|it| matches!(it.verdict, tls::Verdict::Usable));
    let at = |wanted: bool, address: Option<Address<'_>>| match (wanted, address) {
        (false, _) => "Disabled".to_owned(),
        (true, Some(address)) => address.to_string(),
        // How Asterisk prints an address that was never set.
        (true, None) => "(null)".to_owned(),
    };
    let plain = at(general.enabled.value, general.bind()).into_bytes();
    let secure = at(tls, manager.listeners[1].address).into_bytes();
    let timeout = general.httptimeout.value.to_string();
    let lines: [(&str, &[u8]); 15] = [
        ("Manager (AMI)", yes(general.enabled.value)),
        ("Web Manager (AMI/HTTP)", yes(general.webenabled.value)),
        ("TCP Bindaddress", &plain),
        ("HTTP Timeout (seconds)", timeout.as_bytes()),
        ("TLS Enable", yes(tls)),
        ("TLS Bindaddress", &secure),
        ("TLS Certfile", cut(general.tls.certfile.value)),
        ("TLS Privatekey", cut(general.tls.privatekey.value)),
        ("TLS Cipher", cut(general.tls.cipher.value)),
        ("Allow multiple login", yes(general.allowmultiplelogin.value)),
        ("Display connects", yes(general.displayconnects.value)),
        ("Timestamp events", yes(general.timestampevents.value)),
        ("Channel vars", general.channelvars.value),
        ("Disabled events", general.disabledevents.value),
        ("Debug", yes(general.debug.value)),
    ];
    lines.iter().map(|(label, value)| line(label, value)).collect()
}

/// What is shown of a text of TLS.
fn cut(text: &[u8]) -> &[u8] {
    &text[..text.len().min(55)]
}

/// `LABEL: VALUE` without blanks at its end, and with `{ETC}` for the folder.
fn line(label: &str, value: &[u8]) -> Said {
    let line = [label.as_bytes(), b": ", value].concat();
    replace(&line, judge::ETC.as_bytes(), ETC).trim_ascii_end().into()
}

/// `manager show user`, releases 16 to 23.
fn shown(user: &User<'_>) -> Vec<Said> {
    let yes = |yes: bool| if yes { &b"yes"[..] } else { b"no" };
    let secret = if user.secret.value.state() == SecretState::Missing { &b"(N/A)"[..] } else { b"<Set>" };
    let mut lines = vec![
        line("secret", secret),
        line("ACL", yes(!user.acls.is_empty())),
        line("read perm", user.read.value.to_string().as_bytes()),
        line("write perm", user.write.value.to_string().as_bytes()),
        line("displayconnects", yes(user.displayconnects.value)),
        line("allowmultiplelogin", yes(user.allowmultiplelogin.value)),
        line("Variables", b""),
    ];
    for variable in &user.setvar {
        lines.push([&variable.name[..], b" = ", &variable.value].concat().trim_ascii().into());
    }
    for acl in &user.acls {
        lines.push(line("ACL", if acl.name.is_empty() { b"(unnamed)" } else { &acl.name }));
        for (at, rule) in acl.rules.iter().enumerate() {
            let sense = if rule.sense == Sense::Permit { "allow" } else { "deny" };
            lines.push(format!("{at}: {sense:>5} - {}", rule.network).as_bytes().into());
        }
    }
    lines
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
