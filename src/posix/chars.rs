//! Characters as glibc reads them in the C.UTF-8 locale.

use std::sync::LazyLock;

use regex::Regex;

/// A class of characters: `[:alpha:]` and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Alnum,
    Alpha,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Xdigit,
}

impl Class {
    /// The class of a name.
    pub(super) fn named(name: &[u8]) -> Option<Class> {
        Some(match name {
            b"alnum" => Class::Alnum,
            b"alpha" => Class::Alpha,
            b"blank" => Class::Blank,
            b"cntrl" => Class::Cntrl,
            b"digit" => Class::Digit,
            b"graph" => Class::Graph,
            b"lower" => Class::Lower,
            b"print" => Class::Print,
            b"punct" => Class::Punct,
            b"space" => Class::Space,
            b"upper" => Class::Upper,
            b"xdigit" => Class::Xdigit,
            _ => return None,
        })
    }

    /// Is a byte of ASCII in it? No other byte is, in either locale.
    pub(super) fn has_byte(self, byte: u8) -> bool {
        match self {
            Class::Alnum => byte.is_ascii_alphanumeric(),
            Class::Alpha => byte.is_ascii_alphabetic(),
            Class::Blank => matches!(byte, b' ' | b'\t'),
            Class::Cntrl => byte.is_ascii_control(),
            Class::Digit => byte.is_ascii_digit(),
            Class::Graph => byte.is_ascii_graphic(),
            Class::Lower => byte.is_ascii_lowercase(),
            Class::Print => byte.is_ascii_graphic() || byte == b' ',
            Class::Punct => byte.is_ascii_punctuation(),
            Class::Space => matches!(byte, b' ' | b'\t'..=b'\r'),
            Class::Upper => byte.is_ascii_uppercase(),
            Class::Xdigit => byte.is_ascii_hexdigit(),
        }
    }

    /// Is a character beyond ASCII in it?
    ///
    /// glibc: `iswctype`. Its tables were compared with these sets for every code point of Unicode 14 (glibc 2.36); an
    /// older or newer glibc differs in the characters that Unicode gained.
    pub(super) fn has(self, code: u32) -> bool {
        static SETS: LazyLock<[Option<Regex>; 9]> = LazyLock::new(|| {
            [
                "[\\p{Alphabetic}\\p{Nd}]",
                "[\\p{Zs}&&[^\\u{A0}\\u{2007}\\u{202F}]]",
                "[\\p{Cc}\\p{Zl}\\p{Zp}]",
                "[\\P{C}\\p{Cf}\\p{Co}&&[^\\p{Z}]\\u{A0}\\u{2007}\\u{202F}]",
                "[\\p{Lowercase}\\u{1C5}\\u{1C8}\\u{1CB}\\u{1F2}]",
                "[\\P{C}\\p{Cf}\\p{Co}&&[^\\p{Zl}\\p{Zp}]]",
                "[\\P{C}\\p{Cf}\\p{Co}&&[^\\p{Z}\\p{Alphabetic}\\p{Nd}]\\u{A0}\\u{2007}\\u{202F}]",
                "[\\p{Z}&&[^\\u{A0}\\u{2007}\\u{202F}]\\u{85}]",
                "[\\p{Uppercase}\\p{Lt}]",
            ]
            .map(|set| Regex::new(set).ok())
        });
        let at = match self {
            Class::Alnum | Class::Alpha => 0,
            Class::Blank => 1,
            Class::Cntrl => 2,
            Class::Graph => 3,
            Class::Lower => 4,
            Class::Print => 5,
            Class::Punct => 6,
            Class::Space => 7,
            Class::Upper => 8,
            Class::Digit | Class::Xdigit => return false,
        };
        let Some(character) = char::from_u32(code) else { return false };
        SETS[at].as_ref().is_some_and(|set| set.is_match(character.encode_utf8(&mut [0; 4])))
    }
}

/// How many bytes the character at the start of a text has, and its code; `None` when there is none.
///
/// glibc: `mbrtowc`, which takes the sequences of up to six bytes that Unicode has given up, and no surrogate.
pub(super) fn character(text: &[u8]) -> Option<(usize, u32)> {
    let &first = text.first()?;
    let (length, least) = match first {
        0..=0x7f => return Some((1, first.into())),
        0xc2..=0xdf => (2, 0x80),
        0xe0..=0xef => (3, 0x800),
        0xf0..=0xf7 => (4, 0x1_0000),
        0xf8..=0xfb => (5, 0x20_0000),
        0xfc..=0xfd => (6, 0x400_0000),
        _ => return None,
    };
    let mut code = u32::from(first) & (0x7f >> length);
    for &byte in text.get(1..length)? {
        if byte & 0xc0 != 0x80 {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    (code >= least && !(0xd800..0xe000).contains(&code)).then_some((length, code))
}

/// How many bytes a `.` takes at the start of a text, where glibc reads UTF-8 byte by byte.
///
/// glibc: `OP_UTF8_PERIOD` in `check_node_accept_bytes`, which lets surrogates pass.
pub(super) fn period(text: &[u8]) -> Option<usize> {
    let (&first, rest) = text.split_first()?;
    let (length, second) = match first {
        0..=0x7f => return Some(1),
        0xc2..=0xdf => (2, 0x80),
        0xe0 => (3, 0xa0),
        0xe1..=0xef => (3, 0x80),
        0xf0 => (4, 0x90),
        0xf1..=0xf7 => (4, 0x80),
        0xf8 => (5, 0x88),
        0xf9..=0xfb => (5, 0x80),
        0xfc => (6, 0x84),
        0xfd => (6, 0x80),
        _ => return None,
    };
    let rest = rest.get(..length - 1)?;
    (rest[0] >= second && rest.iter().all(|byte| byte & 0xc0 == 0x80)).then_some(length)
}

/// A text cut into characters. A byte that belongs to none stands alone, and has its own number as its code.
///
/// glibc: `build_wcs_buffer`.
pub(super) struct Characters {
    codes: Vec<Option<u32>>,
}

impl Characters {
    pub(super) fn of(text: &[u8]) -> Characters {
        let mut codes = Vec::with_capacity(text.len());
        while codes.len() < text.len() {
            let at = codes.len();
            let (length, code) = character(&text[at..]).unwrap_or((1, text[at].into()));
            codes.push(Some(code));
            codes.resize(at + length, None);
        }
        Characters { codes }
    }

    /// May a match begin here?
    pub(super) fn begins(&self, at: usize) -> bool {
        at >= self.codes.len() || self.codes[at].is_some()
    }

    /// The bytes from here to the next character, and the code of the one that begins here.
    pub(super) fn at(&self, at: usize) -> (usize, Option<u32>) {
        let rest = self.codes[at + 1..].iter().take_while(|code| code.is_none()).count();
        (rest + 1, self.codes[at])
    }

    /// Is the character that holds a byte one of a word?
    pub(super) fn is_word(&self, at: usize) -> bool {
        let code = self.codes[..=at].iter().rev().find_map(|code| *code);
        code.is_some_and(|code| match u8::try_from(code) {
            Ok(byte) if byte < 0x80 => byte.is_ascii_alphanumeric() || byte == b'_',
            _ => Class::Alnum.has(code),
        })
    }
}
