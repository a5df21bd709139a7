//! `check --fix` and `--diff`: what is written, and what is not.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support;

const CONF: &str = "[general]\nenabled = no\n# users\r\n#-- below\n[bob]\nsecret = HUNTER2\nread = call\n";
const FIXED: &str = "[general]\nenabled = no\n; users\r\n; -- below\n[bob]\nsecret = HUNTER2\nread = call\n";

#[test]
fn only_what_is_mended_is_written() {
    let at = support::folder(&[("manager.conf", CONF), ("other.conf", "[x]\n# y\n")]);
    let path = at.path().join("manager.conf");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let ran = support::amictl(at.path(), &["check", "--fix", "manager.conf"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), FIXED, "{}{}", ran.out, ran.err);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
    assert!(ran.err.contains("1 fix in 1 file: hash-comment 1"), "{}", ran.err);
    assert!(!ran.out.contains("hash-comment"), "what is left is reported: {}", ran.out);
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let ran = support::amictl(at.path(), &["check", "--fix", "manager.conf"]);
    assert!(ran.err.contains("there was nothing to fix"), "{}", ran.err);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_eq!(fs::read_dir(at.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn a_difference_is_shown_and_not_made() {
    let at = support::folder(&[("manager.conf", CONF)]);
    let ran = support::amictl(at.path(), &["check", "--diff", "manager.conf"]);
    let shown = "--- manager.conf\n+++ manager.conf\n@@ -1,7 +1,7 @@\n [general]\n enabled = no\n-# users\r\n-#-- below\n+; users\r\n\
        +; -- below\n [bob]\n secret = ***\n read = call\n";
    assert_eq!((ran.code, ran.out.as_str()), (1, shown), "{}", ran.err);
    assert_eq!(fs::read_to_string(at.path().join("manager.conf")).unwrap(), CONF);
    let ran = support::amictl(at.path(), &["check", "--diff", "--fix=duplicate-section", "manager.conf"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    for (args, says) in [
        (&["--fix=hash-coment"][..], "there is no rule `hash-coment`"),
        (&["--fix", "-"], "standard input cannot be mended"),
    ] {
        let ran = support::amictl(at.path(), &[&["check"], args, &["manager.conf"]].concat());
        assert!(ran.code == 2 && ran.err.contains(says), "{args:?}: {}", ran.err);
    }
}

#[test]
fn no_link_leads_a_fix_out_of_the_configuration() {
    let at = support::folder(&[("etc/manager.conf", CONF), ("etc/real/a.conf", CONF), ("out/b.conf", "[x]\n# y\n")]);
    let etc = at.path().join("etc");
    fs::write(etc.join("manager.conf"), format!("{CONF}#include inside.conf\n#include outside.conf\n")).unwrap();
    symlink("real/a.conf", etc.join("inside.conf")).unwrap();
    symlink("../out/b.conf", etc.join("outside.conf")).unwrap();
    let ran = support::amictl(at.path(), &["check", "--fix", "etc/manager.conf"]);
    assert!(
        ran.code == 3 && ran.err.contains("`etc/outside.conf` was not fixed: a symbolic link leads out"),
        "{}",
        ran.err
    );
    assert_eq!(fs::read_to_string(at.path().join("out/b.conf")).unwrap(), "[x]\n# y\n");
    assert_eq!(fs::read_to_string(etc.join("real/a.conf")).unwrap(), FIXED, "what the link leads to is mended");
    assert!(fs::symlink_metadata(etc.join("inside.conf")).unwrap().is_symlink(), "and it stays a link");
}

#[test]
fn a_file_that_changed_meanwhile_is_not_overwritten() {
    let at = support::folder(&[("manager.conf", "new\n")]);
    let path = at.path().join("manager.conf");
    let folders = [at.path().to_owned()];
    let replaced = amictl::host::replace(&path, b"old\n", b"newer\n", &folders);
    assert_eq!(replaced.unwrap_err().to_string(), "it was changed meanwhile");
    assert_eq!(fs::read(&path).unwrap(), b"new\n");
    assert!(amictl::host::replace(&path, b"new\n", b"newer\n", &folders).is_ok());
    assert_eq!(fs::read(&path).unwrap(), b"newer\n");
}
