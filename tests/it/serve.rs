//! `amictl serve` over sockets.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

use crate::support::{self, root};

const USERS: &str = "[joe]\nsecret = x7Qmk2vv\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\nread = all\nwrite = user,system\n";

/// A server that runs until this is dropped.
struct Served {
    child: Child,
    /// Where it listens.
    at: Vec<String>,
}

impl Served {
    fn new(folder: &Path, listeners: usize, args: &[&str]) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_amictl"))
            .args(["serve", "manager.conf"])
            .args(args)
            .current_dir(folder)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(listeners);
        let (said, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || lines.for_each(|line| drop(said.send(line.unwrap()))));
        let mut served = Served { child, at: Vec::new() };
        for _ in 0..listeners {
            let line = heard.recv_timeout(Duration::from_secs(60)).expect("a line on where it listens");
            served.at.push(line.split(' ').nth(2).unwrap().to_owned());
        }
        served
    }

    fn signal(&self, name: &str) {
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

fn connect(at: &str) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads until a text has come.
fn until(stream: &mut impl Read, text: &str) -> String {
    let (mut all, mut byte) = (Vec::new(), [0]);
    while !all.ends_with(text.as_bytes()) {
        let read = stream.read_exact(&mut byte);
        read.unwrap_or_else(|error| panic!("{error}, after {:?}", String::from_utf8_lossy(&all)));
        all.push(byte[0]);
    }
    String::from_utf8(all).unwrap()
}

fn login(stream: &mut (impl Read + Write), secret: &str) -> String {
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
    let told = until(&mut errors, "in terms of access\n");
    assert!(told.contains("joe: secret changed") && told.contains("other can log in"), "{told}");
    assert!(!told.contains("Kk29vQxa") && !told.contains("9vTqq2Lm"), "{told}");
    assert!(login(&mut connect(&served.at[0]), "x7Qmk2vv").contains("Authentication failed"));
    assert!(login(&mut connect(&served.at[0]), "Kk29vQxa").contains("accepted"));
    write("[general\n");
    served.signal("-HUP");
    until(&mut errors, "what was read before goes on\n");
    assert!(login(&mut connect(&served.at[0]), "Kk29vQxa").contains("accepted"));
    write!(old, "Action: Ping\r\n\r\n").unwrap();
    until(&mut old, "Ping: Pong\r\n");
}

/// Whatever certificate there is will do.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
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
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(Anybody)).with_no_client_auth();
        let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
        let mut stream = StreamOwned::new(client, connect(&served.at[1]));
        assert!(login(&mut stream, "x7Qmk2vv").contains("Authentication accepted"));
        let told = until(&mut stream, "SessionTV: ");
        assert!(told.contains("RemoteAddress: IPV4/TLS/127.0.0.1/"), "{told}");
    }
    // Plain text is no handshake.
    let mut stream = connect(&served.at[1]);
    write!(stream, "Action: Ping\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"Asterisk"), "{}", rest.escape_ascii());
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
