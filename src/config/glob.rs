//! Which files an include names: glob patterns as glibc's `glob(3)` reads them for Asterisk.
//!
//! Asterisk calls it with GLOB_NOMAGIC and GLOB_BRACE (main/config.c): a pattern without magic stands for itself,
//! `{a,b}` is expanded, each alternative sorted for itself in byte order.

use std::path::{Path, PathBuf};

use crate::host::{FileKind, Host, name_bytes, path_of};

/// The paths that a pattern stands for below `base`, in the order in which Asterisk reads them. Paths without magic
/// are returned whether or not they exist.
pub(super) fn expand(host: &dyn Host, base: &Path, pattern: &[u8]) -> Vec<Vec<u8>> {
    if let Some((before, alternatives, behind)) = braces(pattern) {
        let whole = |inner: &[u8]| [before, inner, behind].concat();
        return alternatives.into_iter().flat_map(|inner| expand(host, base, &whole(inner))).collect();
    }
    if !has_magic(pattern) {
        return vec![pattern.to_vec()];
    }
    let mut found: Vec<Vec<u8>> = vec![Vec::new()];
    let parts: Vec<&[u8]> = pattern.split(|&byte| byte == b'/').collect();
    for (number, part) in parts.iter().enumerate() {
        let is_last = number + 1 == parts.len();
        let mut next = Vec::new();
        for before in found {
            let step = |name: &[u8]| if number == 0 { name.to_vec() } else { [&before, &b"/"[..], name].concat() };
            if !has_magic(part) {
                next.push(step(part));
                continue;
            }
            for name in host.names(&directory(base, &before)) {
                let path = step(name_bytes(&name));
                let fits = name_matches(part, name_bytes(&name));
                if fits && (is_last || host.kind(&base.join(path_of(&path))) == Some(FileKind::Directory)) {
                    next.push(path);
                }
            }
        }
        found = next;
    }
    found.sort();
    found
}

fn directory(base: &Path, before: &[u8]) -> PathBuf {
    if before.is_empty() { base.to_owned() } else { base.join(path_of(before)) }
}

/// Is there a byte in a pattern that keeps it from standing for itself?
fn has_magic(pattern: &[u8]) -> bool {
    let bracket = || {
        let open = pattern.iter().position(|&byte| byte == b'[');
        open.is_some_and(|open| pattern[open..].contains(&b']'))
    };
    pattern.iter().any(|byte| matches!(byte, b'*' | b'?' | b'\\')) || bracket()
}

/// The first `{…}` of a pattern: what is before it, its alternatives, what is behind it.
fn braces(pattern: &[u8]) -> Option<(&[u8], Vec<&[u8]>, &[u8])> {
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
                    return Some((&pattern[..open], alternatives, &pattern[start..]));
                }
            }
            [] => return None,
            _ => {}
        }
        at += 1;
    }
}

/// glibc's `fnmatch` with FNM_PERIOD, byte by byte. Takes time linear in the name for each `*`.
fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && !matches!(pattern, [b'.', ..] | [b'\\', b'.', ..]) {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    // Where to go back to: behind the last `*`, and the byte of the name it is to swallow next.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            None if n == name.len() => return true,
            None => None,
            Some(_) => name.get(n).and_then(|&byte| one(&pattern[p..], byte)),
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

/// How many bytes of a pattern stand for this one byte of a name; `None` when they do not fit it.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [b'[', inner @ ..] => match set(inner, byte) {
            Some((fits, used)) => fits.then_some(used + 1),
            None => (byte == b'[').then_some(1),
        },
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// A bracket expression behind its `[`: does it hold the byte, and how long is it; `None` when it never ends.
fn set(inner: &[u8], byte: u8) -> Option<(bool, usize)> {
    let negated = matches!(inner.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let first = at;
    let mut holds = false;
    loop {
        let (low, used) = match inner.get(at..)? {
            [b']', ..] if at > first => return Some((holds != negated, at + 1)),
            [b'[', b':', class @ ..] => {
                let end = class.windows(2).position(|two| two == b":]")?;
                holds |= in_class(&class[..end], byte);
                at += end + 4;
                continue;
            }
            [b'\\', escaped, ..] => (*escaped, 2),
            [low, ..] => (*low, 1),
            [] => return None,
        };
        at += used;
        match inner.get(at..)? {
            [b'-', high, ..] if *high != b']' => {
                holds |= (low..=*high).contains(&byte);
                at += 2;
            }
            _ => holds |= low == byte,
        }
    }
}

fn in_class(name: &[u8], byte: u8) -> bool {
    match name {
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
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Memory;

    fn found(pattern: &str) -> String {
        let mut host = Memory::default();
        for name in ["d/10.conf", "d/100.conf", "d/20.conf", "d/.hid.conf", "d/z.bak", "e/x.conf", "d/x.conf", "a.conf", "B.conf"] {
            host.add(Path::new("/etc").join(name), "");
        }
        let paths = expand(&host, Path::new("/etc"), pattern.as_bytes());
        paths.iter().map(|path| String::from_utf8_lossy(path)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn patterns_find_what_glibc_finds() {
        for (pattern, want) in [
            ("d/*.conf", "d/10.conf d/100.conf d/20.conf d/x.conf"),
            ("d/{20,10}.conf", "d/20.conf d/10.conf"),
            ("{d,e}/{x,{y,20}}.conf", "d/x.conf d/y.conf d/20.conf e/x.conf e/y.conf e/20.conf"),
            ("d/[12]0.conf", "d/10.conf d/20.conf"),
            ("d/[!1]*", "d/20.conf d/x.conf d/z.bak"),
            ("d/.*.conf", "d/.hid.conf"),
            ("*/x.conf", "d/x.conf e/x.conf"),
            ("*.conf", "B.conf a.conf"),
            ("a\\.conf", "a.conf"),
            ("nope.conf", "nope.conf"),
            ("a{b", "a{b"),
            ("d/*.nope", ""),
        ] {
            assert_eq!(found(pattern), want, "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!name_matches(&b"*a".repeat(60), &[b'a'; 59]));
    }
}
