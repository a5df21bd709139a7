//! The named ACLs of acl.conf: all of them, or none.

use std::collections::HashMap;
use std::rc::Rc;

use super::acl::{self, Rule, Sense};
use super::neighbour::{Neighbour, NeighbourState};
use super::user::AclState;
use super::{At, Fact, Part, Why};
use crate::config::{Effective, Entry, Outcome, World};
use crate::release::Release;

/// What acl.conf defines.
///
/// Asterisk: main/named_acl.c and `aco_process_config` in main/config_options.c, alike in all releases. One bad line and
/// there is no named ACL at all; then every `acl` of a user restricts nothing.
pub(super) struct NamedAcls<'t> {
    pub(super) neighbour: Neighbour<'t>,
    acls: HashMap<Vec<u8>, Rc<Vec<Rule>>>,
}

impl<'t> NamedAcls<'t> {
    pub(super) fn load(world: &'t World<'_>, release: Release) -> NamedAcls<'t> {
        let mut named = NamedAcls { neighbour: Neighbour::load(world, "acl.conf", release), acls: HashMap::new() };
        let Some(effective) = named.neighbour.effective.take() else { return named };
        let refused = named.read(&effective);
        if refused {
            named.neighbour.state = NeighbourState::Refused;
        } else if effective.is_partial() {
            named.neighbour.state = NeighbourState::Unknown;
        }
        named.neighbour.effective = Some(effective);
        named
    }

    /// Takes in all sections. Returns whether one of them is refused.
    fn read(&mut self, effective: &Effective<'t>) -> bool {
        if let Outcome::Refused(_) = effective.outcome {
            return true;
        }
        let (acls, facts) = read(effective);
        self.acls = acls.into_iter().map(|(name, rules)| (name.to_owned(), Rc::new(rules))).collect();
        let refused = !facts.is_empty();
        self.neighbour.facts.extend(facts);
        refused
    }

    /// The rules of an ACL, by its name with its own letter case.
    pub(super) fn find(&self, name: &[u8]) -> (AclState, Rc<Vec<Rule>>) {
        match (self.neighbour.state, self.acls.get(name)) {
            (NeighbourState::Loaded, Some(rules)) => (AclState::Ok, rules.clone()),
            (NeighbourState::Loaded, None) => (AclState::Undefined, Rc::default()),
            (NeighbourState::Absent | NeighbourState::Refused, _) => (AclState::Unrestricted, Rc::default()),
            (NeighbourState::Unknown, _) => (AclState::Unknown, Rc::default()),
        }
    }
}

/// The lines of an acl.conf for any of which Asterisk refuses all of it; its syntax is another matter.
pub fn acl_conf_faults<'t>(effective: &Effective<'t>) -> Vec<Fact<'t>> {
    read(effective).1
}

/// The ACLs by their names, and what is wrong.
fn read<'t>(effective: &Effective<'t>) -> (HashMap<&'t [u8], Vec<Rule>>, Vec<Fact<'t>>) {
    let (mut acls, mut facts): (HashMap<&[u8], Vec<Rule>>, _) = (HashMap::new(), Vec::new());
    let mut refuse = |why, at| facts.push(Fact::ignored(b"acl.conf", why, at));
    for section in effective.sections.iter().filter(|section| !section.template) {
        if section.name.eq_ignore_ascii_case(b"general") {
            refuse(Why::AclCalledGeneral, section.origin);
            continue;
        }
        let rules = acls.entry(section.name).or_default();
        for entry in section.content.iter() {
            if let Err(why) = rule(entry, rules) {
                refuse(why, entry.origin);
            }
        }
    }
    (acls, facts)
}

/// One line of acl.conf; an error is the reason for which Asterisk refuses the whole file.
fn rule<'t>(entry: &Entry<'t>, rules: &mut Vec<Rule>) -> Result<(), Why<'t>> {
    let sense = match () {
        () if entry.name.eq_ignore_ascii_case(b"permit") => Sense::Permit,
        () if entry.name.eq_ignore_ascii_case(b"deny") => Sense::Deny,
        () => return Err(Why::NoAclOption { key: entry.name }),
    };
    let at = At { part: Part::Acl, line: entry.origin };
    let bad = |bad: acl::BadItem| Why::BadRule { fault: bad.fault, value: entry.value.clone() };
    acl::append(sense, &entry.value, at, rules).map_err(bad)
}
