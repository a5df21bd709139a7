//! Conversations with a manager: `fixtures/wire/TOPIC.toml` has what clients send, `fixtures/wire/RELEASE/TOPIC.json` what
//! an Asterisk of that release sent them, after each step.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use super::recorded;

/// One file of conversations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    /// The file's name without `.toml`.
    #[serde(skip)]
    pub topic: String,
    /// The configuration of those that have none of their own.
    manager_conf: String,
    /// What is said, in order.
    #[serde(rename = "conversation")]
    conversations: Vec<Conversation>,
}

/// One configuration, and what clients do with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Conversation {
    /// Unique in its table.
    pub name: String,
    /// What it shows, in a line.
    pub about: String,
    manager_conf: Option<String>,
    /// The releases that it is about; all where none is named.
    #[serde(default)]
    on: Vec<String>,
    /// What comes is told for all steps together: when it comes, nobody can say.
    #[serde(default)]
    whole: bool,
    /// Clients come to the listener of TLS, and all that one sends in a step is one record.
    #[serde(default)]
    pub tls: bool,
    /// What is done, one after the other.
    pub steps: Vec<Step>,
}

/// What one client does. It connects with its first step.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// Which client.
    #[serde(default = "first")]
    pub who: String,
    /// Lines to send, each of them with CR LF for its LF. `{key:SECRET}` is the answer to the last challenge, and
    /// `{KEY:SECRET}` the same in upper case.
    say: Option<Bytes>,
    /// Bytes to send as they are.
    raw: Option<Bytes>,
    /// Somebody to log in, with its name for a secret, who asks for these events.
    login: Option<[String; 2]>,
    /// It sends no more, and goes on reading.
    #[serde(default)]
    ends: bool,
    /// So many milliseconds pass at least.
    #[serde(default)]
    wait: u64,
}

fn first() -> String {
    "a".to_owned()
}

/// What came, by the names of the clients: the text with what is another each time masked, and a note where the
/// connection was closed behind it.
pub type Heard = BTreeMap<String, String>;

/// `fixtures/wire/RELEASE/TOPIC.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// The release.
    pub release: String,
    /// The package it came from.
    pub package: String,
    /// The day, as 2026-11-23.
    pub recorded: String,
    /// What recorded it.
    pub recorder: String,
    /// What came after each step, by the names of the conversations.
    pub heard: BTreeMap<String, Vec<Heard>>,
}

/// Connections to a manager.
pub trait Wire {
    /// A client comes, with TLS or without.
    ///
    /// # Errors
    ///
    /// Nobody listens.
    fn connect(&mut self, who: &str, tls: bool) -> io::Result<()>;
    /// It sends something; what nobody takes any more is dropped.
    fn send(&mut self, who: &str, bytes: &[u8]);
    /// It sends no more.
    fn end(&mut self, who: &str);
    /// Waits at least so long, and until nobody is sent anything any more.
    fn settle(&mut self, at_least: Duration);
    /// What it was sent since this was asked last, and whether its connection was closed behind that.
    fn take(&mut self, who: &str) -> (Vec<u8>, bool);
}

/// The tables of a folder, by topic.
///
/// # Errors
///
/// A table that cannot be read.
pub fn load(folder: &Path) -> io::Result<Vec<Table>> {
    let mut tables = Vec::new();
    for (topic, path) in recorded::tables(folder)? {
        let odd = |error| io::Error::other(format!("{}: {error}", path.display()));
        let mut table: Table = toml::from_str(&fs::read_to_string(&path)?).map_err(odd)?;
        table.topic = topic;
        tables.push(table);
    }
    Ok(tables)
}

impl Table {
    /// The conversations to have with a release.
    pub fn about<'t>(&'t self, release: &'t str) -> impl Iterator<Item = &'t Conversation> {
        self.conversations.iter().filter(move |it| it.on.is_empty() || it.on.iter().any(|on| on == release))
    }

    /// The manager.conf of a conversation.
    pub fn manager_conf<'t>(&'t self, conversation: &'t Conversation) -> &'t str {
        conversation.manager_conf.as_deref().unwrap_or(&self.manager_conf)
    }
}

impl Recording {
    /// The recording at a path, if there is one.
    ///
    /// # Errors
    ///
    /// A file that is no recording.
    pub fn read(path: &Path) -> io::Result<Option<Recording>> {
        recorded::read(path)
    }
}

impl Conversation {
    /// Has it, and returns what came after each step.
    ///
    /// # Errors
    ///
    /// Nobody listens.
    pub fn play(&self, wire: &mut dyn Wire) -> io::Result<Vec<Heard>> {
        // All that each client was ever sent.
        let mut all: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        let mut heard = Vec::new();
        for step in &self.steps {
            if !all.contains_key(step.who.as_str()) {
                wire.connect(&step.who, self.tls)?;
            }
            let so_far = all.entry(&step.who).or_default();
            wire.send(&step.who, &step.bytes(so_far));
            if step.ends {
                wire.end(&step.who);
            }
            wire.settle(Duration::from_millis(step.wait));
            let mut now = Heard::new();
            for (&who, so_far) in &mut all {
                let (bytes, is_closed) = wire.take(who);
                so_far.extend_from_slice(&bytes);
                if !bytes.is_empty() || is_closed {
                    now.insert(who.to_owned(), masked(&bytes) + if is_closed { "{closed}" } else { "" });
                }
            }
            heard.push(now);
        }
        Ok(if self.whole { vec![together(heard)] } else { heard })
    }
}

/// What came in several steps, as if it had come in one.
fn together(steps: Vec<Heard>) -> Heard {
    let mut all = Heard::new();
    for (who, text) in steps.into_iter().flatten() {
        all.entry(who).or_default().push_str(&text);
    }
    all
}

impl Step {
    /// What is sent by a client that was sent this so far.
    fn bytes(&self, so_far: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some([user, events]) = &self.login {
            let lines = format!("Action: Login\nUsername: {user}\nSecret: {user}\nEvents: {events}\n\n");
            bytes.extend(with_cr(lines.as_bytes()));
        }
        bytes.extend(self.say.iter().flat_map(|lines| with_cr(&lines.0)));
        bytes.extend(self.raw.iter().flat_map(|raw| &raw.0));
        let Some(challenge) = last_challenge(so_far) else { return bytes };
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        let with_keys =
            keyed(&keyed(&text, "{key:", &challenge, |key| key), "{KEY:", &challenge, |key| key.to_uppercase());
        with_keys.chars().filter_map(|char| u8::try_from(char).ok()).collect()
    }
}

fn with_cr(lines: &[u8]) -> Vec<u8> {
    super::scenario::replace(lines, b"\n", b"\r\n")
}

fn last_challenge(so_far: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(so_far);
    let line = text.lines().rev().find_map(|line| line.strip_prefix("Challenge: "))?;
    Some(line.to_owned())
}

/// A text with the answers to a challenge put in.
fn keyed(text: &str, mark: &str, challenge: &str, spelled: fn(String) -> String) -> String {
    let Some((before, rest)) = text.split_once(mark) else { return text.to_owned() };
    let (secret, after) = rest.split_once('}').unwrap_or((rest, ""));
    let digest = Md5::digest(format!("{challenge}{secret}"));
    let key: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{before}{}{}", spelled(key), keyed(after, mark, challenge, spelled))
}

/// A text, a character for each byte and LF for CR LF, with a mask for what is another each time.
fn masked(bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let mut masked = String::new();
    for line in text.split_inclusive('\n') {
        let (content, end) = match (line.strip_suffix("\r\n"), line.strip_suffix('\n')) {
            (Some(content), _) => (content, "\n"),
            (None, Some(content)) => (content, "{LF}\n"),
            (None, None) => (line, ""),
        };
        masked.push_str(&masked_line(content));
        masked.push_str(end);
    }
    masked
}

fn masked_line(line: &str) -> String {
    let Some((name, value)) = line.split_once(": ") else { return line.to_owned() };
    let (key, blanks) = value.split_at(value.trim_end_matches(' ').len());
    let is_key = key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mask = match name {
        "EventTV" | "SessionTV" if !value.starts_with("1970-") => "{time}",
        "Timestamp" => "{time}",
        "SessionID" => "{id}",
        "Challenge" if value.bytes().all(|byte| byte.is_ascii_digit()) => "{challenge}",
        "ExpectedResponse" => "{key}",
        "Response" if is_key && key.bytes().any(|byte| byte.is_ascii_uppercase()) => "{KEY}",
        "Response" if is_key => return format!("{name}: {{key}}{blanks}"),
        "Uptime" | "LastReload" => "{seconds}",
        "CoreStartupDate" | "CoreReloadDate" => "{date}",
        "CoreStartupTime" | "CoreReloadTime" => "{time}",
        "AsteriskVersion" => "{version}",
        // The port of the client.
        "RemoteAddress" => return format!("{name}: {}/{{port}}", value.rsplit_once('/').map_or("", |(at, _)| at)),
        // What an action does is told in words of each one's own.
        _ => match value.rsplit_once("  (Priv: ") {
            Some((_, classes)) => return format!("{name}: {{gives}}  (Priv: {classes}"),
            None => value,
        },
    };
    format!("{name}: {mask}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_another_each_time_is_masked() {
        let text = b"SessionTV: 1970-01-01T00:00:00.000+0000\r\nEventTV: 2026-01-01T00:00:00.000+0000\r\n\
            RemoteAddress: IPV4/TCP/127.0.0.1/4\r\nResponse: Error\r\nPing: What.  (Priv: <none>)\r\na\n\xE9: \r";
        let masked = masked(text);
        let expected = "SessionTV: 1970-01-01T00:00:00.000+0000\nEventTV: {time}\n\
            RemoteAddress: IPV4/TCP/127.0.0.1/{port}\nResponse: Error\nPing: {gives}  (Priv: <none>)\na{LF}\n\u{E9}: \r";
        assert_eq!(masked, expected);
    }

    #[test]
    fn keys_answer_the_last_challenge() {
        let step = Step { say: Some(Bytes(b"Key: {key:a}\nKey: {KEY:a}\n".to_vec())), ..Step::default() };
        let sent = String::from_utf8(step.bytes(b"Challenge: 1\r\n\r\nChallenge: 12\r\n\r\n")).unwrap();
        let lines: Vec<&str> = sent.split("\r\n").collect();
        assert_eq!(lines[0].to_uppercase(), lines[1].to_uppercase());
        assert_ne!(lines[0], lines[1]);
        assert_eq!(
            lines[0],
            format!("Key: {}", Md5::digest("12a").iter().map(|it| format!("{it:02x}")).collect::<String>())
        );
    }
}
