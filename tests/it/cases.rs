//! Recorded cases in the form in which they were first kept: one JSON object a line.

use std::path::Path;

use amictl::config::{self, Place, World};
use amictl::host::{Host as _, Memory};
use amictl::release::Release;
use amictl::testing::answer::Answer;
use amictl::testing::bytes::Said;
use amictl::testing::judge::parsed;
use amictl::testing::scenario::replace;
use amictl::text::Files;
use base64::Engine as _;
use serde_json::Value;

pub(crate) const ETC: &str = "/etc/asterisk";

/// Every character of a case's text is one byte.
pub(crate) fn bytes(text: &Value) -> Vec<u8> {
    text.as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect()
}

fn said(value: &Value) -> Said {
    serde_json::from_value(value.clone()).unwrap()
}

/// Fails when amictl does not read the case as its release did.
pub(crate) fn compare(case: &Value) {
    let (id, version) = (case["id"].as_str().unwrap(), case["version"].as_str().unwrap());
    let mut memory = Memory::default();
    let etc = Path::new(ETC);
    let encoded = case.get("enc").is_some_and(|enc| enc == "b64");
    let decode = || base64::engine::general_purpose::STANDARD.decode(case["file"].as_str().unwrap()).unwrap();
    let file = if encoded { decode() } else { bytes(&case["file"]) };
    memory.add(etc.join("case.conf"), at_home(file));
    for (name, text) in case["extra_files"].as_object().into_iter().flatten() {
        memory.add(etc.join(name), at_home(bytes(text)));
    }
    for (name, target) in case["setup"]["symlink"].as_object().into_iter().flatten() {
        memory.add_link(etc.join(name), target.as_str().unwrap());
    }
    let files = Files::default();
    let path = etc.join("case.conf");
    let root = files.add("case.conf".into(), path.clone(), memory.read(&path).unwrap()).id();
    let world = World::new(&files, &memory, Place { etc: etc.into(), root: None, complete: true });
    let effective = config::load(&world, root, Release::parse(version).unwrap());
    match (&case["result"], parsed(&effective)) {
        (Value::String(_), Answer::Sections(_)) => panic!("{id} ({version}): Asterisk does not load it"),
        (Value::String(_), _) => {}
        (Value::Array(sections), Answer::Sections(answers)) => {
            assert_eq!(sections.len(), answers.len(), "{id} ({version}): another number of sections");
            for (section, answer) in sections.iter().zip(answers) {
                assert_eq!(said(&section["name"]), answer.name, "{id} ({version})");
                assert_eq!(section.get("template").is_some(), answer.template, "{id} ({version})");
                let templates = section.get("templates").map_or(Said::Whole(String::new()), said);
                assert_eq!(templates, answer.templates, "{id} ({version})");
                let entries = section["vars"].as_array().unwrap().iter().map(|pair| (said(&pair[0]), said(&pair[1])));
                let (recorded, answered): (Vec<_>, Vec<_>) =
                    (entries.map(whole_line).collect(), answer.entries.into_iter().map(whole_line).collect());
                assert_eq!(recorded, answered, "{id} ({version})");
            }
        }
        (_, answer) => panic!("{id} ({version}): Asterisk loads it, amictl says {answer:?}"),
    }
}

/// Asterisk answers `name=value` in one line, and the cases split it at the first `=`, which may belong to the name.
fn whole_line((name, value): (Said, Said)) -> (String, Said) {
    match (name, value) {
        (Said::Whole(name), Said::Whole(value)) => (format!("{name}={value}"), Said::Whole(String::new())),
        (Said::Whole(name), value) => (name, value),
        (name, value) => (format!("{name:?}"), value),
    }
}

/// The recording machine's configuration folder, wherever it was.
pub(crate) fn at_home(text: Vec<u8>) -> Vec<u8> {
    let mut text = replace(&text, b"{ETC}", ETC.as_bytes());
    while let Some(start) = memchr::memmem::find(&text, b"/oracle/") {
        let Some(end) = memchr::memmem::find(&text[start..], b"/etc").map(|at| start + at + 4) else { break };
        text.splice(start..end, ETC.bytes());
    }
    text
}
