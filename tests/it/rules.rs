//! Every rule: its examples say what it does, its page is complete, its file is registered.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use amictl::rules::{RULES, by_name};

#[test]
fn examples_are_found_as_marked() {
    let mut failed = Vec::new();
    for rule in RULES {
        for (number, example) in rule.examples.iter().enumerate() {
            if let Err(error) = example.run(rule) {
                failed.push(format!("{}, example {}:\n{}\n  {error}", rule.name, number + 1, example.text));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn every_rule_has_a_page_and_examples_of_both_kinds() {
    for rule in RULES {
        let bad = rule.examples.iter().filter(|example| example.is_bad);
        assert!(bad.clone().count() > 0, "{}: no bad example", rule.name);
        assert!(bad.clone().count() < rule.examples.len(), "{}: no good example", rule.name);
        for example in bad {
            let texts = std::iter::once(example.text).chain(example.files.iter().map(|(_, text)| *text));
            let marked = texts.flat_map(str::lines).any(|line| line.trim_start_matches(' ').starts_with('^'));
            assert!(marked, "{}: a bad example without a mark:\n{}", rule.name, example.text);
        }
        for example in rule.examples.iter().filter(|example| !example.is_bad) {
            assert!(!example.text.contains("\n^"), "{}: a good example with a mark:\n{}", rule.name, example.text);
        }
        assert!(rule.doc.len() > 150, "{}: the page says too little", rule.name);
        assert!(rule.source.len() > 20, "{}: no source", rule.name);
        assert!(
            !rule.summary.ends_with('.') && rule.summary.len() < 80,
            "{}: the summary is a short phrase",
            rule.name
        );
        assert!(by_name(rule.name).is_some_and(|found| std::ptr::eq(found, *rule)), "{}: the name is taken", rule.name);
    }
}

#[test]
fn rule_files_and_rules_are_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let helpers =
        ["mod", "address-lists", "context", "prelude", "examples", "filter-lines", "generated", "mend", "suppress"];
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().replace('_', "-"))
        .filter(|name| !helpers.contains(&name.as_str()))
        .collect();
    let rules: BTreeSet<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(files, rules, "a rule is named after its file, and stands in the list of src/rules/mod.rs");
}
