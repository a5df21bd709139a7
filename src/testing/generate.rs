//! Inputs made from a seed: text that looks like manager.conf, and what byte mutations make of it.

/// A generator of pseudo-random numbers. The same seed gives the same inputs, on every machine and for ever.
#[derive(Debug, Clone)]
pub struct Seed(u64);

impl Seed {
    /// A generator that begins at a seed.
    pub fn new(seed: u64) -> Seed {
        // The state must not be zero; multiplying spreads small seeds.
        Seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number (xorshift64*).
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound.max(1) as u64).unwrap_or(0)
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of some values.
    pub fn pick<'v, T: ?Sized>(&mut self, values: &[&'v T]) -> &'v T {
        values[self.below(values.len())]
    }
}

const TOKENS: &[&[u8]] = &[
    b";",
    b"--",
    b";--",
    b"--;",
    b";---",
    b"\\",
    b"\\;",
    b"[",
    b"]",
    b"(",
    b")",
    b"!",
    b"+",
    b"+=",
    b"=",
    b"=>",
    b">",
    b",",
    b"#",
    b"#include ",
    b"#tryinclude ",
    b"#exec ",
    b"\"",
    b"'",
    b"<",
    b"&",
    b"*",
    b"\n",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b" ",
    b" ",
    b"\0",
    b"\xEF\xBB\xBF",
    b"\xA0",
    b"\xC3\xA9",
    b"\x01",
    b"\x7F",
    b"a",
    b"b",
    b"general",
    b"secret",
    b"read",
    b"x=1",
    b"amictl: allow(nul-byte) x",
];

/// Bytes that hold every construct of the format, in any order.
pub fn soup(seed: &mut Seed) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..seed.below(60) {
        bytes.extend_from_slice(seed.pick(TOKENS));
        if seed.once_in(400) {
            let length = [10, 4000, 8186, 8187, 8188, 8189, 8190, 8191, 8192, 16_380, 16_382, 20_000][seed.below(12)];
            bytes.extend(std::iter::repeat_n(
                *seed.pick(&[b"a", b" ", b";", b"-", b"\0", b"\\"]).first().unwrap_or(&b'a'),
                length,
            ));
        }
    }
    bytes
}

const NAMES: &[&str] = &["a", "b", "A", "general", "t", "s t", "", " a", "x", "[a", "é"];
const KEYS: &[&str] = &["x", "y", "X", "a", "secret", "read", "x ", "\\[k]", "\\=k", "deny"];
const VALUES: &[&str] =
    &["1", "2", "1", "", " 3", "Foo", "foo", "a,b", "a\\;b", "\"q\"", "x=y", ">z", "1 ; c", "1;c", "1 #n"];
const FILTERS: &[&str] =
    &["x=1", "x=.", "X=1", "x=1&y=2", "TEMPLATES=include", "TEMPLATES=restrict", "x", "x=[", "'x'='1'", "x=(1|2)$"];

/// A configuration that mostly makes sense: headers with options, entries, comments, appends; no includes.
pub fn config(seed: &mut Seed) -> Vec<u8> {
    let mut text = String::new();
    if seed.once_in(60) {
        text.push('\u{feff}');
    }
    if seed.once_in(2) {
        // What headers refer to, or most files would be refused.
        text.push_str("[a]\nx=1\ny=2\n[t](!)\nsecret=1\n[b]\n[general]\n[s t]\n[x]\nX=1\n[]\n[é]\n[ a]\n");
    } else if !seed.once_in(20) {
        header(seed, &mut text);
    }
    for _ in 0..seed.below(14) {
        match seed.below(20) {
            0..=4 => header(seed, &mut text),
            5..=13 => entry(seed, &mut text),
            14 => text.push_str(seed.pick(&["; c\n", ";-- c\n", "--;\n", ";-- a --;\n", ";---\n", " \n", "\\;c=1\n"])),
            15 => text.push_str(seed.pick(&[
                "#foo\n",
                "#include\n",
                "# c\n",
                "#exec /bin/x\n",
                "no equals\n",
                "=1\n",
                "+=1\n",
                "\\\n",
            ])),
            16 => text.push_str(seed.pick(&["x=1;--h--;2\n", "[s;--h--;t]\n", "x;--h--;=1\n", "x=a --; b\n"])),
            _ => entry(seed, &mut text),
        }
    }
    text.chars().flat_map(|c| if seed_is_latin(c) { vec![c as u8] } else { c.to_string().into_bytes() }).collect()
}

/// A letter that is written as the one byte that Latin-1 has for it.
fn seed_is_latin(c: char) -> bool {
    c.is_ascii() || c == 'é'
}

fn header(seed: &mut Seed, text: &mut String) {
    text.push('[');
    text.push_str(seed.pick(NAMES));
    text.push(']');
    if seed.once_in(2) {
        text.push('(');
        for number in 0..=seed.below(3) {
            if number > 0 {
                text.push(',');
            }
            match seed.below(8) {
                0 | 1 => text.push('!'),
                2 | 3 => text.push('+'),
                4 => {
                    text.push('+');
                    text.push_str(seed.pick(FILTERS));
                }
                _ => text.push_str(seed.pick(NAMES)),
            }
        }
        text.push(')');
    }
    text.push_str(seed.pick(&["\n", "\n", "\n", "\r\n", " ; c\n", " x\n"]));
}

fn entry(seed: &mut Seed, text: &mut String) {
    text.push_str(seed.pick(KEYS));
    text.push_str(seed.pick(&["=", " = ", "=>", "+=", " += ", "="]));
    text.push_str(seed.pick(VALUES));
    text.push_str(seed.pick(&["\n", "\n", "\n", "\r\n", " \n"]));
}

/// An input with a few bytes changed, taken out, doubled or put in.
pub fn mutated(seed: &mut Seed, input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=seed.below(6) {
        let at = seed.below(bytes.len() + 1);
        match seed.below(4) {
            0 if at < bytes.len() => bytes[at] = (seed.number() & 0xFF) as u8,
            1 if at < bytes.len() => {
                let end = (at + 1 + seed.below(8)).min(bytes.len());
                bytes.drain(at..end);
            }
            2 => {
                let token = seed.pick(TOKENS).to_vec();
                bytes.splice(at..at, token);
            }
            _ => {
                let end = (at + seed.below(20)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = seed.below(bytes.len() + 1);
                bytes.splice(to..to, part);
            }
        }
    }
    bytes
}
