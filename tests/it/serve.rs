//! `amictl serve` over sockets.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use amictl::testing::tls;
use rustls::{ClientConnection, StreamOwned};

use crate::support::{self, root};

const USERS: &str = "[joe]\nsecret = x7Qmk2vv\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\nread = all\nwrite = user,system\n";

/// A server that runs until this is dropped.
pub(crate) struct Served {
    pub(crate) child: Child,
    /// Where it listens.
    pub(crate) at: Vec<String>,
    /// Its output, line by line.
    heard: Receiver<String>,
}

impl Served {
    pub(crate) fn new(folder: &Path, listeners: usize, args: &[&str]) -> Served {
        Served::of(folder, "manager.conf", listeners, args)
    }

    fn of(folder: &Path, file: &str, listeners: usize, args: &[&str]) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_amictl"))
            .args(["serve", file])
            .args(args)
            .current_dir(folder)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (said, heard) = channel();
        std::thread::spawn(move || lines.for_each(|line| drop(said.send(line.unwrap()))));
        let mut served = Served { child, at: Vec::new(), heard };
        for _ in 0..listeners {
            let line = served.line();
            served.at.push(line.split(' ').nth(2).unwrap().to_owned());
        }
        served
    }

    /// The next line of its output.
    pub(crate) fn line(&self) -> String {
        self.heard.recv_timeout(Duration::from_secs(60)).expect("a line of output")
    }

    /// Ends it; tells what it prints then, and its exit code.
    pub(crate) fn end(mut self) -> (String, Option<i32>) {
        self.signal("-TERM");
        let told = self.heard.iter().map(|line| line + "\n").collect();
        (told, self.child.wait().unwrap().code())
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn connect(at: &str) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads until a text has come.
pub(crate) fn until(stream: &mut impl Read, text: &str) -> String {
    let (mut all, mut byte) = (Vec::new(), [0]);
    while !all.ends_with(text.as_bytes()) {
        let read = stream.read_exact(&mut byte);
        read.unwrap_or_else(|error| panic!("{error}, after {:?}", String::from_utf8_lossy(&all)));
        all.push(byte[0]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

pub(crate) fn login(stream: &mut (impl Read + Write), secret: &str) -> String {
    until(stream, "\r\n");
    write!(stream, "Action: Login\r\nUsername: joe\r\nSecret: {secret}\r\n\r\n").unwrap();
    until(stream, "\r\n\r\n")
}

#[test]
fn a_client_is_served_and_told_of_the_end() {
    let conf = format!("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n{USERS}");
    let at = support::folder(&[("manager.conf", &conf)]);
    let mut served = Served::new(at.path(), 1, &["--port", "0"]);
    let mut stream = connect(&served.at[0]);
    assert!(login(&mut stream, "x7Qmk2vv").contains("Authentication accepted"));
    write!(stream, "Action: UserEvent\r\nUserEvent: hello\r\n\r\n").unwrap();
    until(&mut stream, "Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: hello\r\n\r\n");
    // A client that has sent all that it will is still answered.
    let mut other = connect(&served.at[0]);
    write!(other, "Action: Ping\r\n\r\n").unwrap();
    other.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = String::new();
    other.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("Response: Error\r\nMessage: Permission denied\r\n\r\n"), "{rest}");
    served.signal("-TERM");
    until(&mut stream, "Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_hangup_reads_the_file_again_and_refuses_one_with_errors() {
    let conf =
        |secret: &str| format!("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n{}", USERS.replace("x7Qmk2vv", secret));
    let at = support::folder(&[("manager.conf", &*conf("x7Qmk2vv"))]);
    let mut served = Served::new(at.path(), 1, &["--port", "0"]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    let mut old = connect(&served.at[0]);
    assert!(login(&mut old, "x7Qmk2vv").contains("accepted"));
    let write = |text: &str| fs::write(at.path().join("manager.conf"), text).unwrap();
    write(&format!("{}[other]\nsecret = 9vTqq2Lm\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\n", conf("Kk29vQxa")));
    served.signal("-HUP");
    let told = until(&mut errors, "was read again changes=2\n");
    assert!(told.contains("joe: another secret") && told.contains("other can log in"), "{told}");
    assert!(!told.contains("Kk29vQxa") && !told.contains("9vTqq2Lm"), "{told}");
    assert!(login(&mut connect(&served.at[0]), "x7Qmk2vv").contains("Authentication failed"));
    assert!(login(&mut connect(&served.at[0]), "Kk29vQxa").contains("accepted"));
    // What Asterisk would go on with, and a server that starts with this file would not.
    write(&conf("Kk29vQxa").replace("write = user,system\n", ""));
    served.signal("-HUP");
    let told = until(&mut errors, "was read again changes=3\n");
    assert!(told.contains("joe: write loses system,user") && told.contains("other can log in no more"), "{told}");
    assert!(told.contains("joe: no line gives write now; Asterisk keeps what it was until it is restarted"), "{told}");
    write("[general\n");
    served.signal("-HUP");
    until(&mut errors, "what was read before goes on\n");
    assert!(login(&mut connect(&served.at[0]), "Kk29vQxa").contains("accepted"));
    write!(old, "Action: Ping\r\n\r\n").unwrap();
    until(&mut old, "Ping: Pong\r\n");
}

/// Asterisk goes on with the other one; what the command line asks for is not given up.
#[test]
fn a_listener_that_cannot_be_had_is_no_end_to_the_other() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().port().to_string();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let conf = format!(
        "[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {free}\ntlsenable = yes\ntlsbindaddr = 127.0.0.1:{}\n\
        tlscertfile = {}\n{USERS}",
        taken,
        root().join("fixtures/manager/tls/both.pem").display()
    );
    let at = support::folder(&[("manager.conf", &conf)]);
    let served = Served::new(at.path(), 1, &[]);
    assert_eq!(served.at, [format!("127.0.0.1:{free}")]);
    assert!(login(&mut connect(&served.at[0]), "x7Qmk2vv").contains("Authentication accepted"));
    drop(served);
    let refused = Command::new(env!("CARGO_BIN_EXE_amictl"))
        .args(["serve", "manager.conf", "--port", "0", "--tls-port", &taken])
        .current_dir(at.path())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cannot listen on"));
}

#[test]
fn tls_is_served_beside_the_plain_listener() {
    let certificate = root().join("fixtures/manager/tls/both.pem");
    let conf = format!(
        "[general]\nenabled = yes\nbindaddr = 127.0.0.1\ntlsenable = yes\ntlsbindaddr = 127.0.0.1\ntlscertfile = {}\n{USERS}",
        certificate.display()
    );
    let at = support::folder(&[("manager.conf", &conf)]);
    let served = Served::new(at.path(), 2, &["--port", "0", "--tls-port", "0"]);
    assert!(login(&mut connect(&served.at[0]), "x7Qmk2vv").contains("accepted"));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut stream = connect_secretly(&served.at[1], version);
        assert!(login(&mut stream, "x7Qmk2vv").contains("Authentication accepted"));
        let told = until(&mut stream, "SessionTV: ");
        assert!(told.contains("RemoteAddress: IPV4/TLS/127.0.0.1/"), "{told}");
    }
    // Plain text is no handshake: it is closed without a byte.
    let mut stream = connect(&served.at[1]);
    write!(stream, "Action: Ping\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{}", rest.escape_ascii());
}

/// What Asterisk leaves unread of a long record, so does the server, and says so.
#[test]
fn the_rest_of_a_record_is_read_once_more_comes() {
    let conf = format!(
        "[general]\nenabled = yes\nbindaddr = 127.0.0.1\ntlsenable = yes\ntlsbindaddr = 127.0.0.1\ntlscertfile = {}\n{}",
        root().join("fixtures/manager/tls/both.pem").display(),
        USERS.replace("read = all", "read = call")
    );
    let at = support::folder(&[("manager.conf", &conf)]);
    let mut served = Served::new(at.path(), 2, &["--port", "0", "--tls-port", "0"]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    let mut stream = connect_secretly(&served.at[1], &rustls::version::TLS13);
    login(&mut stream, "x7Qmk2vv");
    let ping = |id: usize| format!("Action: Ping\r\nActionID: {id}\r\nX: {}\r\n\r\n", "x".repeat(300));
    stream.write_all([1, 2, 3, 4, 5].map(ping).concat().as_bytes()).unwrap();
    until(&mut stream, "ActionID: 3\r\n");
    stream.write_all(ping(6).as_bytes()).unwrap();
    let said = until(&mut stream, "ActionID: 6\r\n");
    assert!(said.contains("ActionID: 4\r\n") && said.contains("ActionID: 5\r\n"), "{said}");
    served.signal("-TERM");
    let mut told = String::new();
    errors.read_to_string(&mut told).unwrap();
    let line = told.lines().find(|line| line.contains("not read yet")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains(" WARN ") && line.contains("bytes=646"), "{line}");
}

/// A client that has agreed on keys.
pub(crate) fn connect_secretly(
    at: &str,
    version: &'static rustls::SupportedProtocolVersion,
) -> StreamOwned<ClientConnection, TcpStream> {
    StreamOwned::new(tls::client(&[version]), connect(at))
}

/// Keeps what a client writes, and gives it nothing to read.
struct Kept(Vec<u8>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_no_handshake_is_cut_off_and_delays_nobody() {
    let certificate = root().join("fixtures/manager/tls/both.pem");
    let conf = format!(
        "[general]\nenabled = yes\nbindaddr = 127.0.0.1\ntlsenable = yes\ntlsbindaddr = 127.0.0.1\n\
         tlscertfile = {}\n{USERS}",
        certificate.display()
    );
    let at = support::folder(&[("manager.conf", &conf)]);
    let served = Served::new(at.path(), 2, &["--port", "0", "--tls-port", "0"]);
    let mut witness = connect_secretly(&served.at[1], &rustls::version::TLS13);
    assert!(login(&mut witness, "x7Qmk2vv").contains("Authentication accepted"));
    let hello = |version| {
        let mut client = connect_secretly(&served.at[1], version);
        let mut hello = Kept(Vec::new());
        client.conn.write_tls(&mut hello).unwrap();
        hello.0
    };
    let [old, new] = [hello(&rustls::version::TLS12), hello(&rustls::version::TLS13)];
    let mut broken = new.clone();
    broken.iter_mut().skip(20).step_by(7).for_each(|byte| *byte ^= 0x55);
    let plain = b"Action: Login\r\nUsername: joe\r\nSecret: x7Qmk2vv\r\n\r\nAction: Ping\r\n\r\n";
    let all: [&[u8]; 8] =
        [&old, &new, &old[..old.len() / 2], &new[..3], &broken, plain, &[0x16, 3, 1, 0xff, 0xff, 0], &[0xff; 70_000]];
    let attacks = all.iter().map(|bytes| {
        let mut stream = connect(&served.at[1]);
        let _ = stream.write_all(bytes);
        (stream, bytes[0] == 0x16)
    });
    let attacks: Vec<(TcpStream, bool)> = attacks.collect();
    for (mut stream, is_handshake) in attacks {
        write!(witness, "Action: Ping\r\n\r\n").unwrap();
        until(&mut witness, "Ping: Pong\r\n");
        // Nobody waits for the end of a handshake that goes on; what is none is closed without that.
        if is_handshake {
            let _ = stream.shutdown(std::net::Shutdown::Write);
        }
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        assert!(!said.windows(8).any(|part| part == b"Asterisk"), "{}", said.escape_ascii());
    }
    assert!(login(&mut connect(&served.at[0]), "x7Qmk2vv").contains("accepted"));
    assert!(login(&mut connect_secretly(&served.at[1], &rustls::version::TLS12), "x7Qmk2vv").contains("accepted"));
}

#[test]
fn who_does_not_read_does_not_hold_up_the_end() {
    let users = USERS.replace("write = user,system", "write = user,system\nwritetimeout = 3600000");
    let conf = format!("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n{users}");
    let at = support::folder(&[("manager.conf", &conf)]);
    let mut served = Served::new(at.path(), 1, &["--port", "0"]);
    let mut deaf = connect(&served.at[0]);
    assert!(login(&mut deaf, "x7Qmk2vv").contains("accepted"));
    let event = format!("Action: UserEvent\r\nUserEvent: x\r\nX: {}\r\n\r\n", "x".repeat(1000)).repeat(1000);
    deaf.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    while deaf.write_all(event.as_bytes()).is_ok() {}
    served.signal("-TERM");
    served.signal("-TERM");
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_has_errors_is_not_served() {
    let conf = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = x7Qmk2vv\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\n[bob]\nread = all\n";
    let at = support::folder(&[("manager.conf", conf), ("broken.conf", "[x\n")]);
    let ran = support::amictl(at.path(), &["serve", "manager.conf", "--port", "0"]);
    assert!(ran.code == 1 && ran.err.contains("[duplicate-section]") && ran.err.contains("`--force`"), "{}", ran.err);
    let served = Served::new(at.path(), 1, &["--port", "0", "--force"]);
    until(&mut connect(&served.at[0]), "Asterisk Call Manager/11.0.0\r\n");
    let ran = support::amictl(at.path(), &["serve", "broken.conf", "--port", "0", "--force"]);
    assert!(ran.code == 1 && ran.err.contains("does not load"), "{}", ran.err);
}

#[test]
fn a_file_that_changes_is_read_again() {
    let conf = |secret: &str, more: &str| {
        format!(
            "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n{}#include \"more/*.conf\"\n\
             #tryinclude \"later/*.conf\"\n{more}",
            USERS.replace("x7Qmk2vv", secret)
        )
    };
    let at = support::folder(&[("manager.conf", &conf("x7Qmk2vv", "")), ("more/a.conf", "[ann]\nread = call\n")]);
    let mut served = Served::new(at.path(), 1, &["--port", "0", "--watch"]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    // In the place of the old one, as editors do it.
    fs::write(at.path().join("new"), conf("Kk29vQxa", "")).unwrap();
    fs::rename(at.path().join("new"), at.path().join("manager.conf")).unwrap();
    assert!(until(&mut errors, "was read again changes=1\n").contains("joe: another secret"));
    assert!(login(&mut connect(&served.at[0]), "Kk29vQxa").contains("accepted"));
    // One that an include takes in, and one that it does not.
    fs::write(at.path().join("more/b.txt"), "[ben]\n").unwrap();
    fs::write(at.path().join("more/b.conf"), "[ben]\nsecret = 9vTqq2Lm\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\n")
        .unwrap();
    let told = until(&mut errors, "was read again changes=1\n");
    assert!(told.contains("ben can log in") && told.matches("was read again").count() == 1, "{told}");
    // In a directory that was not there, either; and through a link.
    let bob = at.path().join("bob");
    let far = support::folder(&[("eve", "[eve]\nsecret = Zu8wLqp3\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\n")]);
    fs::create_dir(at.path().join("later")).unwrap();
    fs::write(&bob, "[bob]\nsecret = 7pGhTr4k\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\n").unwrap();
    std::thread::sleep(Duration::from_millis(400));
    fs::rename(&bob, at.path().join("later/b.conf")).unwrap();
    until(&mut errors, "bob can log in");
    until(&mut errors, "was read again changes=1\n");
    std::os::unix::fs::symlink(far.path().join("eve"), at.path().join("later/e.conf")).unwrap();
    until(&mut errors, "was read again changes=1\n");
    fs::write(far.path().join("new"), "[eve]\nsecret = Zu8wLqp3\n").unwrap();
    fs::rename(far.path().join("new"), far.path().join("eve")).unwrap();
    assert!(until(&mut errors, "was read again changes=1\n").contains("eve"));
    fs::write(at.path().join("manager.conf"), "[general\n").unwrap();
    until(&mut errors, "what was read before goes on\n");
    assert!(login(&mut connect(&served.at[0]), "Kk29vQxa").contains("accepted"));
}

/// What Asterisk tells nobody: why somebody is refused. No secret is in it.
#[test]
fn the_log_has_the_reason_of_every_refusal() {
    let conf = format!(
        "[general]\nenabled = yes\nbindaddr = 127.0.0.1\ntlsenable = yes\ntlsbindaddr = 127.0.0.1\ntlscertfile = {}\n\
         authtimeout = 1\n{}",
        root().join("fixtures/manager/tls/both.pem").display(),
        USERS.replace("user,system", "user")
    );
    let at = support::folder(&[("manager.conf", &conf)]);
    let mut served = Served::new(at.path(), 2, &["--port", "0", "--tls-port", "0", "--log-format", "json"]);
    let errors = BufReader::new(served.child.stderr.take().unwrap());
    assert!(login(&mut connect(&served.at[0]), "wr0ng\u{1b}[31m").contains("Authentication failed"));
    let mut joe = connect(&served.at[0]);
    assert!(login(&mut joe, "x7Qmk2vv").contains("accepted"));
    write!(joe, "Action: CoreStatus\r\n\r\nAction: Logoff\r\n\r\n").unwrap();
    until(&mut joe, "Goodbye");
    for (at, text) in [
        (0, &b"Action: Ping\r\n\r\n"[..]),
        (1, b"Action: Ping\r\n\r\n"),
        (1, b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"),
    ] {
        let mut other = connect(&served.at[at]);
        other.write_all(text).unwrap();
        let _ = other.read_to_end(&mut Vec::new());
    }
    served.signal("-TERM");
    let lines: Vec<serde_json::Value> =
        errors.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let of =
        |message: &str| lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{lines:?}"));
    let refused = of("login refused");
    assert_eq!(
        (&refused["level"], &refused["user"], &refused["check"]),
        (&"WARN".into(), &"joe".into(), &"secret".into())
    );
    assert_eq!(refused["why"], "wrong (manager.conf:9)");
    let refused = of("action refused");
    assert_eq!((&refused["user"], &refused["action"]), (&"joe".into(), &"CoreStatus".into()));
    assert_eq!(
        refused["why"],
        "it needs one of the classes `system`, `reporting`; `write` grants `user` (manager.conf:13)"
    );
    assert_eq!(of("left")["why"], "logoff");
    assert_eq!(of("cut off")["why"], "it has not logged in within `authtimeout`");
    let no_tls: Vec<&str> =
        lines.iter().filter(|it| it["message"] == "no TLS").filter_map(|it| it["why"].as_str()).collect();
    assert!(matches!(no_tls[..], ["what it sends is no handshake", why] if !why.is_empty()), "{no_tls:?}");
    let all = format!("{lines:?}");
    assert!(!all.contains("x7Qmk2vv") && !all.contains("wr0ng"), "{all}");
}

#[test]
fn where_it_listens_is_said_in_json_too() {
    let conf = format!("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n{USERS}");
    let at = support::folder(&[("manager.conf", &conf)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_amictl"))
        .args(["serve", "manager.conf", "--port", "0", "--ready=json", "--asterisk", "16"])
        .current_dir(at.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    crate::schemas::fits("serve-ready", &line);
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    until(&mut connect(ready["plain"].as_str().unwrap()), "Asterisk Call Manager/5.0.4\r\n");
    assert_eq!((&ready["format"], &ready["release"], &ready["tls"]), (&1.into(), &"16.28.0".into(), &().into()));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The certificate that a listener shows.
fn certificate_at(at: std::net::SocketAddr) -> Vec<u8> {
    let mut stream = StreamOwned::new(tls::client(rustls::ALL_VERSIONS), connect(&at.to_string()));
    until(&mut stream, "\r\n");
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

#[test]
fn a_listener_goes_where_the_file_has_it() {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let [first, second] = [free(), free()];
    let conf =
        |port: u16, more: &str| format!("[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {port}\n{more}{USERS}");
    let at = support::folder(&[("manager.conf", &conf(first.port(), ""))]);
    let mut served = Served::new(at.path(), 1, &[]);
    assert_eq!(served.at[0], first.to_string());
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    let mut old = connect(&served.at[0]);
    assert!(login(&mut old, "x7Qmk2vv").contains("accepted"));
    let certificate = root().join("fixtures/manager/tls/both.pem");
    let tls = free();
    let tls_lines = format!("tlsenable = yes\ntlsbindaddr = {tls}\ntlscertfile = {}\n", certificate.display());
    fs::write(at.path().join("manager.conf"), conf(second.port(), &tls_lines)).unwrap();
    served.signal("-HUP");
    until(&mut errors, &format!("listening on {tls} with TLS\n"));
    assert!(login(&mut connect(&second.to_string()), "x7Qmk2vv").contains("accepted"));
    assert!(TcpStream::connect(tls).is_ok() && TcpStream::connect(first).is_err());
    write!(old, "Action: Ping\r\n\r\n").unwrap();
    until(&mut old, "Ping: Pong\r\n");
    // Another certificate in the same place.
    let before = certificate_at(tls);
    let other = root().join("fixtures/manager/tls/ec.pem");
    fs::write(at.path().join("manager.conf"), conf(second.port(), &tls_lines.replace("both.pem", "ec.pem"))).unwrap();
    served.signal("-HUP");
    until(&mut errors, "was read again changes=0\n");
    let after = certificate_at(tls);
    assert_ne!(before, after, "{}", other.display());
    // Asterisk closes all, and goes on; who is connected stays.
    fs::write(at.path().join("manager.conf"), conf(second.port(), "").replace("enabled = yes", "enabled = no"))
        .unwrap();
    served.signal("-HUP");
    until(&mut errors, "not listening with TLS any more\n");
    assert!(TcpStream::connect(tls).is_err() && TcpStream::connect(second).is_err());
    write!(old, "Action: Ping\r\n\r\n").unwrap();
    until(&mut old, "Ping: Pong\r\n");
}

/// One is closed as all are: with an end, and not with a fault, whatever it has sent.
#[test]
fn who_is_turned_away_is_told_of_an_end() {
    let conf = format!("[general]\nenabled = yes\nbindaddr = 127.0.0.1\nauthlimit = 1\n{USERS}");
    let at = support::folder(&[("manager.conf", &conf)]);
    let served = Served::new(at.path(), 1, &["--port", "0"]);
    let mut first = connect(&served.at[0]);
    until(&mut first, "\r\n");
    let mut second = connect(&served.at[0]);
    let _ = write!(second, "Action: Ping\r\n\r\n");
    let mut rest = Vec::new();
    second.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty(), "{}", rest.escape_ascii());
}

/// Where nothing says otherwise TLS is where the plain listener is.
#[test]
fn listeners_are_at_one_address() {
    let certificate = root().join("fixtures/manager/tls/both.pem");
    let conf = |tls: &str| format!("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n{tls}{USERS}");
    let with = conf(&format!("tlscertfile = {}\n", certificate.display()));
    let at = support::folder(&[("manager.conf", &with), ("bare.conf", &conf(""))]);
    let served = Served::new(at.path(), 2, &["--port", "0", "--tls-port", "0"]);
    assert!(served.at.iter().all(|at| at.starts_with("127.0.0.1:")), "{:?}", served.at);
    let ran = support::amictl(at.path(), &["serve", "bare.conf", "--port", "0", "--tls-port", "0"]);
    assert!(ran.code == 1 && ran.err.contains("no TLS: "), "it was asked for by its option: {}", ran.err);
}

#[test]
fn a_certificate_that_is_renewed_is_taken() {
    let certificate = |name: &str| fs::read(root().join("fixtures/manager/tls").join(name)).unwrap();
    let keys = tempfile::tempdir().unwrap();
    let path = keys.path().join("server.pem");
    fs::write(&path, certificate("both.pem")).unwrap();
    let conf = format!(
        "[general]\nenabled = yes\nbindaddr = 127.0.0.1\ntlsenable = yes\ntlsbindaddr = 127.0.0.1\ntlscertfile = {}\n{USERS}",
        path.display()
    );
    let at = support::folder(&[("manager.conf", &conf)]);
    let mut served = Served::new(at.path(), 2, &["--port", "0", "--tls-port", "0", "--watch"]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    let tls = served.at[1].parse().unwrap();
    let before = certificate_at(tls);
    fs::write(keys.path().join("new"), certificate("ec.pem")).unwrap();
    fs::rename(keys.path().join("new"), &path).unwrap();
    until(&mut errors, "was read again changes=0\n");
    let begun = std::time::Instant::now();
    while certificate_at(tls) == before {
        assert!(begun.elapsed() < Duration::from_secs(20), "the old certificate is still shown");
    }
}

#[test]
fn a_folder_that_is_replaced_is_watched_again() {
    let conf =
        |secret: &str| format!("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n{}", USERS.replace("x7Qmk2vv", secret));
    let at = support::folder(&[("etc/manager.conf", &conf("x7Qmk2vv"))]);
    let etc = at.path().join("etc");
    let mut served = Served::of(at.path(), "etc/manager.conf", 1, &["--port", "0", "--watch"]);
    let mut errors = BufReader::new(served.child.stderr.take().unwrap());
    fs::remove_dir_all(&etc).unwrap();
    until(&mut errors, "what was read before goes on\n");
    fs::create_dir(&etc).unwrap();
    fs::write(etc.join("manager.conf"), conf("Kk29vQxa")).unwrap();
    until(&mut errors, "was read again changes=1\n");
    fs::write(etc.join("manager.conf"), conf("Zu8wLqp3")).unwrap();
    until(&mut errors, "was read again changes=1\n");
    // Another one in its place, which is as old.
    let other = support::folder(&[("etc/manager.conf", &conf("7pGhTr4k"))]);
    fs::rename(&etc, at.path().join("old")).unwrap();
    fs::rename(other.path().join("etc"), &etc).unwrap();
    until(&mut errors, "was read again changes=1\n");
    fs::write(etc.join("manager.conf"), conf("9vTqq2Lm")).unwrap();
    until(&mut errors, "was read again changes=1\n");
    assert!(login(&mut connect(&served.at[0]), "9vTqq2Lm").contains("accepted"));
}
