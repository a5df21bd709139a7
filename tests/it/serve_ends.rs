//! How `amictl serve` begins and ends: what is lost and what is not, what is refused, and what its exit code says.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::serve::{Served, connect, login, until};
use crate::support::{amictl, folder};

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
    let at = folder(&[("manager.conf", "[general\n")]);
    let ran = amictl(at.path(), &["serve", "manager.conf", "--log-format", "json", "--log-level", "off"]);
    let line: serde_json::Value = serde_json::from_str(ran.err.lines().last().unwrap_or_default()).unwrap();
    assert!(line["message"].as_str().unwrap().contains("does not load"), "{line}");
    assert!(ran.code == 1 && line["level"] == "ERROR" && line["timestamp"].is_string(), "{line}");
}
