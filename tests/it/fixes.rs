//! Every fix of every example does what its safety says, and leaves the rest alone.

use amictl::config::manager::Manager;
use amictl::config::{self, Outcome, World};
use amictl::finding::{Finding, Fix, Safety, Severity};
use amictl::fix::{Root, Wanted, fix};
use amictl::host::{Host, Memory, Overlay};
use amictl::release::Release;
use amictl::rules::{All, Check, Example, Only, RULES, Role, Rule, Selection, check};
use amictl::testing::cases::{self, case};
use amictl::testing::generate::{Seed, config, mutated};
use amictl::testing::mistakes::mistakes;
use amictl::testing::odd_managers::odd_manager;
use amictl::testing::properties::fixes_are_sound;
use amictl::text::Files;

fn examples() -> impl Iterator<Item = (&'static Rule, &'static Example)> {
    RULES.iter().flat_map(|rule| rule.examples.iter().map(move |example| (*rule, example)))
}

fn root(example: &Example) -> Root {
    Root { path: example.files().1, role: Role::of(example.name), place: example.place() }
}

/// The rules that run by default.
struct Usual;

impl Selection for Usual {
    fn severity(&self, rule: &'static Rule, own: Severity) -> Option<Severity> {
        (!rule.is_strict()).then_some(own)
    }
}

fn found(host: &dyn Host, root: &Root, releases: &[Release], selection: &dyn Selection) -> (Files, Vec<Finding>) {
    let files = Files::default();
    let world = World::new(&files, host, root.place.clone());
    let id = files.add(root.path.display().to_string(), root.path.clone(), host.read(&root.path).unwrap()).id();
    let findings = check(&world, id, root.role, releases, selection);
    (files, findings)
}

/// A rule alone; those on comments that suppress need the others.
fn alone(rule: &'static Rule) -> &'static dyn Selection {
    match rule.check {
        Check::Suppression(_) => &All,
        _ => Box::leak(Box::new(Only(rule))),
    }
}

/// The fixes of an example, each with the files as it leaves them.
fn each_fix(rule: &'static Rule, example: &Example, mut look: impl FnMut(&Finding, &Fix, &Overlay<'_>)) {
    let (memory, _) = example.files();
    let (files, findings) = found(&memory, &root(example), &example.asked(), alone(rule));
    for finding in findings.iter().filter(|finding| finding.rule == rule.name) {
        let Some(fix) = &finding.fix else { continue };
        let mut overlay = Overlay::new(&memory);
        let mut edits = fix.edits.clone();
        edits.sort();
        for edit in edits.iter().rev() {
            let file = files.get(edit.span.file);
            let mut bytes = overlay.read(file.path()).unwrap();
            assert!(bytes[edit.span.range()] != edit.text[..], "{}: an edit that changes nothing", rule.name);
            bytes.splice(edit.span.range(), edit.text.iter().copied());
            overlay.set(file.path().to_owned(), bytes);
        }
        let apart = edits
            .windows(2)
            .all(|pair| pair[0].span.file < pair[1].span.file || pair[0].span.end <= pair[1].span.start);
        assert!(apart && !edits.is_empty(), "{}: edits that overlap, or none", rule.name);
        assert!(!fix.title.is_empty() && !fix.title.ends_with('.'), "{}: `{}`", rule.name, fix.title);
        look(finding, fix, &overlay);
    }
}

#[test]
fn a_fix_mends_its_finding_and_brings_no_other() {
    let (mut mended, mut problems) = (0, Vec::new());
    for (rule, example) in examples() {
        let told = |findings: &[Finding]| -> Vec<(&str, String)> {
            let bad = findings.iter().filter(|it| it.severity >= Severity::Warning || it.rule == rule.name);
            bad.map(|it| (it.rule, it.message.clone())).collect()
        };
        // Of a file that loads, or listens, only when it is mended, the rest is looked at for the first time.
        let wakes = ["byte-order-mark", "general-not-read", "lone-carriage-return"].contains(&rule.name);
        let (memory, _) = example.files();
        let before = told(&found(&memory, &root(example), &example.asked(), &Usual).1);
        each_fix(rule, example, |_, fix, overlay| {
            let of_rule = |host: &dyn Host| {
                let all = found(host, &root(example), &example.asked(), alone(rule)).1;
                all.iter().filter(|finding| finding.rule == rule.name).count()
            };
            let (old, new) = (of_rule(&memory), of_rule(overlay));
            let text = String::from_utf8_lossy(&overlay.read(&root(example).path).unwrap()).into_owned();
            if new >= old && fix.safety != Safety::Show {
                problems.push(format!("{}: `{}` mends nothing:\n{text}", rule.name, fix.title));
            }
            let after = told(&found(overlay, &root(example), &example.asked(), &Usual).1);
            let fresh = after.iter().filter(|it| !(before.contains(it) || wakes && it.0 == "no-address-restriction"));
            let fresh: Vec<_> = fresh.collect();
            if !fresh.is_empty() {
                problems.push(format!("{}: `{}` brings {fresh:?}:\n{text}", rule.name, fix.title));
            }
            mended += 1;
        });
    }
    assert!(problems.is_empty() && mended > 0, "{}", problems.join("\n"));
}

#[test]
fn safe_fixes_change_nothing_and_hardening_gives_nothing() {
    let mut problems = Vec::new();
    for (rule, example) in examples() {
        let (memory, _) = example.files();
        let root = root(example);
        each_fix(rule, example, |_, one, overlay| {
            if one.safety == Safety::Safe {
                // Held to account on every supported release.
                let wanted = Wanted { safe: true, ..Wanted::default() };
                let roots = [Root { place: root.place.clone(), path: root.path.clone(), ..root }];
                if let Err(error) = fix(&memory, &roots, &example.asked(), alone(rule), &wanted) {
                    problems.push(format!("{}: `{}`: {error}", rule.name, one.title));
                }
            }
            if one.safety == Safety::Hardening && root.role == Role::Manager {
                for release in example.asked() {
                    if let Err(why) = gives_nothing(&memory, overlay, &root, release) {
                        problems.push(format!("{}: `{}` on {release}: {why}", rule.name, one.title));
                    }
                }
            }
        });
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Nobody has more than before: no user, no class, no address, no event.
fn gives_nothing(before: &dyn Host, after: &dyn Host, root: &Root, release: Release) -> Result<(), String> {
    let files = (Files::default(), Files::default());
    let worlds = [(&files.0, before), (&files.1, after)].map(|(files, host)| {
        let id = files.add("manager.conf".into(), root.path.clone(), host.read(&root.path).unwrap()).id();
        (World::new(files, host, root.place.clone()), id)
    });
    let [was, is] = worlds.each_ref().map(|(world, id)| config::load(world, *id, release));
    match (was.outcome, is.outcome) {
        (Outcome::Loads, Outcome::Loads) => {
            let was = Manager::load(&worlds[0].0, &was, release);
            Manager::load(&worlds[1].0, &is, release).gives_no_more_than(&was)
        }
        (_, Outcome::Loads) => Err("it loads what it refused".to_owned()),
        _ => Ok(()),
    }
}

#[test]
fn lines_end_as_those_beside_them() {
    for (rule, example) in examples() {
        let (memory, _) = example.files();
        let path = root(example).path;
        let text = memory.read(&path).unwrap();
        if text.contains(&b'\r') || !example.files.is_empty() {
            continue;
        }
        let with_cr: Vec<u8> = text.split(|&byte| byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
        let mut other = Memory::default();
        other.add(path.clone(), with_cr.clone());
        let root = root(example);
        let (files, findings) = found(&other, &root, &example.asked(), alone(rule));
        for finding in findings.iter().filter(|finding| finding.rule == rule.name) {
            let Some(fix) = &finding.fix else { continue };
            let mut bytes = with_cr.clone();
            let mut edits = fix.edits.clone();
            edits.sort();
            for edit in edits.iter().rev().filter(|edit| files.get(edit.span.file).path() == path) {
                bytes.splice(edit.span.range(), edit.text.iter().copied());
            }
            let mut lines = bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
            let text = bytes.escape_ascii();
            assert!(lines.all(|line| line.ends_with(b"\r\n")), "{}: `{}`: {text}", rule.name, fix.title);
        }
    }
}

#[test]
fn fixes_come_to_an_end_on_any_input() {
    let mut seed = Seed::new(6);
    (0..300).for_each(|_| fixes_are_sound(&case(&mut seed, &[])));
    (0..600).for_each(|_| fixes_are_sound(&mistakes(&mut seed)));
    (0..200).for_each(|_| fixes_are_sound(&odd_manager(&mut seed, &cases::Files::new()).root()));
    for _ in 0..300 {
        let text = config(&mut seed);
        let text = if seed.once_in(2) { mutated(&mut seed, &text) } else { text };
        fixes_are_sound(&[(b"case.conf".to_vec(), text)].into());
    }
}
