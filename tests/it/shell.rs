//! What packages install: completions and pages of the manual; and what a new user asks first.

use std::fs;

use crate::support::{self, root};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn every_command_is_completed_and_has_a_page() {
    let help = support::amictl(root(), &["--help"]).out;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 5 && commands.contains(&"check"), "{help}");
    for shell in SHELLS {
        let ran = support::amictl(root(), &["completions", shell]);
        assert_eq!(ran.code, 0);
        commands.iter().for_each(|command| assert!(ran.out.contains(command), "{shell} does not complete {command}"));
    }
    for command in commands.iter().filter(|command| **command != "help") {
        let ran = support::amictl(root(), &["man", command]);
        let title = format!(".TH amictl-{command} 1");
        assert!(ran.code == 0 && ran.out.contains(&title), "{command}: {}", &ran.out[..200.min(ran.out.len())]);
    }
    assert!(support::amictl(root(), &["man", "simulate", "login"]).out.contains(".TH amictl-simulate-login 1"));
    assert!(support::amictl(root(), &["man"]).out.contains(".TH amictl 1"));
    let ran = support::amictl(root(), &["man", "chek"]);
    assert!(ran.code == 2 && ran.err.contains("there is no command `amictl chek`"), "{}", ran.err);
}

#[test]
fn rules_are_listed_for_people_and_programs() {
    let ran = support::amictl(root(), &["rules"]);
    let json = support::amictl(root(), &["rules", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let rules = json["rules"].as_array().unwrap();
    assert_eq!((ran.out.lines().count(), &json["format"]), (rules.len(), &1.into()));
    assert!(rules.iter().all(|rule| ran.out.contains(rule["name"].as_str().unwrap())));
    assert_eq!(support::amictl(root(), &["explain"]).out, ran.out);
}

#[test]
fn init_writes_settings_and_never_over_others() {
    let at = support::folder(&[("manager.conf", "[general]\nenabled = no\n")]);
    let ran = support::amictl(at.path(), &["init"]);
    assert!(ran.code == 0 && ran.out.contains("wrote ./amictl.toml"), "{}{}", ran.out, ran.err);
    assert_eq!(support::amictl(at.path(), &["check"]).code, 0, "it changes nothing");
    fs::write(at.path().join("amictl.toml"), "strict = true\n").unwrap();
    let ran = support::amictl(at.path(), &["init"]);
    assert!(ran.code == 2 && ran.err.contains("there is a `./amictl.toml` already"), "{}", ran.err);
    assert_eq!(fs::read_to_string(at.path().join("amictl.toml")).unwrap(), "strict = true\n");
    assert_eq!(support::amictl(at.path(), &["init", "no/such"]).code, 3);
}

#[test]
fn the_short_help_fits_a_screen() {
    for command in ["check", "dump", "explain", "rules", "init"] {
        let ran = support::amictl(root(), &[command, "-h"]);
        let (lines, widest) = (ran.out.lines().count(), ran.out.lines().map(|line| line.chars().count()).max());
        assert!(
            lines <= 40 && widest <= Some(80),
            "{command} -h has {lines} lines, the widest {widest:?}:\n{}",
            ran.out
        );
    }
    let long = support::amictl(root(), &["check", "--help"]).words();
    assert!(long.contains("what takes rights or exposure away") && long.contains("Exit codes:"), "{long}");
}
