//! What there is to say of a load: everything Asterisk logs, and what it does without a word.

use super::{Origin, SectionId};
use crate::posix::Beyond;
use crate::text::show;

/// Something that happened while a file was read.
#[derive(Debug, Clone)]
pub struct Note<'t> {
    /// What.
    pub what: What<'t>,
    /// At which line.
    pub at: Origin,
    /// It ended the reading of the file in which it stands.
    pub fatal: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What<'t> {
    /// A line with text before the first header.
    NoSection,
    /// A header without `]`.
    UnclosedName,
    /// A header without `)`.
    UnclosedOptions,
    /// A `\` that escapes nothing.
    BadEscape,
    /// A base that does not exist.
    UnknownBase {
        /// The name, as written.
        name: &'t [u8],
    },
    /// An append to a section that does not exist, or that its filter does not find.
    UnknownTarget {
        /// The name, as written.
        name: &'t [u8],
        /// What follows the `+`.
        filter: &'t [u8],
    },
    /// A filter that amictl cannot evaluate; the section is taken as not found.
    FilterUndecided {
        /// Why.
        why: Beyond,
    },
    /// An include that brought no file.
    IncludeMissing {
        /// The name, as written.
        name: &'t [u8],
    },
    /// An include that brought no file, which is no error: `#tryinclude`.
    TryIncludeMissing {
        /// The name, as written.
        name: &'t [u8],
    },
    /// An include of files that are not here to be looked at.
    IncludeUnknown {
        /// The name, as written.
        name: &'t [u8],
    },
    /// An include of something that is no regular file.
    NotRegular {
        /// The name, as written.
        name: &'t [u8],
    },
    /// An include below ten others.
    IncludeTooDeep,
    /// The second include of one name.
    IncludedTwice {
        /// The name, as written.
        name: &'t [u8],
    },
    /// A file that is read while it is being read.
    IncludeLoop {
        /// The name, as written.
        name: &'t [u8],
    },
    /// A `#exec`: amictl never runs it, and Asterisk only with `execincludes` on.
    Exec {
        /// Does Asterisk run it? Nothing, where the asterisk.conf that says so is not here.
        runs: Option<bool>,
    },
    /// A directive without its argument.
    NoArgument,
    /// A directive that does not exist.
    UnknownDirective,
    /// A line of more than 8190 bytes.
    TooLong,
    /// A text line without `=`.
    NoEquals,
    /// An entry without a name.
    NoName,
    /// A block comment that is open at the end of a file.
    Unterminated,
    /// A `--;` that ends nothing: the rest of the file is not read.
    StrayEnd,
    /// A block comment in the 128th one.
    CommentTooDeep,
    /// A section that inherits from itself.
    InheritsItself,
    /// An empty base: the first section of the file is inherited.
    EmptyBase {
        /// That section.
        first: SectionId,
    },
    /// A name of more than 79 bytes.
    NameCut,
    /// A `+=` that changed an entry.
    Appended {
        /// The line of that entry.
        target: Origin,
        /// The end of its value before, up to 24 bytes.
        seam: Vec<u8>,
    },
    /// A `+=` that changed another entry than the one it extends: same name but for case, and the same value.
    AppendedElsewhere {
        /// The line of the entry that was changed.
        target: Origin,
        /// The line of the entry that was to be extended.
        meant: Origin,
    },
    /// A `+=` with nothing to extend: a plain `=`.
    AppendedToNothing {
        /// The line of an entry with this name in another letter case.
        other_case: Option<Origin>,
    },
    /// A limit of amictl, not of Asterisk.
    Limit(Limit),
}

/// Where amictl gives up, so that no input makes it use time and memory without bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Files are read too often.
    Reads,
    /// Patterns of includes look at too many paths.
    Paths,
    /// A section holds too many entries, its inherited ones counted.
    Entries,
    /// Appends and filters look at too many entries.
    Work,
}

impl Limit {
    /// The bound, in words.
    pub fn what(self) -> &'static str {
        match self {
            Limit::Reads => "includes read files more than 100,000 times, or far more text than there is",
            Limit::Paths => "the patterns of includes look at more than a million paths",
            Limit::Entries => "a section inherits more than a million entries",
            Limit::Work => "`+=` and `(+filter)` have to look at more than 200 million entries",
        }
    }
}

/// How bad a note is, as Asterisk sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The file is refused, or never read to its end.
    Fatal,
    /// Asterisk logs an error or a warning.
    Warning,
    /// Asterisk says nothing.
    Silent,
    /// amictl cannot know.
    Unknown,
}

impl Level {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Level::Fatal => "fatal",
            Level::Warning => "warning",
            Level::Silent => "silent",
            Level::Unknown => "unknown",
        }
    }
}

impl Note<'_> {
    /// Is it about what is not here to be looked at, or was not run? It may change anything that is said of the whole.
    pub fn is_open(&self) -> bool {
        matches!(self.what, What::IncludeUnknown { .. } | What::Exec { runs: None | Some(true) })
    }

    /// How bad it is.
    pub fn level(&self) -> Level {
        match &self.what {
            _ if self.fatal => Level::Fatal,
            What::CommentTooDeep | What::InheritsItself | What::Limit(_) => Level::Fatal,
            _ if self.is_open() => Level::Unknown,
            What::FilterUndecided { .. } => Level::Unknown,
            // Not fatal: there are files that amictl could not look at, and one of them may bring the section.
            What::UnknownBase { .. } | What::UnknownTarget { .. } | What::NoSection => Level::Unknown,
            What::TryIncludeMissing { .. }
            | What::EmptyBase { .. }
            | What::NameCut
            | What::Appended { .. }
            | What::AppendedElsewhere { .. }
            | What::AppendedToNothing { .. }
            | What::IncludeLoop { .. } => Level::Silent,
            _ => Level::Warning,
        }
    }

    /// One sentence on it.
    pub fn message(&self) -> String {
        self.what.message()
    }
}

impl What<'_> {
    /// One sentence on it.
    pub fn message(&self) -> String {
        match self {
            What::NoSection => "there is text before the first section".to_owned(),
            What::UnclosedName => "the section header has no `]`".to_owned(),
            What::UnclosedOptions => "the section header has no `)`".to_owned(),
            What::BadEscape => "the `\\` at the start of the line escapes nothing".to_owned(),
            What::UnknownBase { name } => format!("no section `{}` stands before this one to inherit from", show(name)),
            What::UnknownTarget { name, filter: [] } => format!("no section `{}` stands before this one", show(name)),
            What::UnknownTarget { name, filter } => {
                format!("no section `{}` with `{}` stands before this one", show(name), show(filter))
            }
            What::FilterUndecided { why } => format!("amictl cannot tell which section this filter finds: {why}"),
            What::IncludeMissing { name } => format!("there is no file `{}`", show(name)),
            What::TryIncludeMissing { name } => format!("there is no file `{}`; nothing is included", show(name)),
            What::IncludeUnknown { name } => format!("`{}` is not here; what it holds is unknown", show(name)),
            What::NotRegular { name } => format!("`{}` is not a regular file", show(name)),
            What::IncludeTooDeep => "includes nest deeper than ten levels".to_owned(),
            What::IncludedTwice { name } => format!("`{}` is included more than once", show(name)),
            What::IncludeLoop { name } => format!("`{}` is included while it is being read", show(name)),
            What::Exec { runs: None } => "#exec was not run; Asterisk runs it only with execincludes on".to_owned(),
            What::Exec { runs: Some(true) } => "#exec was not run; Asterisk runs it, as execincludes is on".to_owned(),
            What::Exec { runs: Some(false) } => "#exec is skipped, as execincludes is off".to_owned(),
            What::NoArgument => "the directive has no argument".to_owned(),
            What::UnknownDirective => "there is no such directive".to_owned(),
            What::TooLong => "the line is longer than 8190 bytes".to_owned(),
            What::NoEquals => "the line has no `=`".to_owned(),
            What::NoName => "nothing stands before the `=`".to_owned(),
            What::Unterminated => "a block comment is not closed by the end of the file".to_owned(),
            What::StrayEnd => "`--;` ends no comment; what follows in this file is not read".to_owned(),
            What::CommentTooDeep => "the 129th block comment is opened: Asterisk never comes back".to_owned(),
            What::InheritsItself => "the section inherits from itself: Asterisk never comes back".to_owned(),
            What::EmptyBase { .. } => "an empty base: the first section of the file is inherited".to_owned(),
            What::NameCut => "the name is cut at 79 bytes".to_owned(),
            What::Appended { .. } => "the value is joined to an earlier one".to_owned(),
            What::AppendedElsewhere { .. } => "`+=` changes another entry than the last one of its name".to_owned(),
            What::AppendedToNothing { .. } => "`+=` finds nothing to extend".to_owned(),
            What::Limit(limit) => format!("amictl gives up: {}", limit.what()),
        }
    }
}
