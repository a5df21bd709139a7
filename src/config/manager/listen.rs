//! Which listeners a load opens.

use std::net::IpAddr;

use super::general::General;
use super::tls::{Judgement, Verdict};
use super::value::{Address, is_link_local};
use super::{Fact, Why};
use crate::config::Origin;

/// The port of TLS where none is set, or where the one that is set belongs to the plain listener.
const TLS_PORT: u16 = 5039;

const UNREAD: &str = "an include or #exec that amictl does not see may set any option of [general]";
const GAVE_UP: &str = "there is more in the file than amictl goes over";

/// A listener that there is, or could have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener<'t> {
    /// Which one.
    pub kind: ListenerKind,
    /// What becomes of it.
    pub state: State,
    /// Where; `None` where there is no address, or where it cannot be known.
    pub address: Option<Address<'t>>,
    /// Why, in a lower-case phrase.
    pub why: String,
    /// The line that decides it; `None` for a default.
    pub at: Option<Origin>,
}

/// Plain or TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerKind {
    /// Clear text.
    Plain,
    /// TLS.
    Tls,
}

/// What becomes of a listener when Asterisk starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Asterisk opens it. Whether the machine has the address, and the port is free, is not known.
    Listens,
    /// It does not open.
    Closed,
    /// It opens on a port that nobody can know.
    Indeterminate,
    /// That cannot be told from here.
    Unknown,
}

impl<'t> General<'t> {
    /// The plain listener and the TLS listener; `judgement` is asked only where TLS is wanted.
    ///
    /// Source: `__init_manager` (main/manager.c) and `ast_tcptls_server_start` (main/tcptls.c), all releases; recorded
    /// on 16.28.0 to 23.4.1.
    pub fn listeners(&self, judgement: Option<&Judgement>) -> [Listener<'t>; 2] {
        let plain = self.plain();
        let tls = self.secure(judgement, &plain);
        [plain, tls]
    }

    fn plain(&self) -> Listener<'t> {
        let of = |state, address, why: &str, at| Listener {
            kind: ListenerKind::Plain,
            state,
            address,
            why: why.to_owned(),
            at,
        };
        match (self.enabled.value, self.port.value) {
            _ if self.gave_up => of(State::Unknown, None, GAVE_UP, self.header),
            _ if !self.loads => of(State::Closed, None, "manager.conf does not load", None),
            _ if self.unread.is_some() => of(State::Unknown, self.bind(), UNREAD, self.unread),
            (false, _) if self.header.is_none() => of(State::Closed, None, "there is no [general]", None),
            (false, _) => of(State::Closed, None, "enabled is not yes", self.enabled.at),
            (true, None) => {
                let why = "the port is none that Asterisk can read: it opens any port";
                of(State::Indeterminate, None, why, self.port.at)
            }
            (true, Some(port)) => {
                let address = self.bindaddr.value.with_port(port);
                let (opens, line) = self.placed();
                let (state, why) = reachable(address).unwrap_or((State::Listens, opens));
                of(state, Some(address), why, line)
            }
        }
    }

    /// The address that the TLS listener is given.
    fn secure_address(&self) -> Result<Option<Address<'t>>, &'static str> {
        let own = self.tls.bindaddr.value;
        if !self.enabled.value {
            return match own {
                None => Err("enabled is not yes, and there is no tlsbindaddr"),
                Some(address) if address.port == 0 => Ok(None),
                Some(address) => Ok(Some(address)),
            };
        }
        let port = own.map_or(0, |address| address.port);
        let port = if port == 0 || self.port.value == Some(port) { TLS_PORT } else { port };
        Ok(Some(own.unwrap_or(self.bindaddr.value).with_port(port)))
    }

    fn secure(&self, judgement: Option<&Judgement>, plain: &Listener<'_>) -> Listener<'t> {
        let of = |state, address, why: &str, at| Listener {
            kind: ListenerKind::Tls,
            state,
            address,
            why: why.to_owned(),
            at,
        };
        let (enable, bind) = (self.tls.enable, self.tls.bindaddr);
        let address = self.secure_address();
        match address {
            _ if self.gave_up => return of(State::Unknown, None, GAVE_UP, self.header),
            _ if !self.loads => return of(State::Closed, None, "manager.conf does not load", None),
            _ if self.unread.is_some() => {
                let address = address.ok().flatten().filter(|_| enable.value);
                return of(State::Unknown, address, UNREAD, self.unread);
            }
            _ if !enable.value => return of(State::Closed, None, "tlsenable is not yes", enable.at),
            Err(why) => return of(State::Closed, None, why, enable.at),
            Ok(_) => {}
        }
        let address = address.ok().flatten();
        let verdict = judgement.map(|judgement| &judgement.verdict);
        if let Some(Verdict::Refused(trouble)) = verdict {
            return of(State::Closed, None, &trouble.why, trouble.at);
        }
        let line = bind.at.or(enable.at);
        let plain = plain.address.filter(|_| plain.state == State::Listens);
        if plain.zip(address).is_some_and(|(plain, address)| plain.collides(address)) {
            return of(State::Closed, address, "the plain listener has this port", line);
        }
        match (verdict, address) {
            (Some(Verdict::Unknown(trouble)), _) => of(State::Unknown, address, &trouble.why, trouble.at),
            (None, _) => of(State::Unknown, address, "the certificate was not looked at", enable.at),
            (Some(_), None) => {
                let why = "enabled is not yes, and tlsbindaddr has no port: the system chooses one";
                of(State::Indeterminate, None, why, bind.at)
            }
            (Some(_), Some(address)) => {
                let opens = match self.enabled.value {
                    true => "tlsenable is yes",
                    false => "tlsenable is yes and tlsbindaddr is set: it opens although enabled is not yes",
                };
                let (state, why) = reachable(address).unwrap_or((State::Listens, opens));
                of(state, Some(address), why, line)
            }
        }
    }

    /// Why the plain listener is where it is, and the line that says so; the header where none does.
    fn placed(&self) -> (&'static str, Option<Origin>) {
        let unread = |fact: &&Fact<'_>| matches!(fact.why, Why::NoAddress { .. });
        match self.facts.iter().rfind(unread).filter(|_| self.bindaddr.at.is_none()) {
            Some(fact) => ("enabled is yes; bindaddr is none that Asterisk can read: all addresses", Some(fact.at)),
            None => ("enabled is yes", self.bindaddr.at.or(self.header)),
        }
    }
}

/// What is certain, or cannot be known, of an address that belongs to one interface.
fn reachable(address: Address<'_>) -> Option<(State, &'static str)> {
    let local = matches!(address.ip, IpAddr::V6(ip) if is_link_local(ip));
    match address.interface {
        None if local => Some((State::Closed, "a link-local address cannot be bound without its interface")),
        Some(name) if name != b"lo" && !name.iter().all(u8::is_ascii_digit) => Some((
            State::Unknown,
            "whether the interface is there, only the switch knows: without it AMI is on all addresses",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Place, World};
    use crate::host::Memory;
    use crate::release::Release;
    use crate::text::Files;

    fn told(lines: &str) -> Vec<String> {
        let (files, host) = (Files::default(), Memory::default());
        let text = format!("[general]\n{lines}\n");
        let root = files.add("manager.conf".into(), "/manager.conf".into(), text.into()).id();
        let world = World::new(&files, &host, Place::default());
        let effective = config::load(&world, root, Release::newest_lts());
        let general = General::read(&effective, Release::newest_lts());
        let judgement = Judgement { verdict: Verdict::Usable, warnings: Vec::new() };
        let listeners = general.listeners(Some(&judgement));
        listeners
            .iter()
            .map(|it| format!("{:?} {}", it.state, it.address.map_or("-".into(), |at| at.to_string())))
            .collect()
    }

    #[test]
    fn a_bindaddr_that_is_none_is_told() {
        let (files, host) = (Files::default(), Memory::default());
        let text = b"[general]\nenabled=yes\nbindaddr=localhost\ntlsenable=yes\n".to_vec();
        let root = files.add("manager.conf".into(), "/manager.conf".into(), text).id();
        let world = World::new(&files, &host, Place::default());
        let effective = config::load(&world, root, Release::newest_lts());
        let general = General::read(&effective, Release::newest_lts());
        let [plain, tls] = general.listeners(None);
        assert_eq!((plain.state, plain.at.map(|at| at.line)), (State::Listens, Some(2)));
        assert!(plain.why.contains("all addresses"));
        assert_eq!(tls.state, State::Unknown);
    }

    #[test]
    fn the_line_is_the_one_that_decides() {
        for (lines, want) in [
            ("enabled=yes\nport=6000", Some(0)),
            ("enabled=yes\nbindaddr=127.0.0.1\nport=6000", Some(2)),
            ("port=6000\nenabled=no\nbindaddr=127.0.0.1", Some(2)),
            ("enabled=yes\nport=80", Some(2)),
        ] {
            let (files, host) = (Files::default(), Memory::default());
            let text = format!("[general]\n{lines}\n");
            let root = files.add("manager.conf".into(), "/manager.conf".into(), text.into()).id();
            let world = World::new(&files, &host, Place::default());
            let effective = config::load(&world, root, Release::newest_lts());
            let [plain, _] = General::read(&effective, Release::newest_lts()).listeners(None);
            assert_eq!(plain.at.map(|at| at.line), want, "{lines}");
        }
    }

    #[test]
    fn listeners_are_those_that_asterisk_opened() {
        for (lines, want) in [
            ("", ["Closed -", "Closed -"]),
            ("enabled=yes", ["Listens [::]:5038", "Closed -"]),
            ("enabled=yes\nbindaddr=localhost", ["Listens [::]:5038", "Closed -"]),
            ("enabled=yes\nport=80", ["Indeterminate -", "Closed -"]),
            ("enabled=yes\nbindaddr=fe80::1", ["Closed [fe80::1]:5038", "Closed -"]),
            ("enabled=yes\nbindaddr=fe80::1%eth0", ["Unknown [fe80::1%eth0]:5038", "Closed -"]),
            ("enabled=yes\nbindaddr=127.0.0.1\ntlsenable=yes", ["Listens 127.0.0.1:5038", "Listens 127.0.0.1:5039"]),
            ("enabled=yes\nport=5039\ntlsenable=yes", ["Listens [::]:5039", "Closed [::]:5039"]),
            ("enabled=yes\nport=5039\ntlsbindaddr=::1\ntlsenable=yes", ["Listens [::]:5039", "Closed [::1]:5039"]),
            (
                "enabled=yes\nport=5039\nbindaddr=127.0.0.1\ntlsbindaddr=127.0.0.2\ntlsenable=yes",
                ["Listens 127.0.0.1:5039", "Listens 127.0.0.2:5039"],
            ),
            ("enabled=yes\ntlsbindaddr=::1:5038\ntlsenable=yes", ["Listens [::]:5038", "Listens [::0.1.80.56]:5039"]),
            ("enabled=yes\ntlsbindaddr=[::1]:5038\ntlsenable=yes", ["Listens [::]:5038", "Listens [::1]:5039"]),
            ("tlsenable=yes", ["Closed -", "Closed -"]),
            ("tlsenable=yes\ntlsbindaddr=127.0.0.1:6100", ["Closed -", "Listens 127.0.0.1:6100"]),
            ("tlsenable=yes\ntlsbindaddr=127.0.0.1", ["Closed -", "Indeterminate -"]),
            ("enabled=yes\n#include x.conf", ["Unknown [::]:5038", "Unknown -"]),
        ] {
            assert_eq!(told(lines), want, "{lines}");
        }
    }
}
