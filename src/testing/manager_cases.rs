//! Managers made from a seed: accounts with every kind of right, address and filter, and what to try on them.

use std::net::IpAddr;

use super::bytes::Bytes;
use super::cases::{Files, latin};
use super::expressions;
use super::generate::Seed;
use super::scenario::{Ask, Login, Question, Receiver, SENDER, Trials};

/// Accounts that addresses are tried on, and accounts that events are sent to.
const GUARDED: usize = 120;
const LISTENING: usize = 100;
/// Addresses tried on each of the first, events sent to each of the second.
const TRIES: usize = 10;
const EVENTS: usize = 30;

/// A manager and what to try on it.
pub fn manager(seed: &mut Seed) -> Question {
    let mut made = Made { seed, conf: String::new(), trials: Trials::default(), loopback: true, twice: false };
    made.general();
    made.templates();
    (0..GUARDED).for_each(|number| made.guarded(number));
    (0..LISTENING).for_each(|number| made.listening(number));
    let events = (0..EVENTS).map(|_| event(made.seed)).collect();
    made.trials.events = events;
    let (conf, trials) = (latin(&made.conf), made.trials);
    let mut files = Files::from([(b"manager.conf".to_vec(), conf)]);
    if !seed.once_in(4) {
        files.insert(b"acl.conf".to_vec(), latin(&acl_conf(seed)));
    }
    if seed.once_in(3) {
        files.insert(b"users.conf".to_vec(), latin(&users_conf(seed)));
    }
    Question { ask: Ask::Manager, files, manager: trials }
}

struct Made<'s> {
    seed: &'s mut Seed,
    conf: String,
    trials: Trials,
    /// The listener takes clients on this machine alone.
    loopback: bool,
    /// The account at hand has a second section: then its variables are used after they are freed.
    twice: bool,
}

impl Made<'_> {
    fn line(&mut self, key: &str, value: &str) {
        let equals = *["=", "=", " = ", "=>"].get(self.seed.below(4)).unwrap_or(&"=");
        self.conf.push_str(&format!("{key}{equals}{value}\n"));
    }

    fn general(&mut self) {
        self.conf.push_str("[general]\nenabled=yes\nauthlimit=100000\n");
        match self.seed.below(6) {
            0 | 1 => self.conf.push_str("bindaddr=127.0.0.1\n"),
            2 => {
                self.conf.push_str("bindaddr=0.0.0.0\n");
                self.loopback = false;
            }
            3 => {
                let odd = self.seed.pick(&["localhost", "*", "::", "[::]", "127.0.0.1/8", "0", "0x0"]);
                self.line("bindaddr", odd);
                self.loopback = false;
            }
            _ => self.loopback = false,
        }
        for _ in 0..self.seed.below(5) {
            let (key, values): (&str, &[&str]) = match self.seed.below(8) {
                0 => ("displayconnects", BOOLEANS),
                1 => ("webenabled", BOOLEANS),
                2 => ("httptimeout", NUMBERS),
                3 => ("channelvars", &["A", "A,B", "", "A(1,2),\"B,C\"", "a b"]),
                4 => ("disabledevents", &["Hangup", "Hangup, VarSet", "", "userevent"]),
                5 => ("brokeneventsaction", BOOLEANS),
                6 => ("timeout", NUMBERS),
                _ => ("tlscipher", &["HIGH", "", "\"x\""]),
            };
            let value = self.seed.pick(values);
            self.line(key, value);
        }
        self.conf.push_str(&format!("[{SENDER}]\nsecret={SENDER}\nread=all\nwrite=all\nwritetimeout=10000\n"));
    }

    fn templates(&mut self) {
        for name in ["t1", "t2"] {
            self.conf.push_str(&format!("[{name}](!)\n"));
            for _ in 0..self.seed.below(3) {
                self.right();
            }
            if self.seed.once_in(2) {
                self.rule();
            }
        }
        self.conf.push_str("[t3](!)\n");
        self.filter();
    }

    fn right(&mut self) {
        let key = self.seed.pick(&["read", "write", "Read", "write", "READ"]);
        let value = classes(self.seed);
        self.line(key, &value);
    }

    fn rule(&mut self) {
        if self.seed.once_in(5) {
            let names = self.seed.pick(&[
                "lan", "lan", "wan", "Lan", "lan,wan", " wan", "lan ,wan", "", "lan,", "lan,LAN", "nope", "!lan", "v6",
                "any",
            ]);
            let key = self.seed.pick(&["acl", "ACL"]);
            self.line(key, names);
            return;
        }
        let key = self.seed.pick(&["permit", "deny", "permit", "deny", "Permit", "DENY"]);
        let mut items = Vec::new();
        for _ in 0..1 + self.seed.below(2) * self.seed.below(3) {
            items.push(network(self.seed));
        }
        let comma = if self.seed.once_in(12) { ", " } else { "," };
        self.line(key, &items.join(comma));
    }

    /// An account of the name, in one section or two; what follows the header is `body`.
    fn account(&mut self, name: &str, bases: &str, mut body: impl FnMut(&mut Self)) -> String {
        let secret = self.seed.pick(&["x", "x y", "\"q\"", "p#q", "é", "longer-secret"]).to_owned();
        self.conf.push_str(&format!("[{name}]{bases}\nsecret={secret}\n"));
        self.twice = self.seed.once_in(10);
        body(self);
        if self.twice {
            let name = if self.seed.once_in(2) { name.to_ascii_uppercase() } else { name.to_owned() };
            self.conf.push_str(&format!("[{name}]\n"));
            body(self);
        } else if self.seed.once_in(10) {
            self.conf.push_str(&format!("[{name}](+)\n"));
            body(self);
        }
        secret
    }

    fn guarded(&mut self, number: usize) {
        let bases = self.seed.pick(&["", "", "", "", "(t1)", "(t2,t1)", "(t3,t2)"]);
        let name = format!("g{number}");
        let mut secret = self.account(&name, bases, |made| {
            for _ in 0..made.seed.below(3) {
                made.right();
            }
            for _ in 0..made.seed.below(5) {
                made.rule();
            }
            if !made.twice && made.seed.once_in(6) {
                let value = made.seed.pick(&["B=1", " C = 2 ", "=D", "E=", "F", "G=a,b"]);
                made.line("setvar", value);
            }
            if made.seed.once_in(8) {
                let (key, values) =
                    if made.seed.once_in(2) { ("displayconnects", BOOLEANS) } else { ("writetimeout", NUMBERS) };
                let value = made.seed.pick(values);
                made.line(key, value);
            }
        });
        if self.seed.once_in(20) {
            secret = self.seed.pick(&["", "X", "x ", " x", "wrong"]).to_owned();
        }
        for _ in 0..TRIES {
            let from = address(self.seed, self.loopback);
            let (user, secret) = (Bytes(latin(&name)), Bytes(latin(&secret)));
            self.trials.logins.push(Login { user, secret, from });
        }
    }

    fn listening(&mut self, number: usize) {
        let bases = self.seed.pick(&["", "", "", "", "", "(t3)"]);
        let name = format!("e{number}");
        let secret = self.account(&name, bases, |made| {
            let read = made.seed.pick(&["all", "user", "user,call", "u,x", "call", ",x"]);
            made.line("read", read);
            for _ in 0..1 + made.seed.below(3) {
                made.filter();
            }
        });
        self.trials.receivers.push(Receiver { user: Bytes(latin(&name)), secret: Bytes(latin(&secret)) });
    }

    fn filter(&mut self) {
        let not = if self.seed.once_in(3) { "!" } else { "" };
        if self.seed.once_in(2) {
            let key = self.seed.pick(&["eventfilter", "eventfilter", "eventfilter", "EventFilter", "eventfilters"]);
            let pattern = pattern(self.seed);
            self.line(key, &format!("{not}{pattern}"));
            return;
        }
        let key = self.seed.pick(&["eventfilter", "eventfilter", "eventfilter", "eventfilter ", "eventfilterx"]);
        let mut items = Vec::new();
        for _ in 0..1 + self.seed.below(3) {
            items.push(criterion(self.seed));
        }
        let between = self.seed.pick(&[",", ",", ",", ", ", " ", ",,"]);
        let end = if self.seed.once_in(15) { self.seed.pick(&["", " ", ")", "x", ") x"]) } else { ")" };
        let value = match self.seed.below(4) {
            0 => String::new(),
            1 => pattern(self.seed),
            _ => self.seed.pick(WORDS).to_owned(),
        };
        self.line(&format!("{key}({}{end}", items.join(between)), &format!("{not}{value}"));
    }
}

const BOOLEANS: &[&str] = &["yes", "no", "YES", "on", "1", "0", "t", "enable", "", "maybe", "2"];
const NUMBERS: &[&str] = &["100", "99", "1000ms", "0", "-1", "", "x", "2147483648", "99999999999", "0x10", "1.9", " 5"];

/// A list of classes: words, beginnings of words, slips of the pen.
fn classes(seed: &mut Seed) -> String {
    const WORDS: &[&str] = &[
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
    const ODD: &[&str] = &[
        "", "", "c", "s", "co", "a", "al", "n", "System", "ALL", "-1", "!call", "x", "callx", "call log", "\"call\"",
        "é",
    ];
    let mut list = String::new();
    for number in 0..=seed.below(5) {
        if number > 0 {
            list.push_str(seed.pick(&[",", ",", ",", ",", ",", ", ", " ,", "|", "\t,", ";", "\\;"]));
        }
        if seed.once_in(4) {
            list.push_str(seed.pick(ODD));
        } else {
            let word = seed.pick(WORDS);
            list.push_str(if seed.once_in(6) { &word[..seed.below(word.len())] } else { word });
        }
    }
    if seed.once_in(8) {
        list.push(',');
    }
    list
}

/// An item of `permit` or `deny`.
fn network(seed: &mut Seed) -> String {
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
    const BAD: &[&str] = &[
        "any",
        "localhost",
        "10.0.0.256",
        "127.0.0.1:5038",
        "",
        "10.0.0.0/33",
        "10.0.0.0/",
        "::/129",
        "1.2.3.4/-1",
        "é",
    ];
    if seed.once_in(40) {
        return seed.pick(BAD).to_owned();
    }
    let not = if seed.once_in(8) { "!" } else { "" };
    if seed.once_in(4) {
        return format!("{not}{}", seed.pick(&["0.0.0.0/0", "::/0", "0.0.0.0/0.0.0.0", "0/0"]));
    }
    let host = seed.pick(HOSTS);
    match seed.once_in(3) {
        true => format!("{not}{host}"),
        false => format!("{not}{host}/{}", seed.pick(MASKS)),
    }
}

/// Where a client is.
fn address(seed: &mut Seed, loopback: bool) -> IpAddr {
    const LOOPBACK: &[&str] = &["127.0.0.1", "127.0.0.2", "127.1.2.3", "127.0.0.255", "127.127.127.127"];
    const ALL: &[&str] = &[
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
    let texts = if loopback { LOOPBACK } else { ALL };
    seed.pick(texts).parse().unwrap_or(IpAddr::from([127, 0, 0, 1]))
}

fn acl_conf(seed: &mut Seed) -> String {
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

fn users_conf(seed: &mut Seed) -> String {
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
const WORDS: &[&str] = &[
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

fn event(seed: &mut Seed) -> Vec<(Bytes, Bytes)> {
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
fn pattern(seed: &mut Seed) -> String {
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

fn criterion(seed: &mut Seed) -> String {
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
