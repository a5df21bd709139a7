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
