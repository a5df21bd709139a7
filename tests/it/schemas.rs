//! The JSON of every command fits its schema, and the schema names all that is in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use amictl::config::manager::Manager;
use amictl::config::{World, load};
use amictl::host::Host as _;
use amictl::release::Release;
use amictl::report::dump::{EffectiveDump, TreeDump};
use amictl::report::manager::ManagerDump;
use amictl::rules::{RULES, Role};
use amictl::syntax::{Dialect, Start, parse};
use amictl::text::{Files, Secrets};
use serde_json::Value;

use crate::support::{amictl, folder, root};

/// A schema, and the names of all properties that it speaks of.
struct Schema {
    name: &'static str,
    validator: jsonschema::Validator,
    known: BTreeSet<String>,
}

impl Schema {
    fn read(name: &'static str) -> Schema {
        let path = root().join("grammar/schemas").join(format!("{name}.schema.json"));
        let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let mut known = BTreeSet::new();
        names(&schema, true, &mut known);
        Schema { name, validator: jsonschema::validator_for(&schema).unwrap(), known }
    }

    #[track_caller]
    fn fits(&self, text: &str) {
        let value: Value = serde_json::from_str(text).unwrap();
        let errors: Vec<String> =
            self.validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}\n{text}", self.name);
        let mut used = BTreeSet::new();
        names(&value, false, &mut used);
        let unknown: Vec<_> = used.difference(&self.known).collect();
        assert!(unknown.is_empty(), "{} does not speak of {unknown:?}", self.name);
    }
}

/// The names of the properties of a value, or of those that a schema speaks of.
fn names(value: &Value, is_schema: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if !is_schema {
                    found.insert(key.clone());
                } else if let (true, Some(properties)) = (key == "properties", value.as_object()) {
                    found.extend(properties.keys().cloned());
                }
                names(value, is_schema, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| names(value, is_schema, found)),
        _ => {}
    }
}

#[cfg(feature = "server")]
/// Fits a text that something else asked for the schema of that name?
pub(crate) fn fits(name: &'static str, text: &str) {
    Schema::read(name).fits(text);
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_dump_of_every_example_fits_its_schema() {
    let [tree, effective, manager] = ["dump-tree", "dump-effective", "dump-manager"].map(Schema::read);
    let secrets = Secrets::Masked;
    let examples = RULES.iter().flat_map(|rule| rule.examples);
    for (example, release) in examples.zip(Release::all_series().into_iter().cycle()) {
        let (memory, path) = example.files();
        let files = Files::default();
        let world = World::new(&files, &memory, example.place());
        let file = files.add(path.display().to_string(), path.clone(), memory.read(&path).unwrap());
        let lines = parse(file.bytes(), Dialect::default(), Start::default());
        tree.fits(&text(|out| TreeDump { file, tree: &lines, secrets }.json(out)));
        let loaded = load(&world, file.id(), release);
        effective.fits(&text(|out| EffectiveDump { effective: &loaded, release, files: &files, secrets }.json(out)));
        if Role::of(example.name) == Role::Manager {
            let held = Manager::load(&world, &loaded, release);
            let dump = ManagerDump { effective: &loaded, manager: &held, release, files: &files, secrets };
            manager.fits(&text(|out| dump.json(out)));
        }
    }
}

/// Names and values that are not UTF-8, too.
const CONF: &[u8] = b"[general]\nenabled = yes\nchannelvars = \xe4\n[b\xf6b]\nsecret = x\nread = call,\xe4\nwrite = all\n\
    setvar = \xe4=\xf6\neventfilter = \xe4\ndeny = 0.0.0.0/0\nacl = \xe4\n[bob]\nsecret = x\nread = call\nwrite = all\n";

#[test]
fn what_is_simulated_fits_its_schema() {
    let [one, events] = ["simulate", "simulate-events"].map(Schema::read);
    let at = folder(&[("session.ami", &fs::read_to_string(session()).unwrap())]);
    fs::write(at.path().join("manager.conf"), CONF).unwrap();
    let run = |args: &[&str]| amictl(at.path(), &[args, &["--user", "bob", "--format", "json"]].concat()).out;
    let login = ["simulate", "login", "manager.conf", "--from", "192.0.2.1", "--asterisk", "13,22"];
    let action = ["simulate", "action", "manager.conf"];
    for args in [
        &login[..],
        &[&login[..], &["--set", "bob.deny=0.0.0.0/0"]].concat(),
        &[&action[..], &["--action", "Originate"]].concat(),
        &[&action[..], &["--action", "Originate", "--unset", "bob.write"]].concat(),
        &[&action[..], &["--all"]].concat(),
    ] {
        one.fits(&run(args));
    }
    let simulate = ["simulate", "events", "manager.conf", "--events", "session.ami"];
    events.fits(&run(&simulate));
    events.fits(&run(&[&simulate[..], &["--unset", "bob.read"]].concat()));
    for more in [&["--explain"][..], &["--explain", "--trace", "full", "--add", "bob.eventfilter=Event: Newexten"]] {
        let lines = run(&[&simulate[..], more].concat());
        assert!(lines.lines().count() > 2, "{lines}");
        lines.lines().for_each(|line| events.fits(line));
    }
}

#[test]
fn what_is_not_text_fits_too() {
    let at = folder(&[]);
    fs::write(at.path().join("manager.conf"), CONF).unwrap();
    for (stage, schema) in [("tree", "dump-tree"), ("effective", "dump-effective"), ("manager", "dump-manager")] {
        let ran = amictl(at.path(), &["dump", "manager.conf", "--stage", stage, "--format", "json"]);
        assert!(ran.out.contains("_base64"), "{}", ran.out);
        Schema::read(schema).fits(&ran.out);
    }
    Schema::read("check").fits(&amictl(at.path(), &["check", "--format", "json"]).out);
    for path in ["callcenter", "clean"] {
        let at = root().join("fixtures/configs").join(path);
        Schema::read("check").fits(&amictl(&at, &["check", "--format", "json", "--strict"]).out);
    }
}

fn session() -> std::path::PathBuf {
    Path::new(root()).join("fixtures/configs/clean/session.ami")
}
