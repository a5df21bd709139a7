//! `amictl dump --stage manager`, for people.

use std::io::{self, Write};

use super::manager::{ManagerDump, acl_state, beside, filters, hazard, list_of, secret, sense, source};
use crate::config::manager::listen::{ListenerKind, State};
use crate::config::manager::{Acl, AclState, FactKind, NeighbourState, User};
use crate::text::show;

impl ManagerDump<'_> {
    /// Writes it for people.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let backing = if self.release.is_recorded() { "" } else { " (by source, not run)" };
        writeln!(out, "; as Asterisk {}{backing} holds it", self.release)?;
        if let Some(why) = self.aborted() {
            return writeln!(out, "; nothing is loaded: {why}");
        }
        self.listening(out)?;
        self.general(out)?;
        for user in &self.manager.accounts.users {
            self.user(out, user)?;
        }
        self.notes(out)
    }

    fn listening(&self, out: &mut dyn Write) -> io::Result<()> {
        for listener in &self.manager.listeners {
            let kind = match listener.kind {
                ListenerKind::Plain => "plain",
                ListenerKind::Tls => "TLS",
            };
            let state = match listener.state {
                State::Listens => "listens",
                State::Closed => "closed",
                State::Indeterminate => "listens somewhere",
                State::Unknown => "unknown",
            };
            let address = listener.address.map(|address| format!(" on {address}")).unwrap_or_default();
            writeln!(out, "; {kind}: {state}{address}: {}", listener.why)?;
        }
        for (name, state) in
            [("acl.conf", self.manager.accounts.acl_conf.state), ("users.conf", self.manager.accounts.users_conf.state)]
        {
            if state != NeighbourState::Absent {
                writeln!(out, "; {name}: {}", beside(state))?;
            }
        }
        Ok(())
    }

    fn general(&self, out: &mut dyn Write) -> io::Result<()> {
        let general = &self.manager.general;
        let Some(header) = general.header else { return Ok(()) };
        writeln!(out, "\n{:<40} ; {}", "[general]", self.files.place(self.effective.text(header)))?;
        for (key, value) in [
            ("enabled", general.enabled.value),
            ("webenabled", general.webenabled.value),
            ("timestampevents", general.timestampevents.value),
            ("debug", general.debug.value),
        ] {
            writeln!(out, "  {key}: {}", yes_no(value))?;
        }
        writeln!(out, "  authtimeout: {} s", general.authtimeout.value)?;
        writeln!(out, "  authlimit: {}", general.authlimit.value)?;
        writeln!(out, "  httptimeout: {} s", general.httptimeout.value)?;
        for (key, names) in [
            ("channelvars", general.channel_variables()),
            ("disabledevents", general.disabled_events().into_iter().map(<[u8]>::to_vec).collect()),
        ] {
            let names: Vec<String> = names.iter().map(|name| show(name)).collect();
            if !names.is_empty() {
                writeln!(out, "  {key}: {}", names.join(","))?;
            }
        }
        Ok(())
    }

    fn user(&self, out: &mut dyn Write, user: &User<'_>) -> io::Result<()> {
        let place = self.files.place(self.span(user.at));
        let from = if source(user) == "users.conf" { ", of users.conf" } else { "" };
        writeln!(out, "\n{:<40} ; {place}{from}", format!("[{}]", show(user.name)))?;
        writeln!(out, "  secret: {}", secret(user))?;
        writeln!(out, "  read: {}", *user.read.value)?;
        writeln!(out, "  write: {}", *user.write.value)?;
        for acl in &user.acls {
            self.acl(out, acl)?;
        }
        writeln!(out, "  writetimeout: {} ms", user.writetimeout.value)?;
        writeln!(out, "  displayconnects: {}", yes_no(user.displayconnects.value))?;
        writeln!(out, "  allowmultiplelogin: {}", yes_no(user.allowmultiplelogin.value))?;
        for variable in &user.setvar {
            let value = self.secrets.shown(&variable.name, &variable.value);
            writeln!(out, "  setvar: {}={}", show(&variable.name), String::from_utf8_lossy(&value))?;
        }
        for (action, filter) in filters(user) {
            let part = |name: &str, value: Option<&[u8]>| value.map(|it| format!(" {name} {}", show(it)));
            let [event, header] = [part("event", filter.event.as_deref()), part("header", filter.header())]
                .map(Option::unwrap_or_default);
            let line = format!("  filter: {action}{event}{header} {} {}", filter.method(), show(&filter.pattern));
            writeln!(out, "{line:<40} ; {}", self.files.place(self.effective.text(filter.at)))?;
        }
        Ok(())
    }

    fn acl(&self, out: &mut dyn Write, acl: &Acl<'_>) -> io::Result<()> {
        let name = if acl.is_local { "acl: own rules".to_owned() } else { format!("acl: `{}`", show(&acl.name)) };
        let state = match acl.state {
            AclState::Ok => String::new(),
            AclState::Undefined => ": undefined, nobody passes".to_owned(),
            AclState::Unrestricted => ": restricts nobody".to_owned(),
            state @ AclState::Unknown => format!(": {}", acl_state(state)),
        };
        writeln!(out, "  {name}{state}")?;
        for rule in acl.rules.iter() {
            let line = format!("    {} {}", sense(rule), rule.network);
            writeln!(out, "{line:<40} ; {}", self.files.place(self.span(rule.at)))?;
        }
        Ok(())
    }

    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        let facts = self.facts();
        for list in ["dropped", "ignored", "hazards", "indeterminate"] {
            let mut facts = facts.iter().filter(|(_, fact)| list_of(fact) == list).peekable();
            if facts.peek().is_some() {
                writeln!(out, "\n; {list}")?;
            }
            for (span, fact) in facts {
                let what = match &fact.kind {
                    FactKind::Dropped { user } => format!("user `{}`", show(user)),
                    FactKind::Ignored { what } | FactKind::Indeterminate { what } => show(what),
                    FactKind::Hazard { harm, when } => {
                        let (harm, when) = hazard(*harm, *when);
                        format!("{harm} at {when}")
                    }
                };
                writeln!(out, ";   {}: {what}: {}", self.files.place(*span), fact.why)?;
            }
        }
        Ok(())
    }
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
