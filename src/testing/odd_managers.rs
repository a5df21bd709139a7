//! Small managers made from a seed in which anything is odd: options of `[general]`, listeners, TLS, names of users.

use std::net::IpAddr;

use super::bytes::Bytes;
use super::cases::{Files, latin};
use super::generate::{Seed, mutated};
use super::manager_values::{BOOLEANS, NUMBERS, classes, network};
use super::scenario::{Ask, Login, Question, Trials};

/// A manager and some tries to log in. `beside`: files that lie beside it, certificates for example.
pub fn odd_manager(seed: &mut Seed, beside: &Files) -> Question {
    let mut blocks = vec![general(seed)];
    if seed.once_in(8) {
        blocks.push(general(seed));
    }
    let mut names: Vec<&str> = Vec::new();
    for _ in 0..1 + seed.below(4) {
        let name = if names.is_empty() || !seed.once_in(4) { seed.pick(NAMES) } else { names[seed.below(names.len())] };
        names.push(name);
        blocks.push(user(seed, name));
    }
    if seed.once_in(3) {
        let (one, other) = (seed.below(blocks.len()), seed.below(blocks.len()));
        blocks.swap(one, other);
    }
    let mut conf = latin(&blocks.concat());
    if seed.once_in(4) {
        conf = mutated(seed, &conf);
    }
    let mut logins = Vec::new();
    for name in names {
        for secret in ["x", seed.pick(SECRETS)] {
            let name = if seed.once_in(3) { name.to_ascii_uppercase() } else { name.to_owned() };
            let from = seed.pick(&["127.0.0.1", "127.0.0.1", "127.0.0.2", "::1"]).parse();
            let from = from.unwrap_or(IpAddr::from([127, 0, 0, 1]));
            // A client's header cannot hold what ends a line.
            let of = |text: &str| Bytes(latin(text).into_iter().filter(|byte| !b"\r\n\0".contains(byte)).collect());
            logins.push(Login { user: of(&name), secret: of(secret), from });
        }
    }
    let mut files = beside.clone();
    files.insert(b"manager.conf".to_vec(), conf);
    Question { ask: Ask::Manager, files, manager: Trials { logins, ..Trials::default() } }
}

const NAMES: &[&str] = &[
    "a",
    "b",
    "A",
    "a",
    "é",
    "a b",
    " a",
    "a ",
    "",
    "a@b.c",
    "a,b",
    "a\"b",
    "general",
    "General",
    "general ",
    "-",
    "n\\;m",
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
];
const SECRETS: &[&str] = &["", "x", "X", "x y", "\"x\"", "x#y", "é", "=x", "y"];

/// A `[general]` with options of every kind, mostly one that AMI can be reached at.
fn general(seed: &mut Seed) -> String {
    let mut text = match seed.below(12) {
        0 => String::new(),
        1 => "[General]\n".to_owned(),
        2 => "[general](!)\n[general]\n".to_owned(),
        _ => "[general]\n".to_owned(),
    };
    if !seed.once_in(6) {
        text.push_str("enabled=yes\n");
    }
    for _ in 0..seed.below(8) {
        let (key, value): (&str, String) = match seed.below(10) {
            0 | 1 => ("bindaddr", seed.pick(ADDRESSES).to_owned()),
            2 => ("port", seed.pick(PORTS).to_owned()),
            3 => (seed.pick(&["tlsbindaddr", "sslbindaddr", "TLSBindAddr"]), seed.pick(TLS_ADDRESSES).to_owned()),
            4 => (seed.pick(&["tlsenable", "sslenable", "tlsenable"]), seed.pick(BOOLEANS).to_owned()),
            5 => (seed.pick(&["tlscertfile", "tlscert", "sslcert", "sslcertfile"]), seed.pick(PATHS).to_owned()),
            6 => (seed.pick(&["tlsprivatekey", "sslprivatekey", "tlskey"]), seed.pick(PATHS).to_owned()),
            7 => (seed.pick(&["tlscipher", "sslcipher", "tlsciphers"]), seed.pick(CIPHERS).to_owned()),
            8 => (seed.pick(SWITCHES), seed.pick(BOOLEANS).to_owned()),
            _ => (seed.pick(&["httptimeout", "HTTPTimeout", "timeout"]), number(seed)),
        };
        let equals = seed.pick(&["=", " = ", "=>", "=", "=", "+="]);
        text.push_str(&format!("{key}{equals}{value}\n"));
    }
    if seed.once_in(4) {
        text.push_str("tlsenable=yes\ntlscertfile={ETC}/both.pem\n");
    }
    if seed.once_in(5) {
        let key = seed.pick(&["channelvars", "disabledevents"]);
        text.push_str(&format!(
            "{key}={}\n",
            seed.pick(&["A,B", "A(b,c),d", "\"A,B\",C", " A , B ", ",", "A\\,B", "[a,b],c"])
        ));
    }
    text
}

/// A number that does not shut out the judge.
fn number(seed: &mut Seed) -> String {
    seed.pick(NUMBERS).replace("-1", "60")
}

const SWITCHES: &[&str] = &[
    "enabled",
    "webenabled",
    "timestampevents",
    "allowmultiplelogin",
    "displayconnects",
    "debug",
    "brokeneventsaction",
    "tlsdisablev1",
    "tlsservercipherorder",
    "enable",
    "tlsverifyclient",
    "secret",
    "read",
];
const PORTS: &[&str] =
    &["5038", "5039", "6000", "0x13AE", "011656", "+5038", " 5040", "5038 ", "65535", "1024", "5041"];
const ADDRESSES: &[&str] = &[
    "127.0.0.1",
    "0.0.0.0",
    "::",
    "[::]",
    "::1",
    "[::1]",
    "127.0.0.1:6000",
    "[::1]:6000",
    "localhost",
    "",
    "*",
    "127.1",
    "0",
    "127.0.0.1/8",
    "256.0.0.1",
    "\"127.0.0.1\"",
    "10.0.0.1",
    "10.99.99.99",
    "192.0.2.1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::1:6000",
    "127.0.0.1:abc",
    "[::1",
];
const TLS_ADDRESSES: &[&str] = &[
    "127.0.0.1",
    "127.0.0.1:6100",
    "0.0.0.0:5039",
    "[::]:6100",
    "::",
    "::1",
    "[::1]:6100",
    "127.0.0.1:5038",
    "0.0.0.0:5038",
    "127.0.0.1:443",
    "127.0.0.1:70000",
    "localhost",
    "localhost:6100",
    "",
    "127.0.0.1:",
    "127.0.0.1:abc",
    ":6100",
    "127.0.0.1:-1",
    "10.0.0.1:6100",
    "192.0.2.1:6100",
    "[::ffff:127.0.0.1]:6100",
];
const PATHS: &[&str] = &[
    "{ETC}/both.pem",
    "{ETC}/c1.pem",
    "{ETC}/k1.pem",
    "{ETC}/k1-pkcs1.pem",
    "{ETC}/cexp.pem",
    "{ETC}/kexp.pem",
    "{ETC}/cenc.pem",
    "{ETC}/kenc.pem",
    "{ETC}/cw.pem",
    "{ETC}/kw.pem",
    "{ETC}/ec.pem",
    "{ETC}/nope.pem",
    "\"{ETC}/both.pem\"",
    "{ETC}",
    "{ETC}/both.pem ; c",
];
const CIPHERS: &[&str] =
    &["HIGH", "", "NOSUCH", "ECDHE-RSA-AES128-GCM-SHA256:NOSUCH", "TLS_AES_256_GCM_SHA384", "ALL:!aNULL", "\"HIGH\""];

fn user(seed: &mut Seed, name: &str) -> String {
    let odd = seed.pick(&["(!)", "(+)", " (!)", "()", "(a)", "(general)", "(!,a)"]);
    let options = if seed.once_in(5) { odd } else { "" };
    let mut text = format!("[{name}]{options}\n");
    if !seed.once_in(5) {
        text.push_str(&format!("secret={}\n", if seed.once_in(2) { "x" } else { seed.pick(SECRETS) }));
    }
    for _ in 0..seed.below(5) {
        let (key, value) = match seed.below(9) {
            0 => ("read", classes(seed)),
            1 => ("WRITE", classes(seed)),
            2 => (seed.pick(&["permit", "deny"]), network(seed)),
            3 => ("displayconnects", seed.pick(BOOLEANS).to_owned()),
            4 => ("allowmultiplelogin", seed.pick(&["yes", "yes", "1"]).to_owned()),
            5 => ("writetimeout", seed.pick(NUMBERS).to_owned()),
            6 => (seed.pick(&["acl", "acls", "password", "username", "enabled", "hasmanager"]), "lan".to_owned()),
            7 => (
                seed.pick(&["eventfilter", "EventFilter", "eventfilter(name(x))"]),
                seed.pick(&["", "!", "x", "*"]).to_owned(),
            ),
            _ => ("secret", seed.pick(SECRETS).to_owned()),
        };
        let equals = seed.pick(&["=", " = ", "=>", "=", "=", "+="]);
        text.push_str(&format!("{key}{equals}{value}\n"));
    }
    text
}
