//! `[general]` and the listeners, against what real Asterisks showed and opened after they started.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use amictl::config::manager::general::General;
use amictl::config::manager::listen::{Listener, State};
use amictl::config::manager::tls::{self, Judgement, Verdict};
use amictl::config::{self, Place, What, World};
use amictl::host::{Host as _, Memory};
use amictl::release::Release;
use amictl::testing::scenario::replace;
use amictl::text::Files;
use base64::Engine as _;
use serde_json::Value;

use crate::cases::{ETC, at_home, bytes};
use crate::support::root;

/// The files of a case, and certificates of the kinds that the recorder had.
fn host(case: &Value) -> Memory {
    let mut host = Memory::default();
    let etc = Path::new(ETC);
    for entry in fs::read_dir(root().join("fixtures/manager/tls")).unwrap() {
        let path = entry.unwrap().path();
        host.add(etc.join(path.file_name().unwrap()), fs::read(&path).unwrap());
    }
    let home = |text: Vec<u8>| replace(&at_home(text), b"{PORT}", b"5050");
    let encoded = case.get("enc").is_some_and(|enc| enc == "b64");
    let decode = || base64::engine::general_purpose::STANDARD.decode(case["file"].as_str().unwrap()).unwrap();
    host.add(etc.join("manager.conf"), home(if encoded { decode() } else { bytes(&case["file"]) }));
    for (name, text) in case["extra_files"].as_object().into_iter().flatten() {
        host.add(etc.join(name), home(bytes(text)));
    }
    for (name, target) in case["setup"]["symlink"].as_object().into_iter().flatten() {
        host.add_link(etc.join(name), target.as_str().unwrap());
    }
    host
}

/// The lines of `manager show settings` that are not the default; none for what amictl says it cannot know.
fn settings(
    general: &General<'_>,
    judgement: &Judgement,
    tls: &Listener<'_>,
) -> BTreeMap<&'static str, Option<String>> {
    let mut lines = BTreeMap::new();
    let mut line = |name, value: String, default: &str| {
        if value != default {
            lines.insert(name, Some(value));
        }
    };
    let yes = |yes: bool| if yes { "Yes" } else { "No" }.to_owned();
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    line("Manager (AMI)", yes(general.enabled.value), "No");
    line("Web Manager (AMI/HTTP)", yes(general.webenabled.value), "No");
    line("HTTP Timeout (seconds)", general.httptimeout.value.to_string(), "60");
    line("TLS Certfile", text(general.tls.certfile.value), "asterisk.pem");
    line("TLS Privatekey", text(general.tls.privatekey.value), "");
    line("TLS Cipher", text(general.tls.cipher.value), "");
    line("Allow multiple login", yes(general.allowmultiplelogin.value), "Yes");
    line("Display connects", yes(general.displayconnects.value), "Yes");
    line("Timestamp events", yes(general.timestampevents.value), "No");
    line("Channel vars", text(general.channelvars.value), "");
    line("Disabled events", text(general.disabledevents.value), "");
    line("Debug", yes(general.debug.value), "No");
    let bind = general.bind().map(|address| address.to_string());
    if general.enabled.value {
        lines.insert("TCP Bindaddress", bind);
    }
    match &judgement.verdict {
        Verdict::Usable if general.tls.enable.value => {
            lines.insert("TLS Enable", Some("Yes".into()));
            let bind = tls.address.map(|address| address.to_string());
            lines.insert("TLS Bindaddress", bind);
        }
        Verdict::Unknown(_) if general.tls.enable.value => {
            lines.extend([("TLS Enable", None), ("TLS Bindaddress", None)]);
        }
        _ => {}
    }
    lines
}

/// What amictl says otherwise than the case, if anything.
fn differs(case: &Value, release: &str, answer: &Value) -> Option<String> {
    let host = host(case);
    let files = Files::default();
    let path = Path::new(ETC).join("manager.conf");
    let root = files.add("manager.conf".into(), path.clone(), host.read(&path).unwrap()).id();
    let world = World::new(&files, &host, Place { etc: ETC.into(), root: None, complete: true });
    let release = Release::parse(release).unwrap();
    let effective = config::load(&world, root, release);
    // What the program of a `#exec` would have said, amictl does not know; here its shell says nothing, which is fatal.
    let exec = effective.notes.iter().any(|note| matches!(note.what, What::Exec { .. }));
    if exec && answer["settings"].as_object().unwrap().is_empty() {
        return None;
    }
    let general = General::read(&effective, release);
    let judgement = tls::judge(&world, &general.tls);
    let listeners = general.listeners(Some(&judgement));

    let mut said = settings(&general, &judgement, &listeners[1]);
    let recorded = answer["settings"].as_object().unwrap();
    let home = |value: &Value| String::from_utf8(at_home(bytes(value))).unwrap();
    let mut wrong: Vec<String> = Vec::new();
    for (name, value) in recorded {
        match said.remove(name.as_str()) {
            Some(Some(said)) if said == home(value) => {}
            Some(None) => {}
            other => wrong.push(format!("{name}: Asterisk {value}, amictl {other:?}")),
        }
    }
    let left = said.into_iter().filter(|(_, value)| value.is_some());
    wrong.extend(left.map(|(name, value)| format!("{name}: Asterisk says the default, amictl {value:?}")));

    let log: Vec<&str> = answer["log"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let sockets = answer["listen"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap().replace("[::ffff:127.0.0.1]", "127.0.0.1"));
    let mut sockets: Vec<String> = sockets.collect();
    for listener in &listeners {
        let address = listener.address.map(|address| address.to_string()).unwrap_or_default();
        let at = sockets.iter().position(|socket| *socket == address);
        let unbound =
            || log.iter().any(|line| line.contains("Unable to bind") && line.contains(&format!(" to {address}:")));
        match (listener.state, at) {
            (State::Listens | State::Unknown, Some(at)) => drop(sockets.remove(at)),
            // What then still listens is told below.
            (State::Closed, _) | (State::Unknown, None) => {}
            (State::Listens, None) if unbound() => {}
            (State::Indeterminate, _) if !sockets.is_empty() => drop(sockets.remove(0)),
            _ => wrong.push(format!("{listener:?}: Asterisk has {}", answer["listen"])),
        }
    }
    if !sockets.is_empty() {
        wrong.push(format!("{sockets:?} listen, and amictl says {listeners:?}"));
    }
    (!wrong.is_empty()).then(|| format!("{} ({release}):\n  {}", case["id"], wrong.join("\n  ")))
}

#[test]
fn settings_and_listeners_are_those_of_asterisk() {
    let text = fs::read_to_string(root().join("fixtures/manager/general.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in table["cases"].as_array().unwrap() {
        for answer in case["answers"].as_array().unwrap() {
            for release in answer["releases"].as_array().unwrap() {
                compared += 1;
                wrong.extend(differs(case, release.as_str().unwrap(), answer));
            }
        }
    }
    assert!(compared > 800, "only {compared} answers were compared");
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// More recorded cases, where a folder with them is named; CI does so.
#[test]
fn more_recorded_settings_agree() {
    let Some(folder) = std::env::var_os("AMICTL_RECORDED_CASES") else { return };
    let (mut compared, mut wrong) = (0, Vec::new());
    for file in ["cases-config.jsonl", "cases-config-more.jsonl"] {
        let text = fs::read_to_string(Path::new(&folder).join(file)).unwrap();
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            // Without sockets nothing of the settings was recorded either.
            if case["kind"] == "manager" && case["result"]["boot"]["listen"].is_array() {
                let mut answer = case["result"]["boot"].clone();
                answer["log"] = case["log"].clone();
                compared += 1;
                wrong.extend(differs(&case, case["version"].as_str().unwrap(), &answer));
            }
        }
    }
    assert!(compared > 0, "no case in {}", Path::new(&folder).display());
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}
