//! Every fix of every example does what its safety says, and leaves the rest alone.

use amictl::config::manager::Manager;
use amictl::config::{self, Outcome, World};
use amictl::finding::{Finding, Fix, Safety, Severity};
use amictl::fix::{Root, Wanted, fix};
use amictl::host::{Host, Overlay};
use amictl::release::Release;
use amictl::rules::{Example, Only, RULES, Role, Rule, Selection, check};
use amictl::testing::cases::case;
use amictl::testing::generate::{Seed, config, mutated};
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

/// The fixes of an example, each with the files as it leaves them.
fn each_fix(rule: &'static Rule, example: &Example, mut look: impl FnMut(&Finding, &Fix, &Overlay<'_>)) {
    let (memory, _) = example.files();
    let (files, findings) = found(&memory, &root(example), &example.asked(), &Only(rule));
    for finding in &findings {
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
    let mut mended = 0;
    for (rule, example) in examples() {
        let told = |findings: &[Finding]| -> Vec<(&str, String)> {
            let bad = findings.iter().filter(|it| it.severity >= Severity::Warning || it.rule == rule.name);
            bad.map(|it| (it.rule, it.message.clone())).collect()
        };
        let (memory, _) = example.files();
        let before = told(&found(&memory, &root(example), &example.asked(), &Usual).1);
        each_fix(rule, example, |finding, fix, overlay| {
            let of_rule = |host: &dyn Host| found(host, &root(example), &example.asked(), &Only(rule)).1.len();
            let (old, new) = (of_rule(&memory), of_rule(overlay));
            let text = String::from_utf8_lossy(&overlay.read(&root(example).path).unwrap()).into_owned();
            assert!(new < old || fix.safety == Safety::Show, "{}: `{}` mends nothing:\n{text}", rule.name, fix.title);
            let after = told(&found(overlay, &root(example), &example.asked(), &Usual).1);
            let fresh: Vec<_> = after.iter().filter(|it| !before.contains(it)).collect();
            assert!(fresh.is_empty(), "{}: `{}` brings {fresh:?}:\n{text}", finding.rule, fix.title);
            mended += 1;
        });
    }
    assert!(mended > 0);
}

#[test]
fn safe_fixes_change_nothing_and_hardening_gives_nothing() {
    for (rule, example) in examples() {
        let (memory, _) = example.files();
        let root = root(example);
        each_fix(rule, example, |_, one, overlay| {
            if one.safety == Safety::Safe {
                // Held to account on every supported release.
                let wanted = Wanted { safe: true, ..Wanted::default() };
                let fixed = fix(
                    &memory,
                    &[Root { place: root.place.clone(), path: root.path.clone(), ..root }],
                    &example.asked(),
                    &Only(rule),
                    &wanted,
                );
                assert!(fixed.is_ok(), "{}: {}", rule.name, fixed.err().map(|it| it.to_string()).unwrap_or_default());
            }
            if one.safety == Safety::Hardening && root.role == Role::Manager {
                example.asked().iter().for_each(|&release| gives_nothing(&memory, overlay, &root, release, rule.name));
            }
        });
    }
}

/// Nobody has more than before: no user, no class.
fn gives_nothing(before: &dyn Host, after: &dyn Host, root: &Root, release: Release, rule: &str) {
    let rights = |host: &dyn Host| {
        let files = Files::default();
        let world = World::new(&files, host, root.place.clone());
        let id = files.add("manager.conf".into(), root.path.clone(), host.read(&root.path).unwrap()).id();
        let effective = config::load(&world, id, release);
        let manager = Manager::load(&world, &effective, release);
        let of = |user: &amictl::config::manager::User<'_>| {
            (user.name.to_ascii_lowercase(), user.read.value.bits(), user.write.value.bits())
        };
        (effective.outcome == Outcome::Loads).then(|| manager.accounts.users.iter().map(of).collect::<Vec<_>>())
    };
    let (Some(before), Some(after)) = (rights(before), rights(after)) else { return };
    for (name, read, write) in after {
        let old = before.iter().find(|(other, ..)| *other == name);
        let has_no_more = old.is_some_and(|(_, old_read, old_write)| read & !old_read == 0 && write & !old_write == 0);
        assert!(has_no_more, "{rule}: a hardening fix gives `{}` something on {release}", name.escape_ascii());
    }
}

#[test]
fn fixes_come_to_an_end_on_any_input() {
    let mut seed = Seed::new(6);
    (0..300).for_each(|_| fixes_are_sound(&case(&mut seed, &[])));
    for _ in 0..300 {
        let text = config(&mut seed);
        let text = if seed.once_in(2) { mutated(&mut seed, &text) } else { text };
        fixes_are_sound(&[(b"case.conf".to_vec(), text)].into());
    }
}
