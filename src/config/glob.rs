//! Which files an include names: glob patterns as glibc's `glob(3)` reads them for Asterisk.
//!
//! Asterisk calls it with GLOB_NOMAGIC and GLOB_BRACE (main/config.c): a pattern without magic stands for itself,
//! `{a,b}` is expanded, each alternative sorted for itself in byte order.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use crate::host::{FileKind, Host, name_bytes, path_of};

/// Where patterns are looked up.
pub(super) struct Folder<'h> {
    pub(super) host: &'h dyn Host,
    pub(super) base: &'h Path,
    /// Are patterns and names read in UTF-8 characters? Asked only where it matters.
    pub(super) characters: &'h dyn Fn() -> bool,
    /// How many paths and patterns were looked at.
    pub(super) looked: &'h Cell<u64>,
}

/// Braces and folders double what is looked at with each part of a pattern: after so many, nothing more is found.
pub(super) const MOST_LOOKS: u64 = 100_000;

/// The paths that a pattern stands for, in the order in which Asterisk reads them. A pattern without magic is returned
/// whether or not it exists.
pub(super) fn expand(folder: &Folder<'_>, pattern: &[u8]) -> Vec<Vec<u8>> {
    if folder.gives_up() {
        return Vec::new();
    }
    if let Some(Braces { before, alternatives, behind }) = braces(pattern) {
        let whole = |inner: &[u8]| [before, inner, behind].concat();
        // Within braces a path must exist; when none does, the braces are part of a name.
        let found: Vec<Vec<u8>> = alternatives
            .into_iter()
            .flat_map(|inner| expand(folder, &whole(inner)))
            .filter(|path| folder.exists(path))
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    if !has_magic(pattern) {
        return vec![without_slash(pattern).to_vec()];
    }
    folder.matching(pattern)
}

/// `file/` means the file, if it is one.
fn without_slash(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}

impl Folder<'_> {
    fn gives_up(&self) -> bool {
        self.looked.set(self.looked.get() + 1);
        self.looked.get() > MOST_LOOKS
    }

    fn exists(&self, path: &[u8]) -> bool {
        self.host.kind(&self.base.join(path_of(path))).is_some()
    }

    /// The paths that a pattern without braces matches, sorted.
    fn matching(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        let mut found: Vec<Vec<u8>> = vec![Vec::new()];
        let parts: Vec<&[u8]> = pattern.split(|&byte| byte == b'/').collect();
        for (number, part) in parts.iter().enumerate() {
            let is_last = number + 1 == parts.len();
            // A `\` before a slash escapes it, which changes nothing.
            let backslashes = part.iter().rev().take_while(|&&byte| byte == b'\\').count();
            let part = if is_last { part } else { &part[..part.len() - backslashes % 2] };
            let mut next = Vec::new();
            for before in found {
                let step = |name: &[u8]| if number == 0 { name.to_vec() } else { [&before, &b"/"[..], name].concat() };
                if !has_magic(part) {
                    next.push(step(part));
                    continue;
                }
                let names = self.host.names(&self.directory(&before));
                // A folder lists itself and the one above, too.
                for name in names.iter().map(|name| name_bytes(name)).chain([&b"."[..], b".."]) {
                    if self.gives_up() {
                        return Vec::new();
                    }
                    let path = step(name);
                    let is_folder = || self.host.kind(&self.base.join(path_of(&path))) == Some(FileKind::Directory);
                    if self.fits(part, name) && (is_last || is_folder()) {
                        next.push(path);
                    }
                }
            }
            found = next;
        }
        found.sort();
        found
    }

    fn directory(&self, before: &[u8]) -> PathBuf {
        if before.is_empty() { self.base.to_owned() } else { self.base.join(path_of(before)) }
    }

    /// Does a name match? glibc takes both as characters where the locale has any and both are valid text.
    fn fits(&self, pattern: &[u8], name: &[u8]) -> bool {
        let bytes = |text: &[u8]| text.iter().map(|&byte| u32::from(byte)).collect::<Vec<_>>();
        if (!name.is_ascii() || !pattern.is_ascii())
            && (self.characters)()
            && let (Ok(pattern), Ok(name)) = (std::str::from_utf8(pattern), std::str::from_utf8(name))
        {
            let characters = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
            return name_matches(&characters(pattern), &characters(name));
        }
        name_matches(&bytes(pattern), &bytes(name))
    }
}

/// Is there a byte in a pattern that keeps it from standing for itself?
fn has_magic(pattern: &[u8]) -> bool {
    let bracket = || {
        let open = pattern.iter().position(|&byte| byte == b'[');
        open.is_some_and(|open| pattern[open..].contains(&b']'))
    };
    pattern.iter().any(|byte| matches!(byte, b'*' | b'?' | b'\\')) || bracket()
}

/// A pattern taken apart at its first `{…}`.
struct Braces<'p> {
    before: &'p [u8],
    alternatives: Vec<&'p [u8]>,
    behind: &'p [u8],
}

fn braces(pattern: &[u8]) -> Option<Braces<'_>> {
    let mut open = 0;
    loop {
        match pattern.get(open..)? {
            [b'\\', _, ..] => open += 2,
            [b'{', ..] => break,
            [_, ..] => open += 1,
            [] => return None,
        }
    }
    let (mut depth, mut at) = (0usize, open + 1);
    let mut start = at;
    let mut alternatives = Vec::new();
    loop {
        match pattern.get(at..)? {
            [b'\\', _, ..] => at += 1,
            [b'{', ..] => depth += 1,
            [b'}', ..] if depth > 0 => depth -= 1,
            [byte @ (b'}' | b','), ..] if depth == 0 => {
                alternatives.push(&pattern[start..at]);
                start = at + 1;
                if *byte == b'}' {
                    return Some(Braces { before: &pattern[..open], alternatives, behind: &pattern[start..] });
                }
            }
            [] => return None,
            _ => {}
        }
        at += 1;
    }
}

const DOT: u32 = b'.' as u32;
const STAR: u32 = b'*' as u32;
const QUESTION: u32 = b'?' as u32;
const BACKSLASH: u32 = b'\\' as u32;
const OPEN: u32 = b'[' as u32;
const CLOSE: u32 = b']' as u32;
const COLON: u32 = b':' as u32;
const EQUALS: u32 = b'=' as u32;
const DASH: u32 = b'-' as u32;
const BANG: u32 = b'!' as u32;
const CARET: u32 = b'^' as u32;

/// glibc's `fnmatch` with FNM_PERIOD, on bytes or characters. Takes time linear in the name for each `*`.
fn name_matches(pattern: &[u32], name: &[u32]) -> bool {
    if name.first() == Some(&DOT) && !matches!(pattern, [DOT, ..] | [BACKSLASH, DOT, ..]) {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    // Where to go back to: behind the last `*`, and the unit of the name it is to swallow next.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some(&STAR) => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            None if n == name.len() => return true,
            None => None,
            Some(_) => name.get(n).and_then(|&unit| one(&pattern[p..], unit)),
        };
        match (step, star) {
            (Some(used), _) => (p, n) = (p + used, n + 1),
            (None, Some((behind, from))) if from < name.len() => {
                star = Some((behind, from + 1));
                (p, n) = (behind, from + 1);
            }
            (None, _) => return false,
        }
    }
}

/// How much of a pattern stands for this one unit of a name; `None` when it does not fit.
fn one(pattern: &[u32], unit: u32) -> Option<usize> {
    match pattern {
        [QUESTION, ..] => Some(1),
        [BACKSLASH, escaped, ..] => (*escaped == unit).then_some(2),
        [OPEN, inner @ ..] => match set(inner, unit) {
            Some((fits, used)) => fits.then_some(used + 1),
            None => (unit == OPEN).then_some(1),
        },
        [literal, ..] => (*literal == unit).then_some(1),
        [] => None,
    }
}

/// A bracket expression behind its `[`: does it hold the unit, and how long is it; `None` when it never ends.
fn set(inner: &[u32], unit: u32) -> Option<(bool, usize)> {
    let negated = matches!(inner.first(), Some(&(BANG | CARET)));
    let mut at = usize::from(negated);
    let first = at;
    let mut holds = false;
    loop {
        match inner.get(at..)? {
            [CLOSE, ..] if at > first => return Some((holds != negated, at + 1)),
            [OPEN, COLON, rest @ ..] => {
                if let Some(class) = class_name(rest) {
                    match in_class(&class, u8::try_from(unit).unwrap_or(0)) {
                        Some(is_in) => holds |= is_in,
                        // With a class that is none glibc finds nothing at all, unless it has found already.
                        None if holds => {}
                        None => return Some((false, 0)),
                    }
                    at += class.len() + 4;
                    continue;
                }
            }
            [OPEN, EQUALS, same, EQUALS, CLOSE, ..] => {
                holds |= *same == unit;
                at += 5;
                continue;
            }
            _ => {}
        }
        let (low, used) = element(&inner[at..])?;
        at += used;
        let (high, used) = match inner.get(at..)? {
            [DASH, high, ..] if *high != CLOSE => element(&inner[at + 1..]).map(|(high, used)| (high, used + 1))?,
            _ => (low, 0),
        };
        at += used;
        match (low, high) {
            (Some(low), Some(high)) => holds |= (low..=high).contains(&unit),
            // The same for a symbol of more than one character: the C locale has none.
            _ if holds => {}
            _ => return Some((false, 0)),
        }
    }
}

/// A unit of its own or an end of a range, and how long it is: `a`, `\a` or `[.a.]`; no unit where there is no such
/// symbol, nothing at all where it never ends.
fn element(inner: &[u32]) -> Option<(Option<u32>, usize)> {
    match inner {
        [OPEN, DOT, symbol @ ..] => {
            let length = 1 + symbol.get(1..)?.windows(2).position(|two| two == [DOT, CLOSE])?;
            Some(((length == 1).then_some(symbol[0]), length + 4))
        }
        [BACKSLASH, escaped, ..] => Some((Some(*escaped), 2)),
        [unit, ..] => Some((Some(*unit), 1)),
        [] => None,
    }
}

/// The name of a class behind `[:`, if lower-case letters and `:]` follow; otherwise the `[` is a byte like any other.
fn class_name(rest: &[u32]) -> Option<Vec<u8>> {
    // glibc takes `z` for the end of the letters; no class has one.
    let letter = |unit: &u32| u8::try_from(*unit).ok().filter(|byte| (b'a'..=b'y').contains(byte));
    let name: Vec<u8> = rest.iter().map_while(letter).collect();
    rest[name.len()..].starts_with(&[COLON, CLOSE]).then_some(name)
}

/// Is a byte in a class; `None` when there is no such class.
fn in_class(name: &[u8], byte: u8) -> Option<bool> {
    Some(match name {
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"upper" => byte.is_ascii_uppercase(),
        b"lower" => byte.is_ascii_lowercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"graph" => byte.is_ascii_graphic(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Memory;

    fn found(pattern: &str) -> String {
        let mut host = Memory::default();
        for name in [
            "d/10.conf",
            "d/100.conf",
            "d/20.conf",
            "d/.hid.conf",
            "d/z.bak",
            "e/x.conf",
            "d/x.conf",
            "a.conf",
            "B.conf",
        ] {
            host.add(Path::new("/etc").join(name), "");
        }
        let folder = Folder { host: &host, base: Path::new("/etc"), characters: &|| true, looked: &Cell::new(0) };
        let paths = expand(&folder, pattern.as_bytes());
        paths.iter().map(|path| String::from_utf8_lossy(path)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn patterns_find_what_glibc_finds() {
        for (pattern, want) in [
            ("d/*.conf", "d/10.conf d/100.conf d/20.conf d/x.conf"),
            ("d/{20,10}.conf", "d/20.conf d/10.conf"),
            ("{d,e}/{x,{y,20}}.conf", "d/x.conf d/20.conf e/x.conf"),
            ("d/[12]0.conf", "d/10.conf d/20.conf"),
            ("d/[!1]*", "d/20.conf d/x.conf d/z.bak"),
            ("d/.*.conf", "d/.hid.conf"),
            ("*/x.conf", "d/x.conf e/x.conf"),
            ("*.conf", "B.conf a.conf"),
            ("a\\.conf", "a.conf"),
            (".*/a.conf", "../a.conf ./a.conf"),
            ("d/[[.1.]-2]0.conf", "d/10.conf d/20.conf"),
            ("d/[[=x=]1].conf", "d/x.conf"),
            ("d/[![.no.]]*", ""),
            ("d/[![:no:]]*", ""),
            ("d\\/{x,10}.conf", "d/x.conf d/10.conf"),
            ("[[:B].conf", "B.conf"),
            ("nope.conf", "nope.conf"),
            ("a{b", "a{b"),
            ("d/*.nope", ""),
        ] {
            assert_eq!(found(pattern), want, "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!name_matches(&[STAR, 97].repeat(60), &[97; 59]));
        let (mut host, looked) = (Memory::default(), Cell::new(0));
        host.add("/etc/a.conf", "");
        let folder = Folder { host: &host, base: Path::new("/etc"), characters: &|| true, looked: &looked };
        for pattern in [".*/".repeat(80), "{a,b}".repeat(50)] {
            expand(&folder, pattern.as_bytes());
            assert!(looked.replace(0) > MOST_LOOKS, "{pattern}");
        }
    }
}
