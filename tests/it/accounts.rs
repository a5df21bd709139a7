//! Users, their rights and their addresses, against what real Asterisks showed after they started.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use amictl::access::{self, Attempt, Configuration, Trace, Verdict};
use amictl::config::manager::acl::Sense;
use amictl::config::manager::classes::Classes;
use amictl::config::manager::general::General;
use amictl::config::manager::listen::ListenerKind;
use amictl::config::manager::{Accounts, FactKind, Manager, SecretState, User, When};
use amictl::config::{self, Effective, Place, What, World};
use amictl::host::{Host as _, Memory};
use amictl::release::Release;
use amictl::testing::scenario::replace;
use amictl::text::Files;
use base64::Engine as _;
use serde_json::Value;

use crate::cases::{ETC, at_home, bytes};
use crate::support::root;

/// A configuration folder with these files.
pub(crate) fn folder(files: &[(&str, Vec<u8>)]) -> Memory {
    let mut host = Memory::default();
    for (name, text) in files {
        host.add(Path::new(ETC).join(name), replace(&at_home(text.clone()), b"{PORT}", b"5050"));
    }
    host
}

/// The manager of a release, loaded from a folder in memory on the switch itself.
pub(crate) struct Loaded<'c> {
    pub(crate) effective: &'c Effective<'c>,
    pub(crate) general: &'c General<'c>,
    pub(crate) accounts: &'c Accounts<'c>,
    pub(crate) configuration: Configuration<'c, 'c>,
}

impl Loaded<'_> {
    pub(crate) fn login(&self, user: &[u8], secret: Option<&[u8]>, from: &str, sessions: &[&str]) -> Trace {
        let sessions: Vec<Vec<u8>> = sessions.iter().map(|name| name.as_bytes().to_vec()).collect();
        let (from, over) = (from.parse().unwrap(), ListenerKind::Plain);
        access::login(self.configuration, Attempt { user, from, over, secret, sessions: &sessions })
    }

    /// Does it use memory that it has freed as soon as somebody looks?
    pub(crate) fn is_broken(&self) -> bool {
        let facts = self.accounts.facts.iter();
        facts.map(|fact| &fact.kind).any(|kind| matches!(kind, FactKind::Hazard { when: When::Login, .. }))
    }
}

pub(crate) fn with<R>(host: &Memory, release: &str, ask: impl FnOnce(&Loaded<'_>) -> R) -> R {
    let release = Release::parse(release).unwrap();
    let files = Files::default();
    let path = Path::new(ETC).join("manager.conf");
    let root = files.add("manager.conf".into(), path.clone(), host.read(&path).unwrap()).id();
    let world = World::new(&files, host, Place { etc: ETC.into(), root: None, complete: true });
    let effective = config::load(&world, root, release);
    let manager = Manager::load(&world, &effective, release);
    let (general, accounts, listeners) = (&manager.general, &manager.accounts, &manager.listeners);
    let configuration = Configuration { effective: &effective, accounts, listeners };
    ask(&Loaded { effective: &effective, general, accounts, configuration })
}

/// Every case of a table, on each release it was recorded on.
pub(crate) fn each(table: &str, mut compare: impl FnMut(&Value, &str)) -> usize {
    let text = fs::read_to_string(root().join("fixtures").join(table)).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    assert!(table["source"].as_str().unwrap().contains("recorded"));
    let mut count = 0;
    for case in table["cases"].as_array().unwrap() {
        for version in case["versions"].as_array().unwrap() {
            compare(case, version.as_str().unwrap());
            count += 1;
        }
    }
    count
}

/// Every case of some files of the folder that `AMICTL_RECORDED_CASES` names.
pub(crate) fn each_of_more(names: &[&str], mut compare: impl FnMut(&Value, &str)) {
    let Some(folder) = std::env::var_os("AMICTL_RECORDED_CASES") else { return };
    for name in names {
        for line in fs::read_to_string(Path::new(&folder).join(name)).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            compare(&case, case["version"].as_str().unwrap());
        }
    }
}

/// A list of classes as the cases have it.
fn classes(classes: Classes) -> String {
    if classes.is_all() { "ALL".to_owned() } else { classes.to_string() }
}

/// What `manager show user` tells, as far as it is not the default.
fn shown(user: &User<'_>) -> BTreeMap<&'static str, Value> {
    let mut map = BTreeMap::new();
    let secret = if user.secret.value.state() == SecretState::Missing { "(N/A)" } else { "<Set>" };
    map.insert("secret", secret.into());
    map.insert("read", classes(*user.read.value).into());
    map.insert("write", classes(*user.write.value).into());
    for (key, value) in
        [("displayconnects", user.displayconnects.value), ("allowmultiplelogin", user.allowmultiplelogin.value)]
    {
        if !value {
            map.insert(key, "no".into());
        }
    }
    let text = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let variables = user.setvar.iter();
    let variables = variables.map(|it| format!("{} = {}", text(&it.name), text(&it.value)).trim().to_owned());
    let mut lines: Vec<String> = variables.collect();
    for acl in &user.acls {
        map.insert("acl", "yes".into());
        lines.push(format!("ACL: {}", if acl.name.is_empty() { "(unnamed)".to_owned() } else { text(&acl.name) }));
        lines.push("-".repeat(45));
        for (at, rule) in acl.rules.iter().enumerate() {
            let sense = if rule.sense == Sense::Permit { "allow" } else { "deny" };
            lines.push(format!("{at}: {sense:>5} - {}", rule.network));
        }
    }
    if !lines.is_empty() {
        map.insert("vars", lines.into());
    }
    map
}

/// One `manager` case: users, and logins after the start.
fn compare(case: &Value, version: &str) {
    let id = case["id"].as_str().unwrap();
    let encoded = case.get("enc").is_some_and(|enc| enc == "b64");
    let decode = || base64::engine::general_purpose::STANDARD.decode(case["file"].as_str().unwrap()).unwrap();
    let mut files = vec![("manager.conf", if encoded { decode() } else { bytes(&case["file"]) })];
    for (name, text) in case["extra_files"].as_object().into_iter().flatten() {
        files.push((name, bytes(text)));
    }
    with(&folder(&files), version, |loaded| {
        let runs = loaded.effective.notes.iter().any(|note| matches!(note.what, What::Exec { .. }));
        let boot = &case["result"]["boot"];
        if boot.is_string() {
            let crashes = |kind: &FactKind| matches!(kind, FactKind::Hazard { when: When::Boot, .. });
            assert!(loaded.accounts.all_facts().any(|(_, fact)| crashes(&fact.kind)), "{id} ({version}): it crashes");
            return;
        }
        if runs || loaded.is_broken() {
            return;
        }
        let recorded = boot["users"].as_object().unwrap();
        if recorded.is_empty() && loaded.accounts.users.iter().any(|user| !user.setvar.is_empty()) {
            // The recorder did not ask, as a user with variables may take Asterisk down with it.
            return;
        }
        let text = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
        let mut names: Vec<String> = loaded.accounts.users.iter().map(|user| text(user.name)).collect();
        names.sort();
        assert_eq!(names, recorded.keys().cloned().collect::<Vec<_>>(), "{id} ({version})");
        for user in &loaded.accounts.users {
            let of = &recorded[&text(user.name)];
            let mut mine = shown(user);
            if of.get("acl").is_some() && of.get("vars").is_none() {
                // Asterisk 13 does not list the rules.
                mine.remove("vars");
            }
            let mine = serde_json::to_value(mine).unwrap();
            assert_eq!(&mine, of, "{id} ({version}): {}", text(user.name));
        }
        for login in case["result"]["logins"].as_array().into_iter().flatten() {
            let (user, secret) = (bytes(&login[0]), bytes(&login[1]));
            let trace = loaded.login(&user, Some(&secret), "127.0.0.1", &[]);
            let answer = login[2].as_str().unwrap();
            let want = match answer {
                "ok" => "Authentication accepted",
                _ if answer.starts_with("ConnectionRefused") => "no connection",
                other => other,
            };
            assert_eq!(trace.answer(), want, "{id} ({version}): {login}: {:#?}", trace.steps());
        }
    });
}

#[test]
fn users_are_those_that_asterisk_showed() {
    let count = each("manager/users.json", compare);
    assert!(count > 300, "only {count} cases");
}

#[test]
fn more_users_are_those_that_asterisk_showed() {
    each_of_more(&["cases-config.jsonl", "cases-config-more.jsonl"], |case, version| {
        if case["kind"] == "manager" && case.get("setup").is_none() {
            compare(case, version);
        }
    });
}

/// A configuration that a case tells in words: `[a] secret=x read=call then [a] write=log`.
fn in_words(text: &str) -> String {
    let words = text.replace(" = ", "=");
    words.split_whitespace().filter(|word| *word != "then").collect::<Vec<_>>().join("\n")
}

fn compare_classes(case: &Value, version: &str) {
    let text = case["manager_conf"].as_str().unwrap();
    let text = if text.contains(" then ") { in_words(text) } else { text.to_owned() };
    with(&folder(&[("manager.conf", text.into_bytes())]), version, |loaded| {
        let name = case["probe"]["user"].as_str().unwrap();
        let user = loaded.accounts.find(name.as_bytes()).unwrap();
        for (key, mine) in [("read", *user.read.value), ("write", *user.write.value)] {
            assert_eq!(case["result"][key], mine.to_string(), "{} ({version}): {key}", case["id"]);
        }
    });
}

#[test]
fn lists_of_classes_grant_what_asterisk_granted() {
    let count = each("access/classes.json", compare_classes);
    assert!(count > 490, "only {count} cases");
    each_of_more(&["cases-access.jsonl", "cases-access-more.jsonl"], |case, version| {
        if case["id"].as_str().unwrap().starts_with("perm.") {
            compare_classes(case, version);
        }
    });
}

#[test]
fn accounts_of_a_refused_file_are_none() {
    let host = folder(&[("manager.conf", b"[bob](nobody)\nsecret = x\n".to_vec())]);
    with(&host, "22", |loaded| {
        assert!(loaded.accounts.users.is_empty());
        assert_eq!(loaded.login(b"bob", None, "127.0.0.1", &[]).verdict(), Verdict::Denied);
    });
}

/// What is said of lines never holds a secret, neither as a reason nor while debugging.
#[test]
fn facts_hold_no_secret() {
    let conf = "[general]\nsecret = hidden\n[bob]\nsecret = hidden\nmd5secret = hidden\nsetvar = PASSWORD=hidden\n\
                permit = any\n[bob]\nsecret = hidden\nread = bogus\nacl = lan,lan\n";
    let beside = "[bob]\nhasmanager = yes\nsecret = hidden\nwritetimeout = 1\n";
    let host = folder(&[("manager.conf", conf.into()), ("users.conf", beside.into())]);
    for release in ["13", "16", "22"] {
        with(&host, release, |loaded| {
            let facts: Vec<_> = loaded.accounts.all_facts().map(|(_, fact)| fact).collect();
            assert!(facts.len() > 5, "{facts:?}");
            assert!(facts.iter().all(|fact| !format!("{fact:?} {}", fact.why).contains("hidden")), "{facts:?}");
        });
    }
}
