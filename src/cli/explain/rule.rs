//! The page of a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::text::{indented, paragraph, wrapped};
use crate::finding::Safety;
use crate::rules::Rule;

/// So many examples say what a kind of fix does.
const MOST_TITLES: usize = 3;

const STRICT: &str = "\
This rule runs only with `--strict` or `strict = true` in amictl.toml, or when its name stands behind `--select` or has \
a severity under [rules].";

/// The page of a rule.
pub(super) fn page(rule: &'static Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({})\n{}\n", rule.name, rule.severity.name(), rule.summary)?;
    if rule.is_strict() {
        wrapped(STRICT, "", out)?;
        writeln!(out)?;
    }
    for text in rule.doc.split("\n\n") {
        paragraph(text, out)?;
        writeln!(out)?;
    }
    for example in rule.examples {
        let kind = if example.is_bad { "Found" } else { "Not found" };
        let because = if example.because.is_empty() { String::new() } else { format!(" ({})", example.because) };
        let name = if example.name == "manager.conf" { String::new() } else { format!(" in {}", example.name) };
        let place = if example.complete { ", on the switch itself" } else { "" };
        writeln!(out, "{kind}{name}{place}{because}:\n")?;
        indented(example.text, out)?;
        for (name, text) in example.files {
            writeln!(out, "  {name}:")?;
            indented(text, out)?;
        }
        for (right, files) in [("read", example.read_by_all), ("write", example.written_by_all)] {
            if !files.is_empty() {
                writeln!(out, "  which everybody may {right}: {}", files.join(", "))?;
            }
        }
        writeln!(out)?;
    }
    for line in fixes(rule) {
        wrapped(&line, "", out)?;
    }
    wrapped(&format!("Source: {}", rule.source), "", out)
}

/// What can be done about its findings, as its examples have it.
fn fixes(rule: &'static Rule) -> Vec<String> {
    let found = rule.examples.iter().filter_map(|example| example.run(rule).ok()).flatten();
    let mut kinds: BTreeMap<Safety, (Option<String>, BTreeSet<String>)> = BTreeMap::new();
    for finding in found {
        let Some(fix) = &finding.fix else { continue };
        kinds.entry(fix.safety).or_insert((finding.asked_by(), BTreeSet::new())).1.insert(fix.title.clone());
    }
    let line = |(safety, (asked_by, titles)): (Safety, (Option<String>, BTreeSet<String>))| {
        let more = if titles.len() > MOST_TITLES { ", and the like" } else { "" };
        let titles = titles.into_iter().take(MOST_TITLES).collect::<Vec<_>>().join("; ");
        match asked_by {
            Some(option) => format!("Fix ({}, with `{option}`): {titles}{more}", safety.name()),
            None => format!("Suggested, never done: {titles}{more}"),
        }
    };
    kinds.into_iter().map(line).collect()
}
