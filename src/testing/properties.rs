//! What must hold for any input whatever. Each panics with the reason when it does not.

use std::ops::Range;
use std::path::Path;

use memchr::memmem;

use super::cases::{Files as Case, ROOT};
use super::generate::Seed;
use super::scenario::{Question, event_text};
use crate::access::{self, Delivery, Fate, Sent, Verdict, Watcher};
use crate::config::manager::Manager;
use crate::config::{self, Loaded, Place, Section, World};
use crate::fix::{FixError, Root, Wanted, fix};
use crate::host::{Memory, Overlay, path_of};
use crate::release::Release;
use crate::report::{CheckReport, Format, Look};
use crate::rules::{self, All, Check, Role};
use crate::syntax::{self, Dialect, Node, Start};
use crate::text::{FileId, Files, Secrets};

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

/// Any root with its includes is loaded for every release without a panic: notes and entries point at lines that were
/// read, and releases that are loaded as a group would each be loaded like that.
///
/// # Panics
///
/// When it does not.
pub fn load_is_total(case: &Case) {
    let (memory, files) = (in_memory(case), Files::default());
    let (world, root) = world(&files, &memory, case);
    let mut releases = Release::all_series();
    releases.extend(Release::recorded());
    let groups = config::load_all(&world, root, &releases);
    for Loaded { releases, effective } in &groups {
        for note in &effective.notes {
            assert!(effective.text(note.at).range().end <= files.get(effective.read(note.at).file).bytes().len());
            assert!(!note.message().is_empty(), "a note without words");
        }
        for (_, section) in effective.sections().filter(|(_, it)| it.content.len() < 10_000) {
            assert_eq!(section.content.iter().count() as u64, section.content.len(), "entries are miscounted");
            for entry in section.content.iter() {
                assert!(effective.written(entry.origin).is_some(), "an entry comes from a line that is none");
            }
        }
        for &release in releases.iter().filter(|it| it.is_recorded()) {
            let alone = config::load(&world, root, release);
            assert_eq!(alone.outcome, effective.outcome, "{release} differs from its group");
            assert_eq!(alone.notes.len(), effective.notes.len(), "{release} differs from its group");
            let same = alone.sections.iter().zip(&effective.sections).all(|(a, b)| alike(a, b));
            assert!(same && alone.sections.len() == effective.sections.len(), "{release} differs from its group");
        }
    }
}

/// For any sessions of any users: what is said of all at once (`Delivery`) is what is explained of each alone, and the
/// explanation's verdict is its fate. `more`: events beside those of the question: text, name and classes.
///
/// # Panics
///
/// When it is not.
pub fn explained_as_delivered(seed: &mut Seed, question: &Question, more: &[[Vec<u8>; 3]]) {
    let (memory, files) = (in_memory(&question.files), Files::default());
    let place = Place { etc: ETC.into(), root: None, complete: true };
    let bytes = question.files.get(&b"manager.conf"[..]).cloned().unwrap_or_default();
    let root = files.add("manager.conf".to_owned(), Path::new(ETC).join("manager.conf"), bytes).id();
    let world = World::new(&files, &memory, place);
    let own = question.manager.events.iter().enumerate();
    let own = own.map(|(number, headers)| [event_text(number, headers), b"UserEvent".to_vec(), b"user".to_vec()]);
    let events: Vec<_> = own.chain(more.iter().cloned()).collect();
    for release in ["16.28.0", "22.10.1"].map(|name| Release::parse(name).expect("a release")) {
        let effective = config::load(&world, root, release);
        let manager = Manager::load(&world, &effective, release);
        let users = &manager.accounts.users;
        let masks: [&[u8]; 4] = [b"on", b"on", b"user,call", b"off"];
        let masks = users.iter().map(|_| access::mask(masks[seed.below(4)]).expect("a mask"));
        let watchers: Vec<_> = users.iter().zip(masks).map(|(user, mask)| Watcher::of(user, mask)).collect();
        let disabled: Vec<_> = manager.general.disabled_events().into_iter().map(<[u8]>::to_vec).collect();
        let mut delivery = Delivery::new(&watchers, Vec::clone(&disabled));
        let groups = delivery.groups().to_vec();
        for [text, name, classes] in &events {
            let fates = delivery.judge(text, name, classes);
            for ((user, watcher), &group) in users.iter().zip(&watchers).zip(&groups) {
                let session = access::Session { effective: &effective, manager: &manager, user, watcher };
                let why = access::explain(session, Sent { text, name, classes });
                let alike = |other: Fate| match (why.fate, other) {
                    // Of several filters that are not told either may be named.
                    (Fate::Undecided(_), Fate::Undecided(_)) => true,
                    (one, other) => one == other,
                };
                let alone = watcher.fate(&disabled, text, name, classes);
                let (name, text) = (user.name.escape_ascii(), text.escape_ascii());
                assert!(
                    alike(fates[group]),
                    "{name}: explained as {:?}, judged as {:?}: {text}",
                    why.fate,
                    fates[group]
                );
                assert!(alike(alone), "{name}: explained as {:?}, judged alone as {alone:?}: {text}", why.fate);
                let verdict = match why.fate {
                    Fate::Delivered => Verdict::Accepted,
                    Fate::Undecided(_) | Fate::UnknownClass => Verdict::Unknown,
                    Fate::Class | Fate::Mask | Fate::Filter | Fate::Disabled => Verdict::Denied,
                };
                assert_eq!(why.trace.verdict(), verdict, "{name}: {text}");
            }
        }
    }
}

/// Any root is fixed, with the safe fixes alone, with the hardening ones, and with all that there are: they come to an
/// end, what loads still loads, the safe ones change nothing of what any release holds, the hardening ones give nobody
/// anything, and there is nothing left to do. Which release is asked for is a matter of the length of the files.
///
/// # Panics
///
/// When it is not so.
pub fn fixes_are_sound(case: &Case) {
    let mut memory = in_memory(case);
    if !case.contains_key(ROOT) {
        memory.add(Path::new(ETC).join(path_of(ROOT)), Vec::new());
    }
    let place = Place { etc: ETC.into(), root: None, complete: true };
    let path = Path::new(ETC).join(path_of(ROOT));
    let roots = [Root { path, role: Role::Manager, place }];
    let series = Release::all_series();
    let releases = [series[case.values().map(Vec::len).sum::<usize>() % series.len()]];
    let safe = Wanted { safe: true, ..Wanted::default() };
    let hardening = Wanted { hardening: true, ..safe.clone() };
    let all = Wanted { rules: rules::names().collect(), ..hardening.clone() };
    for wanted in [safe, hardening, all] {
        let fixed = match fix(&memory, &roots, &releases, &All, &wanted) {
            Ok(fixed) => fixed,
            // Asked for one by one, a person looks at what each does.
            Err(FixError::Load { .. }) if !wanted.rules.is_empty() => continue,
            Err(error) => panic!("{error}"),
        };
        let mut after = Overlay::new(&memory);
        for file in fixed.files {
            assert!(file.before != file.after, "a file is written that does not change");
            after.set(file.path, file.after);
        }
        let again = fix(&after, &roots, &releases, &All, &wanted).unwrap_or_else(|error| panic!("{error}"));
        assert!(again.made.is_empty(), "fixes are left: {:?}", again.made);
    }
}

fn alike(a: &Section<'_>, b: &Section<'_>) -> bool {
    (a.name, a.template, &a.bases, a.content.len()) == (b.name, b.template, &b.bases, b.content.len())
        && a.content.iter().zip(b.content.iter()).take(10_000).all(|(a, b)| (a.name, &a.value) == (b.name, &b.value))
}

const ETC: &str = "/etc/asterisk";

fn in_memory(case: &Case) -> Memory {
    let mut memory = Memory::default();
    for (name, content) in case.iter().filter(|(name, _)| !name.ends_with(b"/")) {
        memory.add(Path::new(ETC).join(path_of(name)), content.clone());
    }
    memory
}

fn world<'f>(files: &'f Files, memory: &'f Memory, case: &Case) -> (World<'f>, FileId) {
    let place = Place { etc: ETC.into(), root: None, complete: true };
    let path = Path::new(ETC).join(path_of(ROOT));
    let root = files.add("manager.conf".to_owned(), path, case.get(ROOT).cloned().unwrap_or_default());
    (World::new(files, memory, place), root.id())
}

/// Any root with its includes is read, checked and reported for all releases, in all formats, without a panic; findings
/// are in order and their places are in the files.
///
/// # Panics
///
/// When it does not.
pub fn check_is_total(case: &Case) {
    let (memory, files) = (in_memory(case), Files::default());
    let (world, root) = world(&files, &memory, case);
    let releases = Release::all_series();
    let findings = rules::check(&world, root, Role::Manager, &releases, &All);
    for pair in findings.windows(2) {
        assert!(pair[0].span <= pair[1].span, "findings are not in order");
    }
    for finding in &findings {
        let length = files.get(finding.span.file).bytes().len();
        assert!(finding.span.range().end <= length, "{}: a place outside of the file", finding.rule);
        assert!(!finding.releases.is_empty(), "{}: a finding for no release", finding.rule);
    }
    let look = Look { color: false, unicode: true, width: 80, all: true };
    let rules = rules::infos();
    let report = CheckReport {
        findings: &findings,
        files: &files,
        releases: &releases,
        secrets: Secrets::Masked,
        quiet: false,
        rules: &rules,
        here: Path::new("/"),
    };
    for format in Format::ALL {
        let mut text = Vec::new();
        report.write(format, look, &mut text).expect("a report that goes into memory");
        assert!(std::str::from_utf8(&text).is_ok(), "a report that is not UTF-8");
    }
}

/// A comment that allows a rule takes away findings of that rule and no others, adds none but those on itself, and does
/// take away the one on whose line it stands. Which rule, and where, comes from the bytes.
///
/// # Panics
///
/// When it does not.
pub fn suppression_is_exact(bytes: &[u8]) {
    let before = found(bytes);
    let mut seed = Seed::new(bytes.iter().fold(7, |sum: u64, &byte| sum.wrapping_mul(31).wrapping_add(byte.into())));
    let Some((rule, line)) = chosen(bytes, &before, &mut seed) else { return };
    let content = bytes[line.clone()].strip_suffix(b"\n").unwrap_or(&bytes[line.clone()]);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    // Behind a `--;` that ends nothing there are no comments.
    let behind = seed.once_in(2) && content.len() < 8_000 && memmem::find(bytes, b"--;").is_none();
    let at = if behind { line.start + content.len() } else { line.start };
    let (blank, newline) = if behind { (" ", "") } else { ("", "\n") };
    let comment = format!("{blank}; amictl: allow({rule}) reason{newline}");
    let mut after = found(&[&bytes[..at], comment.as_bytes(), &bytes[at..]].concat());
    let moved = |start: usize| if start > at || (start == at && !behind) { start + comment.len() } else { start };
    let must_go = behind && stands_alone(bytes, line.start);
    for (other, start) in before {
        match after.iter().position(|it| *it == (other, moved(start))) {
            Some(place) => {
                let is_meant = other == rule && must_go && line.contains(&start);
                assert!(!is_meant, "`{rule}` is found at {start} in spite of the comment on its line");
                after.swap_remove(place);
            }
            None => assert_eq!(other, rule, "a comment that allows `{rule}` at {at} takes away `{other}` at {start}"),
        }
    }
    assert_eq!(after, [], "a comment that allows `{rule}` at {at} brings findings");
}

/// The findings on a file alone, by rule and place; not those on comments that suppress.
fn found(bytes: &[u8]) -> Vec<(&'static str, usize)> {
    let case = Case::from([(ROOT.to_vec(), bytes.to_vec())]);
    let (memory, files) = (Memory::default(), Files::default());
    let (world, root) = world(&files, &memory, &case);
    let findings = rules::check(&world, root, Role::Manager, &Release::all_series(), &All);
    let is_own = |name: &str| rules::by_name(name).is_some_and(|it| matches!(it.check, Check::Suppression(_)));
    // This rule tells of lines in a row once: a comment between two makes them two rows.
    let is_own = |name: &str| name == "hash-comment" || is_own(name);
    findings.iter().filter(|it| !is_own(it.rule)).map(|it| (it.rule, it.span.start as usize)).collect()
}

/// A rule, and a line that a comment can be put on or above without any other being read otherwise.
fn chosen(bytes: &[u8], found: &[(&'static str, usize)], seed: &mut Seed) -> Option<(&'static str, Range<usize>)> {
    let tree = syntax::parse(bytes, Dialect::default(), Start::default());
    // A file whose lines CR ends, or one of UTF-16, is no longer that with a comment in it.
    let has_lone_cr = bytes.iter().zip(bytes.iter().skip(1)).any(|(a, b)| *a == b'\r' && *b != b'\n');
    if tree.is_empty() || tree.fills_a_buffer() || has_lone_cr || bytes.contains(&0) {
        return None;
    }
    let (rule, at) = match found.len() {
        0 => (rules::RULES[seed.below(rules::RULES.len())].name, seed.below(bytes.len())),
        count => found[seed.below(count)],
    };
    let line = tree.line(if seed.once_in(3) { seed.below(tree.len()) } else { tree.line_of(at) }).range();
    let begins = if line.start == 0 { !bytes.starts_with(b"\xEF\xBB\xBF") } else { bytes[line.start - 1] == b'\n' };
    begins.then_some((rule, line))
}

/// Is it an entry or a directive without a comment?
fn stands_alone(bytes: &[u8], at: usize) -> bool {
    let tree = syntax::parse(bytes, Dialect::default(), Start::default());
    let line = tree.line(tree.line_of(at));
    matches!(line.node(), Node::Entry(_) | Node::Directive(_)) && !bytes[line.range()].contains(&b';')
}
