//! Expressions carried over to the regex crate, as bytes.

use std::fmt::Write as _;

use regex::bytes::{Regex, RegexBuilder};

use super::search::Reading;
use super::tree::{Node, Place, Set};

/// The same expression for the regex crate, if it takes it. Where characters are read it is right for ASCII only.
pub(super) fn regex(tree: &Node, reading: Reading) -> Option<Regex> {
    let mut out = String::new();
    write_node(&mut out, tree, reading);
    RegexBuilder::new(&out).unicode(false).dot_matches_new_line(true).size_limit(4 << 20).nest_limit(1000).build().ok()
}

/// What a `.` takes where UTF-8 is read byte by byte: see [`period`](super::chars::period).
const PERIOD: &str = concat!(
    "(?:[\\x00-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|[\\xe1-\\xef][\\x80-\\xbf]{2}",
    "|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf7][\\x80-\\xbf]{3}|\\xf8[\\x88-\\xbf][\\x80-\\xbf]{3}",
    "|[\\xf9-\\xfb][\\x80-\\xbf]{4}|\\xfc[\\x84-\\xbf][\\x80-\\xbf]{4}|\\xfd[\\x80-\\xbf]{5})"
);

fn write_node(out: &mut String, node: &Node, reading: Reading) {
    match node {
        Node::Empty | Node::Hollow => out.push_str("(?:)"),
        Node::Byte(byte) => push_byte(out, *byte),
        Node::Any if reading == Reading::Utf8 => out.push_str(PERIOD),
        Node::Any => out.push('.'),
        Node::Set(set) => push_set(out, set),
        Node::At(place) => out.push_str(match place {
            Place::LineStart | Place::TextStart => "\\A",
            Place::LineEnd | Place::TextEnd => "\\z",
            Place::WordStart => "\\b{start}",
            Place::WordEnd => "\\b{end}",
            Place::WordEdge => "\\b",
            Place::NoWordEdge => "\\B",
        }),
        Node::Group(_, inner) => write_node(out, inner, reading),
        Node::All(parts) => parts.iter().for_each(|part| match part {
            Node::Either(_) => {
                out.push_str("(?:");
                write_node(out, part, reading);
                out.push(')');
            }
            _ => write_node(out, part, reading),
        }),
        Node::Either(parts) => {
            out.push_str("(?:");
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    out.push('|');
                }
                write_node(out, part, reading);
            }
            out.push(')');
        }
        Node::Repeat(inner, low, high) => {
            out.push_str("(?:");
            write_node(out, inner, reading);
            out.push(')');
            let _ = match (low, high) {
                (0, None) => write!(out, "*"),
                (1, None) => write!(out, "+"),
                (low, None) => write!(out, "{{{low},}}"),
                (low, Some(high)) => write!(out, "{{{low},{high}}}"),
            };
        }
        // Nobody asks for it with one of these in it.
        Node::Back(_) => out.push_str("[a&&b]"),
    }
}

fn push_byte(out: &mut String, byte: u8) {
    let _ = write!(out, "\\x{byte:02X}");
}

fn push_set(out: &mut String, set: &Set) {
    // A class may be empty only when it is written so.
    if set.bytes == [0; 4] {
        out.push_str("[a&&b]");
        return;
    }
    out.push('[');
    let mut byte = 0u16;
    while byte < 256 {
        let has = |at: u16| u8::try_from(at).is_ok_and(|at| set.has(at));
        if has(byte) {
            let start = byte;
            while has(byte + 1) {
                byte += 1;
            }
            let _ = write!(out, "\\x{start:02X}-\\x{byte:02X}");
        }
        byte += 1;
    }
    out.push(']');
}
