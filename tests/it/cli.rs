//! The command line: exit codes, inputs, settings, and that no secret leaves it.

use crate::support::{Ran, amictl, folder, root, with_input};

const BROKEN: &str = "[general]\nenabled = yes\n[bob](nobody)\nsecret = hunter2\n";
const CLEAN: &str = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = hunter2\nread = call\n";

#[track_caller]
fn ends(ran: &Ran, code: i32, says: &str) {
    let all = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.code, code, "{all}");
    assert!(all.contains(says), "not said: {says}\n{all}");
}

#[test]
fn exit_codes_are_those_of_the_readme() {
    let at = folder(&[("manager.conf", BROKEN), ("clean/manager.conf", CLEAN), ("empty/readme.txt", "")]);
    let run = |args: &[&str]| amictl(at.path(), args);
    ends(&run(&["check", "manager.conf"]), 1, "unknown-base");
    ends(&run(&["check", "clean"]), 0, "nothing found in 1 file, for Asterisk 22");
    ends(&run(&["check", "--fail-on", "error", "manager.conf"]), 1, "1 error");
    ends(&run(&["check", "--ignore", "unknown-base", "manager.conf"]), 0, "nothing found");
    ends(&run(&["check", "nowhere.conf"]), 3, "there is no file `nowhere.conf`");
    ends(&run(&["check", "empty"]), 3, "there is no manager.conf below `empty`");
    ends(&run(&["check", "--asterisk", "12", "clean"]), 2, "name a series (13, 16, 18, 20, 21, 22, 23)");
    ends(&run(&["check", "--select", "unknown-bas", "clean"]), 2, "did you mean `unknown-base`?");
    ends(&run(&["check", "--no-such-option"]), 2, "unexpected argument");
    ends(&run(&["dump", "manager.conf"]), 1, "nothing is loaded: manager.conf:3");
    ends(&run(&["dump", "clean/manager.conf"]), 0, "[bob]");
    ends(&run(&["dump", "clean"]), 3, "name the file in it: `clean/manager.conf`");
    ends(&run(&["dump", "--asterisk", "16,22", "clean/manager.conf"]), 2, "one release at a time");
    ends(&run(&["explain", "unknown-base"]), 0, "a section inherits from one that does not exist above it");
    ends(&run(&["explain", "bindadr"]), 2, "did you mean `bindaddr`?");
    ends(&run(&[]), 2, "Usage: amictl <COMMAND>");
}

#[test]
fn the_last_line_names_the_first_of_the_worst() {
    let text = "[general]\nbindport = 1\n[bob]\nsecret =\nread = calls\n[eve]\nsecret =\ndeny 10.0.0.1\n";
    let at = folder(&[("manager.conf", text)]);
    ends(&amictl(at.path(), &["check", "manager.conf"]), 1, "`amictl explain empty-secret` tells more of a rule");
}

#[test]
fn answers_say_when_no_recording_backs_them() {
    let at = folder(&[("manager.conf", CLEAN)]);
    ends(&amictl(at.path(), &["check", "--asterisk", "22"]), 0, "for Asterisk 22\n");
    ends(&amictl(at.path(), &["check", "--asterisk", "22.3.0"]), 0, "for Asterisk 22 (by source, not run)");
    ends(&amictl(at.path(), &["check", "--asterisk", "16,22.3"]), 0, "for Asterisk 16 and 22 (22 by source, not run)");
    ends(&amictl(at.path(), &["dump", "manager.conf", "--asterisk", "certified/20.7"]), 0, "(by source, not run)");
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let at = folder(&[("etc/more.conf", "[alice]\nsecret = x\n")]);
    let text = "[general]\n#include more.conf\n[bob](nobody)\n";
    let ran = with_input(at.path(), &["check", "-", "--etc", "etc", "--format", "short"], text.as_bytes());
    ends(&ran, 1, "manager.conf:3:7: error: no section `nobody` stands above");
    let ran = with_input(
        at.path(),
        &["dump", "-", "--etc", "etc", "--stdin-name", "x.conf"],
        b"[general]\n#include more.conf\n",
    );
    ends(&ran, 0, "[alice]");
}

#[test]
fn fragments_are_judged_through_their_root() {
    let fragment = "secret = x\n[carol](nobody)\n";
    let root = "[general]\n[bob]\n#include manager.d/*.conf\n";
    let at = folder(&[("manager.conf", root), ("manager.d/1.conf", fragment)]);
    let ran = amictl(at.path(), &["check", "manager.d/1.conf", "--format", "short"]);
    ends(&ran, 1, "manager.d/1.conf:2:9: error");
    assert!(!ran.out.contains("text-before-section"), "{}", ran.out);
}

#[test]
fn fragments_of_one_root_are_told_once() {
    let root = "[general]\n#include manager.d/*.conf\n[zoe](nobody)\n";
    let (one, two) = ("[bob]\nread = cal\n", "[carol]\nread = calls\n");
    let at = folder(&[("manager.conf", root), ("manager.d/1.conf", one), ("manager.d/2.conf", two)]);
    let whole = amictl(at.path(), &["check", "--format", "short"]).out;
    let absolute = at.path().join("manager.conf");
    for named in [
        &["manager.d/1.conf"][..],
        &["manager.d/1.conf", "manager.d/2.conf"],
        &["manager.conf", "./manager.d/2.conf", "manager.d/1.conf", absolute.to_str().unwrap()],
    ] {
        let ran = amictl(at.path(), &[&["check", "--format", "short"], named].concat());
        assert_eq!(ran.out, whole, "{named:?}: {}", ran.err);
    }
    let ran = amictl(&at.path().join("manager.d"), &["check", "1.conf", "--format", "short"]);
    ends(&ran, 1, "/manager.conf:3:7: error: no section `nobody`");
}

#[test]
fn a_fragment_that_is_not_reached_is_no_file_of_its_own() {
    let root = "[general]\n[bob]\n#include manager.d/*.conf\n";
    let at =
        folder(&[("manager.conf", root), ("manager.d/1.conf", "[x](nobody)\n"), ("manager.d/2.conf", "read = x\n")]);
    let run = |path: &str| amictl(at.path(), &["check", "--format", "short", path]).out;
    assert_eq!(run("manager.d/2.conf"), run("."));
}

/// A name that is taken out of acl.conf is missed in manager.conf.
#[test]
fn what_stands_beside_a_root_is_judged_with_it() {
    let root = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = x7Qmk2\nread = call\nacl = lan\n";
    let acl = "#include acl_more.conf\n[wan]\ndeny = 0.0.0.0/0\nallow = 10.0.0.1\n";
    let files = [("manager.conf", root), ("acl.conf", acl), ("acl_more.conf", "[x]\npermit = 10.0.0.1\n")];
    let at = folder(&files);
    let whole = amictl(at.path(), &["check", "--format", "short"]).out;
    assert!(whole.contains("acl.conf:4:1: ") && whole.contains("manager.conf:7:1: "), "{whole}");
    for named in [&["acl.conf"][..], &["acl_more.conf"], &["acl.conf", "acl_more.conf", "manager.conf"]] {
        let ran = amictl(at.path(), &[&["check", "--format", "short"], named].concat());
        assert_eq!(ran.out, whole, "{named:?}: {}", ran.err);
    }
    let alone = folder(&files[1..]);
    let ran = amictl(alone.path(), &["check", "--format", "short", "acl.conf"]);
    assert!(ran.code == 1 && ran.out.contains("acl.conf:4:1: ") && !ran.out.contains("manager"), "{}", ran.out);
}

#[test]
fn known_roots_may_have_any_name_and_place() {
    let settings = "etc = \"etc\"\nroots = [\"a/manager_main.conf\", \"b/ami.conf\"]\n";
    let root = "[general]\nenabled = no\n#include shared/parts.inc\n[zoe](nobody)\n";
    let at = folder(&[
        ("amictl.toml", settings),
        ("a/manager_main.conf", root),
        ("b/ami.conf", "[general]\n#include shared/parts.inc\n[bob]\nsecret = x7Qmk2\nacl = lan\n"),
        ("etc/shared/parts.inc", "enabled = no\n[alice](nobody)\n"),
        ("etc/acl.conf", "[wan]\ndeny = 0.0.0.0/0\n"),
    ]);
    let run = |args: &[&str]| amictl(at.path(), &[&["check", "--format", "short"], args].concat());
    let both = run(&["a/manager_main.conf", "b/ami.conf"]).out;
    assert_eq!(both.matches("parts.inc:2:9: error").count(), 1, "{both}");
    assert!(both.contains("a/manager_main.conf:4:7: error"), "a known root is no fragment: {both}");
    let ran = run(&["etc/shared/parts.inc"]);
    assert_eq!(ran.out, both, "through all roots that include it: {}", ran.err);
    assert_eq!(run(&["etc/acl.conf"]).out, both);
}

#[test]
fn a_file_that_two_roots_include_is_told_once() {
    let root = "[general]\n[bob]\n#include ../common.conf\n";
    let at = folder(&[("a/manager.conf", root), ("b/manager.conf", root), ("common.conf", "[carol](nobody)\n")]);
    let ran = amictl(at.path(), &["check", "--format", "short"]);
    assert_eq!(ran.out.matches("unknown-base").count(), 2, "{}", ran.out);
    let at = folder(&[("a.conf", root), ("b.conf", root), ("etc/x", ""), ("common.conf", "[carol](nobody)\n")]);
    let ran = amictl(at.path(), &["check", "--format", "short", "--etc", "etc", "a.conf", "b.conf"]);
    assert_eq!(ran.out.matches("unknown-base").count(), 1, "{}", ran.out);
}

#[test]
fn settings_are_found_above_and_checked() {
    let at = folder(&[
        ("amictl.toml", "asterisk = [\"16\", \"22\"]\nfail-on = \"error\"\n[rules]\nunknown-base = \"info\"\n"),
        ("etc/manager.conf", BROKEN),
        ("typo/amictl.toml", "[rules]\nunknown-bse = \"off\"\n"),
        ("typo/manager.conf", BROKEN),
        ("wrong/amictl.toml", "asterisk = \"22\"\ncomplete = \"yes\"\n"),
        ("wrong/manager.conf", BROKEN),
        ("off/amictl.toml", "[rules]\nunknown-base = \"off\"\n"),
        ("off/manager.conf", BROKEN),
    ]);
    let run = |args: &[&str]| amictl(at.path(), args);
    ends(&run(&["check", "etc/manager.conf"]), 0, "1 note in 1 file, for Asterisk 16 and 22");
    ends(
        &run(&["check", "typo"]),
        2,
        "typo/amictl.toml:2: there is no rule `unknown-bse`\n  help: did you mean `unknown-base`?",
    );
    ends(&run(&["check", "wrong"]), 2, "wrong/amictl.toml:2: expected true or false");
    ends(&run(&["check", "off"]), 0, "nothing found");
    ends(&run(&["check", "off", "--select", "unknown-base"]), 1, "unknown-base");
    ends(&run(&["check", "etc", "--config", "off/amictl.toml"]), 0, "for Asterisk 22");
}

#[test]
fn strict_rules_run_when_they_are_asked_for() {
    let text = format!("{CLEAN}write = all\n");
    let severe = "[rules]\nwrite-gives-shell = \"error\"\n";
    let at = folder(&[
        ("manager.conf", &text),
        ("on/amictl.toml", "strict = true\n"),
        ("on/manager.conf", &text),
        ("one/amictl.toml", severe),
        ("one/manager.conf", &text),
        ("off/amictl.toml", "strict = true\n[rules]\nwrite-gives-shell = \"off\"\n"),
        ("off/manager.conf", &text),
    ]);
    let run = |args: &[&str]| amictl(at.path(), args);
    ends(&run(&["check", "manager.conf"]), 0, "nothing found");
    ends(&run(&["check", "manager.conf", "--strict"]), 1, "warning[write-gives-shell]");
    ends(&run(&["check", "manager.conf", "--select", "write-gives-shell"]), 1, "warning[write-gives-shell]");
    ends(&run(&["check", "manager.conf", "--strict", "--ignore", "write-gives-shell"]), 0, "nothing found");
    ends(&run(&["check", "on"]), 1, "warning[write-gives-shell]");
    ends(&run(&["check", "one"]), 1, "error[write-gives-shell]");
    ends(&run(&["check", "off", "--strict"]), 0, "nothing found");
    ends(&run(&["explain", "write-gives-shell"]), 0, "runs only with `--strict`");
    ends(&run(&["explain"]), 0, "(only with --strict)");
}

#[test]
fn a_page_keeps_its_lists_and_its_lines() {
    let page = amictl(root(), &["explain", "write-gives-shell"]).out;
    assert!(page.contains("\n- `command` runs") && page.contains("\n  "), "{page}");
    let page = amictl(root(), &["explain", "no-address-restriction"]).out;
    assert!(page.contains("\n    deny = 0.0.0.0/0\n    deny = ::/0\n"), "{page}");
}

#[test]
fn a_finding_in_a_file_beside_is_suppressed_there() {
    let comment = "; amictl: allow(users-conf-account) the provisioning system logs in with it\n";
    let account = format!("[6001]\nsecret = x\n{comment}hasmanager = yes\n");
    let at = folder(&[
        ("a/manager.conf", CLEAN),
        ("a/users.conf", &account),
        ("b/manager.conf", CLEAN),
        ("b/users.conf", &account.replace("hasmanager = yes", "hasmanager = no")),
        ("c/manager.conf", CLEAN),
        ("c/users.conf", &account.replace("users-conf-account", "unknown-directive")),
        ("d/manager.conf", BROKEN),
        ("d/users.conf", &account),
    ]);
    ends(&amictl(at.path(), &["check", "a"]), 0, "nothing found in 2 files");
    ends(&amictl(at.path(), &["check", "a/users.conf"]), 0, "nothing found");
    ends(&amictl(at.path(), &["check", "b", "--format", "short"]), 1, "b/users.conf:3:17: warning");
    ends(&amictl(at.path(), &["check", "c", "--select", "suppression-unused,unknown-directive"]), 1, "1 warning");
    let ran = amictl(at.path(), &["check", "d"]);
    assert!(!ran.out.contains("suppression-unused"), "{}", ran.out);
}

#[test]
fn json_has_the_promised_shape() {
    let at = folder(&[("manager.conf", BROKEN)]);
    let ran = amictl(at.path(), &["check", "--format", "json", "--asterisk", "13,22"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["format"], 1);
    let finding = &json["findings"][0];
    assert_eq!(finding["rule"], "unknown-base");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["file"], "manager.conf");
    assert_eq!(finding["start"], serde_json::json!({"line": 3, "column": 7, "byte": 30}));
    assert_eq!(finding["end"]["column"], 13);
    assert_eq!(finding["releases"], serde_json::json!(["13.12.2", "22.10.1"]));
    let ran = amictl(at.path(), &["dump", "manager.conf", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&json["loads"], &json["sections"]), (&false.into(), &serde_json::json!([])));
    assert!(json["aborted"].as_str().unwrap().starts_with("manager.conf:3: "));
}

#[test]
fn no_secret_leaves_any_command() {
    // Wherever a secret may stand: in entries, broken lines, comments, headers, behind holes and escapes.
    let text = "\
[general]
secret = HUNTER2
Secret+=HUNTER2
x = 1
#exec gen --password HUNTER2
[bob](nobody) secret=HUNTER2
secret HUNTER2
secert = HUNTER2
password: HUNTER2
;secret=HUNTER2
sec;--x--;ret = HUNTER2
secret = HUN\\;TER2;HUNTER2
\\secret=HUNTER2
;-- open
secret=HUNTER2
";
    let at = folder(&[("manager.conf", text)]);
    for args in [
        &["check", "-v"][..],
        &["check", "--format", "short"],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
        &["check", "--format", "github"],
        &["check", "--format", "gitlab"],
        &["check", "--format", "junit"],
        &["check", "--format", "checkstyle"],
        &["check", "--asterisk", "13,16,18,20,21,22,23"],
        &["dump", "manager.conf"],
        &["dump", "manager.conf", "--format", "json"],
        &["dump", "manager.conf", "--stage", "manager"],
        &["dump", "manager.conf", "--stage", "manager", "--format", "json"],
        &["simulate", "login", "manager.conf", "--user", "bob", "--from", "127.0.0.1"],
        &["dump", "manager.conf", "--stage", "tree"],
        &["dump", "manager.conf", "--stage", "tree", "--format", "json"],
    ] {
        let ran = amictl(at.path(), args);
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains("HUN") && !all.contains("TER2"), "{args:?} shows a secret:\n{all}");
    }
    let at = folder(&[("manager.conf", CLEAN)]);
    ends(&amictl(at.path(), &["dump", "manager.conf", "--reveal-secrets"]), 0, "secret = hunter2");
}

#[test]
fn a_report_fits_eighty_columns_and_a_pipe() {
    let ran = amictl(root(), &["check", "fixtures/configs/callcenter", "--asterisk", "13,16,18,20,21,22,23"]);
    assert!(!ran.out.contains('\u{1b}'), "colour in a pipe");
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    let ran = amictl(root(), &["check", "fixtures/configs/callcenter", "--color", "always"]);
    assert!(ran.out.contains('\u{1b}') || ran.out.starts_with("nothing"), "no colour where it was asked for");
}
