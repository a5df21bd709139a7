//! Values of every kind for managers made from a seed, and the files beside manager.conf.

use std::net::IpAddr;

use super::bytes::Bytes;
use super::cases::latin;
use super::expressions;
use super::generate::Seed;

pub(super) const BOOLEANS: &[&str] = &["yes", "no", "YES", "on", "1", "0", "t", "enable", "", "maybe", "2"];
pub(super) const NUMBERS: &[&str] =
    &["100", "99", "1000ms", "0", "-1", "", "x", "2147483648", "99999999999", "0x10", "1.9", " 5"];

const CLASSES: &[&str] = &[
    "system",
    "call",
    "log",
    "verbose",
    "command",
    "agent",
    "user",
    "config",
    "dtmf",
    "reporting",
    "cdr",
    "dialplan",
    "originate",
    "agi",
    "cc",
    "aoc",
    "test",
    "security",
    "message",
    "all",
    "none",
    "all",
];

const ODD_CLASSES: &[&str] = &[
    "", "", "c", "s", "co", "a", "al", "n", "System", "ALL", "-1", "!call", "x", "callx", "call log", "\"call\"", "é",
];

const HOSTS: &[&str] = &[
    "127.0.0.1",
    "127.0.0.2",
    "10.0.0.0",
    "10.1.2.3",
    "192.168.0.1",
    "192.168.0.7",
    "0.0.0.0",
    "172.16.5.6",
    "203.0.113.9",
    "127.1",
    "127",
    "0",
    "10.1",
    "0127.0.0.1",
    "0x7f.0.0.1",
    "2130706433",
    "::1",
    "[::1]",
    "::",
    "fd00::1",
    "fd00::",
    "fd00:0:0:1::",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
];

const MASKS: &[&str] = &[
    "0",
    "8",
    "8",
    "16",
    "24",
    "32",
    "31",
    "7",
    "1",
    "64",
    "48",
    "128",
    "255.0.0.0",
    "255.255.255.0",
    "255.255.255.255",
    "0.0.0.0",
    "255.0.255.0",
    "0.0.0.255",
    "255.255",
    "ffff::",
    "ffff:ffff:ffff:ffff::",
    "::",
    " 8",
    "+8",
    "08",
    "8x",
];

const BAD: &[&str] =
    &["any", "localhost", "10.0.0.256", "127.0.0.1:5038", "", "10.0.0.0/33", "10.0.0.0/", "::/129", "1.2.3.4/-1", "é"];

const LOOPBACK: &[&str] = &["127.0.0.1", "127.0.0.2", "127.1.2.3", "127.0.0.255", "127.127.127.127"];

const ADDRESSES: &[&str] = &[
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "10.0.0.1",
    "10.1.2.3",
    "10.0.2.77",
    "10.255.0.1",
    "172.16.5.6",
    "172.16.0.1",
    "192.168.0.1",
    "192.168.0.7",
    "203.0.113.9",
    "::1",
    "fd00::1",
    "fd00::2",
    "fd00:0:0:1::1",
    "2001:db8::1",
];

/// A list of classes: words, beginnings of words, slips of the pen.
pub(super) fn classes(seed: &mut Seed) -> String {
    let mut list = String::new();
    for number in 0..=seed.below(5) {
        if number > 0 {
            list.push_str(seed.pick(&[",", ",", ",", ",", ",", ", ", " ,", "|", "\t,", ";", "\\;"]));
        }
        if seed.once_in(4) {
            list.push_str(seed.pick(ODD_CLASSES));
        } else {
            let word = seed.pick(CLASSES);
            list.push_str(if seed.once_in(6) { &word[..seed.below(word.len())] } else { word });
        }
    }
    if seed.once_in(8) {
        list.push(',');
    }
    list
}

/// A value with a slip of the pen in it.
pub(super) fn garbled(seed: &mut Seed, value: &str) -> String {
    let mut letters: Vec<char> = value.chars().collect();
    let at = seed.below(letters.len() + 1);
    let odd = seed.pick(&[
        ",", ".", ":", "/", " ", "!", "0", "8", "x", "f", "-", "(", ")", "[", "]", "=", "+", "*", "\t", "\u{e9}",
    ]);
    match seed.below(3) {
        0 if at < letters.len() => drop(letters.remove(at)),
        1 if at < letters.len() => letters[at] = odd.chars().next().unwrap_or('x'),
        _ => drop(letters.splice(at..at, odd.chars())),
    }
    letters.into_iter().collect()
}

/// An address of IPv4 in any of its notations, or nearly one.
fn notation(seed: &mut Seed) -> String {
    let number = |seed: &mut Seed| {
        let value =
            *[0, 1, 2, 8, 10, 16, 127, 168, 192, 255, 256, 65535, 65536, 16_777_215].get(seed.below(14)).unwrap_or(&7);
        match seed.below(6) {
            0 => format!("0{value:o}"),
            1 => format!("0x{value:x}"),
            2 => format!("0{value}"),
            _ => value.to_string(),
        }
    };
    let parts: Vec<String> = (0..1 + seed.below(4)).map(|_| number(seed)).collect();
    parts.join(".")
}

/// An item of `permit` or `deny`.
pub(super) fn network(seed: &mut Seed) -> String {
    if seed.once_in(40) {
        return seed.pick(BAD).to_owned();
    }
    let not = if seed.once_in(8) { "!" } else { "" };
    if seed.once_in(4) {
        return format!("{not}{}", seed.pick(&["0.0.0.0/0", "::/0", "0.0.0.0/0.0.0.0", "0/0"]));
    }
    let host = if seed.once_in(5) { notation(seed) } else { seed.pick(HOSTS).to_owned() };
    match seed.below(6) {
        0 | 1 => format!("{not}{host}"),
        2 => format!("{not}{host}/{}", notation(seed)),
        _ => format!("{not}{host}/{}", seed.pick(MASKS)),
    }
}

/// Where a client is.
pub(super) fn address(seed: &mut Seed, loopback: bool) -> IpAddr {
    let texts = if loopback { LOOPBACK } else { ADDRESSES };
    seed.pick(texts).parse().unwrap_or(IpAddr::from([127, 0, 0, 1]))
}

pub(super) fn acl_conf(seed: &mut Seed) -> String {
    let mut text = String::new();
    for name in ["lan", "wan", "v6", "LAN", "lan"] {
        if seed.once_in(4) {
            continue;
        }
        text.push_str(&format!("[{name}]\n"));
        for _ in 0..seed.below(4) {
            let item = loop {
                let item = network(seed);
                // One bad item, and all of acl.conf is gone: that is asked often enough by a line of its own.
                if !matches!(&*item, "" | "any" | "localhost") {
                    break item;
                }
            };
            text.push_str(&format!("{}={item}\n", seed.pick(&["permit", "deny", "Deny", "permit"])));
        }
    }
    if seed.once_in(6) {
        text.push_str(seed.pick(&["[general]\n", "allow=1.2.3.4\n", "no equals\n", "permit=any\n", "[x\n"]));
    }
    text
}

pub(super) fn users_conf(seed: &mut Seed) -> String {
    let mut text = String::from("[general]\n");
    if seed.once_in(3) {
        text.push_str("hasmanager=yes\nread=call\n");
    }
    for number in 0..1 + seed.below(4) {
        // Some have the name of an account of manager.conf.
        let name = if seed.once_in(3) { format!("g{number}") } else { format!("u{number}") };
        text.push_str(&format!("[{name}]\n"));
        if !seed.once_in(4) {
            text.push_str(&format!("hasmanager={}\n", seed.pick(BOOLEANS)));
        }
        for _ in 0..seed.below(4) {
            let (key, value) = match seed.below(5) {
                0 => ("secret", seed.pick(&["x", "", "y"]).to_owned()),
                1 => ("read", classes(seed)),
                2 => ("write", classes(seed)),
                3 => ("displayconnects", seed.pick(BOOLEANS).to_owned()),
                _ => ("deny", "0.0.0.0/0".to_owned()),
            };
            text.push_str(&format!("{key}={value}\n"));
        }
    }
    text
}

/// What headers of events hold, and filters look for.
pub(super) const WORDS: &[&str] = &[
    "Alpha",
    "Beta",
    "alpha",
    "PJSIP/alice-1",
    "PJSIP/",
    "bob",
    "6",
    "66",
    "caf\u{c3}\u{a9}",
    "caf\u{e9}",
    "x",
    "a b",
    "yes",
];
const HEADERS: &[&str] =
    &["Channel", "ChannelState", "DestChannel", "channel", "Note", "Key", "My Hdr", "Event", "Rep"];

pub(super) fn event(seed: &mut Seed) -> Vec<(Bytes, Bytes)> {
    let value = |seed: &mut Seed| {
        let word = seed.pick(WORDS);
        match seed.below(6) {
            0 => format!("{word} "),
            1 => format!(" {word}"),
            2 => format!("{word}{}", seed.pick(WORDS)),
            3 => seed.pick(&["", "!Alpha", "one, two", "$^.*", "\\d\\", "\u{ff}\u{fe}", "\t"]).to_owned(),
            _ => word.to_owned(),
        }
    };
    let mut headers = vec![(Bytes(b"UserEvent".to_vec()), Bytes(latin(seed.pick(WORDS))))];
    for _ in 0..seed.below(5) {
        let name = seed.pick(HEADERS);
        let value = value(seed);
        headers.push((Bytes(latin(name)), Bytes(latin(&value))));
    }
    headers
}

/// What stands for a regular expression.
pub(super) fn pattern(seed: &mut Seed) -> String {
    match seed.below(8) {
        0 => format!("{}: {}", seed.pick(HEADERS), seed.pick(WORDS)),
        1 => seed.pick(WORDS).to_owned(),
        2 => format!("{}: .*{}", seed.pick(HEADERS), seed.pick(WORDS)),
        3 => seed
            .pick(&[
                "Event: UserEvent",
                "Event: (Hangup|UserEvent)",
                "^Event",
                "Beta$",
                "\\d",
                "(?i)alpha",
                "*",
                "[[:digit:]]+",
                "(.)\\1",
                "Privilege: user,all",
                "",
                "!",
                "[foo",
                "foo)",
                ".*",
                "[[:space:]]+$",
                "caf.\u{d}",
                "Key: [^A]",
            ])
            .to_owned(),
        _ => {
            // A `;` would begin a comment, and a blank at the end is not of the value.
            let made = expressions::pattern(seed);
            made.iter().map(|&byte| char::from(byte)).filter(|it| !matches!(it, ';' | '\n' | '\r' | '\0')).collect()
        }
    }
}

pub(super) fn criterion(seed: &mut Seed) -> String {
    if seed.once_in(12) {
        return seed
            .pick(&[
                "action",
                "name()",
                "header(a b)",
                "foo(x)",
                "names(UserEvent)",
                "method(foo)",
                "action(Include)",
                "name(A,B)",
                "(",
            ])
            .to_owned();
    }
    match seed.below(8) {
        0 => format!("action({})", seed.pick(&["include", "exclude"])),
        1 => format!("name({})", seed.pick(&["UserEvent", "UserEvent", "JLerEvent", "Hangup", "userevent"])),
        2..=4 => format!("header({})", seed.pick(HEADERS)),
        _ => format!("method({})", seed.pick(&["regex", "exact", "starts_with", "ends_with", "contains", "none"])),
    }
}
