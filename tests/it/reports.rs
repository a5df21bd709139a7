//! `check --report`: several reports in one run, and what is not overwritten.

use std::fs;

use crate::support::{amictl, folder};

const CONF: &str = "[general]\nbindport = 5038\n[bob](nobody)\nsecret = HUNTER2\n";

#[test]
fn several_reports_come_of_one_run() {
    let at = folder(&[("etc/manager.conf", CONF), ("out/readme", "")]);
    let names = ["human", "short", "json", "sarif", "github", "gitlab", "junit", "checkstyle"];
    let reports: Vec<String> = names.iter().map(|name| format!("--report={name}=out/{name}")).collect();
    let mut args = vec!["check", "etc", "--format", "github"];
    args.extend(reports.iter().map(String::as_str));
    let ran = amictl(at.path(), &args);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.starts_with("::warning file=etc/manager.conf,line=2,endLine=2,col=1,endColumn=9,"), "{}", ran.out);
    for name in names {
        let text = fs::read_to_string(at.path().join("out").join(name)).unwrap();
        let args = ["check", "etc", "-v", "--format", name];
        assert_eq!(text, amictl(at.path(), &args).out, "{name}");
        assert!(text.contains("unknown-base") && !text.contains("HUNTER"), "{text}");
    }
    assert_eq!(fs::read_dir(at.path().join("out")).unwrap().count(), names.len() + 1, "nothing else is left there");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_and_the_others_are_written() {
    let at = folder(&[("manager.conf", CONF)]);
    let args = ["check", "--report", "sarif=nowhere/x", "--report", "junit=.", "--report", "json=x.json"];
    let ran = amictl(at.path(), &args);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("amictl: cannot write the report `nowhere/x`: No such file"), "{}", ran.err);
    assert!(ran.err.contains("amictl: cannot write the report `.`: Is a directory"), "{}", ran.err);
    assert!(ran.out.contains("error[unknown-base]"), "{}", ran.out);
    assert!(fs::read_to_string(at.path().join("x.json")).unwrap().starts_with('{'));
}

#[test]
fn reports_replace_only_reports() {
    let at = folder(&[("manager.conf", CONF), ("more/x", "")]);
    for (args, says) in [
        (&["--report", "sarif=manager.conf"][..], "`manager.conf` was read, or is another report"),
        (&["--report", "sarif=more/../manager.conf"], "was read, or is another report"),
        (&["--report", "sarif=a", "--report", "junit=./a"], "`./a` was read, or is another report"),
        (&["--report", "sarif=-"], "standard output has the report of --format"),
        (&["--report", "sarif="], "the name of the file is missing"),
        (&["--report", "amictl.sarif"], "expected FORMAT=FILE"),
        (&["--report", "xml=a"], "there is no format `xml`; there are human, short, json, sarif"),
        (&["--report", "sarif=a", "--diff"], "cannot be used with"),
    ] {
        let ran = amictl(at.path(), &[&["check", "manager.conf"], args].concat());
        assert!(ran.code == 2 && ran.err.contains(says), "{args:?}: {}{}", ran.code, ran.err);
        assert_eq!(ran.out, "");
    }
    assert_eq!(fs::read_to_string(at.path().join("manager.conf")).unwrap(), CONF);
    assert_eq!(fs::read_dir(at.path()).unwrap().count(), 2, "nothing was written");
}

#[cfg(unix)]
#[test]
fn a_report_keeps_the_mode_and_follows_a_link() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let at = folder(&[("manager.conf", CONF), ("old", "old"), ("more/linked", "old")]);
    let mode = |name: &str| fs::metadata(at.path().join(name)).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(at.path().join("old"), fs::Permissions::from_mode(0o604)).unwrap();
    symlink("more/linked", at.path().join("link")).unwrap();
    let args = ["check", "--report", "json=old", "--report", "json=link", "--report", "json=new"];
    amictl(at.path(), &[&args[..], &["--report", "sarif=/dev/null", "--report", "junit=/dev/null"]].concat());
    assert_eq!(mode("old"), 0o604);
    let plain = at.path().join("plain");
    fs::write(&plain, "").unwrap();
    assert_eq!(mode("new"), mode("plain"), "as any file that is made");
    let linked = fs::read_to_string(at.path().join("more/linked")).unwrap();
    assert!(linked.starts_with('{') && fs::symlink_metadata(at.path().join("link")).unwrap().is_symlink());
}

#[test]
fn what_is_left_after_fixes_is_reported() {
    let at = folder(&[("manager.conf", &format!("# users\n{CONF}"))]);
    amictl(at.path(), &["check", "--fix", "--report", "short=x"]);
    let text = fs::read_to_string(at.path().join("x")).unwrap();
    assert!(!text.contains("hash-comment") && text.contains("unknown-base"), "{text}");
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let at = folder(&[
        ("a/manager.conf", CONF),
        ("b/manager.conf", &CONF.replace("[bob]", "; more\nport = 5038\n\n[bob]").replace("HUNTER2", "HUNTER3")),
    ]);
    let prints = |path: &str| -> Vec<(String, String)> {
        let ran = amictl(at.path(), &["check", path, "--format", "sarif"]);
        let log: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        results.iter().map(|it| (text(&it["ruleId"]), text(&it["partialFingerprints"]["amictl/v1"]))).collect()
    };
    assert_eq!(prints("a"), prints("b"));
    assert!(prints("a").len() >= 2);
}

#[test]
fn a_file_has_one_name_however_it_is_included() {
    let root = "[general]\n[bob]\n#include ../common.conf\n";
    let at = folder(&[("a/manager.conf", root), ("b/manager.conf", root), ("common.conf", "[eve](nobody)\n")]);
    let report = |format: &str| amictl(at.path(), &["check", "--format", format]).out;
    for format in ["github", "gitlab", "sarif", "junit", "checkstyle"] {
        assert!(!report(format).contains("../") && report(format).contains("common.conf"), "{}", report(format));
    }
    let issues: Vec<serde_json::Value> = serde_json::from_str(&report("gitlab")).unwrap();
    let mut prints: Vec<&str> = issues.iter().map(|it| it["fingerprint"].as_str().unwrap()).collect();
    prints.sort_unstable();
    assert!(prints.windows(2).all(|pair| pair[0] != pair[1]), "{prints:?}");
    let log: serde_json::Value = serde_json::from_str(&report("sarif")).unwrap();
    assert_eq!(log["runs"][0]["artifacts"].as_array().unwrap().len(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_text_is_given_exactly_where_that_is_possible() {
    use std::os::unix::ffi::OsStrExt as _;
    let at = folder(&[("etc/x", "")]);
    fs::write(at.path().join(std::ffi::OsStr::from_bytes(b"etc/b\xf6b.conf")), "[bob](nobody)\n").unwrap();
    fs::write(at.path().join("etc/manager.conf"), "[general]\n#include b*.conf\n").unwrap();
    let report = |format: &str| amictl(at.path(), &["check", "--format", format]).out;
    assert!(report("sarif").contains("\"uri\": \"etc/b%F6b.conf\""), "{}", report("sarif"));
    let json: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(json["findings"][0]["file"], "etc/b\u{fffd}b.conf");
    assert_eq!(json["findings"][0]["file_base64"], "ZXRjL2L2Yi5jb25m");
    for format in ["github", "gitlab", "junit", "checkstyle", "short", "human"] {
        assert!(report(format).contains("etc/b\u{fffd}b.conf"), "{}", report(format));
    }
}
