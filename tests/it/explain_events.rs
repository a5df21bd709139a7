//! `simulate events --explain`: why an event is sent, or is not.

use serde_json::Value;

use crate::support::{self, Ran};

const CONF: &str = r"[general]
enabled = yes
disabledevents = Dial
[all]
secret = x
read = all
[wall]
secret = x
read = call
eventfilter = Event: Hangup
eventfilter = Event: Newchannel.*Channel: PJSIP/
eventfilter(name(Newstate),header(ChannelState),method(exact)) = 6
[quiet]
secret = x
read = call,dialplan
eventfilter = !Channel: Local/
[odd]
secret = x
read = call
eventfilter = ^Channel: Local
";

const EVENTS: &str = "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: Local/1@x\r\n\r\n\
    Event: Newexten\r\nPrivilege: dialplan,all\r\nChannel: PJSIP/1\r\n\r\n\
    Event: Newstate\r\nPrivilege: call,all\r\nChannelState: 4\r\n\r\n\
    Event: Dial\r\nPrivilege: call,all\r\nX: y\r\n\r\n\
    Event: Odd\r\nPrivilege: later,all\r\nX: y\r\n\r\n";

fn run(args: &[&str]) -> Ran {
    let at = support::folder(&[("manager.conf", CONF), ("a.ami", EVENTS)]);
    support::amictl(at.path(), &[&["simulate", "events", "manager.conf", "--events", "a.ami"], args].concat())
}

#[test]
fn the_line_that_decides_and_the_nearest_miss_are_named() {
    for (event, user, says) in [
        ("Newchannel", "all", "all: sent (manager.conf:6): `read` grants call"),
        ("Newchannel", "wall", "wall: held back by the filters: none of 3 include filters matches"),
        (
            "Newchannel",
            "wall",
            "nearest miss (manager.conf:11): the nearest include filter would match if Channel began with `PJSIP/`",
        ),
        (
            "Newstate",
            "wall",
            "nearest miss (manager.conf:12): the nearest include filter would match if ChannelState was `6`",
        ),
        ("Newchannel", "quiet", "held back by the filters (manager.conf:16): exclude `Channel: Local/` matches"),
        ("Newstate", "quiet", "sent (manager.conf:16): exclude `Channel: Local/` does not match"),
        ("Newexten", "wall", "held back by its class (manager.conf:9): `read` grants call"),
        ("Newexten", "wall", "needs class dialplan in `read`; its filters would hold it back even then"),
        ("Newchannel", "odd", "it finds the texts that it needs, but not where it looks for them"),
        ("Dial", "all", "sent to nobody (manager.conf:3): `disabledevents` names Dial"),
        ("Odd", "all", "not told: it has a class that amictl does not know"),
    ] {
        let ran = run(&[&format!("--explain={event}"), "--user", user]);
        assert!(ran.words().contains(says), "{event} {user}: {says}\n{}", ran.out);
        let block: Vec<_> = ran.out.lines().take_while(|line| !line.is_empty()).collect();
        assert!(block[0].contains(event) && block.len() <= 6, "{}", ran.out);
        assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
        assert!(ran.out.contains("5 events"), "the table follows: {}", ran.out);
    }
}

#[test]
fn a_mask_and_the_filters_of_the_session_are_told_too() {
    let ran = run(&["--explain=Newexten", "--user", "all", "--mask", "call"]);
    assert!(ran.words().contains("held back by the mask: the mask of the session lets call through"), "{}", ran.out);
    assert!(ran.words().contains("nearest miss: needs class dialplan in the mask"), "{}", ran.out);
    let ran = run(&["--explain=Newexten", "--user", "all", "--session-filter", "!PJSIP"]);
    assert!(ran.words().contains("exclude of the session `PJSIP` matches `PJSIP`"), "{}", ran.out);
}

#[test]
fn every_step_can_be_had() {
    let ran = run(&["--trace", "full", "--user", "wall"]);
    assert_eq!(ran.out.matches("\nevent ").count() + 1, 5, "all events are told of: {}", ran.out);
    let words = ran.words();
    for says in [
        "class passes `read` grants call (manager.conf:9)",
        "filter misses include `Event: Hangup` (manager.conf:10)",
        "filter misses include `name(Newstate),header(ChannelState),method(exact) 6` (manager.conf:12)",
        "filter denies none of 3 include filters matches",
    ] {
        assert!(words.contains(says), "{says}\n{}", ran.out);
    }
}

#[test]
fn json_has_a_line_for_each_event() {
    let ran = run(&["--explain", "--trace", "full", "--format", "json", "--user", "wall", "--user", "all"]);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[5]["format"], &lines[5]["events"]), (6, &1.into(), &5.into()));
    let first = &lines[0];
    assert_eq!((&first["event"], &first["byte"], &first["name"]), (&1.into(), &0.into(), &"Newchannel".into()));
    let fates = |line: &Value| -> Vec<Value> {
        line["users"].as_array().unwrap().iter().map(|user| user["fate"].clone()).collect()
    };
    assert_eq!(fates(first), ["filter", "delivered"]);
    assert_eq!(fates(&lines[1]), ["class", "delivered"]);
    assert_eq!(fates(&lines[3]), ["filter", "disabled"]);
    assert_eq!(fates(&lines[4]), ["undecided", "undecided"]);
    let wall = &first["users"][0];
    assert_eq!((&wall["nearest"]["line"], wall["steps"].as_array().map(Vec::len)), (&11.into(), Some(6)));
    assert_eq!(
        (&lines[3]["users"][1]["decided"]["line"], &lines[3]["users"][1]["decided"]["check"]),
        (&3.into(), &"disabled".into())
    );
    let ran = run(&["--explain", "--format", "ami", "--user", "wall"]);
    assert!(ran.code == 2 && ran.err.contains("has no place for explanations"), "{}", ran.err);
}

#[test]
fn what_could_not_be_looked_at_is_said() {
    let conf = CONF.replace("[all]", "#include more.conf\n#exec /bin/make-users\n[all]");
    let at = support::folder(&[("manager.conf", &conf), ("a.ami", EVENTS)]);
    let ran =
        support::amictl(at.path(), &["simulate", "events", "manager.conf", "--events", "a.ami", "--format", "json"]);
    for says in ["manager.conf:4: `more.conf` is not here", "manager.conf:5: #exec was not run"] {
        assert!(ran.code == 0 && ran.err.contains(says), "{says}: {}", ran.err);
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        assert!(
            json["notes"].as_array().unwrap().iter().any(|note| note.as_str().unwrap().contains(says)),
            "{}",
            ran.out
        );
    }
}
