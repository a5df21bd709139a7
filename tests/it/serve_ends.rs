//! How `amictl serve` begins and ends: what is lost and what is not, what is refused, and what its exit code says.

use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::serve::{Served, connect, login, until};
use crate::support::{amictl, folder, root};

const CONF: &str = "\
[general]
enabled = yes
bindaddr = 127.0.0.1
[joe]
secret = x7Qmk2vv
deny = 0.0.0.0/0
permit = 127.0.0.1
read = call,system,user
write = user,reporting
";

/// Logs in, asks for something, and leaves.
const CLIENT: &str = "exec 3<>/dev/tcp/$AMICTL_HOST/$AMICTL_PORT\n\
    printf 'Action: Login\\nUsername: joe\\nSecret: x7Qmk2vv\\nEvents: off\\n\\nAction: CoreStatus\\n\\n' >&3\n\
    printf 'Action: Logoff\\n\\n' >&3\nwhile read -r line <&3; do case $line in *fish*) exit 0 ;; esac; done; exit 9";

fn serve(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amictl"));
    command.args(["serve", "manager.conf", "--port", "0"]).args(args).current_dir(folder).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The log is what is lost, and nothing else.
#[test]
fn a_log_that_cannot_be_written_is_no_end_to_anything() {
    let at = folder(&[("manager.conf", CONF)]);
    for format in ["human", "json"] {
        let args = ["--log-level", "debug", "--log-format", format, "--", "bash", "-c", CLIENT];
        let mut child = serve(at.path(), &args).spawn().unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{format}");
    }
}

/// Who reads the output may leave before it is over: what the exit code says holds all the same.
#[test]
fn an_output_that_is_closed_changes_no_exit_code() {
    let at = folder(&[("manager.conf", CONF)]);
    for (args, code) in [
        (&["--strict-rights=joe.write=user", "--", "bash", "-c", CLIENT][..], 1),
        (&["--strict-rights=joe.write=reporting", "--", "bash", "-c", CLIENT], 0),
        (&["--", "false"], 1),
        (&["--strict-rights", "--", "false"], 1),
    ] {
        let mut child = serve(at.path(), args).spawn().unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{args:?}: {told}");
    }
}

/// A command that a signal has stopped has not succeeded, whatever it says.
#[test]
fn a_command_that_is_stopped_has_not_succeeded() {
    let at = folder(&[("manager.conf", CONF)]);
    let script = "trap 'echo asked; exit 0' TERM; echo begun; while :; do sleep 0.05; done";
    for signal in ["-TERM", "-INT"] {
        let mut served = Served::new(at.path(), 1, &["--port", "0", "--", "sh", "-c", script]);
        assert_eq!(served.line(), "begun");
        served.signal(signal);
        assert_eq!(served.line(), "asked", "it is told of it");
        assert_eq!(served.child.wait().unwrap().code(), Some(1), "{signal}");
    }
}

/// One that does not heed that is killed, and at once where somebody asks again.
#[test]
fn a_command_that_does_not_stop_is_killed() {
    let at = folder(&[("manager.conf", CONF)]);
    let script = "trap '' TERM; echo begun; exec sleep 1000";
    let mut served = Served::new(at.path(), 1, &["--port", "0", "--", "sh", "-c", script]);
    assert_eq!(served.line(), "begun");
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    served.signal("-TERM");
    until(&mut errors, "is asked to end\n");
    served.signal("-TERM");
    until(&mut errors, "does not end, and is killed\n");
    // Its output, which is also the command's, has come to an end.
    assert_eq!(served.end(), (String::new(), Some(1)));
}

/// Events that come on and on do not hold up the end: it is not waited for them to be over.
#[test]
fn a_source_without_an_end_ends_with_the_command() {
    let event = "Event: A\r\nPrivilege: call,all\r\n\r\n";
    let at = folder(&[("manager.conf", CONF), ("session.ami", event)]);
    for source in [&["--synthetic", "calls=1000/s"][..], &["--events", "session.ami", "--loop"]] {
        let begun = Instant::now();
        let args = [source, &["--wait-for", "0", "--", "true"]].concat();
        let ran = serve(at.path(), &args).output().unwrap();
        assert_eq!(ran.status.code(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(4), "{source:?}: {:?}", begun.elapsed());
    }
}

/// Who talks on and on when the command is over holds up the end, but no signal.
#[test]
fn a_signal_is_heeded_when_the_command_is_over() {
    let at = folder(&[("manager.conf", CONF)]);
    let script = "until test -e over; do sleep 0.05; done";
    let mut served = Served::new(at.path(), 1, &["--port", "0", "--", "sh", "-c", script]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    let mut stream = connect(&served.at[0]);
    assert!(login(&mut stream, "x7Qmk2vv").contains("accepted"));
    let talk = std::thread::spawn(move || {
        let mut answer = [0; 1 << 10];
        while stream.write_all(b"Action: Ping\r\n\r\n").is_ok() && stream.read(&mut answer).is_ok_and(|n| n > 0) {}
    });
    fs::write(at.path().join("over"), "").unwrap();
    until(&mut errors, "has ended, exit status: 0\n");
    let begun = Instant::now();
    served.signal("-TERM");
    talk.join().unwrap();
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

/// Why it does not start is said whatever is logged, and in the form of the log.
#[test]
fn why_it_does_not_start_is_said_in_json_too() {
    let at = folder(&[("broken.conf", "[general\n"), ("shut.conf", "[general]\n")]);
    for (file, code, why) in [
        ("broken.conf", 1, "does not load"),
        ("shut.conf", 1, "the file opens no listener: enabled is not yes; say where: `--bind"),
        ("no.conf", 3, "no.conf"),
    ] {
        let ran = amictl(at.path(), &["serve", file, "--log-format", "json", "--log-level", "off"]);
        let line: serde_json::Value = serde_json::from_str(ran.err.lines().last().unwrap_or_default()).unwrap();
        assert!(line["message"].as_str().unwrap().contains(why), "{line}");
        assert!(ran.code == code && line["level"] == "ERROR" && line["timestamp"].is_string(), "{line}");
    }
}

/// What the file asks for and does not get is told of, when it is read first and each time that it is read again.
#[test]
fn why_a_listener_does_not_open_is_told() {
    let lines = "enabled = yes\ntlsenable = yes\ntlscertfile = /no/such.pem";
    let at = folder(&[("manager.conf", &CONF.replace("enabled = yes", lines)), ("plain.conf", CONF)]);
    let why = "not listening with TLS: the certificate `/no/such.pem` is not here to be looked at (manager.conf:4)\n";
    let mut served = Served::new(at.path(), 1, &["--port", "0"]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    until(&mut errors, why);
    served.signal("-HUP");
    let told = until(&mut errors, why);
    assert!(!told.contains("any more"), "it never was: {told}");
    fs::copy(at.path().join("plain.conf"), at.path().join("manager.conf")).unwrap();
    served.signal("-HUP");
    until(&mut errors, "was read again changes=0\n");
    served.signal("-TERM");
    let mut told = String::new();
    errors.read_to_string(&mut told).unwrap();
    assert!(!told.contains("TLS"), "nobody asks for it: {told}");
}

#[test]
fn a_certificate_that_is_named_need_not_be_named() {
    let conf = CONF.replace("enabled = yes", "enabled = yes\ntlscertfile = /no/such.pem");
    let at = folder(&[("manager.conf", &conf)]);
    let ran = amictl(at.path(), &["serve", "manager.conf", "--port", "0", "--tls-port", "0"]);
    assert!(ran.code == 1 && ran.err.contains("no TLS: cannot read `/no/such.pem`"), "{}", ran.err);
    assert!(!ran.err.contains("help:"), "{}", ran.err);
}

/// A port that another has is no listener that is closed each time that the file is read.
#[test]
fn what_never_listened_does_not_stop_to() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let lines = format!(
        "enabled = yes\ntlsenable = yes\ntlsbindaddr = {}\ntlscertfile = {}",
        held.local_addr().unwrap(),
        root().join("fixtures/manager/tls/both.pem").display()
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let conf = CONF.replace("enabled = yes", &format!("{lines}\nport = {free}"));
    let at = folder(&[("manager.conf", &conf)]);
    let mut served = Served::new(at.path(), 1, &[]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    until(&mut errors, "no TLS: cannot listen on");
    served.signal("-HUP");
    until(&mut errors, "no TLS: cannot listen on");
    served.signal("-TERM");
    let mut told = String::new();
    errors.read_to_string(&mut told).unwrap();
    assert!(told.contains("stopped") && !told.contains("any more"), "{told}");
}

/// What is not here may say anything: that is told, and where the server listens is asked for that reason.
#[test]
fn an_include_that_is_not_here_is_told_of() {
    let conf = CONF.replace("[joe]", "#include \"more.conf\"\n[joe]");
    let at = folder(&[("manager.conf", &conf)]);
    let ran = amictl(at.path(), &["serve", "manager.conf"]);
    let told = "manager.conf:4: `more.conf` is not here; what it holds is unknown\n";
    let why = "whether the file opens a listener is unknown: an include or #exec that amictl does not see may set any \
        option of [general] (manager.conf:4)\n";
    assert!(ran.code == 1 && ran.err.contains(" WARN ") && ran.err.contains(told), "{}", ran.err);
    assert!(ran.err.contains(why) && ran.err.contains("help: say where: `--bind"), "{}", ran.err);
    let mut served = Served::new(at.path(), 1, &["--port", "0"]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    until(&mut errors, told);
    served.signal("-HUP");
    until(&mut errors, told);
}

/// A rate is for what has no pace of its own.
#[test]
fn a_rate_that_changes_nothing_is_told_of() {
    let plain = "Response: Success\r\n\r\nEvent: A\r\nPrivilege: call,all\r\n\r\n";
    let timed = plain.replace("all\r\n", "all\r\nTimestamp: 1000.5\r\n");
    let at = folder(&[("manager.conf", CONF), ("plain.ami", plain), ("timed.ami", &timed)]);
    for (name, rate, is_told) in
        [("timed.ami", &["--rate", "5/s"][..], true), ("timed.ami", &[], false), ("plain.ami", &["--rate", "5"], false)]
    {
        let args = [&["--events", name], rate, &["--", "true"]].concat();
        let ran = serve(at.path(), &args).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(told.contains("`--rate` changes nothing"), is_told, "{args:?}: {told}");
    }
}

#[test]
fn a_capture_without_events_is_no_success() {
    let at = folder(&[("manager.conf", CONF), ("x", "hello\n")]);
    let mut served = Served::new(at.path(), 1, &["--port", "0", "--events", "x", "--loop", "--wait-for", "0"]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    let told = until(&mut errors, "no event in `x`: is it a capture?\n");
    assert!(!told.contains("are sent"), "{told}");
}

/// What is asked for and makes no sense is refused, in words of its own.
#[test]
fn what_makes_no_sense_is_refused() {
    let at = folder(&[("manager.conf", CONF), ("x", "")]);
    for (args, code, why) in [
        (&["--events", "x", "--rate", "100/s/s"][..], 2, "a number of events a second, as `100`"),
        (&["--events", "x", "--rate", "-1"], 2, "a number of events a second, as `100`"),
        (&["--events", "x", "--wait-for", "-1"], 2, "a number of sessions, as `2`"),
        (&["--wait-for", "2"], 2, "--events"),
        (&["--events", "nofile"], 3, "cannot read `nofile`: No such file or directory (os error 2)"),
        (&["--events", "."], 3, "cannot read `.`: Is a directory (os error 21)"),
    ] {
        let ran = amictl(at.path(), &[&["serve", "manager.conf", "--port", "0"], args, &["--", "true"]].concat());
        assert!(ran.code == code && ran.err.contains(why), "{args:?}: {} {}", ran.code, ran.err);
    }
    let ran = amictl(
        at.path(),
        &["serve", "manager.conf", "--port", "0", "--synthetic", "calls=1/s", "--wait-for=2", "--", "true"],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn what_cannot_be_is_refused() {
    let at = folder(&[("manager.conf", CONF), ("broken.conf", "[general\n")]);
    for (args, code, why) in [
        (&["manager.conf", "--record", "-"][..], 2, "help: name a file: `--record said.jsonl`"),
        (&["manager.conf", "--port", "0", "--"], 2, "no command stands behind `--`"),
        (&["broken.conf", "--force"], 1, "`--force` does not help here"),
    ] {
        let ran = amictl(at.path(), &[&["serve"], args].concat());
        assert!(ran.code == code && ran.err.contains(why), "{args:?}: {} {}", ran.code, ran.err);
    }
    assert!(!at.path().join("-").exists());
}

/// Where there is no TLS the command is told of none, whoever started the server.
#[test]
fn a_command_is_told_of_listeners_that_there_are() {
    let at = folder(&[("manager.conf", CONF)]);
    let mut ran = serve(
        at.path(),
        &["--", "sh", "-c", "test -n \"$AMICTL_PORT\" && test -z \"$AMICTL_TLS_PORT$AMICTL_TLS_HOST\""],
    );
    let ran = ran
        .env("AMICTL_TLS_PORT", "5039")
        .env("AMICTL_TLS_HOST", "192.0.2.1")
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0));
}

/// One release is served, and replies come before what amictl would answer.
#[test]
fn the_help_says_what_is_so() {
    let help = |option| amictl(root(), &["serve", option]).words();
    for option in ["-h", "--help"] {
        let help = help(option);
        assert!(help.contains("--asterisk <R>") && !help.contains("Releases of Asterisk"), "{help}");
        assert!(help.contains("before amictl answers by itself"), "{help}");
    }
}
