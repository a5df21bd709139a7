//! Do two loads mean the same: is all that Asterisk acts on alike, whatever lines it comes from?

use super::filter::Filter;
use super::general::General;
use super::listen::Listener;
use super::user::{Acl, User};
use super::{Manager, Sourced};

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
    let same = |one: &[Filter], other: &[Filter]| one.iter().map(|it| it.asks()).eq(other.iter().map(|it| it.asks()));
    same(&one.filters.includes, &other.filters.includes) && same(&one.filters.excludes, &other.filters.excludes)
}
