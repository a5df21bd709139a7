//! Reload.
//!
//! Source: `action_reload` in main/manager.c and `ast_module_reload` in main/loader.c; measured on 16.28.0 and 22.10.1.

use super::super::event::Event;
use super::super::hub::{Hub, Id};
use super::super::session::answer;
use super::super::wire::Request;

/// The modules whose reload reads the manager's files again.
pub(super) const MODULES: [&[u8]; 2] = [b"manager", b"acl"];

/// The answer does not tell how it goes: as with Asterisk it is a success where the file does not load, too, and what
/// was there stays.
pub(super) fn reload(hub: &mut Hub, id: Id, request: &Request) {
    let module = request.header("Module");
    if !module.is_empty() && !MODULES.iter().any(|name| module.eq_ignore_ascii_case(name)) {
        hub.error(id, request, "No such module");
        return tell(hub, module, "2");
    }
    hub.send(id, &answer("Success", request, &[("Message", b"Module Reloaded")]));
    tell(hub, if module.is_empty() { b"All" } else { module }, "0");
    hub.wants_reload = true;
}

/// Sends the event Reload; none for what is not UTF-8, as it is a JSON text on its way.
pub(super) fn tell(hub: &mut Hub, module: &[u8], status: &str) {
    if std::str::from_utf8(module).is_err() {
        return;
    }
    let body = [b"Module: ", module, b"\r\nStatus: ", status.as_bytes(), b"\r\n"].concat();
    hub.publish(&Event { name: b"Reload".to_vec(), classes: b"system".to_vec(), body });
}
