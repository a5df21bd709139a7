//! Findings that are known: `--write-baseline` and `--baseline`.

use std::fs;

use crate::support;

const CONF: &str = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[a]\nsecret = HUNTER2\nread = cal\nwrite = cal\n";

#[test]
fn only_what_is_new_is_told() {
    let at = support::folder(&[("etc/manager.conf", CONF), ("sub/x", "")]);
    let check = |args: &[&str]| support::amictl(at.path(), &[&["check", "--format", "short"], args].concat());
    let write = |text: &str| fs::write(at.path().join("etc/manager.conf"), text).unwrap();
    assert_eq!(check(&["etc"]).code, 1);
    let ran = check(&["--write-baseline", "known.json", "etc"]);
    assert!(
        ran.code == 0 && ran.out.is_empty() && ran.err.contains("wrote `known.json`: 2 known"),
        "{}{}",
        ran.out,
        ran.err
    );
    let text = fs::read_to_string(at.path().join("known.json")).unwrap();
    assert!(text.contains("\"file\": \"etc/manager.conf\"") && !text.contains("HUNTER2"), "{text}");
    let ran = check(&["--baseline", "known.json", "etc"]);
    assert!(ran.code == 0 && ran.err.contains("2 findings not told"), "{}{}", ran.out, ran.err);
    // Lines move, others come, indentation changes: what is known stays known.
    write(
        &CONF
            .replace("[a]", "; new\n\n[b]\nsecret = HUNTER3\nread = call\n[a]")
            .replace("read = cal\n", "  read  =  cal\n"),
    );
    let ran = check(&["--baseline", "known.json", "etc"]);
    assert_eq!((ran.code, ran.out.matches("unknown-class").count()), (0, 0), "{}", ran.out);
    // A finding more of the same kind is new, one that was mended is said to be gone.
    write(&CONF.replace("write = cal\n", "write = call\n[b]\nsecret = x7Qmk2\nread = cal\n"));
    let ran = check(&["--baseline", "known.json", "etc"]);
    assert_eq!((ran.code, ran.out.matches("unknown-class").count()), (1, 1), "{}", ran.out);
    assert!(
        ran.out.starts_with("etc/manager.conf:10:") && ran.err.contains("1 finding of `known.json` gone"),
        "{}{}",
        ran.out,
        ran.err
    );
    let ran = check(&["--baseline", "known.json", "--select", "empty-secret", "etc"]);
    assert!(!ran.err.contains("gone"), "a rule that did not run is not missed: {}", ran.err);
    // From elsewhere, and by the settings.
    write(CONF);
    fs::write(at.path().join("amictl.toml"), "baseline = \"known.json\"\n").unwrap();
    let sub = at.path().join("sub");
    let ran = support::amictl(&sub, &["check", "../etc"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn what_is_no_baseline_is_refused() {
    let at = support::folder(&[
        ("manager.conf", CONF),
        ("a.json", "{"),
        ("b.json", "{\"format\": 2}"),
        ("c.json", "{\"format\": 1}"),
        ("d.json", "{\"format\": 1, \"findings\": [{}]}"),
    ]);
    for (args, code, says) in [
        (["--baseline", "none.json"], 3, "`--write-baseline` makes one"),
        (["--baseline", "a.json"], 2, "`a.json` is no baseline: EOF while parsing"),
        (["--baseline", "b.json"], 2, "its `format` is not 1"),
        (["--baseline", "c.json"], 2, "it has no list of `findings`"),
        (["--baseline", "d.json"], 2, "finding 1 has no `file`, `rule` and `fingerprint`"),
        (["--write-baseline", "manager.conf"], 2, "is a file that is checked"),
        (["--write-baseline", "no/such.json"], 3, "cannot write `no/such.json`"),
    ] {
        let ran = support::amictl(at.path(), &["check", args[0], args[1], "manager.conf"]);
        assert!(ran.code == code && ran.err.contains(says), "{args:?}: {} {}", ran.code, ran.err);
    }
    assert_eq!(fs::read_to_string(at.path().join("manager.conf")).unwrap(), CONF);
}
