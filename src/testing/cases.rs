//! Whole cases made from a seed: a root file with all that it includes.

use std::collections::BTreeMap;

use super::generate::{Seed, config, mutated, soup};
use super::include_cases::{NAMES, including};

/// Files by name, all in one folder or below it.
pub type Files = BTreeMap<Vec<u8>, Vec<u8>>;

/// The root file of a case.
pub const ROOT: &[u8] = b"case.conf";

/// What stands for the path of the folder.
pub const ETC: &[u8] = b"{ETC}";

/// A root file on its own, or with others. `corpus`: cases to change a few bytes of.
pub fn case(seed: &mut Seed, corpus: &[Files]) -> Files {
    let root = match seed.below(16) {
        0 => soup(seed),
        1..=3 => config(seed),
        4..=7 => dense(seed),
        8 => edge_of_the_buffer(seed),
        9 | 10 => {
            let text = if seed.once_in(2) { config(seed) } else { dense(seed) };
            mutated(seed, &text)
        }
        11 | 12 if !corpus.is_empty() => return mutated_case(seed, corpus),
        11..=13 => filtered(seed),
        _ => return including(seed),
    };
    Files::from([(ROOT.to_vec(), root)])
}

/// Bytes as files, for fuzzers that know only bytes: 0xFF goes on to the next file.
pub fn files_of(bytes: &[u8]) -> Files {
    let names = std::iter::once(ROOT).chain(NAMES.iter().map(|name| name.as_bytes()));
    names.map(<[u8]>::to_vec).zip(bytes.split(|&byte| byte == 0xFF).map(<[u8]>::to_vec)).collect()
}

/// Text of a case: each character is one byte.
pub(super) fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|it| u8::try_from(it).unwrap_or(b'?')).collect()
}

const SECTIONS: &[&str] =
    &["a", "b", "a", "A", "aa", "a b", "", "général", "a\\;b", "s;--h--;t", "[a", " a ", "general"];
const KEYS: &[&str] =
    &["x", "X", "y", "xx", "x y", "\\x", "\\=x", "\\+x", "\\[x", "\\;x", "é", "x;--h--;y", "", "x\t", "#x"];
const OPERATORS: &[&str] = &[
    "=", " = ", "+=", " += ", "=>", " => ", "= >", "+=", " += ", "+ =", "+=>", "++=", "=+", "==", "+==", "\t=\t",
    "= +", "+= ", " +=\t",
];
const VALUES: &[&str] = &[
    "1",
    "2",
    "",
    "Foo",
    "foo",
    "FOO",
    "a b",
    "a;b",
    "a\\;b",
    "a ; b",
    "a;--h--;b",
    "a ;-- h --; b",
    "a\\\\;b",
    ">1",
    "=1",
    "+=1",
    "\"q\"",
    "[z]",
    "#z",
    "a\\",
    "a--",
    "--;",
    ";---",
    "\u{a0}",
    "\u{b}x",
    "x\u{c}",
    "a\rb",
    "\\;--x",
    "a;--b;--c--;d--;e",
];
const ENDS: &[&str] =
    &["\n", "\n", "\n", "\n", "\n", "\r\n", " \n", "\t\n", "\r\r\n", " ; c\n", ";c\n", ";--\n", "\0z\n", ""];
pub(super) const ODDITIES: &[&str] = &[
    "; c\n",
    ";--\n",
    "--;\n",
    ";---\n",
    ";----;\n",
    ";-- h --;\n",
    ";--;\n",
    ";-- ;-- --; --;\n",
    "x --; y\n",
    ";-- x\n; y\n--; y=1\n",
    "\n",
    " \t\n",
    "\r\n",
    "\0\n",
    "\\\n",
    "\\ x=1\n",
    "\\\u{a0}=1\n",
    "x\n",
    "=1\n",
    "+=1\n",
    " = \n",
    "#\n",
    "# x\n",
    "#exec x\n",
    "#include\n",
    "#foo bar\n",
    "[a\n",
    "[a](\n",
    "[a](b\n",
    "[a](!) x\n",
    "[a] (!)\n",
    "[a]x(!)\n",
    "]\n",
    "[]\n",
    "[a](;!)\n",
    "\u{ef}\u{bb}\u{bf}\n",
    "\u{ef}\u{bb}\u{bf}[a]\n",
    "--\\;\n",
    ";--\\;\n",
    "\\;--\n",
    "x=1\0y=2\n",
    "[a\0]\n",
];

/// A configuration in which everything meets everything: few names, odd operators, comments in any place.
pub(super) fn dense(seed: &mut Seed) -> Vec<u8> {
    let mut text = String::new();
    let mut begun = Vec::new();
    if seed.once_in(30) {
        text.push_str("\u{ef}\u{bb}\u{bf}");
    }
    if !seed.once_in(20) {
        text.push_str("[a]\n");
        begun.push("a");
    }
    for _ in 0..1 + seed.below(16) {
        match seed.below(24) {
            0..=6 => header(seed, &mut begun, &mut text),
            7 => text.push_str(seed.pick(ODDITIES)),
            8 if seed.once_in(4) => long_name(seed, &mut text),
            _ => {
                for part in [KEYS, OPERATORS, VALUES, ENDS] {
                    // Mostly the first few of each, or hardly two entries would ever have to do with one another.
                    let few = if seed.once_in(4) { part.len() } else { part.len().min(5) };
                    text.push_str(part[seed.below(few)]);
                }
            }
        }
    }
    latin(&text)
}

/// A header that mostly names sections that were `begun`, or hardly a file would be accepted.
fn header(seed: &mut Seed, begun: &mut Vec<&str>, text: &mut String) {
    let new = begun.is_empty() || seed.once_in(2);
    let name = if new { seed.pick(SECTIONS) } else { begun[seed.below(begun.len())] };
    text.push_str(seed.pick(&["[", "[", "[", "[", " [", "\t["]));
    text.push_str(name);
    text.push(']');
    if !seed.once_in(3) {
        text.push('(');
        for number in 0..=seed.below(3) {
            text.push_str(if number > 0 { "," } else { "" });
            match seed.below(16) {
                0 | 1 => text.push('!'),
                2..=6 if !new => text.push('+'),
                7 | 8 if !new => {
                    text.push_str(seed.pick(&["+TEMPLATES=include", "+x=.", "+.=1", "+TEMPLATES=include&x=", "+x=^"]))
                }
                9 if seed.once_in(3) => text.push_str(&["+", &filter(seed)].concat()),
                10 if seed.once_in(3) => {
                    text.push_str(
                        seed.pick(&["!!", " !", "! ", " +", "+ ", " a", "a ", "", "", "", "-", "+!", "!+", "+a", "+"]),
                    );
                }
                11 if seed.once_in(3) => text.push_str(seed.pick(SECTIONS)),
                _ if begun.is_empty() => text.push('!'),
                _ => text.push_str(begun[seed.below(begun.len())]),
            }
        }
        text.push_str(seed.pick(&[")", ")", ")", ")", ")", ") x", ")(!)", ") ; c", ");--h--;"]));
    }
    text.push_str(if seed.once_in(4) { seed.pick(ENDS) } else { "\n" });
    begun.push(name);
}

/// Names of about 80 bytes, where Asterisk cuts them, and what refers to them.
fn long_name(seed: &mut Seed, text: &mut String) {
    let mut line = |options: &str| {
        let name = "n".repeat(78 + seed.below(4));
        text.push_str(&format!("[{name}]{options}\nx={}\n", seed.below(3)));
    };
    line("");
    line("(+)");
    let base = "n".repeat(78 + seed.below(4));
    text.push_str(&format!("[c]({base})\n"));
}

const EXPRESSIONS: &[&str] = &[
    "x",
    "X",
    "y",
    "1",
    "2",
    "foo",
    ".",
    ".*",
    "^",
    "$",
    "^x$",
    "[xy]",
    "[^x]",
    "[[:digit:]]",
    "[[:alpha:]]+",
    "(1|2)",
    "1?",
    "1+",
    "1{2}",
    "x{0,1}",
    "\\.",
    "\\w",
    "\\d",
    "()",
    "|",
    "a|",
    "*",
    "+",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "[]x]",
    "[x-]",
    "é",
    "\\",
    "^*",
    "x**",
    "\\<f",
    "o\\>",
    "\\bf",
    "[.x.]",
    "[[=x=]]",
    "[a-",
    "{1",
    "x{1",
    "x{2,1}",
    "x{,2}",
    "(x)(1)",
    "(x)\\1",
];

/// The text behind the `+` of a header's option.
fn filter(seed: &mut Seed) -> String {
    let mut text = String::new();
    for number in 0..=seed.below(3) {
        text.push_str(if number > 0 { "&" } else { "" });
        match seed.below(12) {
            0 => text.push_str("TEMPLATES=include"),
            1 => text.push_str(seed.pick(&[
                "TEMPLATES=restrict",
                "TEMPLATES=x",
                "TEMPLATES=",
                "templates=include",
                "TEMPLATES",
            ])),
            2 => text.push_str(seed.pick(&[
                "",
                "x",
                "=",
                "x=",
                "=1",
                "x==1",
                "x=1=2",
                "'x=1'",
                "\"x\"='1'",
                "x='1&2'",
                " x = 1 ",
                "''=''",
                "'x=1",
            ])),
            _ => {
                text.push_str(expression(seed).as_str());
                text.push('=');
                text.push_str(expression(seed).as_str());
            }
        }
    }
    text
}

fn expression(seed: &mut Seed) -> String {
    if !seed.once_in(3) {
        return seed.pick(&EXPRESSIONS[..10]).to_owned();
    }
    (0..=seed.below(3)).map(|_| seed.pick(EXPRESSIONS)).collect()
}

/// Sections to find, and filters that look for them.
fn filtered(seed: &mut Seed) -> Vec<u8> {
    let mut text = String::new();
    for number in 0..1 + seed.below(3) {
        text.push_str(seed.pick(&["[a]\n", "[a](!)\n", "[a]\n"]));
        for _ in 0..seed.below(4) {
            text.push_str(seed.pick(&["x=1\n", "x=2\n", "y=foo\n", "X=11\n", "xx=\n", "é=x1\n", "y=Foo x\n"]));
        }
        text.push_str(&format!("id={number}\n"));
    }
    // A header that finds nothing is the end of the file.
    for number in 0..=usize::from(seed.once_in(3)) {
        text.push_str(&format!("[a](+{})\nfound={number}\n", filter(seed)));
    }
    latin(&text)
}

/// Lines about as long as one or two buffers of Asterisk, which hold 8191 bytes each.
fn edge_of_the_buffer(seed: &mut Seed) -> Vec<u8> {
    let mut bytes = b"[a]\nx=1\n".to_vec();
    for _ in 0..1 + seed.below(2) {
        let length = seed.pick(&[&8190_usize, &8191, &16_381, &16_382, &24_572]) + seed.below(5) - 2;
        let mut line = latin(seed.pick(&["y=", "y+=", "[b]", ";", "[", ";--", "", " ", "--;", "\\;", "y=1;"]));
        let filler: &[u8] = seed.pick(&[b"n", b"n", b" ", b";", b"-", b"\\;", b"=", b"\0", b"\r"]);
        line.extend(filler.iter().cycle().take(length));
        line.truncate(length);
        if seed.once_in(4) {
            let at = seed.below(line.len());
            line[at] = *seed.pick(&[&0, &b';', &b'=', &b']', &b'\r']);
        }
        let tail = latin(seed.pick(&["", "", "z", ";", "--;", ";--", "\\;", "=1"]));
        let kept = line.len() - tail.len();
        line.splice(kept.., tail);
        bytes.extend(line);
        bytes.extend_from_slice(seed.pick::<[u8]>(&[b"\n", b"\n", b"\n", b"\r\n", b""]));
        bytes.extend(latin(seed.pick(&["z=1\n", "x+=2\n", "[c]\nz=1\n", "", "--;\n"])));
    }
    bytes
}

/// A case with a few bytes of one file changed.
fn mutated_case(seed: &mut Seed, corpus: &[Files]) -> Files {
    let mut case = corpus[seed.below(corpus.len())].clone();
    let chosen = seed.below(case.len());
    if let Some(content) = case.values_mut().nth(chosen) {
        *content = mutated(seed, content);
    }
    case
}
