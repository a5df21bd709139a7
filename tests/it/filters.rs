//! Event filters against what real Asterisks delivered.

use std::fs;
use std::path::Path;

use amictl::config::manager::filter::{FilterReader, Filters};
use amictl::config::manager::{Fact, FactKind};
use amictl::config::{self, Place, World};
use amictl::host::Memory;
use amictl::posix::Answer;
use amictl::release::Release;
use amictl::text::Files;
use serde_json::Value;

use crate::support::root;

/// What is asked of the filters of the last section of a manager.conf, and of what became of its other lines.
fn with<R>(conf: Vec<u8>, release: Release, ask: impl FnOnce(&Filters, &[Fact<'_>]) -> R) -> R {
    let (files, memory) = (Files::default(), Memory::default());
    let root = files.add("manager.conf".into(), "manager.conf".into(), conf).id();
    let world = World::new(&files, &memory, Place { etc: "/etc/asterisk".into(), root: None, complete: true });
    let effective = config::load(&world, root, release);
    let (filters, facts) = FilterReader::new(release).read(effective.sections.last().unwrap().content.iter());
    ask(&filters, &facts)
}

/// The text of a UserEvent that was sent with some headers, the name first.
fn event(headers: &[(String, String)]) -> Vec<u8> {
    let mut text = "Event: UserEvent\r\nPrivilege: user,all\r\n".to_owned();
    for (at, (name, value)) in headers.iter().enumerate() {
        text += &format!("{name}: {value}\r\n");
        if at == 0 {
            text += "ActionID: 4fb58506\r\n";
        }
    }
    bytes(&(text + "\r\n"))
}

/// Every character of a case's text is one byte.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The events that were sent in a case, each with the word by which the result names it.
fn events(case: &Value, known: &Value) -> Vec<(String, Vec<u8>)> {
    let (id, probe) = (case["id"].as_str().unwrap(), &case["probe"]);
    let sets =
        if probe["events"].is_u64() { &known[probe["events"].as_u64().unwrap() as usize] } else { &probe["events"] };
    if let Some(sets) = sets.as_object() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let headers = |list: &Value| {
            list.as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect::<Vec<_>>()
        };
        return sets.iter().map(|(name, list)| (name.clone(), event(&headers(list)))).collect();
    }
    match id.split('.').next().unwrap() {
        "anchor" => vec![(String::new(), bytes(&format!("{}\r\n\r\n", probe["event"].as_str().unwrap())))],
        "locale" => {
            let rest = [("Start", "1"), ("Utf", "caf\u{c3}\u{a9}"), ("Raw", "caf\u{e9}"), ("Tail", "z")];
            vec![(String::new(), event(&owned(&[&[("UserEvent", "E")], &rest[..]].concat())))]
        }
        "filter" => {
            // The table names each header that was sent by its text.
            let sent = ["Secret: yes", "Secret: yes ", "secret: yes", "Secret:  yes"];
            let header = |text: &str| {
                let (name, value) = text.split_once(": ").unwrap();
                event(&owned(&[("UserEvent", "E"), (name, value)]))
            };
            sent.map(|text| (text.to_owned(), header(text))).to_vec()
        }
        "adv2" => ["Alpha", "Beta"].map(|name| (name.to_owned(), event(&second_set(name)))).to_vec(),
        _ => Vec::new(),
    }
}

fn second_set(name: &str) -> Vec<(String, String)> {
    owned(&[
        ("UserEvent", name),
        ("DestChannel", "PJSIP/zed-1"),
        ("Tr", "abc   "),
        ("Sp", "   abc"),
        ("My Hdr", "v"),
        ("Rep", "one"),
        ("Rep", "two"),
        ("Event", "Newchannel"),
        ("Empty", ""),
    ])
}

/// How amictl's answer differs from a release's.
fn difference(case: &Value, version: &str, known: &Value) -> Option<String> {
    let conf = bytes(case["manager_conf"].as_str().unwrap());
    with(conf, Release::parse(version).unwrap(), |filters, facts| differs(case, known, filters, facts))
}

fn differs(case: &Value, known: &Value, filters: &Filters, facts: &[Fact<'_>]) -> Option<String> {
    let result = &case["result"];
    let crashes = facts.iter().any(|fact| matches!(fact.kind, FactKind::Hazard { .. }));
    if let Some(boot) = result["boot"].as_str() {
        return (boot.starts_with("died") != crashes).then(|| format!("{boot}, {facts:?}"));
    }
    let mut delivered = Vec::new();
    for (name, text) in events(case, known) {
        match filters.pass(&text, b"UserEvent") {
            Answer::Yes => delivered.push(name),
            Answer::No => {}
            Answer::Undecided(why) => return Some(why.to_string()),
        }
    }
    let recorded: Vec<&str> = match &result["delivered"] {
        Value::Bool(true) => vec![""],
        Value::Bool(false) => Vec::new(),
        list => list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect(),
    };
    (crashes || delivered != recorded).then(|| format!("delivered {recorded:?}, amictl {delivered:?}, {facts:?}"))
}

const FAMILIES: [&str; 5] = ["filter.", "anchor.", "adv2.", "locale.", "crash."];

#[test]
fn events_are_delivered_as_asterisk_did() {
    let text = fs::read_to_string(root().join("fixtures/manager/filters.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in table["cases"].as_array().unwrap() {
        for version in case["versions"].as_array().unwrap() {
            let version = version.as_str().unwrap();
            compared += 1;
            let found = difference(case, version, &table["events"]);
            wrong.extend(found.map(|found| format!("{} ({version}): {found}", case["id"])));
        }
    }
    assert!(compared > 1_500, "only {compared} answers were compared");
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// More recorded cases, where a folder with them is named; CI does so.
#[test]
fn more_recorded_filters_agree() {
    let Some(folder) = std::env::var_os("AMICTL_RECORDED_CASES") else { return };
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for file in ["cases-access.jsonl", "cases-access-more.jsonl"] {
        let text = fs::read_to_string(Path::new(&folder).join(file)).unwrap();
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let id = case["id"].as_str().unwrap();
            if FAMILIES.iter().any(|family| id.starts_with(family)) {
                compared += 1;
                let found = difference(&case, case["version"].as_str().unwrap(), &Value::Null);
                wrong.extend(found.map(|found| format!("{id}: {found}")));
            }
        }
    }
    assert!(compared > 0, "no case in {}", Path::new(&folder).display());
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Each line that makes no filter leaves a fact, and it says when the user is left without any.
#[test]
fn what_is_dropped_is_said() {
    let facts = |lines: &str, version: &str| {
        let conf = format!("[u]\nsecret = x\n{lines}\n");
        with(conf.into_bytes(), Release::parse(version).unwrap(), |_, facts| {
            facts.iter().map(|fact| fact.why.to_string()).collect::<Vec<_>>()
        })
    };
    for (lines, version, want) in [
        ("eventfilter = [x", "22.10.1", "does not compile: a `[` without its `]`; no filter is left"),
        ("eventfilter = [x\neventfilter = y", "22.10.1", "other filters remain"),
        ("eventfilter = ![x", "16.28.0", "what it was to hold back is sent"),
        ("EventFilter = x", "22.10.1", "lower case only; no filter is left"),
        ("eventfilter(name(X)) =", "16.28.0", "no filters with criteria"),
        ("eventfilter(name(X)) = y", "22.10.1", "no method to test it with"),
        ("eventfilter =", "22.10.1", "its expression is empty"),
        ("eventfilter(name) =", "22.10.1", "Asterisk dies"),
    ] {
        let found = facts(lines, version);
        assert!(found.len() == 1 && found[0].contains(want), "{lines} on {version}: {found:?}");
    }
    assert!(facts("EventFilter = x\neventfilter = !", "16.28.0").is_empty());
}
