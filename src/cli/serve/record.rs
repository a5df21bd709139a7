//! `amictl serve --record`: the conversation is written down, its secrets masked.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use memchr::memmem;
use tracing::error;

use super::super::exit::Failure;
use crate::host::{is_same_file, write_to};
use crate::release::Release;
use crate::report::conversation::{Line, Said, begin};
use crate::server::observe::{Observation, Observer, What};
use crate::server::{Fault, Request};
use crate::text::{MASK, Secrets, is_secret_key};

/// Between messages.
const END: &[u8] = b"\r\n\r\n";

/// Writes down what is said. What fails is told once, and ends it: the server goes on.
pub(super) struct Record {
    out: Option<BufWriter<Box<dyn Write>>>,
    name: Rc<str>,
    secrets: Secrets,
}

impl Record {
    /// Begins one. `read`: the files that are served, or read for it, which are not to be written to.
    pub(super) fn new(path: &Path, read: &[PathBuf], release: Release, secrets: Secrets) -> Result<Record, Failure> {
        let name = path.display().to_string();
        if read.iter().any(|it| is_same_file(it, path)) {
            return Err(Failure::usage(format!("`{name}` is a file that the server reads"))
                .help("name another with `--record`: what is in that one would be lost"));
        }
        let failed = |error| Failure::input(format!("cannot write `{name}`: {error}"));
        let mut out = BufWriter::new(write_to(path, secrets == Secrets::Revealed).map_err(failed)?);
        begin(release, &mut out).and_then(|()| out.flush()).map_err(failed)?;
        Ok(Record { out: Some(out), name: name.into(), secrets })
    }

    fn write(&mut self, line: &Line<'_>) {
        let Some(out) = &mut self.out else { return };
        // A test reads it while the server runs.
        if let Err(why) = line.write(out).and_then(|()| out.flush()) {
            error!("no more is recorded in `{}`: {why}", self.name);
            self.out = None;
        }
    }
}

/// A request as it was understood, without what nobody is to see. Of one with a line that is too long it is not known what
/// the rest of that line belongs to; and one that has too many lines may have such a line as well.
fn message(request: &Request, fault: Option<Fault>, secrets: Secrets) -> Vec<u8> {
    if fault.is_some() && secrets == Secrets::Masked {
        return Vec::new();
    }
    let mut text = Vec::new();
    let is_login = request.action().eq_ignore_ascii_case(b"Login");
    for line in &request.lines {
        let hides = |name: &[u8]| is_login && name.eq_ignore_ascii_case(b"Key") || is_of_secret(name, request);
        text.extend(masked(line, hides, secrets));
        text.extend(b"\r\n");
    }
    text.extend(b"\r\n");
    text
}

/// An answer or an event. What comes from a file is masked already where it is asked for; clients are told again what they
/// have said, and of a wrong key this and the right one.
fn answer(text: &[u8], secrets: Secrets) -> Vec<u8> {
    let is_refusal = text.starts_with(b"Event: ChallengeResponseFailed\r\n");
    let hides = |name: &[u8]| name == b"ExpectedResponse" || is_refusal && name == b"Response";
    let said = |line: &[u8]| masked_json(line, secrets).unwrap_or_else(|| masked(line, hides, secrets));
    let line = |line: &[u8]| match line.strip_suffix(b"\r\n") {
        Some(line) => [&said(line)[..], b"\r\n"].concat(),
        None => said(line),
    };
    text.split_inclusive(|&byte| byte == b'\n').flat_map(line).collect()
}

/// Headers by which clients of other protocols would log in, beside those that [`is_secret_key`] knows.
const CREDENTIALS: [&[u8]; 3] = [b"Authorization", b"Proxy-Authorization", b"Auth"];

/// A line, its value masked where its name is that of a secret or one of those that `hides` says.
fn masked(line: &[u8], hides: impl Fn(&[u8]) -> bool, secrets: Secrets) -> Vec<u8> {
    let (name, value) = line.split_at(memchr::memchr(b':', line).unwrap_or(0));
    let bare = name.trim_ascii();
    let is_secret = is_secret_key(bare) || CREDENTIALS.iter().any(|it| it.eq_ignore_ascii_case(bare)) || hides(bare);
    match is_secret && secrets == Secrets::Masked && value.trim_ascii() != b":" {
        true => [name, b": ", MASK.as_bytes()].concat(),
        false => secrets.shown(b"", line).into_owned(),
    }
}

/// A line of GetConfigJSON, each of its strings for itself: what is masked in it already does not end what is shown. Nothing
/// where it is anything else, or written in another way than the server does.
fn masked_json(line: &[u8], secrets: Secrets) -> Option<Vec<u8>> {
    let mut rest = line.strip_prefix(b"JSON: {")?;
    let (mut text, mut key) = (b"JSON: {".to_vec(), &b""[..]);
    while let Some(start) = memchr::memchr(b'"', rest) {
        let (between, string) = (&rest[..start], &rest[start + 1..]);
        let mut end = 0;
        while *string.get(end)? != b'"' {
            let is_escape = string[end] == b'\\';
            if is_escape && !b"\"\\".contains(string.get(end + 1)?) {
                return None;
            }
            end += 1 + usize::from(is_escape);
        }
        text.extend(plain(between, key)?);
        let value = &string[..end];
        rest = &string[end + 1..];
        let is_key = rest.starts_with(b":");
        text.push(b'"');
        text.extend_from_slice(&secrets.shown(if is_key { b"" } else { key }, value));
        text.push(b'"');
        if is_key {
            key = value;
        }
    }
    text.extend(plain(rest, key)?);
    Some(text)
}

/// What the server has between strings.
fn plain<'b>(between: &'b [u8], key: &[u8]) -> Option<&'b [u8]> {
    let marks = between.strip_prefix(b":1").filter(|_| key == b"istemplate").unwrap_or(between);
    marks.iter().all(|byte| b"{}:,".contains(byte)).then_some(between)
}

/// Does a header hold what another one names as a secret? UpdateConfig has the name of an option in `Var-000000`, and its
/// value, new or old, in `Value-000000` and `Match-000000`.
fn is_of_secret(name: &[u8], request: &Request) -> bool {
    let start =
        |start: &str| name.split_at_checked(start.len()).filter(|it| it.0.eq_ignore_ascii_case(start.as_bytes()));
    let number = ["Value-", "Match-"].into_iter().find_map(start).and_then(|it| std::str::from_utf8(it.1).ok());
    number.is_some_and(|number| is_secret_key(request.header(&format!("Var-{number}"))))
}

impl Observer for Record {
    fn observe(&mut self, observation: &Observation<'_>) {
        let Some(client) = observation.client else { return };
        let (at, session, user, secrets) = (observation.at, client.id, client.user, self.secrets);
        let mut write = |what: Said<'_>| self.write(&Line { at, session, user, what });
        match observation.what {
            What::Connected => write(Said::Connected { from: client.peer.remote, is_tls: client.peer.is_tls }),
            What::Received(request, fault) => {
                let text = message(request, fault, secrets);
                write(Said::Message { by_client: true, text: &text, fault: fault.map(|it| it.to_string()) });
            }
            What::Sent(bytes) => {
                let said = |text: &[u8]| answer(text, secrets);
                messages(bytes)
                    .for_each(|text| write(Said::Message { by_client: false, text: &said(text), fault: None }));
            }
            What::Left(end) => write(Said::Left(end.name())),
            _ => {}
        }
    }
}

/// The messages of what is sent at once. Nothing is lost: what ends in none, as the greeting, is one.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = memmem::find(bytes, END).map_or(bytes.len(), |at| at + END.len());
        let (message, rest) = bytes.split_at(end);
        bytes = rest;
        (!message.is_empty()).then_some(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_cut_into_messages() {
        let cut = |text: &'static str| {
            messages(text.as_bytes()).map(|it| String::from_utf8_lossy(it).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(cut("Greeting\r\n"), ["Greeting\r\n"]);
        assert_eq!(cut("A: 1\r\n\r\nB: 2\r\n\r\n"), ["A: 1\r\n\r\n", "B: 2\r\n\r\n"]);
        assert_eq!(cut(""), [""; 0]);
    }

    #[test]
    fn secrets_are_masked() {
        let said = |text: &str| {
            let lines = text.lines().map(|line| line.as_bytes().to_vec()).collect();
            String::from_utf8(message(&Request { lines }, None, Secrets::Masked)).unwrap()
        };
        assert_eq!(
            said("Action: Login\nSECRET:  hidden\nKey: 0123\nUsername: joe"),
            "Action: Login\r\nSECRET: ***\r\nKey: ***\r\nUsername: joe\r\n\r\n"
        );
        for name in ["authorization", "Token", "Auth", "PIN", "Password", "Secret "] {
            let masked = format!("{name}: ***\r\n\r\n");
            assert_eq!(said(&format!("{name}: Basic hidden")), masked);
            let told = answer(format!("{name}: Basic hidden\r\n\r\n").as_bytes(), Secrets::Masked);
            assert_eq!(String::from_utf8(told).unwrap(), masked, "it is told again");
        }
        assert_eq!(said("Secret:"), "Secret:\r\n\r\n");
        assert_eq!(
            said(
                "Var-000001: secret\nvalue-000001: hidden\nMatch-000001: old\nValue-000000: shown\nMatch-000000: shown"
            ),
            "Var-000001: secret\r\nvalue-000001: ***\r\nMatch-000001: ***\r\nValue-000000: shown\r\nMatch-000000: shown\r\n\r\n"
        );
        assert_eq!(said("Command: x secret=hidden"), "Command: x secret=***\r\n\r\n");
    }

    #[test]
    fn a_key_is_a_secret_in_a_login_alone() {
        let said = |action: &str| {
            let lines = vec![format!("Action: {action}").into_bytes(), b"Key: 100".to_vec()];
            String::from_utf8(message(&Request { lines }, None, Secrets::Masked)).unwrap()
        };
        assert_eq!(said("login"), "Action: login\r\nKey: ***\r\n\r\n");
        assert_eq!(said("DBGet"), "Action: DBGet\r\nKey: 100\r\n\r\n");
    }

    #[test]
    fn json_goes_on_behind_a_secret() {
        let said = |json: &str| {
            let text = answer(format!("JSON: {json}\r\n\r\n").as_bytes(), Secrets::Masked);
            String::from_utf8(text).unwrap().trim_end().replace("JSON: ", "")
        };
        let masked =
            r#"{"bob":{"istemplate":1,"secret":"***","setvar":"PASSWORD=***","a":"\"secret","read":"call"},"e":{}}"#;
        assert_eq!(said(masked), masked);
        assert_eq!(said(r#"{"bob":{"secret":"a\"b","read":"call"}}"#), r#"{"bob":{"secret":"***","read":"call"}}"#);
        for other in [
            r#"{"secret":"a"b"c"}"#,
            r#"{"pin":123,"a":"b"}"#,
            r#"{"a":"\u0009secret=b"}"#,
            r#"{"secret":"a"#,
            r#"{"pin":1}"#,
        ] {
            assert!(said(other).ends_with("***"), "{other}: {}", said(other));
        }
    }

    /// Of a line that is too long the end is left, and nobody knows of what.
    #[test]
    fn nothing_is_shown_of_what_has_a_fault() {
        let request = Request { lines: vec![b"the end of a Secret".to_vec()] };
        for fault in [Fault::LineTooLong, Fault::TooManyLines] {
            assert_eq!(message(&request, Some(fault), Secrets::Masked), b"");
            assert_eq!(message(&request, Some(fault), Secrets::Revealed), b"the end of a Secret\r\n\r\n");
        }
    }

    /// A client may have sent its secret as its key.
    #[test]
    fn wrong_keys_and_right_ones_are_masked() {
        let event = "Event: ChallengeResponseFailed\r\nResponse: 1\r\nExpectedResponse: 2\r\nSessionTV: x\r\n\r\n";
        let shown = event.replace("Response: 1", "Response: ***").replace(": 2", ": ***");
        assert_eq!(String::from_utf8(answer(event.as_bytes(), Secrets::Masked)).unwrap(), shown);
        assert_eq!(answer(b"Response: Error\r\n\r\n", Secrets::Masked), b"Response: Error\r\n\r\n");
    }
}
