//! ListCommands.

use std::rc::Rc;

use super::super::hub::{Hub, Id};
use super::super::session::answer;
use super::super::wire::Request;
use crate::access;
use crate::catalog::{ActionDef, ClassDef};

pub(super) fn list_commands(hub: &mut Hub, id: Id, request: &Request) {
    let Some(login) = hub.sessions.get(&id).and_then(|session| session.login.as_ref()) else { return };
    let loaded = Rc::clone(&login.loaded);
    let (_, mut may) = access::rights(loaded.configuration(), loaded.release(), &login.name);
    may.sort_by_key(|action| action.name().to_ascii_lowercase());
    let release = loaded.release();
    let line = |action: &ActionDef| {
        let classes: Vec<_> = action.any_of(release).map(ClassDef::name).collect();
        let classes = if classes.is_empty() { "<none>".to_owned() } else { format!("{},all", classes.join(",")) };
        (action.name(), format!("{}  (Priv: {classes})", action.gives()))
    };
    let lines: Vec<(&str, String)> = may.iter().map(line).collect();
    let lines: Vec<(&str, &[u8])> = lines.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    hub.send(id, &answer("Success", request, &lines));
}
