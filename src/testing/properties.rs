//! What must hold for any input whatever. Each panics with the reason when it does not.

use std::path::Path;

use crate::config::{Place, World};
use crate::host::Memory;
use crate::release::Release;
use crate::report::{CheckReport, Format, Look};
use crate::rules::{self, All, Role};
use crate::syntax::{self, Dialect, Start};
use crate::text::{Files, Secrets};

/// Printing a tree gives back the bytes it was read from, however it was read, and its lines are the whole file.
///
/// # Panics
///
/// When it does not.
pub fn round_trip(bytes: &[u8]) {
    for (bom_skipped, full_buffer_line_kept, depth) in
        [(true, true, 0), (false, false, 0), (true, true, 1), (true, true, -1)]
    {
        let dialect = Dialect { bom_skipped, full_buffer_line_kept };
        let tree = syntax::parse(bytes, dialect, Start { depth, first: depth == 0 });
        let mut at = 0;
        for line in tree.lines() {
            assert_eq!(line.range().start, at, "a line does not begin where the last one ended");
            for piece in line.pieces() {
                assert_eq!(piece.range.start, at, "a piece does not begin where the last one ended");
                assert!(piece.range.end > at, "a piece is empty");
                at = piece.range.end;
            }
            assert_eq!(line.range().end, at, "the pieces of a line do not reach its end");
            let _ = line.node();
        }
        assert_eq!(at, bytes.len(), "the lines do not reach the end of the file");
        let printed: Vec<u8> = tree.pieces().flat_map(|piece| bytes[piece.range].to_vec()).collect();
        assert!(printed == bytes, "printing does not give back the input");
    }
}

/// Any file is read, checked and reported for all releases, in all formats, without a panic; findings are in order,
/// their places are in the file, and no secret is in the report.
///
/// # Panics
///
/// When it does not.
pub fn check_is_total(bytes: &[u8]) {
    let memory = Memory::default();
    let files = Files::default();
    let place = Place { etc: "/etc/asterisk".into(), root: None, complete: true };
    let world = World::new(&files, &memory, place);
    let path = Path::new("/etc/asterisk/manager.conf");
    let root = files.add("manager.conf".to_owned(), path.to_owned(), bytes.to_vec()).id();
    let releases = Release::all_series();
    let findings = rules::check(&world, root, Role::Manager, &releases, &All);
    for pair in findings.windows(2) {
        assert!(pair[0].span <= pair[1].span, "findings are not in order");
    }
    for finding in &findings {
        assert!(finding.span.end as usize <= bytes.len(), "{}: a place outside of the file", finding.rule);
        assert!(!finding.releases.is_empty(), "{}: a finding for no release", finding.rule);
    }
    let look = Look { color: false, unicode: true, width: 80, all: true };
    let report =
        CheckReport { findings: &findings, files: &files, releases: &releases, secrets: Secrets::Masked, quiet: false };
    for format in [Format::Human, Format::Short, Format::Json] {
        let mut text = Vec::new();
        report.write(format, look, &mut text).expect("a report that goes into memory");
        assert!(std::str::from_utf8(&text).is_ok(), "a report that is not UTF-8");
    }
}
