//! Accounts from users.conf: its sections with `hasmanager`.

use super::classes::Grant;
use super::neighbour::{Neighbour, NeighbourState};
use super::user::{self, Defaults, Given, LEAST_WRITE_TIMEOUT, Names, Secret, User};
use super::value::{atoi, truth};
use super::{At, Fact, Harm, Part, When, Why};
use crate::config::{Effective, Entry, Section, World};
use crate::release::{Quirk, Release};

/// The users of users.conf, in order, and the file.
///
/// Asterisk: `__init_manager` in main/manager.c, on releases with [`Quirk::UsersConf`].
pub(super) fn load<'t>(world: &'t World<'_>, release: Release, defaults: Defaults) -> (Vec<User<'t>>, Neighbour<'t>) {
    if !release.has(Quirk::UsersConf) {
        return (Vec::new(), Neighbour::absent());
    }
    let mut file = Neighbour::load(world, "users.conf", release);
    let Some(effective) = file.effective.take() else { return (Vec::new(), file) };
    let mut users = Vec::new();
    if file.state == NeighbourState::Refused {
        let at = file.facts.first().map(|fact| fact.at);
        file.facts.extend(at.map(|at| Fact::hazard(Harm::Crash, When::Boot, Why::UsersConfRefused, at)));
    } else {
        users = read(&effective, defaults, &mut file.facts);
    }
    file.effective = Some(effective);
    (users, file)
}

fn read<'t>(effective: &Effective<'t>, defaults: Defaults, facts: &mut Vec<Fact<'t>>) -> Vec<User<'t>> {
    let is_general = |section: &&Section<'t>| section.name.eq_ignore_ascii_case(b"general");
    let sections = || effective.sections.iter().filter(|section| !section.template);
    let general = sections().find(is_general).map(Keys::of).unwrap_or_default();
    let mut users: Vec<User<'t>> = Vec::new();
    let mut known = Names::default();
    for section in sections().filter(|section| !is_general(section)) {
        let own = Keys::of(section);
        let Some(granted) = own.hasmanager.or(general.hasmanager).filter(|it| truth(&it.value)) else { continue };
        let at = known.find(section.name).unwrap_or_else(|| {
            known.add(section.name, users.len());
            let mut fresh = User::new(section.name, At { part: Part::Users, line: section.origin }, defaults);
            fresh.read = Given::default_of(Grant::ALL);
            fresh.write = Given::default_of(Grant::ALL);
            fresh.granted_by = Some(granted.origin);
            users.push(fresh);
            users.len() - 1
        });
        own.or(&general).give(&mut users[at], facts);
    }
    users
}

/// What a section says: the first entry of each key, which is the one that `ast_variable_retrieve` finds.
#[derive(Default)]
struct Keys<'s, 't> {
    hasmanager: Option<&'s Entry<'t>>,
    secret: Option<&'s Entry<'t>>,
    read: Option<&'s Entry<'t>>,
    write: Option<&'s Entry<'t>>,
    displayconnects: Option<&'s Entry<'t>>,
    allowmultiplelogin: Option<&'s Entry<'t>>,
    writetimeout: Option<&'s Entry<'t>>,
}

impl<'s, 't> Keys<'s, 't> {
    fn of(section: &'s Section<'t>) -> Keys<'s, 't> {
        let mut keys = Keys::default();
        for entry in section.content.iter() {
            let place = match entry.name.to_ascii_lowercase().as_slice() {
                b"hasmanager" => &mut keys.hasmanager,
                b"secret" => &mut keys.secret,
                b"read" => &mut keys.read,
                b"write" => &mut keys.write,
                b"displayconnects" => &mut keys.displayconnects,
                b"allowmultiplelogin" => &mut keys.allowmultiplelogin,
                b"writetimeout" => &mut keys.writetimeout,
                _ => continue,
            };
            place.get_or_insert(entry);
        }
        keys
    }

    /// The same, with what `general` says where the section says nothing.
    fn or(&self, general: &Keys<'s, 't>) -> Keys<'s, 't> {
        Keys {
            hasmanager: self.hasmanager,
            secret: self.secret.or(general.secret),
            read: self.read.or(general.read),
            write: self.write.or(general.write),
            displayconnects: self.displayconnects.or(general.displayconnects),
            allowmultiplelogin: self.allowmultiplelogin.or(general.allowmultiplelogin),
            writetimeout: self.writetimeout.or(general.writetimeout),
        }
    }

    fn give(&self, user: &mut User<'t>, facts: &mut Vec<Fact<'t>>) {
        let at = |entry: &Entry<'_>| At { part: Part::Users, line: entry.origin };
        if let Some(entry) = self.secret.filter(|entry| !entry.value.is_empty()) {
            user.secret = Given::set(Secret::of(entry.value.clone()), at(entry));
        }
        if let Some(entry) = self.read {
            user.read = Given::set(Grant::of(&entry.value), at(entry));
        }
        if let Some(entry) = self.write {
            user.write = Given::set(Grant::of(&entry.value), at(entry));
        }
        if let Some(entry) = self.displayconnects {
            user.displayconnects = Given::set(truth(&entry.value), at(entry));
        }
        if let Some(entry) = self.allowmultiplelogin {
            user.allowmultiplelogin = Given::set(truth(&entry.value), at(entry));
        }
        if let Some(entry) = self.writetimeout {
            match atoi(&entry.value) {
                value if value >= LEAST_WRITE_TIMEOUT => user.writetimeout = Given::set(value, at(entry)),
                _ => facts.push(user::short_timeout(entry)),
            }
        }
    }
}
