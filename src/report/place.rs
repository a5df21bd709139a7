//! How places are named to other programs: files relative to the working directory and with `/`, columns in characters.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path};

use crate::text::{FileId, SourceFile};

/// The bytes of a file's name as seen from a folder, with `/` on every system. `a/..` is taken out, as it would be of a
/// URI: services know files by their names alone.
pub(super) fn path_bytes(file: &SourceFile, here: &Path) -> Vec<u8> {
    let path = file.path().strip_prefix(here).unwrap_or(file.path());
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(parts.pop()),
            (part, _) => parts.push(part),
        }
    }
    let mut bytes = Vec::new();
    for part in parts {
        if !bytes.is_empty() && !bytes.ends_with(b"/") {
            bytes.push(b'/');
        }
        match part {
            Component::RootDir if bytes.is_empty() => bytes.push(b'/'),
            Component::RootDir => {}
            part => bytes.extend_from_slice(part.as_os_str().as_encoded_bytes()),
        }
    }
    bytes
}

/// The same as text; what is not UTF-8 in it is lost.
pub(super) fn path(file: &SourceFile, here: &Path) -> String {
    String::from_utf8_lossy(&path_bytes(file, here)).into_owned()
}

/// The same as a reference of RFC 3986, which loses nothing.
pub(super) fn uri(file: &SourceFile, here: &Path) -> String {
    let bytes = path_bytes(file, here);
    let mut uri = String::from(match (bytes.starts_with(b"/"), file.path().is_absolute()) {
        (true, _) => "file://",
        // A drive.
        (false, true) if bytes.get(1) == Some(&b':') => "file:///",
        _ => "",
    });
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// So many bytes of a file are counted at once.
const STRIDE: usize = 1024;

/// Columns in characters, for any number of places on lines of any length.
#[derive(Default)]
pub(super) struct Columns {
    files: RefCell<HashMap<FileId, Characters>>,
}

struct Characters {
    /// Of a file that is not, each byte is a character: most likely it is Latin-1, which is read so.
    is_utf8: bool,
    /// How many characters begin before each stride.
    before: Vec<usize>,
}

impl Columns {
    /// The column of an offset, from 1. A byte order mark is no character.
    pub(super) fn column(&self, file: &SourceFile, at: usize) -> usize {
        let start = file.line(file.position(at).line).map_or(at, |line| line.start);
        self.with(file, |characters| {
            if !characters.is_utf8 {
                return at - start + 1;
            }
            let mark = usize::from(start == 0 && at > 0 && file.bytes().starts_with("\u{feff}".as_bytes()));
            characters.count(file.bytes(), at) - characters.count(file.bytes(), start) + 1 - mark
        })
    }

    /// Is it UTF-8? Else columns are told as those of Latin-1.
    pub(super) fn is_utf8(&self, file: &SourceFile) -> bool {
        self.with(file, |characters| characters.is_utf8)
    }

    fn with<T>(&self, file: &SourceFile, ask: impl FnOnce(&Characters) -> T) -> T {
        let mut files = self.files.borrow_mut();
        ask(files.entry(file.id()).or_insert_with(|| Characters::new(file.bytes())))
    }
}

impl Characters {
    fn new(bytes: &[u8]) -> Characters {
        let mut before = vec![0];
        let mut total = 0;
        for stride in bytes.chunks(STRIDE) {
            total += begun(stride);
            before.push(total);
        }
        Characters { is_utf8: std::str::from_utf8(bytes).is_ok(), before }
    }

    /// How many characters begin before an offset.
    fn count(&self, bytes: &[u8], at: usize) -> usize {
        let stride = at / STRIDE;
        self.before[stride] + begun(&bytes[stride * STRIDE..at])
    }
}

/// How many characters begin in a stretch of UTF-8.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Files;

    #[test]
    fn files_are_named_from_here() {
        let files = Files::default();
        for (path, name, reference) in [
            ("a.conf", "a.conf", "a.conf"),
            ("./etc//a.conf", "etc/a.conf", "etc/a.conf"),
            ("/work/here/etc/a.conf", "etc/a.conf", "etc/a.conf"),
            ("/work/here2/a.conf", "/work/here2/a.conf", "file:///work/here2/a.conf"),
            ("/work/here/etc/../../x/a.conf", "../x/a.conf", "../x/a.conf"),
            ("a/b/../../../c/./d/../a.conf", "../c/a.conf", "../c/a.conf"),
            ("/../a.conf", "/a.conf", "file:///a.conf"),
            ("../a b%.conf", "../a b%.conf", "../a%20b%25.conf"),
            ("x:y#ä?.conf", "x:y#ä?.conf", "x%3Ay%23%C3%A4%3F.conf"),
        ] {
            let file = files.add(path.to_owned(), path.into(), Vec::new());
            let here = Path::new("/work/here");
            assert_eq!((super::path(file, here).as_str(), uri(file, here).as_str()), (name, reference), "{path}");
        }
    }

    #[test]
    fn columns_are_counted_in_characters() {
        let files = Files::default();
        let long = format!("{}ä𝄞x", "ö".repeat(3000));
        for (text, at, column) in [
            ("ab\ncd".as_bytes(), 4, 2),
            ("; ä x".as_bytes(), 5, 5),
            ("𝄞x".as_bytes(), 4, 2),
            ("\u{feff}ab\n".as_bytes(), 0, 1),
            ("\u{feff}ab\n".as_bytes(), 3, 1),
            ("\u{feff}ab\ncd".as_bytes(), 7, 2),
            (b"\xe4\xe4x", 2, 3),
            (long.as_bytes(), 6006, 3003),
            (b"", 0, 1),
            (b"ab\n", 3, 1),
        ] {
            let file = files.add("a".into(), "a".into(), text.to_vec());
            assert_eq!(Columns::default().column(file, at), column, "{}", text.escape_ascii());
        }
    }
}
