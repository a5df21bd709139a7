//! Another configuration, and those who have asked for it: they are answered once it holds.
//!
//! Source: `action_reload` in main/manager.c and `ast_module_reload` in main/loader.c; measured on 16.28.0 and 22.10.1.

use std::mem;
use std::rc::Rc;

use super::event::Event;
use super::hub::{Hub, Id, disabled};
use super::loaded::Loaded;
use super::session::{Reloading, Session, State};

impl Hub {
    /// Has a client asked for the configuration to be read again, since this was asked last?
    pub fn wants_reload(&mut self) -> bool {
        mem::take(&mut self.wants_reload)
    }

    /// From now on another configuration holds. Sessions keep what they have.
    pub fn reload(&mut self, loaded: Rc<Loaded>) {
        self.crowd.disable(disabled(&loaded));
        self.loaded = loaded;
        // Who has not logged in has as much time for it as it says now.
        let strangers: Vec<Id> = self.sessions.iter().filter(|(_, it)| it.is_to_log_in()).map(|(id, _)| *id).collect();
        strangers.into_iter().for_each(|id| self.give_time_to_log_in(id));
    }

    /// The configuration was read again, or cannot be: those who asked for it are answered.
    pub fn reloaded(&mut self) {
        let is_asking = |session: &Session| matches!(session.state, State::Reloading(_));
        let asking: Vec<Id> = self.sessions.iter().filter(|(_, it)| is_asking(it)).map(|(id, _)| *id).collect();
        for id in asking {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            if let State::Reloading(then) = mem::replace(&mut session.state, State::Open) {
                self.set(id, State::Open);
                self.finish_reload(id, &then);
                self.end_if_done(id);
            }
        }
    }

    /// Somebody asks for the configuration to be read again, which comes first.
    pub(super) fn reload_first(&mut self, id: Id, then: Reloading) {
        let is_wanted = then.modules.is_empty() || then.modules.iter().any(|(_, status)| *status == "0");
        if self.extras.reloads && is_wanted {
            self.wants_reload = true;
            self.set(id, State::Reloading(Box::new(then)));
        } else {
            self.finish_reload(id, &then);
        }
    }

    fn finish_reload(&mut self, id: Id, then: &Reloading) {
        self.send(id, &then.answer);
        then.modules.iter().for_each(|(module, status)| self.tell_reload(module, status));
    }

    /// Sends the event Reload; none for what is not UTF-8, as it is a JSON text on its way. CoreStatus tells when that was.
    ///
    /// Source: `ast_module_reload` in main/loader.c; measured on 16.28.0 and 22.10.1, on a SIGHUP too.
    pub fn tell_reload(&mut self, module: &[u8], status: &str) {
        self.reloaded = self.now;
        if std::str::from_utf8(module).is_ok() {
            let body = [b"Module: ", module, b"\r\nStatus: ", status.as_bytes(), b"\r\n"].concat();
            self.publish(&Event { name: b"Reload".to_vec(), classes: b"system".to_vec(), body });
        }
    }
}
