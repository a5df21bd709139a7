//! Several sections of one name, of which the earlier ones lose something.

use std::collections::{BTreeMap, HashMap};

use super::prelude::*;
use crate::catalog::{SectionKind, knows, option};
use crate::config::Section;
use crate::release::{Quirk, Release};
use crate::text::Span;

pub(super) static RULE: Rule = Rule {
    name: "duplicate-section",
    summary: "a second section of one name, which is not joined to the first by `(+)`",
    severity: Severity::Error,
    doc: "\
Two sections of one name, in whatever letter case, are one user. What the later one mentions wins: `secret`, `read`, \
`write`, `displayconnects`, `allowmultiplelogin`, `writetimeout`. The ACL (`deny`, `permit`, `acl`), the event \
filters and the `setvar` lines of the earlier section are thrown away in any case: a second `[bob]` with nothing but \
a `read` opens the account to every address. Where the earlier section has a `setvar`, Asterisk goes on using memory \
that it has freed.

Of several `[general]` sections only the first is read, and the others are ignored without a word.

`[bob](+)` adds to the earlier section and loses nothing. The finding is an error when something is lost that the \
later section does not give again, for information when both say the same, else a warning.",
    source: "main/manager.c, __init_manager; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[bob]
secret = x
deny = 0.0.0.0/0
permit = 10.0.0.5
[bob]
 ^^^ the `deny` and `permit` lines of the earlier one are dropped, and the user may log in from any address
read = all
"),
        bad("\
[bob]
secret = x
eventfilter = Hangup
[alice]
secret = y
[Bob]
 ^^^ the user receives every event of its classes; what this one says of `secret` wins
secret = z
"),
        bad("\
[bob]
setvar = A=1
[bob]
 ^^^ goes on using the earlier `setvar` lines after they were freed
read = call
"),
        bad("[general]\nenabled = yes\n[GENERAL]\n ^^^^^^^ takes no `bindaddr` and `port` from this one\n\
            enabled = yes\nport = 5038\nbindaddr = 127.0.0.1\n"),
        bad("\
[bob]
read = call
[bob]
 ^^^ nothing of either is lost
write = call
"),
        bad("\
[net](!)
deny = 0.0.0.0/0
[bob](net)
[bob](net)
 ^^^ nothing of either is lost
")
        .because("inherited lines count: both have the same ACL"),
        bad("\
[general]
enabled = yes
[General]
 ^^^^^^^ which says the same
enabled = yes
"),
        bad("[a\tb]\nread = call\n[a\tb]\n ^^^ write `(+)` right behind this header\nwrite = call\n"),
        bad("[{{a*80}}]\nread = call\n[{{a*80}}]\n ^^^^^^^ put its lines into the earlier section\nwrite = call\n"),
        good("[bob]\ndeny = 0.0.0.0/0\n[bob](+)\nread = all\n"),
        bad("\
[bob]
setvar = A
[bob]
 ^^^ nothing of either is lost
setvar = B=1
")
        .because("a `setvar` without a second `=` sets nothing"),
        good("[bob](!)\nread = call\n[bob](bob)\nsecret = x\n").because("the template is no user"),
        good("[bob]\nread = call\n[bob ]\nread = call\n").because("a blank belongs to the name: these are two users"),
    ],
};

/// Sections hold more entries than there are lines when they inherit. Beyond so many it is not told what is lost.
const MOST_ENTRIES: u64 = 5_000_000;
/// Of a name so many bytes are kept.
const KEPT: usize = 79;
const UNKNOWN: &str = "what is lost by it was not worked out";

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut work = 0;
    let mut affordable = |earlier: &Section<'_>, later: &Section<'_>| {
        work += earlier.content.len() + later.content.len();
        work < MOST_ENTRIES
    };
    let mut known: HashMap<Vec<u8>, &Section<'_>> = HashMap::new();
    for later in context.users() {
        if context.effective.named(later.name).len() < 2 {
            continue;
        }
        let Some(earlier) = known.insert(later.name.to_ascii_lowercase(), later) else { continue };
        let (Some(at), Some(first)) = (name_of(context, later), name_of(context, earlier)) else { continue };
        let with_details = affordable(earlier, later);
        // Which filters there are is a matter of the release.
        for prefix in [false, true] {
            let same = |release: &Release| release.has(Quirk::EventFilterPrefix) == prefix;
            let releases: Vec<Release> = context.releases.iter().copied().filter(same).collect();
            let Some(&release) = releases.first() else { continue };
            let (lost, severity) = match with_details {
                true => loss(earlier, later, release),
                false => (UNKNOWN.to_owned(), Severity::Warning),
            };
            // The same lines read twice: only what breaks by it is worth a word.
            if at == first && severity < Severity::Error {
                continue;
            }
            let name = show(earlier.name);
            let help = match () {
                // By a name that was cut no section is found.
                () if earlier.name.len() >= KEPT => "put its lines into the earlier section, or name this user anew".to_owned(),
                () if name.as_bytes() != earlier.name => {
                    "write `(+)` right behind this header to add to the earlier section, or name this user anew".to_owned()
                }
                () => format!("write `[{name}](+)` to add to the earlier section, or give this user another name"),
            };
            findings
                .at(at, format!("the user `{name}` already has a section"), format!("makes one user of both; {lost}"))
                .severity(severity)
                .help(help)
                .see(first, "the earlier section")
                .only(releases);
        }
    }
    generals(context, findings, affordable);
}

fn name_of(context: &Context<'_>, section: &Section<'_>) -> Option<Span> {
    match context.effective.line(section.origin).node() {
        Node::Header(header) => Some(context.span(section.origin, header.name.range)),
        _ => None,
    }
}

/// What the manager takes from a section: lines that are replaced together, and keys of which the last one counts.
#[derive(Default, PartialEq, Eq)]
struct Held<'e> {
    acl: Vec<(&'static str, &'e [u8])>,
    filters: Vec<(&'e [u8], &'e [u8])>,
    has_setvar: bool,
    single: BTreeMap<&'static str, &'e [u8]>,
}

fn held<'e>(section: &'e Section<'_>, release: Release) -> Held<'e> {
    let mut held = Held::default();
    for entry in section.content.iter().filter(|entry| knows(release, SectionKind::User, entry.name)) {
        match option(SectionKind::User, entry.name).map(|option| option.name()) {
            Some(name @ ("deny" | "permit" | "acl")) => held.acl.push((name, &entry.value)),
            Some("eventfilter") | None => held.filters.push((entry.name, &entry.value)),
            // Without a `=` there is no variable.
            Some("setvar") => held.has_setvar |= entry.value.contains(&b'='),
            Some(name) => drop(held.single.insert(name, &entry.value)),
        }
    }
    held
}

/// What the later of two sections takes from the earlier one, and how bad that is.
fn loss(earlier: &Section<'_>, later: &Section<'_>, release: Release) -> (String, Severity) {
    let (one, two) = (held(earlier, release), held(later, release));
    let mut parts = Vec::new();
    let mut is_bad = one.has_setvar;
    let mut dropped = |keys: String, again: bool, open: &str| {
        let end = if again { "those of this one count".to_owned() } else { format!("the user {open}") };
        parts.push(format!("the {keys} lines of the earlier one are dropped, and {end}"));
        is_bad |= !again;
    };
    if !one.acl.is_empty() && one.acl != two.acl {
        let keys = listed(one.acl.iter().map(|(key, _)| *key));
        dropped(keys, !two.acl.is_empty(), "may log in from any address");
    }
    if !one.filters.is_empty() && one.filters != two.filters {
        dropped("`eventfilter`".to_owned(), !two.filters.is_empty(), "receives every event of its classes");
    }
    if one.has_setvar {
        parts.push(
            "it goes on using the earlier `setvar` lines after they were freed, and may crash or hang".to_owned(),
        );
    }
    let wins = |(key, value): &(&&'static str, &&[u8])| one.single.get(**key).is_some_and(|other| other != *value);
    let won = listed(two.single.iter().filter(wins).map(|(key, _)| *key));
    if !won.is_empty() {
        parts.push(format!("what this one says of {won} wins"));
    }
    if parts.is_empty() {
        parts.push("nothing of either is lost".to_owned());
    }
    let severity = match is_bad {
        true => Severity::Error,
        // With the same `setvar` lines it is bad.
        false if one == two => Severity::Info,
        false => Severity::Warning,
    };
    (parts.join("; "), severity)
}

/// Names in a sentence, each once.
fn listed<'k>(keys: impl Iterator<Item = &'k str>) -> String {
    let mut names: Vec<String> = Vec::new();
    for key in keys {
        let name = format!("`{key}`");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match &names[..] {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn generals(
    context: &Context<'_>,
    findings: &mut Findings<'_>,
    mut affordable: impl FnMut(&Section<'_>, &Section<'_>) -> bool,
) {
    let Some(general) = context.general() else { return };
    let Some(first) = name_of(context, general) else { return };
    let counted = keys(general);
    let is_general = |it: &&Section<'_>| !it.template && it.name.eq_ignore_ascii_case(b"general");
    for later in context.effective.sections.iter().filter(is_general).skip(1) {
        let Some(at) = name_of(context, later).filter(|at| *at != first) else { continue };
        let with_details = affordable(later, later);
        let own = if with_details { keys(later) } else { BTreeMap::new() };
        let lost = listed(own.iter().filter(|(key, value)| counted.get(*key) != Some(value)).map(|(key, _)| *key));
        let (severity, effect) = match (lost.is_empty(), with_details) {
            (true, true) => (Severity::Info, "reads only the first one, which says the same".to_owned()),
            (true, false) => (Severity::Warning, "reads only the first one".to_owned()),
            (false, _) => (Severity::Error, format!("reads only the first one, and takes no {lost} from this one")),
        };
        findings
            .at(at, "there already is a [general]", effect)
            .severity(severity)
            .help("put its lines into the first one, or write `[general](+)`")
            .see(first, "the one that counts");
    }
}

/// The options of a [general], each with its last value.
fn keys<'e>(section: &'e Section<'_>) -> BTreeMap<&'static str, &'e [u8]> {
    let named = section
        .content
        .iter()
        .filter_map(|entry| option(SectionKind::General, entry.name).map(|option| (option.name(), &*entry.value)));
    named.collect()
}
