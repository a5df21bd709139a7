//! The README: its commands run, and print what it promises.

use std::fs;

use crate::support::{amictl, root};

/// The text of the code block behind a mark.
fn block(readme: &str, mark: &str) -> String {
    let behind = readme.split(mark).nth(1).unwrap_or_else(|| panic!("the README has no {mark}"));
    let inside = behind.split("```").nth(1).unwrap();
    inside.split_once('\n').unwrap().1.to_owned()
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn the_main_command_prints_what_is_promised() {
    let command = block(&readme(), "<!-- main command -->");
    let (_, args) = command.trim().split_once(" -- ").unwrap();
    let ran = amictl(root(), &args.split(' ').collect::<Vec<_>>());
    assert_eq!(ran.code, 1, "{}", ran.err);
    let promised = block(&readme(), "<!-- output: begin -->");
    let promised = promised.trim_end().trim_end_matches('…').trim_end();
    let printed: Vec<&str> = ran.out.lines().map(str::trim_end).collect();
    for (number, line) in promised.lines().enumerate() {
        assert_eq!(printed.get(number).copied(), Some(line.trim_end()), "line {} of the README's output", number + 1);
    }
}

#[test]
fn the_commands_under_use_are_commands() {
    let readme = readme();
    let commands = readme.split("## Use").nth(1).unwrap().split("```").nth(1).unwrap();
    let folder = root().join("fixtures/configs/clean");
    for line in commands.lines().filter_map(|line| line.strip_prefix("$ amictl")) {
        let args: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
        let ran = amictl(&folder, &args);
        assert_eq!(ran.code, 0, "amictl {line}\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn the_command_for_several_reports_writes_them() {
    let command = block(&readme(), "<!-- reports command -->");
    let args: Vec<&str> = command.trim().strip_prefix("$ amictl ").unwrap().split(' ').collect();
    let at = crate::support::folder(&[("manager.conf", "[bob](nobody)\n")]);
    let ran = amictl(at.path(), &args);
    assert!(ran.code == 1 && ran.out.starts_with("::error file=manager.conf,line=1,"), "{}{}", ran.out, ran.err);
    for name in ["amictl.sarif", "amictl.xml"] {
        assert!(fs::read_to_string(at.path().join(name)).unwrap().contains("unknown-base"), "{name}");
    }
}

#[test]
fn settings_of_the_readme_are_settings() {
    let readme = readme();
    let settings = readme.split("```toml").nth(1).unwrap().split("```").next().unwrap();
    let at = crate::support::folder(&[
        ("amictl.toml", settings),
        ("files/asterisk/manager.conf", "[general]\nenabled = no\n"),
    ]);
    let ran = amictl(at.path(), &["check"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("for Asterisk 18 and 22"), "{}", ran.out);
}

#[test]
fn what_ci_runs_is_the_command_of_the_readme() {
    let command = block(&readme(), "<!-- test command -->");
    assert_eq!(command.trim(), "$ cargo test");
}
