//! `amictl dump --stage manager`: what Asterisk's manager holds, as JSON.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::{manager_general, text};
use crate::config::manager::acl::{Rule, Sense};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::Filter;
use crate::config::manager::{
    Acl, AclState, At, Fact, FactKind, Harm, Manager, NeighbourState, Part, SecretState, User, When,
};
use crate::config::{Effective, Outcome};
use crate::release::Release;
use crate::text::{Files, Secrets, Span, show};

/// The manager as loaded, ready to be printed.
#[derive(Clone, Copy)]
pub struct ManagerDump<'a> {
    /// manager.conf.
    pub effective: &'a Effective<'a>,
    /// What was made of it.
    pub manager: &'a Manager<'a>,
    /// For which release.
    pub release: Release,
    /// The files that were read.
    pub files: &'a Files,
    /// May secrets be shown.
    pub secrets: Secrets,
}

impl ManagerDump<'_> {
    /// Why nothing is loaded, if nothing is.
    pub fn aborted(&self) -> Option<String> {
        match self.effective.outcome {
            Outcome::Loads if self.manager.accounts.gave_up => Some("amictl gives up: too many entries".to_owned()),
            Outcome::Loads => None,
            Outcome::Refused(note) | Outcome::Hangs(note) | Outcome::Limit(note) => {
                let note = &self.effective.notes[note];
                Some(format!("{}: {}", self.files.place(self.effective.text(note.at)), note.message()))
            }
        }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// All facts, each once, in the order of their lines.
    pub(super) fn facts(&self) -> Vec<(Span, &Fact<'_>)> {
        let general = self.manager.general.facts.iter().map(|fact| (self.effective.text(fact.at), fact));
        let accounts =
            self.manager.accounts.all_facts().map(|(part, fact)| (self.span(At { part, line: fact.at }), fact));
        let mut facts: Vec<_> = general.chain(accounts).collect();
        facts.sort_by_key(|(span, _)| *span);
        facts.dedup_by(|(one, fact), (two, other)| one == two && is_told_alike(fact, other));
        facts
    }

    pub(super) fn span(&self, place: At) -> Span {
        self.manager.accounts.span(self.effective, place)
    }
}

/// Adds `file` and `line`.
pub(super) fn place<M: SerializeMap>(map: &mut M, files: &Files, span: Span) -> Result<(), M::Error> {
    let file = files.get(span.file);
    map.serialize_entry("file", file.name())?;
    map.serialize_entry("line", &file.position(span.start as usize).line)
}

impl Serialize for ManagerDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let aborted = self.aborted();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", &1)?;
        map.serialize_entry("release", &self.release.to_string())?;
        map.serialize_entry("recorded", &self.release.is_recorded())?;
        map.serialize_entry("loads", &aborted.is_none())?;
        map.serialize_entry("aborted", &aborted)?;
        map.serialize_entry("general", &manager_general::general(self.manager))?;
        map.serialize_entry("listen", &manager_general::listen(&self.manager.listeners, self.effective, self.files))?;
        map.serialize_entry("files", &BesideDump(self))?;
        map.serialize_entry("users", &Users(self))?;
        let facts = self.facts();
        let of = |kind| FactList { dump: self, facts: &facts, kind };
        map.serialize_entry("dropped", &of("dropped"))?;
        map.serialize_entry("ignored", &of("ignored"))?;
        map.serialize_entry("hazards", &of("hazards"))?;
        map.serialize_entry("indeterminate", &of("indeterminate"))?;
        map.end()
    }
}

struct BesideDump<'a>(&'a ManagerDump<'a>);

impl Serialize for BesideDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("acl.conf", beside(self.0.manager.accounts.acl_conf.state))?;
        map.serialize_entry("users.conf", beside(self.0.manager.accounts.users_conf.state))?;
        map.end()
    }
}

/// What became of a file beside manager.conf, in one word; one that nobody needs is `absent`.
pub(super) fn beside(state: NeighbourState) -> &'static str {
    match state {
        NeighbourState::Loaded => "loaded",
        NeighbourState::Absent => "absent",
        NeighbourState::Unknown => "unknown",
        NeighbourState::Refused => "refused",
    }
}

struct Users<'a>(&'a ManagerDump<'a>);

impl Serialize for Users<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.manager.accounts.users.iter().map(|user| UserDump { dump: self.0, user }))
    }
}

struct UserDump<'a> {
    dump: &'a ManagerDump<'a>,
    user: &'a User<'a>,
}

impl Serialize for UserDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let user = self.user;
        let names = |classes: Classes| classes.names().collect::<Vec<_>>();
        let mut map = serializer.serialize_map(None)?;
        text::entry(&mut map, "name", user.name)?;
        map.serialize_entry("source", source(user))?;
        place(&mut map, self.dump.files, self.dump.span(user.at))?;
        map.serialize_entry("secret", secret(user))?;
        map.serialize_entry("read", &names(*user.read.value))?;
        map.serialize_entry("write", &names(*user.write.value))?;
        let acls: Vec<_> = user.acls.iter().map(|acl| AclDump { dump: self.dump, acl }).collect();
        map.serialize_entry("acl", &acls)?;
        map.serialize_entry("writetimeout", &user.writetimeout.value)?;
        map.serialize_entry("displayconnects", &user.displayconnects.value)?;
        map.serialize_entry("allowmultiplelogin", &user.allowmultiplelogin.value)?;
        self.variables(&mut map)?;
        let filters: Vec<_> = filters(user).into_iter().map(|it| FilterDump { dump: self.dump, filter: it }).collect();
        map.serialize_entry("filters", &filters)?;
        map.end()
    }
}

impl UserDump<'_> {
    fn variables<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let setvar = self.user.setvar.iter();
        let pairs: Vec<_> = setvar.map(|it| (&it.name, self.dump.secrets.shown(&it.name, &it.value))).collect();
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let shown: Vec<_> = pairs.iter().map(|(name, value)| [lossy(name), lossy(value)]).collect();
        map.serialize_entry("setvar", &shown)?;
        let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
        if pairs.iter().all(|(name, value)| is_text(name) && is_text(value)) {
            return Ok(());
        }
        let exact: Vec<_> = pairs.iter().map(|(name, value)| [STANDARD.encode(name), STANDARD.encode(value)]).collect();
        map.serialize_entry("setvar_base64", &exact)
    }
}

/// The filters of an account in the order of their lines, each with what it does.
pub(super) fn filters<'a>(user: &'a User<'_>) -> Vec<(&'static str, &'a Filter)> {
    let includes = user.filters.includes.iter().map(|filter| ("include", filter));
    let mut filters: Vec<_> = includes.chain(user.filters.excludes.iter().map(|filter| ("exclude", filter))).collect();
    filters.sort_by_key(|(_, filter)| filter.at);
    filters
}

struct FilterDump<'a> {
    dump: &'a ManagerDump<'a>,
    filter: (&'static str, &'a Filter),
}

impl Serialize for FilterDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (action, filter) = self.filter;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", if filter.is_advanced { "advanced" } else { "legacy" })?;
        map.serialize_entry("action", action)?;
        for (key, value) in [("event", filter.event.as_deref()), ("header", filter.header())] {
            match value {
                Some(value) => text::entry(&mut map, key, value)?,
                None => map.serialize_entry(key, &None::<&str>)?,
            }
        }
        map.serialize_entry("method", filter.method())?;
        text::entry(&mut map, "pattern", &self.dump.secrets.shown(b"", &filter.pattern))?;
        place(&mut map, self.dump.files, self.dump.effective.text(filter.at))?;
        map.end()
    }
}

/// The file that an account comes from.
pub(super) fn source(user: &User<'_>) -> &'static str {
    if user.at.part == Part::Users { "users.conf" } else { "manager.conf" }
}

/// What there is of a secret, in one word.
pub(super) fn secret(user: &User<'_>) -> &'static str {
    match user.secret.value.state() {
        SecretState::Set => "set",
        SecretState::Empty => "empty",
        SecretState::Missing => "missing",
    }
}

struct AclDump<'a> {
    dump: &'a ManagerDump<'a>,
    acl: &'a Acl<'a>,
}

/// What an ACL does, in one word.
pub(super) fn acl_state(state: AclState) -> &'static str {
    match state {
        AclState::Ok => "ok",
        AclState::Undefined => "undefined",
        AclState::Unrestricted => "unrestricted",
        AclState::Unknown => "unknown",
    }
}

pub(super) fn sense(rule: &Rule) -> &'static str {
    match rule.sense {
        Sense::Permit => "permit",
        Sense::Deny => "deny",
    }
}

impl Serialize for AclDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.acl.is_local {
            true => map.serialize_entry("name", &None::<&str>)?,
            false => text::entry(&mut map, "name", &self.acl.name)?,
        }
        map.serialize_entry("state", acl_state(self.acl.state))?;
        place(&mut map, self.dump.files, self.dump.span(self.acl.at))?;
        let rules: Vec<_> = self.acl.rules.iter().map(|rule| RuleDump { dump: self.dump, rule }).collect();
        map.serialize_entry("rules", &rules)?;
        map.end()
    }
}

struct RuleDump<'a> {
    dump: &'a ManagerDump<'a>,
    rule: &'a Rule,
}

impl Serialize for RuleDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("sense", sense(self.rule))?;
        map.serialize_entry("network", &self.rule.network.to_string())?;
        place(&mut map, self.dump.files, self.dump.span(self.rule.at))?;
        map.end()
    }
}

struct FactList<'a> {
    dump: &'a ManagerDump<'a>,
    facts: &'a [(Span, &'a Fact<'a>)],
    kind: &'static str,
}

impl Serialize for FactList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (span, fact) in self.facts.iter().filter(|(_, fact)| list_of(fact) == self.kind) {
            list.serialize_element(&FactDump { files: self.dump.files, span: *span, fact })?;
        }
        list.end()
    }
}

/// Is the same told of two facts of a line? Their bytes may differ where what is shown is cut or masked.
fn is_told_alike(one: &Fact<'_>, two: &Fact<'_>) -> bool {
    let same_kind = || match (&one.kind, &two.kind) {
        (FactKind::Ignored { what: one }, FactKind::Ignored { what: two }) => show(one) == show(two),
        (one, two) => one == two,
    };
    one == two || one.at == two.at && same_kind() && one.why.to_string() == two.why.to_string()
}

/// In which list a fact stands.
pub(super) fn list_of(fact: &Fact<'_>) -> &'static str {
    match fact.kind {
        FactKind::Dropped { .. } => "dropped",
        FactKind::Ignored { .. } => "ignored",
        FactKind::Hazard { .. } => "hazards",
        FactKind::Indeterminate { .. } => "indeterminate",
    }
}

/// What a hazard does, and when.
pub(super) fn hazard(harm: Harm, when: When) -> (&'static str, &'static str) {
    let harm = match harm {
        Harm::Crash => "crash",
        Harm::Hang => "hang",
        Harm::Corruption => "corruption",
    };
    let when = match when {
        When::Boot => "boot",
        When::Login => "login",
        When::Reload => "reload",
    };
    (harm, when)
}

struct FactDump<'a> {
    files: &'a Files,
    span: Span,
    fact: &'a Fact<'a>,
}

impl Serialize for FactDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.fact.kind {
            FactKind::Dropped { user } => text::entry(&mut map, "user", user)?,
            FactKind::Ignored { what } | FactKind::Indeterminate { what } => {
                map.serialize_entry("what", &show(what))?
            }
            FactKind::Hazard { harm, when } => {
                let (harm, when) = hazard(*harm, *when);
                map.serialize_entry("kind", harm)?;
                map.serialize_entry("when", when)?;
            }
        }
        map.serialize_entry("why", &self.fact.why.to_string())?;
        place(&mut map, self.files, self.span)?;
        map.end()
    }
}
