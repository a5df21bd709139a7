//! PEM files as OpenSSL reads them: blocks between `-----BEGIN X-----` and `-----END X-----`, any text around them.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, PAD};

/// As OpenSSL decodes: bits left over at the end are not looked at.
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// One block.
pub(super) struct Block<'b> {
    /// What it says it is: `CERTIFICATE`.
    pub(super) label: &'b [u8],
    /// What stands before its data.
    pub(super) header: Header,
    /// What it holds; `None` when its text is broken, or has no end.
    pub(super) bytes: Option<Vec<u8>>,
}

/// What stands before the data of a block, up to an empty line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// Nothing.
    None,
    /// That it is encrypted.
    Encrypted,
    /// Something else, for which OpenSSL refuses the block when it needs it.
    Foreign,
}

/// The blocks of a file, in order, up to the first that is broken.
///
/// Source: `PEM_read_bio` of OpenSSL 1.1.1 to 3.5; tried on 3.0.
pub(super) fn blocks(text: &[u8]) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = text.split(|&byte| byte == b'\n').map(trimmed);
    while let Some(line) = lines.next() {
        if let Some(label) = label(line, b"-----BEGIN ") {
            let block = block(label, &mut lines);
            let broken = block.bytes.is_none();
            blocks.push(block);
            if broken {
                break;
            }
        }
    }
    blocks
}

/// Reads up to the end of a block. Behind a header, even an empty one, lines are of 64 bytes, the last one excepted.
fn block<'b>(label: &'b [u8], lines: &mut impl Iterator<Item = &'b [u8]>) -> Block<'b> {
    const FULL_LINE: usize = 64;
    let broken = |header| Block { label, header, bytes: None };
    let mut header = None;
    let (mut data, mut short) = (Vec::new(), false);
    for line in lines {
        if line.starts_with(b"-----END ") {
            let ended = self::label(line, b"-----END ") == Some(label);
            let bytes = BASE64.decode(&data).ok().filter(|_| ended);
            return Block { label, header: header.unwrap_or(Header::None), bytes };
        }
        match header {
            None if line.is_empty() => {
                header = Some(match &data[..] {
                    [] => Header::None,
                    text if text.starts_with(b"Proc-Type:4,ENCRYPTED") => Header::Encrypted,
                    _ => Header::Foreign,
                });
                data.clear();
                continue;
            }
            Some(header) if line.is_empty() || short || line.len() > FULL_LINE => return broken(header),
            Some(_) => short = line.len() < FULL_LINE,
            None => {}
        }
        data.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
    }
    broken(header.unwrap_or(Header::None))
}

fn label<'l>(line: &'l [u8], begin: &[u8]) -> Option<&'l [u8]> {
    line.strip_prefix(begin)?.strip_suffix(b"-----")
}

/// A line without the blanks and control characters at its end.
fn trimmed(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|&byte| byte > b' ').map_or(0, |last| last + 1);
    &line[..end]
}
