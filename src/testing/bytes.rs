//! Bytes as text: Asterisk reads bytes, the tables and recordings are UTF-8. Each character is one byte (Latin-1).

use serde::{Deserialize, Serialize};

/// Text of a table as the bytes it stands for.
///
/// Every character is one byte. `{{TEXT*N}}` stands for N times TEXT, so that a line of 8191 bytes can be read; a `{{`
/// that is meant as such is therefore written `{{{{*1}}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Bytes(pub Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let (repeated, count, after) = repetition(after).ok_or_else(|| {
                let shown: String = after.chars().take(20).collect();
                format!("`{{{{{shown}` is no `{{{{TEXT*N}}}}`: write `{{{{{{{{*1}}}}` for two braces")
            })?;
            bytes.extend(to_bytes(before)?);
            bytes.extend(to_bytes(repeated)?.repeat(count));
            rest = after;
        }
        bytes.extend(to_bytes(rest)?);
        Ok(Bytes(bytes))
    }
}

impl Bytes {
    /// Runs of one byte at least this long are written `{{B*N}}`.
    const RUN: usize = 24;

    /// A TOML string that is read as these bytes.
    pub fn written(&self) -> String {
        let mut text = String::from("\"");
        let mut runs = self.0.chunk_by(|a, b| a == b).peekable();
        while let Some(run) = runs.next() {
            let before_repetition = runs.peek().is_some_and(|next| next.len() >= Bytes::RUN);
            let byte = match run[0] {
                b'\n' => "\\n".to_owned(),
                b'\r' => "\\r".to_owned(),
                b'\t' => "\\t".to_owned(),
                byte @ (b'"' | b'\\') => format!("\\{}", char::from(byte)),
                byte @ 32..=126 => char::from(byte).to_string(),
                byte => format!("\\u{byte:04X}"),
            };
            if run.len() >= Bytes::RUN || byte == "{" && (run.len() > 1 || before_repetition) {
                text.push_str(&format!("{{{{{byte}*{}}}}}", run.len()));
            } else {
                text.push_str(&byte.repeat(run.len()));
            }
        }
        text + "\""
    }
}

/// Splits `TEXT*N}}REST`.
fn repetition(text: &str) -> Option<(&str, usize, &str)> {
    text.match_indices("}}").find_map(|(end, _)| {
        let (repeated, count) = text[..end].rsplit_once('*')?;
        Some((repeated, count.parse().ok()?, &text[end + 2..]))
    })
}

fn to_bytes(text: &str) -> Result<Vec<u8>, String> {
    text.chars()
        .map(|it| match u8::try_from(it) {
            Ok(byte) => Ok(byte),
            Err(_) => Err(format!("`{it}` is more than one byte: write the bytes of its UTF-8 as \\u00XX each")),
        })
        .collect()
}

/// Text of a recording: what Asterisk said, cut in the middle when it is long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Said {
    /// All of it.
    Whole(String),
    /// Its length in bytes, its first 40 and its last 20.
    Long {
        /// Bytes in all.
        len: usize,
        /// The first 40.
        head: String,
        /// The last 20.
        tail: String,
    },
}

impl Said {
    const WHOLE: usize = 400;
    const HEAD: usize = 40;
    const TAIL: usize = 20;
}

impl From<&[u8]> for Said {
    fn from(bytes: &[u8]) -> Self {
        if bytes.len() <= Said::WHOLE {
            return Said::Whole(from_bytes(bytes));
        }
        Said::Long {
            len: bytes.len(),
            head: from_bytes(&bytes[..Said::HEAD]),
            tail: from_bytes(&bytes[bytes.len() - Said::TAIL..]),
        }
    }
}

fn from_bytes(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Option<Vec<u8>> {
        Bytes::try_from(text.to_owned()).ok().map(|it| it.0)
    }

    #[test]
    fn text_of_a_table_stands_for_bytes() {
        assert_eq!(bytes("x=\u{e9}\r\n").as_deref(), Some(&b"x=\xe9\r\n"[..]));
        assert_eq!(bytes("a{{bc*3}}d{{;--\n*2}}").as_deref(), Some(&b"abcbcbcd;--\n;--\n"[..]));
        assert_eq!(bytes("{{{{*1}}a,b},c}").as_deref(), Some(&b"{{a,b},c}"[..]));
        assert_eq!(bytes("{{}}*2}}").as_deref(), Some(&b"}}}}"[..]));
        assert_eq!(bytes("d/{a,{b,c}}.conf").as_deref(), Some(&b"d/{a,{b,c}}.conf"[..]));
        assert_eq!(bytes("{{a,b},c}"), None, "two braces that repeat nothing");
        assert_eq!(bytes("\u{20ac}"), None, "a character that is no byte");
    }

    #[test]
    fn bytes_are_written_as_they_are_read() {
        #[derive(Deserialize)]
        struct Row {
            text: Bytes,
        }
        for text in
            [&b"x=\0\xe9\"\\\r\n"[..], b"{{{a}}}{{", &[b"{*}".repeat(3), vec![b'}'; 30], vec![b'*'; 30]].concat()]
        {
            let bytes = Bytes(text.to_vec());
            let read: Row = toml::from_str(&format!("text = {}", bytes.written())).unwrap();
            assert_eq!(read.text, bytes, "{}", bytes.written());
        }
        assert_eq!(Bytes(b"{ETC}/a.conf".to_vec()).written(), r#""{ETC}/a.conf""#);
    }

    #[test]
    fn long_text_is_cut_in_the_middle() {
        assert!(matches!(Said::from(&[b'a'; 400][..]), Said::Whole(_)));
        assert!(matches!(Said::from(&[b'a'; 401][..]), Said::Long { len: 401, .. }));
    }
}
