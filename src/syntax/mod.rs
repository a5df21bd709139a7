//! The lossless tree of one file: every byte has its place, and printing the tree gives back the input.
//!
//! This layer knows the format and nothing else: not what keys mean, not what an include brings, not which releases
//! exist. Where releases read bytes differently, the caller says how ([`Dialect`]). Parsing never fails: broken lines
//! are lines too.
//!
//! Source for everything here: `config_text_file_load` and `process_text_line` in Asterisk's main/config.c, measured
//! on 13.12.2 to 23.4.1.

mod comment;
mod grammar;
mod lines;
mod pieces;
mod tree;

pub use lines::parse;
pub use pieces::{Piece, PieceKind};
pub use tree::{Directive, Entry, Field, Header, HeaderItem, Line, Node, Nothing, Operator, Tree};

/// How a release reads bytes into lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    /// A UTF-8 byte order mark at the start of a file is skipped.
    pub bom_skipped: bool,
    /// A line that just fills the read buffer (8190 bytes and its newline) is read; else it is dropped and takes the
    /// next line with it.
    pub full_buffer_line_kept: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { bom_skipped: true, full_buffer_line_kept: true }
    }
}

/// In which state the reader comes to a file. Only the later files of one glob include start otherwise than fresh:
/// Asterisk resets neither its line counter nor its comment depth between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Start {
    /// How many block comments are open; below zero when there were more ends than beginnings.
    pub depth: i32,
    /// The line counter stands at the beginning: only then is a byte order mark looked for.
    pub first: bool,
}

impl Default for Start {
    fn default() -> Self {
        Start { depth: 0, first: true }
    }
}

/// The longest line that is read, without its newline.
pub const LONGEST_LINE: usize = 8190;

/// Block comments nest so deep; one more and Asterisk never comes back.
pub const DEEPEST_COMMENT: i32 = 128;
