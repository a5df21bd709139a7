//! The accounts: sections of manager.conf into users, as Asterisk goes over them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::acl::{self, Sense};
use super::classes::{self, Classes, GrantReader};
use super::filter::FilterReader;
use super::named_acl::NamedAcls;
use super::neighbour::{self, MOST_ENTRIES, Neighbour};
use super::user::{
    self, Acl, AclState, Defaults, Given, LEAST_WRITE_TIMEOUT, LONGEST_VARIABLE, Names, Secret, User, Variable,
};
use super::value::{atoi, part, truth};
use super::{AclFault, At, Fact, FactKind, Harm, Part, When, Why, users_conf};
use crate::catalog::{self, SectionKind};
use crate::config::{Effective, Entry, Origin, Outcome, Section, SectionId, World};
use crate::release::{Quirk, Release};
use crate::text::Span;

/// Of the name of an ACL so many bytes count.
const LONGEST_ACL_NAME: usize = 79;

/// All accounts of a release, and the files beside manager.conf that they depend on.
///
/// Asterisk: `__init_manager` in main/manager.c, measured on 13.12.2 to 23.4.1.
pub struct Accounts<'t> {
    /// The accounts, in the order in which Asterisk lists them.
    pub users: Vec<User<'t>>,
    /// What was dropped, ignored or is dangerous in manager.conf, in the order of its lines.
    pub facts: Vec<Fact<'t>>,
    /// users.conf.
    pub users_conf: Neighbour<'t>,
    /// acl.conf; absent when no account asks for one of its ACLs.
    pub acl_conf: Neighbour<'t>,
    /// amictl gave up: sections hold too many entries, inherited ones counted. There are no accounts then.
    pub gave_up: bool,
    names: Names<'t>,
}

impl<'t> Accounts<'t> {
    /// The accounts of a manager.conf. A file that Asterisk refuses has none.
    pub fn load(world: &'t World<'_>, effective: &Effective<'t>, release: Release, defaults: Defaults) -> Accounts<'t> {
        let mut accounts = Accounts {
            users: Vec::new(),
            facts: Vec::new(),
            users_conf: Neighbour::absent(),
            acl_conf: Neighbour::absent(),
            gave_up: false,
            names: Names::default(),
        };
        if effective.outcome != Outcome::Loads {
            return accounts;
        }
        let sections = || effective.sections().filter(|(_, section)| is_user(section));
        if neighbour::entries(sections().map(|(_, section)| section)) > MOST_ENTRIES {
            accounts.gave_up = true;
            return accounts;
        }
        let (users, users_conf) = users_conf::load(world, release, defaults);
        let count = users.len() + sections().count();
        let mut loader = Loader {
            world,
            effective,
            release,
            named: None,
            users: Vec::with_capacity(count),
            names: Names::with_capacity(count),
            acl_names: HashSet::new(),
            bad: HashMap::new(),
            facts: Vec::new(),
            hazards: HashSet::new(),
            grants: GrantReader::default(),
            filters: FilterReader::new(release),
        };
        for user in users {
            loader.add(user);
        }
        for (id, section) in sections() {
            loader.section(id, section, defaults);
        }
        accounts.users_conf = users_conf;
        loader.finish(&mut accounts);
        accounts
    }

    /// The account of a name, in any letter case.
    pub fn find(&self, name: &[u8]) -> Option<&User<'t>> {
        self.names.find(name).map(|at| &self.users[at])
    }

    /// The file that a place is in; `manager` is what these accounts were loaded from.
    pub fn effective<'e>(&'e self, manager: &'e Effective<'t>, part: Part) -> &'e Effective<'t> {
        let beside = match part {
            Part::Manager => None,
            Part::Users => self.users_conf.effective.as_ref(),
            Part::Acl => self.acl_conf.effective.as_ref(),
        };
        beside.unwrap_or(manager)
    }

    /// The live text of the line at a place.
    pub fn span(&self, manager: &Effective<'t>, place: At) -> Span {
        self.effective(manager, place.part).text(place.line)
    }

    /// Every fact, with the file in which its line stands.
    pub fn all_facts(&self) -> impl Iterator<Item = (Part, &Fact<'t>)> {
        let of =
            [(Part::Manager, &self.facts), (Part::Users, &self.users_conf.facts), (Part::Acl, &self.acl_conf.facts)];
        of.into_iter().flat_map(|(part, facts)| facts.iter().map(move |fact| (part, fact)))
    }
}

fn is_user(section: &Section<'_>) -> bool {
    !section.template && !section.name.eq_ignore_ascii_case(b"general")
}

/// An option of a user.
enum Key {
    Secret,
    Read,
    Write,
    DisplayConnects,
    AllowMultipleLogin,
    WriteTimeout,
    Permit,
    Deny,
    Acl,
    SetVar,
    /// Whatever begins with it: which of these are filters depends on the release.
    EventFilter,
}

impl Key {
    /// The option of a name, in any letter case.
    fn of(name: &[u8]) -> Option<Key> {
        let is = |key: &str| name.eq_ignore_ascii_case(key.as_bytes());
        Some(match name.first()?.to_ascii_lowercase() {
            b's' if is("secret") => Key::Secret,
            b's' if is("setvar") => Key::SetVar,
            b'r' if is("read") => Key::Read,
            b'w' if is("write") => Key::Write,
            b'w' if is("writetimeout") => Key::WriteTimeout,
            b'd' if is("deny") => Key::Deny,
            b'd' if is("displayconnects") => Key::DisplayConnects,
            b'p' if is("permit") => Key::Permit,
            b'a' if is("acl") => Key::Acl,
            b'a' if is("allowmultiplelogin") => Key::AllowMultipleLogin,
            b'e' if name.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"eventfilter")) => Key::EventFilter,
            _ => return None,
        })
    }

    /// Does a later section of the same user take away what it said?
    fn is_perishable(&self) -> bool {
        matches!(self, Key::Permit | Key::Deny | Key::Acl | Key::SetVar | Key::EventFilter)
    }
}

struct Loader<'t, 'w, 'e> {
    world: &'t World<'w>,
    effective: &'e Effective<'t>,
    release: Release,
    /// acl.conf, once somebody asked for it.
    named: Option<NamedAcls<'t>>,
    users: Vec<User<'t>>,
    names: Names<'t>,
    /// The names of the ACLs of the section at hand, in lower case, the empty one of the user's own rules too.
    acl_names: HashSet<Vec<u8>>,
    /// The users that are to be deleted, by their number, and why.
    bad: HashMap<usize, (Why<'t>, Origin)>,
    facts: Vec<Fact<'t>>,
    /// The lines whose hazard has been told.
    hazards: HashSet<Origin>,
    grants: GrantReader,
    filters: FilterReader,
}

impl<'t> Loader<'t, '_, '_> {
    fn add(&mut self, user: User<'t>) -> usize {
        self.names.add(user.name, self.users.len());
        self.users.push(user);
        self.users.len() - 1
    }

    fn section(&mut self, id: SectionId, section: &Section<'t>, defaults: Defaults) {
        let at = match self.names.find(section.name) {
            Some(at) => {
                self.begin_again(at, section);
                at
            }
            None => {
                let place = At { part: Part::Manager, line: section.origin };
                self.add(User::new(section.name, place, defaults))
            }
        };
        self.users[at].sections.push(id);
        self.acl_names.clear();
        for entry in section.content.iter() {
            self.entry(at, entry);
        }
        let (filters, facts) = self.filters.read(section.content.iter());
        self.facts.extend(facts);
        let user = &mut self.users[at];
        if user.at.part == Part::Manager {
            user.filters = filters;
            return;
        }
        for filter in filters.includes.iter().chain(&filters.excludes) {
            self.facts.push(Fact::ignored(b"eventfilter", Why::NoPlaceForFilters, filter.at));
        }
    }

    /// A further section of a user takes away what the earlier ones said of these things.
    fn begin_again(&mut self, at: usize, section: &Section<'t>) {
        self.bad.remove(&at);
        let user = &mut self.users[at];
        user.acls.clear();
        let had_variables = !user.setvar.is_empty();
        user.setvar.clear();
        let effective = self.effective;
        let before = user.sections.last().map(|&id| effective.section(id).content.iter());
        for entry in before.into_iter().flatten() {
            let counts = match Key::of(entry.name) {
                Some(Key::EventFilter) => self.filters.is_filter(entry.name),
                key => key.is_some_and(|key| key.is_perishable()),
            };
            if counts {
                self.facts.push(Fact::ignored(entry.name, Why::LaterSection { section: section.name }, entry.origin));
            }
        }
        if had_variables {
            self.facts.push(Fact::hazard(Harm::Corruption, When::Login, Why::FreedBySection, section.origin));
        }
    }

    fn entry(&mut self, at: usize, entry: &Entry<'t>) {
        let place = At { part: Part::Manager, line: entry.origin };
        let user = &mut self.users[at];
        match Key::of(entry.name) {
            Some(Key::Secret) => user.secret = Given::set(Secret::of(entry.value.clone()), place),
            Some(Key::Read) => {
                user.read = Given::set(self.grants.read(&entry.value), place);
                if !user.read.value.is_plain {
                    self.class_items(entry);
                }
            }
            Some(Key::Write) => {
                user.write = Given::set(self.grants.read(&entry.value), place);
                if !user.write.value.is_plain {
                    self.class_items(entry);
                }
            }
            Some(Key::DisplayConnects) => user.displayconnects = Given::set(truth(&entry.value), place),
            Some(Key::AllowMultipleLogin) => user.allowmultiplelogin = Given::set(truth(&entry.value), place),
            Some(Key::WriteTimeout) => match atoi(&entry.value) {
                value if value >= LEAST_WRITE_TIMEOUT => user.writetimeout = Given::set(value, place),
                _ => self.facts.push(user::short_timeout(entry)),
            },
            Some(Key::Permit) => self.rule(at, Sense::Permit, entry),
            Some(Key::Deny) => self.rule(at, Sense::Deny, entry),
            Some(Key::Acl) => self.named(at, entry),
            Some(Key::SetVar) => self.variable(at, entry),
            Some(Key::EventFilter) => {}
            None if catalog::knows(self.release, SectionKind::User, entry.name) => {}
            None => self.ignored(entry, entry.name, Why::NoUserOption),
        }
    }

    fn ignored(&mut self, entry: &Entry<'t>, what: impl Into<Cow<'t, [u8]>>, why: Why<'t>) {
        self.facts.push(Fact::ignored(what, why, entry.origin));
    }

    fn class_items(&mut self, entry: &Entry<'t>) {
        for item in classes::items(&entry.value).filter(|item| item.grants.is_none()) {
            let word = &entry.value[item.range.clone()];
            let stripped = word.trim_ascii();
            let is_class = |word: &[u8]| !Classes::parse(word).is_none();
            let why = match () {
                () if b"none".starts_with(word) && (item.is_prefix || word == b"none") => continue,
                () if stripped.len() < word.len() && is_class(stripped) => Why::BlankInClass,
                () if is_class(&stripped.to_ascii_lowercase()) => Why::ClassCase,
                () => Why::NoClass,
            };
            self.ignored(entry, part(&entry.value, item.range), why);
        }
    }

    fn rule(&mut self, at: usize, sense: Sense, entry: &Entry<'t>) {
        let acls = &mut self.users[at].acls;
        let place = At { part: Part::Manager, line: entry.origin };
        if acls.first().is_none_or(|first| !first.name.is_empty()) {
            let (name, rules) = (Cow::Borrowed(&b""[..]), Rc::default());
            // Most users have no other.
            acls.reserve_exact(1);
            acls.insert(0, Acl { name, is_local: true, state: AclState::Ok, rules, at: place });
            self.acl_names.insert(Vec::new());
        }
        let own = &mut acls[0];
        if !own.is_local {
            // An `acl =` with an empty name stands where the account's own rules belong, and takes them in.
            own.is_local = true;
            own.state = if own.state == AclState::Unrestricted { AclState::Ok } else { own.state };
        }
        let result = acl::append(sense, &entry.value, place, Rc::make_mut(&mut own.rules));
        if let Err(bad) = result {
            self.bad_acl(at, entry, bad.range.start..entry.value.len(), AclFault::Item(bad.fault));
        }
    }

    fn named(&mut self, at: usize, entry: &Entry<'t>) {
        let place = At { part: Part::Manager, line: entry.origin };
        let mut start = 0;
        for item in entry.value.split(|&byte| byte == b',') {
            let range = start..start + item.len();
            start = range.end + 1;
            let blanks = item.iter().take_while(|&&byte| crate::text::is_blank(byte)).count();
            let name = &item[blanks..];
            if self.acl_names.contains(&name.to_ascii_lowercase()) {
                self.bad_acl(at, entry, range, AclFault::Twice);
                continue;
            }
            let name = &name[..name.len().min(LONGEST_ACL_NAME)];
            let named = self.named.get_or_insert_with(|| NamedAcls::load(self.world, self.release));
            let (state, rules) = named.find(name);
            let acls = &mut self.users[at].acls;
            self.acl_names.insert(name.to_ascii_lowercase());
            acls.push(Acl { name: name.to_owned().into(), is_local: false, state, rules, at: place });
            if state == AclState::Unrestricted {
                let start = range.start + blanks;
                self.ignored(entry, part(&entry.value, start..start + name.len()), Why::NoAclConf);
            }
        }
    }

    fn bad_acl(&mut self, at: usize, entry: &Entry<'t>, what: Range<usize>, fault: AclFault) {
        if self.release.has(Quirk::BadAclDeletesUser) {
            let why = || Why::BadAclDeletes { fault, key: entry.name, value: entry.value.clone() };
            self.bad.entry(at).or_insert_with(|| (why(), entry.origin));
        } else {
            self.ignored(entry, part(&entry.value, what), Why::BadAclSkipped { fault });
        }
    }

    fn variable(&mut self, at: usize, entry: &Entry<'t>) {
        let kept = entry.value.len().min(LONGEST_VARIABLE);
        let place = At { part: Part::Manager, line: entry.origin };
        let Some(equals) = entry.value[..kept].iter().position(|&byte| byte == b'=') else {
            return self.ignored(entry, b"setvar", Why::NoVariable);
        };
        let (name, value) = (part(&entry.value, 0..equals), part(&entry.value, equals + 1..kept));
        self.users[at].setvar.push(Variable { name, value, at: place });
        if kept < entry.value.len() {
            self.ignored(entry, b"the end of the value of setvar", Why::LongVariable);
        }
        if self.hazards.insert(entry.origin) {
            self.facts.push(Fact::hazard(Harm::Corruption, When::Reload, Why::FreedByReload, entry.origin));
        }
    }

    fn finish(mut self, accounts: &mut Accounts<'t>) {
        accounts.facts = self.facts;
        if !self.bad.is_empty() {
            self.names = Names::default();
            let all = std::mem::take(&mut self.users);
            for (number, user) in all.into_iter().enumerate() {
                if let Some((why, at)) = self.bad.remove(&number) {
                    accounts.facts.push(Fact { kind: FactKind::Dropped { user: user.name }, why, at });
                    continue;
                }
                self.names.add(user.name, self.users.len());
                self.users.push(user);
            }
        }
        self.users.iter_mut().for_each(|user| user.setvar.reverse());
        (accounts.users, accounts.names) = (self.users, self.names);
        accounts.facts.sort_by_key(|fact| fact.at);
        if let Some(named) = self.named {
            accounts.acl_conf = named.neighbour;
        }
    }
}
