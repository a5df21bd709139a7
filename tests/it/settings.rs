//! `amictl.toml`: what holds for which files.

use crate::support::{self, Ran};

const CONF: &str = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[a]\nsecret = x7Qmk2\nread = cal\nwrite = all\n";

#[test]
fn rules_have_other_severities_on_some_paths() {
    let settings = "[rules]\nunknown-class = \"error\"\n[per-path.\"old/*.conf\"]\nunknown-class = \"off\"\nwrite-gives-shell = \"info\"\n\
        [per-path.\"**/deep/**\"]\nunknown-class = \"info\"\n";
    let at = support::folder(&[
        ("conf/amictl.toml", settings),
        ("conf/new/manager.conf", CONF),
        ("conf/old/manager.conf", CONF),
        ("conf/old/more/manager.conf", CONF),
        ("conf/old/deep/manager.conf", CONF),
    ]);
    let run = |args: &[&str]| -> Ran { support::amictl(at.path(), &[&["check", "--format", "short"], args].concat()) };
    let ran = run(&["conf"]);
    let told: Vec<&str> = ran.out.lines().filter(|line| line.contains("class") || line.contains("shell")).collect();
    let has = |file: &str, severity: &str, rule: &str| {
        let is = |line: &&&str| line.starts_with(file) && line.contains(severity) && line.contains(rule);
        told.iter().any(|line| is(&line))
    };
    assert!(has("conf/new/", "error", "unknown-class"), "{}", ran.out);
    assert!(has("conf/old/more/", "error", "unknown-class"), "`*` stops at a slash: {}", ran.out);
    assert!(
        !has("conf/old/manager.conf", "", "unknown-class") && has("conf/old/manager.conf", "info", "write-gives-shell"),
        "{}",
        ran.out
    );
    assert!(!has("conf/new/", "", "write-gives-shell"), "a strict rule runs only there: {}", ran.out);
    assert!(has("conf/old/deep/", "info", "unknown-class"), "{}", ran.out);
    let ran = run(&["--select", "unknown-class", "conf/old/manager.conf"]);
    assert!(ran.out.contains("unknown-class"), "what is named is run: {}", ran.out);
    for (settings, says) in [
        ("[per-path.\"[a\"]\nunknown-class = \"off\"\n", "amictl.toml:1: not a pattern of paths"),
        ("[per-path]\n\"a\" = \"off\"\n", "amictl.toml:2: expected a table of rules"),
        ("per-path = 1\n", "amictl.toml:1: expected tables of rules by pattern"),
        ("[per-path.a]\nunknown-clas = \"off\"\n", "did you mean `unknown-class`?"),
    ] {
        let at = support::folder(&[("amictl.toml", settings), ("manager.conf", CONF)]);
        let ran = support::amictl(at.path(), &["check"]);
        assert!(ran.code == 2 && ran.err.contains(says), "{settings}: {}", ran.err);
    }
}

/// What editors complete and what amictl takes are the same.
#[test]
fn the_schema_for_editors_is_that_of_the_settings() {
    let path = support::root().join("grammar/schemas/amictl.toml.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let named: Vec<&str> =
        schema["$defs"]["rule"]["enum"].as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
    assert_eq!(named, amictl::rules::names().collect::<Vec<_>>(), "the names of the rules in the schema");
    let validator = jsonschema::validator_for(&schema).unwrap();
    // A key that the schema has is taken, and one that it has not is refused, by both.
    let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    for key in keys.iter().map(|key| key.as_str()).chain(["no-such-key"]) {
        let value = match key {
            "complete" | "strict" => "true",
            "fail-on" => "\"info\"",
            "rules" => "{ unknown-class = \"off\" }",
            "per-path" => "{ \"*\" = { unknown-class = \"error\" } }",
            "asterisk" | "roots" => "[\"22\"]",
            _ => "\"x\"",
        };
        let text = format!("{key} = {value}\n");
        let at = support::folder(&[
            ("amictl.toml", &text),
            ("x", "{\"format\": 1, \"findings\": []}"),
            ("manager.conf", CONF),
        ]);
        let is_taken = support::amictl(at.path(), &["check", "manager.conf"]).code != 2;
        let is_valid = validator.is_valid(&toml::from_str::<serde_json::Value>(&text).unwrap());
        assert_eq!((is_taken, is_valid), (key != "no-such-key", key != "no-such-key"), "{text}");
    }
    for text in [
        "fail-on = \"bad\"\n",
        "strict = 1\n",
        "[rules]\nno-such-rule = \"off\"\n",
        "[per-path.a]\nunknown-class = 1\n",
    ] {
        assert!(!validator.is_valid(&toml::from_str::<serde_json::Value>(text).unwrap()), "{text}");
    }
}
