//! Managers made from a seed: accounts with every kind of right, address and filter, and what to try on them.

use super::bytes::Bytes;
use super::cases::{Files, latin};
use super::generate::Seed;
use super::manager_values::{
    BOOLEANS, NUMBERS, WORDS, acl_conf, address, classes, criterion, event, garbled, network, pattern, users_conf,
};
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
        let value = if self.seed.once_in(20) { garbled(self.seed, value) } else { value.to_owned() };
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
