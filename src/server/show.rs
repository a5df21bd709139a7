//! What `manager show …` prints of sessions, and of what is known of actions.
//!
//! Source: `handle_showmanconn` and its kin in main/manager.c; measured on 22.10.1.

use std::collections::BTreeMap;
use std::time::Duration;

use super::hub::Id;
use super::session::Session;
use crate::catalog::{self, ActionDef, ClassDef};
use crate::config::manager::Manager;
use crate::config::manager::show::Lines;
use crate::release::Release;

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
