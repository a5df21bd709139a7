//! Files full of mistakes: put together from the examples of the rules.

use super::cases::{Files, ROOT};
use super::generate::{Seed, mutated};
use crate::rules::{Example, RULES};

const SLOW: [&str; 4] = ["expression-too-costly", "limit-reached", "include-loop", "include-too-deep"];

/// A root file of some examples, one below the other, with the files that lie beside them.
pub fn mistakes(seed: &mut Seed) -> Files {
    let mut files = Files::new();
    let mut root = String::new();
    for _ in 0..1 + seed.below(5) {
        let example = one(seed);
        let text = example.plain();
        // The templates of long lines are left as they are: they are mistakes too.
        root.push_str(&text);
        if !text.ends_with('\n') && !seed.once_in(8) {
            root.push('\n');
        }
        for (name, text) in example.files {
            let marks = |line: &&str| !line.trim_start_matches(' ').starts_with('^');
            let plain: String = text.split_inclusive('\n').filter(marks).collect();
            files.insert(name.as_bytes().to_vec(), plain.into_bytes());
        }
    }
    let mut root = root.into_bytes();
    if seed.once_in(4) {
        root = root.split(|&byte| byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
    }
    if seed.once_in(3) {
        root = mutated(seed, &root);
    }
    files.insert(ROOT.to_vec(), root);
    files
}

fn one(seed: &mut Seed) -> &'static Example {
    loop {
        let rule = RULES[seed.below(RULES.len())];
        // These take seconds, for which they are there.
        if SLOW.contains(&rule.name) {
            continue;
        }
        let examples = rule.examples;
        let example = &examples[seed.below(examples.len())];
        if example.name == "manager.conf" {
            return example;
        }
    }
}
