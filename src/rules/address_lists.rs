//! What several rules ask of the listeners, and of the lists of addresses that a user must pass.

use std::net::IpAddr;
use std::rc::Rc;

use super::Context;
use super::listener_address_not_read::is_filled_in;
use super::missing_secret::has_blanks_to_fill;
use super::prelude::*;
use crate::config::Origin;
use crate::config::manager::acl::{self, Network, Sense};
use crate::config::manager::listen::{Listener, ListenerKind, State};
use crate::config::manager::{Acl, At, Manager, Part, User, Why};
use crate::text::{Span, is_placeholder};

/// Of the two families of addresses: some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Families {
    pub(super) v4: bool,
    pub(super) v6: bool,
}

impl Families {
    pub(super) const BOTH: Families = Families { v4: true, v6: true };

    /// Those from which a client can come to a listener: `::` takes both, every other address those of its own.
    pub(super) fn of(listener: &Listener<'_>) -> Families {
        match listener.address.map(|address| address.ip.to_canonical()) {
            None => Families::default(),
            Some(IpAddr::V4(_)) => Families { v4: true, v6: false },
            Some(IpAddr::V6(ip)) => Families { v4: ip.is_unspecified(), v6: true },
        }
    }

    pub(super) fn or(self, other: Families) -> Families {
        Families { v4: self.v4 || other.v4, v6: self.v6 || other.v6 }
    }

    pub(super) fn and(self, other: Families) -> Families {
        Families { v4: self.v4 && other.v4, v6: self.v6 && other.v6 }
    }

    pub(super) fn is_none(self) -> bool {
        self == Families::default()
    }
}

/// The listeners that other machines can surely reach.
pub(super) fn open_listeners<'m, 't>(
    context: &Context<'_>,
    manager: &'m Manager<'t>,
) -> impl Iterator<Item = &'m Listener<'t>> {
    let general = &manager.general;
    // An address that a tool fills in is none that can be read: what Asterisk takes instead does not count.
    let is_filled = |is_plain: bool| {
        general.facts.iter().any(|fact| {
            let concerns = match fact.why {
                Why::NoAddress { .. } => is_plain,
                Why::NoTlsAddress { .. } => !is_plain,
                _ => false,
            };
            let written = if concerns { context.effective.written(fact.at) } else { None };
            written.is_some_and(|it| is_filled_in(it.value.bytes))
        })
    };
    let plain = is_filled(true);
    let tls = is_filled(false) || plain && general.tls.bindaddr.at.is_none();
    manager.listeners.iter().filter(move |listener| {
        let is_local = |ip: IpAddr| ip.to_canonical().is_loopback();
        listener.state == State::Listens
            && listener.address.is_some_and(|it| !is_local(it.ip) && it.interface != Some(b"lo"))
            && !if listener.kind == ListenerKind::Plain { plain } else { tls }
    })
}

/// Is AMI, or may it be, open to other machines?
pub(super) fn is_open(context: &Context<'_>, manager: &Manager<'_>) -> bool {
    let unsure = |it: &Listener<'_>| matches!(it.state, State::Unknown | State::Indeterminate);
    let local = |it: &Listener<'_>| it.address.is_some_and(|address| address.ip.to_canonical().is_loopback());
    manager.listeners.iter().any(|it| unsure(it) && !local(it)) || open_listeners(context, manager).next().is_some()
}

/// The line that makes a listener open, and what it does.
pub(super) fn opener(context: &Context<'_>, listener: &Listener<'_>, does: &str) -> Option<(Span, String)> {
    let at = listener.at?;
    match context.effective.line(at).node() {
        Node::Header(header) => {
            Some((context.span(at, header.name.range), "has no `bindaddr`: AMI listens on every address".to_owned()))
        }
        _ => Some((context.effective.text(at), does.to_owned())),
    }
}

/// The families of which a list keeps nobody out.
pub(super) fn let_in(rules: &[acl::Rule]) -> Families {
    Families { v4: !restricts(rules, false), v6: !restricts(rules, true) }
}

/// Does a list keep some address of a family out?
fn restricts(rules: &[acl::Rule], is_v6: bool) -> bool {
    let mut family = rules.iter().rev().filter(|rule| rule.network.is_v6() == is_v6);
    let last = family.find(|rule| match rule.sense {
        Sense::Permit => is_all(rule.network),
        Sense::Deny => !is_nobody(rule.network),
    });
    last.is_some_and(|rule| rule.sense == Sense::Deny)
}

/// Does a network hold every address of its family?
pub(super) fn is_all(network: Network) -> bool {
    matches!(network, Network::V4 { mask: 0, .. } | Network::V6 { mask: 0, .. })
}

/// Does a network hold addresses that no client has: the unspecified one, or the network 0.0.0.0/8 or a part of it?
pub(super) fn is_nobody(network: Network) -> bool {
    match network {
        Network::V4 { address, mask } => address == 0 && mask.leading_ones() >= 8,
        Network::V6 { address, mask } => address == 0 && mask == u128::MAX,
    }
}

/// A list that permits some addresses and denies none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pointless {
    /// Of no family.
    Wholly,
    /// Of IPv4 it denies none, and of IPv6 it does.
    OfV4,
}

/// Is a list such a one? Of IPv4 alone only where some listener takes that.
pub(super) fn pointless(rules: &[acl::Rule], taken: Families) -> Option<Pointless> {
    let only_some = |rule: &acl::Rule| rule.sense == Sense::Permit && !is_all(rule.network);
    if !rules.is_empty() && rules.iter().all(only_some) {
        return Some(Pointless::Wholly);
    }
    let mut v4 = rules.iter().filter(|rule| !rule.network.is_v6()).peekable();
    let of_v4 = taken.v4 && v4.peek().is_some() && v4.all(only_some) && restricts(rules, true);
    of_v4.then_some(Pointless::OfV4)
}

/// The lines of ACLs that a tool fills in: of a user that has one nothing is known.
pub(super) struct Filled {
    lines: Set<Origin>,
    anywhere: bool,
}

impl Filled {
    pub(super) fn of(context: &Context<'_>) -> Filled {
        let is_acl = |name: &[u8]| [&b"permit"[..], b"deny", b"acl"].iter().any(|key| name.eq_ignore_ascii_case(key));
        let entries = context.options().map(|(entry, _)| entry);
        let lines = entries.filter(|entry| is_acl(entry.name) && is_template(&entry.value)).map(|entry| entry.origin);
        Filled { lines: lines.collect(), anywhere: has_blanks_to_fill(context) }
    }

    pub(super) fn has(&self, context: &Context<'_>, user: &User<'_>) -> bool {
        let holds = |id| context.effective.section(id).content.iter().any(|entry| self.lines.contains(&entry.origin));
        self.anywhere || !self.lines.is_empty() && user.sections.iter().any(|&id| holds(id))
    }
}

/// Is a value, or a part of it, to be filled in by a tool?
pub(super) fn is_template(value: &[u8]) -> bool {
    let parts = |byte: &u8| matches!(byte, b',' | b'/');
    is_placeholder(value) || value.split(parts).any(|part| is_placeholder(part.trim_ascii()))
}

/// Of some lines those that stand in front in every list that they are part of: a `deny` above one of them only keeps out
/// whom no rule below it matches.
pub(super) struct Fronts(Set<At>);

impl Fronts {
    pub(super) fn of(manager: &Manager<'_>, is_in_the_way: impl Fn(&acl::Rule) -> bool) -> Fronts {
        let (mut behind, mut seen) = (Set::default(), Set::default());
        for acl in manager.accounts.users.iter().flat_map(|user| &user.acls).filter(|acl| seen.insert(key(acl))) {
            let mut is_behind = false;
            for rules in acl.rules.chunk_by(|one, two| one.at == two.at) {
                if is_behind {
                    behind.insert(rules[0].at);
                }
                is_behind |= rules.iter().any(&is_in_the_way);
            }
        }
        Fronts(behind)
    }

    pub(super) fn has(&self, at: At) -> bool {
        at.part == Part::Manager && !self.0.contains(&at)
    }
}

/// `deny` lines of everybody above a line. Not in acl.conf, whose lists serve other modules, too.
pub(super) fn deny_above(context: &Context<'_>, at: At, families: Families) -> Option<Edit> {
    let v4 = families.v4.then(|| b"deny = 0.0.0.0/0".to_vec());
    let v6 = families.v6.then(|| b"deny = ::/0".to_vec());
    let lines: Vec<Vec<u8>> = v4.into_iter().chain(v6).collect();
    let edit = mend::above(context.effective, at.line, &lines);
    edit.filter(|_| at.part == Part::Manager && !mend::is_looked_for(context, b"deny"))
}

/// The `permit` of everybody that opens a user's lists: lines above it would change nothing.
pub(super) fn undoing<'u>(user: &'u User<'_>, free: Families) -> Option<&'u acl::Rule> {
    let of = |is_v6: bool| {
        let rules = user.acls.iter().flat_map(|acl| acl.rules.iter().rev());
        let mut all = rules.filter(move |rule| rule.sense == Sense::Permit && is_all(rule.network));
        all.find(|rule| rule.network.is_v6() == is_v6)
    };
    of(false).filter(|_| free.v4).or_else(|| of(true).filter(|_| free.v6))
}

/// A list, by its identity: many users may share one.
pub(super) fn key(acl: &Acl<'_>) -> *const Vec<acl::Rule> {
    Rc::as_ptr(&acl.rules)
}

/// `` `bob` and 2 more``.
pub(super) fn others(name: &[u8], count: usize) -> String {
    match count {
        0 | 1 => format!("`{}`", show(name)),
        _ => format!("`{}` and {} more", show(name), count - 1),
    }
}
