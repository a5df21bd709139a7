//! What `manager show …` prints.
//!
//! Source: `handle_showmanager` and its kin in main/manager.c; settings and users are held against what recorded managers
//! show, the rest was measured on 22.10.1.

use std::collections::BTreeMap;
use std::time::Duration;

use super::hub::Id;
use super::session::Session;
use crate::catalog::{self, ActionDef, ClassDef};
use crate::config::manager::acl::Sense;
use crate::config::manager::{Address, Manager, SecretState, User, tls};
use crate::release::{Quirk, Release};
use crate::text::Secrets;

/// Lines without their ends.
pub type Lines = Vec<Vec<u8>>;

/// So much is shown of a text of TLS.
pub const LONGEST_TEXT: usize = 55;

/// `manager show settings`.
pub fn settings(manager: &Manager<'_>, release: Release) -> Lines {
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
    let cut = |label: &str, value: &[u8]| field(label, &value[..value.len().min(LONGEST_TEXT)], 15);
    let short = |label: &str, value: &[u8]| field(label, value, 15);
    let mut lines = vec![
        Vec::new(),
        b"Global Settings:".to_vec(),
        b"----------------".to_vec(),
        short("Manager (AMI)", yes(general.enabled.value)),
        short("Web Manager (AMI/HTTP)", yes(general.webenabled.value)),
        short("TCP Bindaddress", &plain),
        short("HTTP Timeout (seconds)", timeout.as_bytes()),
        short("TLS Enable", yes(tls)),
        short("TLS Bindaddress", &secure),
        cut("TLS Certfile", general.tls.certfile.value),
        cut("TLS Privatekey", general.tls.privatekey.value),
        cut("TLS Cipher", general.tls.cipher.value),
        short("Allow multiple login", yes(general.allowmultiplelogin.value)),
        short("Display connects", yes(general.displayconnects.value)),
        short("Timestamp events", yes(general.timestampevents.value)),
        field("Channel vars", general.channelvars.value, 0),
    ];
    if release.has(Quirk::DisabledEvents) {
        lines.push(field("Disabled events", general.disabledevents.value, 0));
    }
    lines.push(short("Debug", yes(general.debug.value)));
    lines
}

/// `  LABEL:   VALUE`, the value filled up to a width.
fn field(label: &str, value: &[u8], width: usize) -> Vec<u8> {
    let blanks = vec![b' '; width.saturating_sub(value.len())];
    [format!("  {:<25}  ", format!("{label}:")).as_bytes(), value, &blanks].concat()
}

/// `manager show user NAME`.
pub fn user(user: &User<'_>, secrets: Secrets) -> Lines {
    let yes = |yes: bool| if yes { &b"yes"[..] } else { b"no" };
    let secret = if user.secret.value.state() == SecretState::Missing { &b"(N/A)"[..] } else { b"<Set>" };
    let field = |label: &str, value: &[u8]| [format!("{label:>18}: ").as_bytes(), value].concat();
    let mut lines = vec![
        Vec::new(),
        field("username", user.name),
        field("secret", secret),
        field("ACL", yes(!user.acls.is_empty())),
        field("read perm", user.read.value.to_string().as_bytes()),
        field("write perm", user.write.value.to_string().as_bytes()),
        field("displayconnects", yes(user.displayconnects.value)),
        field("allowmultiplelogin", yes(user.allowmultiplelogin.value)),
        field("Variables", b""),
    ];
    for variable in &user.setvar {
        let value = secrets.shown(&variable.name, &variable.value);
        lines.push([&[b' '; 17][..], &variable.name, b" = ", &value].concat());
    }
    for acl in &user.acls {
        let name = if acl.name.is_empty() { &b"(unnamed)"[..] } else { &acl.name };
        lines.extend([[b"ACL: ", name].concat(), vec![b'-'; 45]]);
        for (at, rule) in acl.rules.iter().enumerate() {
            let sense = if rule.sense == Sense::Permit { "allow" } else { "deny" };
            lines.push(format!("{at:>3}: {sense:>5} - {}", rule.network).into_bytes());
        }
    }
    lines
}

/// `manager show users`.
pub(super) fn users(manager: &Manager<'_>) -> Lines {
    let users = &manager.accounts.users;
    if users.is_empty() {
        return vec![b"There are no manager users.".to_vec()];
    }
    let mut lines = vec![Vec::new(), b"username".to_vec(), b"--------".to_vec()];
    lines.extend(users.iter().map(|user| user.name.to_vec()));
    lines.extend([b"-------------------".to_vec(), format!("{} manager users configured.", users.len()).into_bytes()]);
    lines
}

/// `manager show connected`: a session's number stands for that of its file.
pub(super) fn connected(sessions: &BTreeMap<Id, Session>, now: Duration) -> Lines {
    let row = |cells: [&str; 8]| {
        let [user, address, start, elapsed, file, http, read, write] = cells;
        format!(
            "  {user:<15.15}  {address:<55.55}  {start:<10}  {elapsed:<10}  {file:<8}  {http:<8}  {read:<10}  {write:<10}"
        )
        .into_bytes()
    };
    let heading = ["Username", "IP Address", "Start", "Elapsed", "FileDes", "HttpCnt", "ReadPerms", "WritePerms"];
    let mut lines = vec![row(heading)];
    let logins = sessions.iter().filter_map(|(id, session)| Some((id, session, session.login.as_ref()?)));
    for (id, session, login) in logins {
        let (name, address) = (String::from_utf8_lossy(&login.name), session.peer.remote.ip().to_canonical());
        let [start, elapsed] = [login.since, now.saturating_sub(login.since)].map(|time| time.as_secs().to_string());
        let [read, write] = [login.asks.read, login.write].map(|classes| classes.bits().to_string());
        lines.push(row([&name, &address.to_string(), &start, &elapsed, &id.to_string(), "0", &read, &write]));
    }
    lines.push(format!("{} users connected.", lines.len() - 1).into_bytes());
    lines
}

/// `manager show commands`. What an action does is told in amictl's words.
pub(super) fn commands(release: Release) -> Lines {
    let mut actions: Vec<ActionDef> = catalog::actions(release).collect();
    actions.sort_by_key(|action| action.name().to_ascii_lowercase());
    let width = actions.iter().map(|action| action.name().len()).max().unwrap_or(0);
    let row = |name: &str, text: &str| format!("  {name:<width$}  {text}").into_bytes();
    let heading = [row("Action", "Synopsis"), row("------", "--------")];
    heading.into_iter().chain(actions.iter().map(|action| row(action.name(), action.gives()))).collect()
}

/// `manager show command NAME`.
pub(super) fn command(action: ActionDef, release: Release) -> Lines {
    let name = action.name();
    let classes: Vec<&str> = action.any_of(release).map(ClassDef::name).collect();
    let privilege = if classes.is_empty() { "<none>".to_owned() } else { format!("{},all", classes.join(",")) };
    let synopsis = if action.gives().is_empty() { "Not available" } else { action.gives() };
    let mut text =
        format!("\n  -= Info about Manager Command '{name}' =- \n\n[Synopsis]\n{synopsis}\n\n[Provided By]\n");
    text += &format!("{}\n\n[Syntax]\nAction: {name}\n[ActionID:] <value>\n", action.module().unwrap_or("builtin"));
    action.parameters().iter().for_each(|parameter| text += &format!("{parameter}: <value>\n"));
    text += &format!("\n[Privilege]\n{privilege}");
    text.split('\n').map(|line| line.as_bytes().to_vec()).collect()
}
