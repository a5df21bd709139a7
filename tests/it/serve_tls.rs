//! Clients of the TLS listener before there are keys, and what becomes of them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use amictl::host::raise_file_limit;
use rustls::version::{TLS12, TLS13};
use tempfile::TempDir;

use crate::serve::{Served, connect, connect_secretly, login, until};
use crate::support::{folder, root};

/// So many handshakes there may be at once.
const HANDSHAKES: usize = 256;

/// A server of both listeners; lines go into `[general]`.
fn serve(general: &str) -> (Served, TempDir) {
    let conf = format!(
        "[general]\nenabled = yes\nbindaddr = 127.0.0.1\ntlsenable = yes\ntlsbindaddr = 127.0.0.1\ntlscertfile = {}\n\
         {general}\n[joe]\nsecret = x7Qmk2vv\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\nread = call\nwrite = user\n",
        root().join("fixtures/manager/tls/both.pem").display(),
    );
    let at = folder(&[("manager.conf", &conf)]);
    (Served::new(at.path(), 2, &["--port", "0", "--tls-port", "0"]), at)
}

/// Connections to the TLS listener that say nothing.
fn silent(served: &Served, count: usize) -> Vec<TcpStream> {
    raise_file_limit();
    (0..count).map(|_| connect(&served.at[1])).collect()
}

/// Has the server closed it?
fn is_closed(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let read = stream.read(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    !matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// As in Asterisk: a place of `authlimit` is taken, and the time to log in begins, when there are keys.
#[test]
fn who_has_no_keys_yet_takes_no_place() {
    let (mut served, _at) = serve("authlimit = 1\nauthtimeout = 1");
    let bare = silent(&served, 20);
    // The time of one that has keys is over, and that of the others has not begun.
    let mut late = connect_secretly(&served.at[1], &TLS13);
    until(&mut late, "\r\n");
    assert_eq!(late.read(&mut [0]).unwrap(), 0);
    assert!(bare.iter().all(|stream| !is_closed(stream)));
    // One may go on where it was.
    let mut first = rustls::StreamOwned::new(amictl::testing::tls::client(&[&TLS12]), bare.into_iter().next().unwrap());
    assert!(login(&mut first, "x7Qmk2vv").contains("accepted"));
    assert!(login(&mut connect(&served.at[0]), "x7Qmk2vv").contains("accepted"));
    // Handshakes that are not done do not hold up the end.
    let _silent = silent(&served, 3);
    served.signal("-TERM");
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

/// The handshake is done, and then there is an end that TLS tells of, and no fault.
#[test]
fn who_comes_when_all_places_are_taken_is_told_of_an_end() {
    let (served, _at) = serve("authlimit = 1");
    let mut stranger = connect_secretly(&served.at[1], &TLS13);
    until(&mut stranger, "\r\n");
    for version in [&TLS12, &TLS13] {
        let mut other = connect_secretly(&served.at[1], version);
        let mut said = Vec::new();
        // An end without a word of TLS would be an error.
        other.read_to_end(&mut said).unwrap();
        assert!(said.is_empty() && !other.conn.is_handshaking(), "{}", said.escape_ascii());
    }
}

/// There is an end to how many there are; up to it everybody is served.
#[test]
fn silent_connections_delay_nobody_up_to_a_limit() {
    let (served, _at) = serve("authlimit = 3");
    let mut bare = silent(&served, HANDSHAKES - 1);
    assert!(login(&mut connect_secretly(&served.at[1], &TLS13), "x7Qmk2vv").contains("accepted"));
    bare.extend(silent(&served, 1));
    assert_eq!(silent(&served, 1)[0].read(&mut [0]).unwrap(), 0);
    assert!(bare.iter().all(|stream| !is_closed(stream)));
    assert!(login(&mut connect(&served.at[0]), "x7Qmk2vv").contains("accepted"));
    // There is a place again when one has left, as soon as the server knows.
    drop(bare.pop());
    let begun = Instant::now();
    loop {
        let mut next = connect_secretly(&served.at[1], &TLS13);
        if next.read(&mut [0]).is_ok_and(|read| read > 0) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "there is no place");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(bare.iter().all(|stream| !is_closed(stream)));
}

/// Asterisk closes it, and does not reset it: what was sent has been read.
#[test]
fn what_is_no_handshake_is_told_of_an_end() {
    let (served, _at) = serve("");
    let lines = b"GET / HTTP/1.0\r\n\r\n".repeat(300);
    // A hello without anything in it, and more behind it: there is an alert, and then the end.
    let broken = [&b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"[..], &lines].concat();
    for (text, answer) in [(&lines[..18], 0), (&lines, 0), (&broken, 7)] {
        let mut stream = connect(&served.at[1]);
        stream.write_all(text).unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).unwrap();
        assert_eq!(said.len(), answer, "{}", said.escape_ascii());
    }
}

/// The alert `protocol_version`, as OpenSSL sends it, whatever else an old client does not say.
#[test]
fn who_is_too_old_is_told_so() {
    let (served, _at) = serve("");
    for minor in [1, 2] {
        let mut hello = vec![0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, minor];
        hello.extend([0x5a; 32]);
        // No session, one cipher, no compression, and no extensions.
        hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
        let mut stream = connect(&served.at[1]);
        stream.write_all(&hello).unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).unwrap();
        assert_eq!(said, [0x15, 3, minor, 0, 2, 2, 70]);
    }
}
