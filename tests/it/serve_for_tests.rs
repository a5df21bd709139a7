//! What `amictl serve` does for the tests of a client: it watches rights, and writes down what is said.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::schemas::fits;
use crate::serve::{Served, connect, until};
use crate::support::{amictl, folder};

const CONF: &str = "\
[general]
enabled = yes
bindaddr = 127.0.0.1
[joe]
secret = x7Qmk2vv
deny = 0.0.0.0/0
permit = 127.0.0.1
read = system,call,user
write = user,reporting
[Ann]
secret = 9vTqq2Lm
deny = 0.0.0.0/0
permit = 127.0.0.1
read = user
write = none
";

fn login(at: &str, user: &str, secret: &str, events: &str) -> TcpStream {
    let mut stream = connect(at);
    until(&mut stream, "\r\n");
    write!(stream, "Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: {events}\r\n\r\n").unwrap();
    assert!(until(&mut stream, "\r\n\r\n").contains("accepted"));
    stream
}

fn say(stream: &mut TcpStream, text: &str) -> String {
    write!(stream, "{}\r\n\r\n", text.replace('\n', "\r\n")).unwrap();
    until(stream, "\r\n\r\n")
}

/// What a client does that needs `read = user` and `write = user`, beside one thing that needs no right.
fn modest(at: &str, user: &str, secret: &str) -> TcpStream {
    let mut stream = login(at, user, secret, "user");
    assert!(say(&mut stream, "Action: Ping").contains("Pong"));
    say(&mut stream, "Action: UserEvent\nUserEvent: hello");
    until(&mut stream, "UserEvent: hello\r\n\r\n");
    stream
}

#[test]
fn rights_that_the_test_lists_are_enough() {
    let at = folder(&[("manager.conf", CONF)]);
    for list in [&["--strict-rights=JOE.read=user", "--strict-rights=joe.write=user"][..], &["--strict-rights"]] {
        let served = Served::new(at.path(), 1, &[&["--port", "0"], list].concat());
        modest(&served.at[0], "joe", "x7Qmk2vv");
        let (told, code) = served.end();
        assert_eq!((told.as_str(), code), ("joe needs\n  read = user\n  write = user\n", Some(0)), "{list:?}");
    }
}

#[test]
fn rights_that_it_does_not_list_are_told() {
    let at = folder(&[("manager.conf", CONF)]);
    let list = ["--strict-rights=joe.read=none", "--strict-rights=joe.write=reporting"];
    let served = Served::new(at.path(), 1, &[&["--port", "0"][..], &list].concat());
    let mut joe = modest(&served.at[0], "joe", "x7Qmk2vv");
    assert!(say(&mut joe, "Action: CoreStatus").contains("Success"), "expected: nothing is said of it");
    assert!(say(&mut joe, "Action: Originate\nChannel: Local/1\nApplication: System\nData: x").contains("denied"));
    // It is refused to everybody, so no right would help.
    say(&mut joe, "Action: Nonsense");
    let mut ann = login(&served.at[0], "ANN", "9vTqq2Lm", "call,user");
    assert!(say(&mut ann, "Action: DBGet\nFamily: a\nKey: b").contains("Permission denied"));
    let (told, code) = served.end();
    let expected = "\
ANN: asked for events of class call, which it may not read
ANN: was refused DBGet, which takes system or reporting
ANN needs
  read = call
  write = reporting
joe: was sent UserEvent, an event of class user: not expected
joe: ran UserEvent, which takes user: not expected
joe: was refused Originate, which takes system and originate
joe needs
  read = user
  write = system,user,originate
";
    assert_eq!((told.as_str(), code), (expected, Some(1)));
}

#[test]
fn rights_are_told_in_json_too() {
    let at = folder(&[("manager.conf", CONF)]);
    let served = Served::new(at.path(), 0, &["--port", "0", "--strict-rights=joe.read=call", "--ready=json"]);
    let ready: Value = serde_json::from_str(&served.line()).unwrap();
    modest(ready["plain"].as_str().unwrap(), "joe", "x7Qmk2vv");
    let (told, code) = served.end();
    assert_eq!(code, Some(1));
    fits("serve-rights", &told);
    let told: Value = serde_json::from_str(&told).unwrap();
    let message = "was sent UserEvent, an event of class user: not expected";
    let sent = json!({"what": "sent", "right": "read", "one_of": [["user"]], "first": "UserEvent", "message": message});
    assert_eq!(told["users"], json!([{"name": "joe", "read": ["user"], "write": ["user"], "unexpected": [sent]}]));
}

/// What a test runs is served as long as it runs, and how it ends is how the server ends.
#[test]
fn a_command_is_served() {
    let at = folder(&[("manager.conf", CONF)]);
    let client = "exec 3<>/dev/tcp/$AMICTL_HOST/$AMICTL_PORT\n\
        printf 'Action: Login\\nUsername: joe\\nSecret: x7Qmk2vv\\nEvents: off\\n\\nAction: CoreStatus\\n\\n' >&3\n\
        printf 'Action: Logoff\\n\\n' >&3\ncat <&3";
    let run = |rest: &[&str]| amictl(at.path(), &[&["serve", "manager.conf", "--port", "0"], rest].concat());
    let ran = run(&["--strict-rights=joe.write=reporting", "--", "bash", "-c", client]);
    assert!(
        ran.code == 0 && ran.out.ends_with("joe needs\n  read = none\n  write = reporting\n"),
        "{}{}",
        ran.out,
        ran.err
    );
    let ran = run(&["--strict-rights=joe.write=user", "--", "bash", "-c", client]);
    assert!(
        ran.code == 1 && ran.out.contains("ran CoreStatus"),
        "the command succeeds, but not the rights: {}",
        ran.out
    );
    assert_eq!(run(&["--", "false"]).code, 1);
    let ran = run(&["--", "no-such-command"]);
    assert!(ran.code == 3 && ran.err.contains("cannot run `no-such-command`"), "{}", ran.err);
}

/// A command may end before the server has read what it sent last: that counts all the same.
#[test]
fn what_a_command_sends_last_is_served() {
    let at = folder(&[("manager.conf", CONF)]);
    let client = "exec 3<>/dev/tcp/$AMICTL_HOST/$AMICTL_PORT\n\
        printf 'Action: Login\\nUsername: joe\\nSecret: x7Qmk2vv\\nEvents: off\\n\\n' >&3\n\
        while read -r line <&3; do case $line in Message*) break ;; esac; done; read -r line <&3\n\
        printf 'Action: Originate\\n\\n' >&3";
    for _ in 0..5 {
        let args = ["serve", "manager.conf", "--port", "0", "--strict-rights", "--", "bash", "-c", client];
        let ran = amictl(at.path(), &args);
        assert!(ran.code == 1 && ran.out.contains("joe: was refused Originate"), "{}{}", ran.out, ran.err);
    }
}

/// It is no event of the crowd's, and needs a right all the same.
#[test]
fn to_be_told_that_asterisk_is_up_takes_a_right() {
    let at = folder(&[("manager.conf", CONF)]);
    let served = Served::new(at.path(), 1, &["--port", "0", "--strict-rights=joe.read=none"]);
    until(&mut login(&served.at[0], "joe", "x7Qmk2vv", "system"), "Fully Booted\r\n\r\n");
    let (told, code) = served.end();
    assert!(told.starts_with("joe: was sent FullyBooted, an event of class system: not expected\n"), "{told}");
    assert_eq!(code, Some(1));
}

/// Clients are told again what they have said, and it is a secret still.
#[test]
fn a_record_hides_what_comes_back() {
    let at = folder(&[("manager.conf", &CONF.replace("user,reporting", "all"))]);
    let served = Served::new(at.path(), 1, &["--port", "0", "--force", "--record", "said.jsonl"]);
    let mut joe = login(&served.at[0], "joe", "x7Qmk2vv", "user");
    say(&mut joe, "Action: UserEvent\nUserEvent: a\nSecret: HIDDEN1");
    say(&mut joe, "Action: Ping\nActionID: secret=HIDDEN2");
    say(&mut joe, "Action: Command\nCommand: x secret=HIDDEN3");
    write!(joe, "Action: Ping\r\nSecret: {}HIDDEN4\r\n\r\n", "A".repeat(1020)).unwrap();
    until(&mut joe, "line too long\r\n\r\n");
    let lines = "X: y\r\n".repeat(200);
    write!(joe, "Action: Ping\r\nSecret: {}HIDDEN5\r\n{lines}\r\n", "A".repeat(1020)).unwrap();
    until(&mut joe, "allocation failure\r\n\r\n");
    drop(joe);
    served.end();
    let text = std::fs::read_to_string(at.path().join("said.jsonl")).unwrap();
    text.lines().for_each(|line| fits("serve-record", line));
    assert!(!text.contains("HIDDEN") && text.contains("line too long"), "{text}");
}

/// Whatever name it is given: it is the file that counts.
#[test]
fn a_record_is_not_written_over_what_is_read() {
    let general = "enabled = yes\ntlscertfile = key.pem";
    let conf = format!("#include \"users.inc\"\n{}", CONF.replace("enabled = yes", general));
    let at = folder(&[
        ("manager.conf", &conf[..]),
        ("users.inc", "[bob]\n"),
        ("key.pem", "x"),
        ("said.ami", "Event: X\r\n\r\n"),
        ("replies.toml", "[[reply]]\naction = \"Originate\"\n"),
        ("asterisk.conf", "[options]\n"),
        ("old.jsonl", "{}\n"),
    ]);
    std::fs::hard_link(at.path().join("manager.conf"), at.path().join("link")).unwrap();
    let sources = ["--force", "--events", "said.ami", "--replies", "replies.toml"];
    let run = |record: &str| {
        let args = [&["serve", "manager.conf", "--port", "0", "--record", record][..], &sources, &["--", "true"]];
        amictl(at.path(), &args.concat())
    };
    for name in ["./manager.conf", "users.inc", "said.ami", "replies.toml", "key.pem", "asterisk.conf", "link"] {
        let before = std::fs::read(at.path().join(name)).unwrap();
        let ran = run(name);
        assert!(ran.code == 2 && ran.err.contains("is a file that the server reads"), "{name}: {}", ran.err);
        assert!(ran.err.contains("help: name another"), "{}", ran.err);
        assert_eq!(std::fs::read(at.path().join(name)).unwrap(), before, "{name}");
    }
    assert_eq!(run("old.jsonl").code, 0, "a record of before gives way");
}

#[test]
fn a_list_of_rights_names_users_and_classes_that_there_are() {
    let at = folder(&[("manager.conf", CONF)]);
    for (option, why) in [
        ("--strict-rights=bob.read=call", "no user `bob` can log in"),
        ("--strict-rights=joe.read=calls", "there is no class `calls`"),
        ("--strict-rights=joe.acl=x", "names no right"),
        ("--strict-rights=joe", "names no right"),
    ] {
        let ran = amictl(at.path(), &["serve", "manager.conf", "--port", "0", option]);
        assert!(ran.code == 2 && ran.err.contains(why) && ran.err.contains("help:"), "{option}: {}", ran.err);
    }
}

#[test]
fn what_is_said_is_written_down_without_secrets() {
    let at = folder(&[("manager.conf", CONF)]);
    let served = Served::new(at.path(), 1, &["--port", "0", "--record", "said.jsonl"]);
    let mut stream = connect(&served.at[0]);
    until(&mut stream, "\r\n");
    say(&mut stream, "Action: Login\nUsername: joe\nSecret: x7Qmk2vv\nEvents: user");
    write!(stream, "Action: UserEvent\r\nUserEvent: \u{e9}\r\nX: ").unwrap();
    stream.write_all(b"\xff\r\n\r\nAction: Logoff\r\n\r\n").unwrap();
    until(&mut stream, "fish.\r\n\r\n");
    drop(stream);
    assert_eq!(served.end().1, Some(0));
    let text = std::fs::read_to_string(at.path().join("said.jsonl")).unwrap();
    assert!(!text.contains("x7Qmk2vv"), "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    text.lines().for_each(|line| fits("serve-record", line));
    let said: Vec<[&Value; 3]> =
        lines[1..].iter().map(|line| [&line["what"], &line["user"], &line["message"]]).collect();
    assert_eq!(lines[0], json!({"format": 1, "release": "22.10.1"}));
    let event = "Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: \u{e9}\r\nX: \u{fffd}\r\n\r\n";
    assert_eq!(
        json!(said),
        json!([
            ["connected", null, null],
            ["server", null, "Asterisk Call Manager/11.0.0\r\n"],
            ["client", null, "Action: Login\r\nUsername: joe\r\nSecret: ***\r\nEvents: user\r\n\r\n"],
            ["server", "joe", "Response: Success\r\nMessage: Authentication accepted\r\n\r\n"],
            ["client", "joe", "Action: UserEvent\r\nUserEvent: \u{e9}\r\nX: \u{fffd}\r\n\r\n"],
            ["client", "joe", "Action: Logoff\r\n\r\n"],
            ["server", "joe", "Response: Success\r\nMessage: Event Sent\r\n\r\n"],
            ["server", "joe", event],
            ["server", "joe", "Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"],
            ["left", "joe", null],
        ])
    );
    assert_eq!(lines.last().unwrap()["why"], "logoff");
    assert!(lines.iter().any(|line| line["message_base64"].is_string()));
}
