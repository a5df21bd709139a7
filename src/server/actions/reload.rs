//! Reload.
//!
//! Source: `action_reload` in main/manager.c and `ast_module_reload` in main/loader.c; measured on 16.28.0 and 22.10.1.

use super::super::hub::{Hub, Id};
use super::super::session::{Reloading, answer};
use super::super::wire::Request;

/// What the reload of all modules is told as.
pub(super) const ALL: &[u8] = b"All";

/// The modules whose reload reads the manager's files again.
const MODULES: [&[u8]; 2] = [b"manager", b"acl"];

/// The answer does not tell how it goes: as with Asterisk it is a success where the file does not load, too, and what
/// was there stays.
pub(super) fn reload(hub: &mut Hub, id: Id, request: &Request) {
    let module = request.header("Module");
    if !module.is_empty() && !is_known(module) {
        hub.error(id, request, "No such module");
        return hub.tell_reload(module, "2");
    }
    let answer = answer("Success", request, &[("Message", b"Module Reloaded")]);
    let module = if module.is_empty() { ALL } else { module };
    hub.reload_first(id, Reloading { answer, modules: vec![(module.to_vec(), "0")] });
}

/// Are the manager's files read again when this module is?
pub(super) fn is_known(module: &[u8]) -> bool {
    MODULES.iter().any(|name| module.eq_ignore_ascii_case(name))
}
