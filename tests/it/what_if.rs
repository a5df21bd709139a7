//! `--unset`, `--set` and `--add`: what is answered of a configuration that says something else.

use serde_json::Value;

use crate::support::{self, Ran};

const CONF: &str = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[base](!)\ndeny = 0.0.0.0/0\npermit = 127.0.0.2\n\
    [crm](base)\nsecret = HUNTER2\nread = call\nwrite = call\neventfilter = Event: Hangup\n";
const EVENTS: &str = "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/1\r\n\r\n\
    Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1\r\n\r\nEvent: Cdr\r\nPrivilege: cdr,all\r\n\r\n";

fn run(args: &[&str]) -> Ran {
    let at = support::folder(&[("manager.conf", CONF), ("a.ami", EVENTS)]);
    support::amictl(at.path(), &[&["simulate", args[0], "manager.conf"], &args[1..]].concat())
}

fn json(args: &[&str]) -> Value {
    let ran = run(&[args, &["--format", "json"]].concat());
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
}

#[test]
fn a_login_is_answered_before_and_after() {
    let login = ["login", "--user", "crm", "--from", "127.0.0.1"];
    let ran = run(&[&login[..], &["--set", "crm.permit=127.0.0.1"]].concat());
    assert_eq!(ran.code, 0, "the exit code is that of what is asked about: {}", ran.err);
    for says in [
        "own rules keep 127.0.0.1 out (manager.conf:5)",
        "With --set crm.permit=127.0.0.1:",
        "own rules let 127.0.0.1 in (--set crm.permit=127.0.0.1)",
        "it was denied, and is accepted then",
    ] {
        assert!(ran.words().contains(says), "{says}\n{}", ran.out);
    }
    // A template hands on what it would say, and its lines go with it.
    for change in [["--set", "base.permit=127.0.0.1"], ["--unset", "crm.deny"], ["--unset", "base.deny"]] {
        let told = json(&[&login[..], &change].concat());
        assert_eq!(
            (&told["before"][0]["verdict"], &told["answers"][0]["verdict"]),
            (&"denied".into(), &"accepted".into())
        );
        assert_eq!(told["change"], change.join(" "));
    }
    let ran = run(&[&login[..], &["--add", "crm.permit=127.0.0.3"]].concat());
    assert!(ran.code == 1 && ran.words().ends_with("denied either way"), "{}", ran.out);
    let several = [&login[..], &["--asterisk", "13,22", "--unset", "base.deny"]].concat();
    assert_eq!(json(&several)["before"].as_array().map(Vec::len), Some(2));
}

#[test]
fn rights_are_compared() {
    let all = ["action", "--user", "crm", "--all", "--set", "crm.write=originate"];
    let ran = run(&all);
    let words = ran.words();
    let (gained, lost) = (words.find("gained: Originate").unwrap_or(0), words.find("lost: ").unwrap_or(0));
    assert!(gained > 0 && lost > gained && words[lost..].contains("Hangup"), "{words}");
    let one = json(&["action", "--user", "crm", "--action", "Originate", "--set", "crm.write=originate"]);
    assert_eq!((&one["before"][0]["verdict"], &one["answers"][0]["verdict"]), (&"denied".into(), &"allowed".into()));
}

#[test]
fn events_are_judged_twice_in_one_pass() {
    let events = ["events", "--events", "a.ami"];
    let ran = run(&[&events[..], &["--unset", "crm.eventfilter", "--set", "crm.read=call,cdr"]].concat());
    let lines: Vec<_> = ran.out.lines().skip(3).map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(
        (lines[1][..3].to_vec(), lines[2][..3].to_vec()),
        (vec!["crm", "1", "33%"], vec!["then", "3", "100%"]),
        "{}",
        ran.out
    );
    let told = json(&[&events[..], &["--unset", "crm.secret", "--add", "general.disabledevents=Hangup"]].concat());
    assert_eq!((&told["before"][0]["delivered"], &told["users"][0]["delivered"]), (&1.into(), &0.into()));
    // A user that the change deletes, or makes.
    let told = json(&[&events[..], &["--add", "crm.permit=nonsense/99"]].concat());
    assert_eq!((told["before"].as_array().map(Vec::len), told["users"].as_array().map(Vec::len)), (Some(1), Some(0)));
    let ran = run(&[&events[..], &["--add", "crm.permit=nonsense/99", "--user", "crm"]].concat());
    assert!(ran.words().contains("then is no user"), "{}", ran.out);
}

#[test]
fn what_cannot_be_changed_is_said() {
    let login = ["login", "--user", "crm", "--from", "127.0.0.1"];
    for (change, says) in [
        (["--set", "crn.read=call"], "there is no section `crn`\n  help: did you mean `crm`?"),
        (["--set", "crm.read"], "has no value"),
        (["--set", "read=call"], "names no option"),
        (["--unset", "crm.acl"], "`crm` has no option `acl`"),
        (["--set", "crm.read+=call"], "is no line of a manager.conf that sets an option"),
        (["--add", "crm.secret=SWORDFISH\n[x]"], "`--add crm.secret=***` is no line"),
    ] {
        let ran = run(&[&login[..], &change].concat());
        assert!(ran.code == 2 && ran.err.contains(says), "{change:?}: {} {}", ran.code, ran.err);
        assert!(!ran.err.contains("SWORDFISH"));
    }
    let ran = run(&[&login[..], &["--set", "crm.secret=SWORDFISH", "--unset", "crm.deny"]].concat());
    assert!(ran.code == 0 && !ran.out.contains("SWORDFISH") && ran.out.contains("crm.secret=***"), "{}", ran.out);
}
