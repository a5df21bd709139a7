//! Do two loads mean the same: is all that Asterisk acts on alike, whatever lines it comes from? And does one only take
//! away from the other?

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use foldhash::fast::RandomState;

use super::acl::{Network, Sense, verdict};
use super::filter::Filter;
use super::general::General;
use super::listen::{Listener, State};
use super::user::{Acl, AclState, User};
use super::{Manager, Sourced};
use crate::posix::Answer;
use crate::text::show;

impl Manager<'_> {
    /// Does another configuration let the same clients in, allow them the same and send them the same? How it is written,
    /// and what was dropped on the way, plays no part.
    pub fn means_the_same(&self, other: &Manager<'_>) -> bool {
        let (ours, theirs) = (&self.accounts.users, &other.accounts.users);
        general(&self.general) == general(&other.general)
            && self.listeners.each_ref().map(listener) == other.listeners.each_ref().map(listener)
            && ours.len() == theirs.len()
            && ours.iter().zip(theirs).all(|(one, other)| same_user(one, other))
    }
}

impl Manager<'_> {
    /// Does it only take away from another one: is everybody who gets in, every class, every event and every address that
    /// is open to be found there, too? Of an `Err` it is said what is not.
    ///
    /// Addresses are tried at the borders of all networks, which is exact for masks that have their ones in front.
    pub fn gives_no_more_than(&self, other: &Manager<'_>) -> Result<(), String> {
        let opens = |(one, other): (&Listener<'_>, &Listener<'_>)| opens_more(one, other);
        let switches = |general: &General<'_>| [general.enabled, general.webenabled].map(|it| it.value);
        let [theirs, ours] = [&other.general, &self.general].map(switches);
        if self.listeners.iter().zip(&other.listeners).any(opens)
            || ours.iter().zip(theirs).any(|(&one, two)| one && !two)
        {
            return Err("AMI would be open to more clients".to_owned());
        }
        let disabled = self.general.disabled_events();
        if other.general.disabled_events().into_iter().any(|name| may_be_event(name) && !disabled.contains(&name)) {
            return Err("events would be sent that are disabled".to_owned());
        }
        let names = other.accounts.users.iter().map(|user| (user.name.to_ascii_lowercase(), user));
        let theirs: HashMap<Vec<u8>, &User<'_>, RandomState> = names.collect();
        for user in &self.accounts.users {
            let before = theirs.get(&user.name.to_ascii_lowercase()).copied();
            let more = match before {
                _ if !user.has_secret() => None,
                None => Some("the user"),
                Some(before) if same_user(user, before) => None,
                Some(before) => more(user, before),
            };
            if let Some(more) = more {
                return Err(format!("`{}` would have more than before: {more}", show(user.name)));
            }
        }
        Ok(())
    }
}

/// May this be the name of an event? Asterisk makes these of letters, digits and few marks, never with blanks or quotes.
fn may_be_event(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// What a user has more than before.
fn more(now: &User<'_>, before: &User<'_>) -> Option<&'static str> {
    match () {
        () if now.secret.value != before.secret.value => Some("another secret"),
        () if !before.read.value.covers(*now.read.value) => Some("classes of `read`"),
        () if !before.write.value.covers(*now.write.value) => Some("classes of `write`"),
        () if now.allowmultiplelogin.value && !before.allowmultiplelogin.value => Some("sessions"),
        () if lets_in_more(now, before) => Some("addresses"),
        () if sends_more(now, before) => Some("events"),
        () => None,
    }
}

fn opens_more(now: &Listener<'_>, before: &Listener<'_>) -> bool {
    match (now.state, before.state) {
        (State::Closed, _) => false,
        (State::Listens, State::Listens) => match (now.address, before.address) {
            (Some(now), Some(before)) => {
                let any = before.ip.is_unspecified() && (before.ip.is_ipv6() || now.ip.is_ipv4());
                now.port != before.port || !any && now.ip != before.ip
            }
            (now, before) => now != before,
        },
        (now, before) => now != before,
    }
}

impl User<'_> {
    /// Does some address get in that did not? See [`Manager::gives_no_more_than`] for how exact that is.
    pub fn lets_in_more_than(&self, before: &User<'_>) -> bool {
        lets_in_more(self, before)
    }

    /// Is some event sent that was not? So it is said also where that cannot be told of two filters.
    pub fn is_sent_more_than(&self, before: &User<'_>) -> bool {
        sends_more(self, before)
    }
}

fn lets_in_more(now: &User<'_>, before: &User<'_>) -> bool {
    if now.acls.len() == before.acls.len() && now.acls.iter().zip(&before.acls).all(|(one, other)| same_acl(one, other))
    {
        return false;
    }
    // Of a list that is not here it is not known whom it keeps out: it has to stay.
    let unknown = |user: &User<'_>| -> HashSet<Vec<u8>, RandomState> {
        let lists = user.acls.iter().filter(|acl| acl.state == AclState::Unknown);
        lists.map(|acl| acl.name.to_vec()).collect()
    };
    let gets_in = |user: &User<'_>, address: IpAddr| {
        user.acls.iter().all(|acl| match acl.state {
            AclState::Ok => verdict(&acl.rules, address) == Sense::Permit,
            AclState::Undefined => false,
            AclState::Unrestricted | AclState::Unknown => true,
        })
    };
    let rules = [now, before].into_iter().flat_map(|user| &user.acls).flat_map(|acl| acl.rules.iter());
    let addresses: HashSet<IpAddr, RandomState> = rules.flat_map(|rule| borders(rule.network)).collect();
    !unknown(before).is_subset(&unknown(now))
        || addresses.into_iter().any(|address| gets_in(now, address) && !gets_in(before, address))
}

/// The first and the last address of a network, and those beside them.
fn borders(network: Network) -> [IpAddr; 4] {
    match network {
        Network::V4 { address, mask } => {
            let last = address | !mask;
            [address, last, address.wrapping_sub(1), last.wrapping_add(1)].map(|it| Ipv4Addr::from_bits(it).into())
        }
        Network::V6 { address, mask } => {
            let last = address | !mask;
            [address, last, address.wrapping_sub(1), last.wrapping_add(1)].map(|it| Ipv6Addr::from_bits(it).into())
        }
    }
}

/// Filters are compared as they stand; of an event's name alone it is known what an expression says to it.
fn sends_more(now: &User<'_>, before: &User<'_>) -> bool {
    let is_among = |one: &Filter, list: &[Filter]| list.iter().any(|other| asks_no_more(one, other));
    let (new, old) = (&now.filters, &before.filters);
    let includes = old.includes.is_empty()
        || !new.includes.is_empty() && new.includes.iter().all(|filter| is_among(filter, &old.includes));
    !includes || !old.excludes.iter().all(|filter| is_among(filter, &new.excludes))
}

/// Does another filter match whatever this one matches?
fn asks_no_more(one: &Filter, other: &Filter) -> bool {
    let by_name = one.event.as_deref().filter(|_| one.is_advanced).is_some_and(|name| {
        let beginning = [b"Event: ", name, b"\r\nPrivilege: "].concat();
        let is_search = !other.is_advanced && !other.pattern.contains(&b'$') && !other.pattern.ends_with(b"\\>");
        is_search && other.matches(&beginning, name) == Answer::Yes
    });
    one.asks() == other.asks() || by_name
}

fn listener(it: &Listener<'_>) -> impl PartialEq + use<> {
    (it.kind, it.state, it.address.map(|it| (it.ip, it.port)))
}

/// The values of `[general]`.
fn general<'g>(general: &'g General<'_>) -> impl PartialEq + use<'g> {
    fn value<T: Copy>(sourced: Sourced<T>) -> T {
        sourced.value
    }
    let tls = &general.tls;
    let address = general.bindaddr.value;
    let secure = tls.bindaddr.value.map(|it| (it.ip, it.port, it.interface));
    (
        (value(general.enabled), value(general.webenabled), value(general.port), address.ip, address.interface),
        (value(tls.enable), secure, value(tls.certfile), value(tls.privatekey), value(tls.cipher)),
        [tls.server_cipher_order, tls.disable_v1, tls.disable_v11, tls.disable_v12].map(value),
        [general.authtimeout, general.authlimit, general.httptimeout].map(value),
        [general.allowmultiplelogin, general.displayconnects, general.timestampevents, general.debug].map(value),
        (value(general.brokeneventsaction), general.channel_variables(), general.disabled_events()),
        (general.loads, general.gave_up, general.unread.is_some()),
    )
}

fn same_user(one: &User<'_>, other: &User<'_>) -> bool {
    one.name.eq_ignore_ascii_case(other.name)
        && one.secret.value == other.secret.value
        && *one.read.value == *other.read.value
        && *one.write.value == *other.write.value
        && one.displayconnects.value == other.displayconnects.value
        && one.allowmultiplelogin.value == other.allowmultiplelogin.value
        && one.writetimeout.value == other.writetimeout.value
        && one.setvar.iter().map(|it| (&it.name, &it.value)).eq(other.setvar.iter().map(|it| (&it.name, &it.value)))
        && one.acls.len() == other.acls.len()
        && one.acls.iter().zip(&other.acls).all(|(one, other)| same_acl(one, other))
        && same_filters(one, other)
}

fn same_acl(one: &Acl<'_>, other: &Acl<'_>) -> bool {
    let rules = |acl: &Acl<'_>| -> Vec<_> { acl.rules.iter().map(|rule| (rule.sense, rule.network)).collect() };
    (one.is_local, one.state) == (other.is_local, other.state) && one.name == other.name && rules(one) == rules(other)
}

fn same_filters(one: &User<'_>, other: &User<'_>) -> bool {
    let same =
        |one: &[Filter], other: &[Filter]| one.iter().map(|it| it.question()).eq(other.iter().map(|it| it.question()));
    same(&one.filters.includes, &other.filters.includes) && same(&one.filters.excludes, &other.filters.excludes)
}
