//! What a row of each table holds. The rows themselves are generated.

use super::Quirk;

/// A release number: series, minor, patch.
pub(crate) type Point = (u16, u16, u16);

/// The releases that have something: from when and until when in each series, and from which `-cert` number in each
/// certified line (series, minor, number).
pub(crate) struct SpanRow {
    pub(crate) from: &'static [Point],
    pub(crate) until: &'static [Point],
    pub(crate) certified: &'static [Point],
}

/// One release series.
pub(crate) struct SeriesRow {
    pub(crate) series: u16,
    pub(crate) speaks: Option<Point>,
    pub(crate) recorded: &'static [Point],
    pub(crate) newest: Point,
    pub(crate) lts: bool,
    /// Versions of the manager interface, and the releases that first greeted with them.
    pub(crate) manager: &'static [(Point, &'static str)],
}

/// Where a quirk holds.
pub(crate) struct QuirkRow {
    pub(crate) quirk: Quirk,
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) from: &'static [Point],
    pub(crate) until: &'static [Point],
    pub(crate) certified: &'static [Point],
    pub(crate) source: &'static str,
}

/// Which kind of section an option belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// The one `[general]` section.
    General,
    /// Every other section: a user.
    User,
}

/// One key of manager.conf.
pub(crate) struct OptionRow {
    pub(crate) name: &'static str,
    pub(crate) section: SectionKind,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) doc: &'static str,
    pub(crate) default: &'static str,
    pub(crate) mistaken: &'static [&'static str],
    pub(crate) quirk: Option<Quirk>,
    pub(crate) source: &'static str,
}

/// One class of rights.
pub(crate) struct ClassRow {
    pub(crate) name: &'static str,
    pub(crate) bit: u32,
    pub(crate) doc: &'static str,
    pub(crate) source: &'static str,
}

/// How an event reaches a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// To every session whose classes, mask and filters let it through.
    Broadcast,
    /// Only to the session that ran an action, whatever its classes, mask and filters are.
    Reply,
    /// One way or the other, depending on what caused it.
    Both,
}

/// One event.
pub(crate) struct EventRow {
    pub(crate) name: &'static str,
    pub(crate) delivery: Delivery,
    pub(crate) answers: &'static [&'static str],
    pub(crate) classes: &'static [u32],
    pub(crate) other: &'static [(&'static SpanRow, &'static [u32])],
    pub(crate) headers: &'static [&'static [Field]],
    pub(crate) free: bool,
    pub(crate) doc: &'static str,
    pub(crate) mistaken: &'static [&'static str],
    pub(crate) module: Option<&'static str>,
    pub(crate) span: Option<&'static SpanRow>,
    pub(crate) source: &'static str,
}

/// One header of an event.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) always: bool,
    pub(crate) span: Option<&'static SpanRow>,
}

/// A header of every such event.
pub(crate) const fn a(name: &'static str) -> Field {
    Field { name, always: true, span: None }
}

/// A header of some such events.
pub(crate) const fn s(name: &'static str) -> Field {
    Field { name, always: false, span: None }
}

/// A header of some such events, on some releases.
pub(crate) const fn late(name: &'static str, span: Option<&'static SpanRow>) -> Field {
    Field { name, always: false, span }
}

/// What an action gives away at worst, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// As good as a shell on the switch.
    Shell,
    /// Writes files or the database.
    Files,
    /// Shows secrets.
    Secrets,
    /// Places, moves, records or ends calls.
    Calls,
    /// Disturbs or stops what others rely on.
    Service,
}

/// One action.
pub(crate) struct ActionRow {
    pub(crate) name: &'static str,
    pub(crate) classes: u32,
    pub(crate) other: &'static [(&'static SpanRow, u32)],
    pub(crate) parameters: &'static [&'static str],
    pub(crate) danger: Option<Danger>,
    pub(crate) gives: &'static str,
    pub(crate) module: Option<&'static str>,
    pub(crate) span: Option<&'static SpanRow>,
    pub(crate) source: &'static str,
}
