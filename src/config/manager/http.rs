//! http.conf: where the HTTP server listens. With `webenabled = yes` it carries AMI.

use std::net::IpAddr;

use super::general::Tls;
use super::listen::{Listener, ListenerKind, State};
use super::neighbour::{Neighbour, NeighbourState};
use super::tls::{self, Verdict};
use super::value::{Address, address_and_port, c_number, is_link_local, truth};
use crate::config::{Effective, Origin, World};

/// The ports where none is set.
const PORT: u16 = 8088;
const TLS_PORT: u16 = 8089;

/// The HTTP server.
pub struct Http<'t> {
    /// The file.
    pub file: Neighbour<'t>,
    /// The plain listener and the TLS one; their lines are those of the file.
    pub listeners: [Listener<'static>; 2],
    /// It has sections that keep addresses from some of its pages. Releases from 20.19, 22.9 and 23.3 on know such.
    pub has_restrictions: bool,
}

impl<'t> Http<'t> {
    /// What a release makes of the http.conf beside manager.conf.
    ///
    /// Source: `__ast_http_load` (main/http.c), all releases; recorded on 16.28.0 and 22.10.1.
    pub(super) fn load(world: &World<'_>, file: Neighbour<'t>) -> Http<'t> {
        let both = |state, why| [ListenerKind::Plain, ListenerKind::Tls].map(|kind| at(kind, state, None, why, None));
        let listeners = match (file.state, &file.effective) {
            (NeighbourState::Absent, _) => both(State::Closed, "there is no http.conf"),
            (NeighbourState::Refused, _) => both(State::Closed, "Asterisk refuses http.conf"),
            (NeighbourState::Loaded, Some(effective)) if effective.open().next().is_none() => {
                let keys = Keys::read(effective);
                let plain = keys.plain();
                let secure = keys.secure(world, &plain);
                [plain, secure]
            }
            _ => both(State::Unknown, "http.conf, or a part of it, is not here"),
        };
        let sections = file.effective.iter().flat_map(|effective| &effective.sections);
        let mut entries = sections.filter(|section| !section.template).flat_map(|section| section.content.iter());
        let has_restrictions = entries
            .any(|entry| entry.name.eq_ignore_ascii_case(b"type") && entry.value.eq_ignore_ascii_case(b"restriction"));
        Http { file, listeners, has_restrictions }
    }
}

fn at(
    kind: ListenerKind,
    state: State,
    address: Option<Address<'static>>,
    why: &str,
    at: Option<Origin>,
) -> Listener<'static> {
    Listener { kind, state, address, why: why.to_owned(), at }
}

/// What matters of `[general]`, each with its last line.
struct Keys<'e> {
    header: Option<Origin>,
    enabled: Option<(bool, Origin)>,
    bindaddr: Option<(&'e [u8], Origin)>,
    port: u16,
    tls: Tls<'e>,
}

impl<'e> Keys<'e> {
    fn read(effective: &'e Effective<'_>) -> Keys<'e> {
        let mut keys = Keys { header: None, enabled: None, bindaddr: None, port: PORT, tls: Tls::defaults() };
        let mut sections = effective.sections.iter().filter(|section| !section.template);
        let Some(general) = sections.find(|section| section.name.eq_ignore_ascii_case(b"general")) else { return keys };
        keys.header = Some(general.origin);
        for entry in general.content.iter() {
            match &entry.name.to_ascii_lowercase()[..] {
                b"enabled" => keys.enabled = Some((truth(&entry.value), entry.origin)),
                b"bindaddr" => keys.bindaddr = Some((&entry.value, entry.origin)),
                b"bindport" => keys.port = port(&entry.value),
                key => drop(keys.tls.take(key, &entry.value, entry.origin)),
            }
        }
        keys
    }

    /// Unlike AMI, the server opens nothing where it is told no address.
    fn plain(&self) -> Listener<'static> {
        let of = |state, address, why, line| at(ListenerKind::Plain, state, address, why, line);
        let enabled = self.enabled.map(|(_, at)| at).or(self.header);
        match (self.enabled, self.bindaddr) {
            (None | Some((false, _)), _) => of(State::Closed, None, "enabled is not yes", enabled),
            (_, None) => of(State::Closed, None, "there is no bindaddr", enabled),
            (_, Some((b"", line))) => of(State::Closed, None, "bindaddr is empty", Some(line)),
            (_, Some((text, line))) => match known(address_and_port(text), self.port) {
                Some(address) => of(State::Listens, Some(address), "enabled is yes", Some(line)),
                None => of(State::Unknown, None, "bindaddr is a name, or of one interface", Some(line)),
            },
        }
    }

    fn secure(&self, world: &World<'_>, plain: &Listener<'static>) -> Listener<'static> {
        let of = |state, address, why, line| at(ListenerKind::Tls, state, address, why, line);
        let line = self.tls.bindaddr.at.or(self.tls.enable.at);
        let address = match self.tls.bindaddr.value {
            _ if !self.tls.enable.value => return of(State::Closed, None, "tlsenable is not yes", line),
            None if plain.state == State::Closed => return of(State::Closed, None, "there is no tlsbindaddr", line),
            None => plain.address.map(|plain| plain.with_port(TLS_PORT)),
            own => known(own, TLS_PORT),
        };
        let is_taken = plain.address.zip(address).is_some_and(|(plain, own)| plain.collides(own));
        match (tls::judge(world, &self.tls).verdict, address) {
            (Verdict::Refused(trouble), _) => of(State::Closed, None, &trouble.why, trouble.at),
            _ if is_taken => of(State::Closed, None, "the plain listener has this port", line),
            (Verdict::Unknown(trouble), address) => of(State::Unknown, address, &trouble.why, trouble.at),
            (Verdict::Usable, None) => of(State::Unknown, None, "its address is a name, or of one interface", line),
            (Verdict::Usable, address) => of(State::Listens, address, "tlsenable is yes", line),
        }
    }
}

/// The address, with a port in any case, if it is the same on every machine.
fn known(address: Option<Address<'_>>, port: u16) -> Option<Address<'static>> {
    let Address { ip, interface: None, port: own } = address? else { return None };
    let is_local = matches!(ip, IpAddr::V6(ip) if is_link_local(ip));
    (!is_local).then_some(Address { ip, interface: None, port: if own == 0 { port } else { own } })
}

/// `bindport`: wholly a number up to 65535, decimal, `0x` or octal with a leading `0`. What is none, or 0, is the default.
fn port(text: &[u8]) -> u16 {
    let number = c_number(text.strip_prefix(b"+").unwrap_or(text)).and_then(|number| u16::try_from(number).ok());
    number.filter(|&number| number > 0).unwrap_or(PORT)
}
