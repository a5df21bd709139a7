//! Several sections of one name, of which the earlier ones lose something.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::prelude::*;
use crate::catalog::{SectionKind, knows, option};
use crate::config::{Entry, Origin, Section};
use crate::release::{Quirk, Release};
use crate::syntax::{HeaderItem, Operator};
use crate::text::{FileId, Span};

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
read = call
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
    let mut joins = None;
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
            let joined = joined(earlier, later, release).filter(|_| with_details);
            let join = joined.and_then(|safety| {
                Some((safety, joins.get_or_insert_with(|| Joins::of(*context)).join(earlier, later)?))
            });
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
            let finding = findings
                .at(at, format!("the user `{name}` already has a section"), format!("makes one user of both; {lost}"))
                .severity(severity)
                .help(help)
                .see(first, "the earlier section")
                .only(releases);
            if let Some((safety, edit)) = join {
                finding.fix_all(safety, "add to the earlier section", vec![edit]);
            }
        }
    }
    generals(context, findings, affordable, joins);
}

fn name_of(context: &Context<'_>, section: &Section<'_>) -> Option<Span> {
    match context.effective.line(section.origin).node() {
        Node::Header(header) => Some(context.span(section.origin, header.name.range)),
        _ => None,
    }
}

/// What is asked of the whole configuration before two sections are joined.
struct Joins<'a> {
    context: Context<'a>,
    /// The names that some section inherits from, in lower case; the empty one stands for the first section.
    bases: HashSet<Vec<u8>>,
    reads: HashMap<FileId, usize>,
    is_read_alike: bool,
}

impl<'a> Joins<'a> {
    fn of(context: Context<'a>) -> Joins<'a> {
        let effective = context.effective;
        let mut reads = HashMap::new();
        effective.reads.iter().for_each(|read| *reads.entry(read.file).or_default() += 1);
        let headers = context.lines().filter(|(_, line)| line.is_header()).map(|(_, line)| line.node());
        let items = headers.flat_map(|node| match node {
            Node::Header(header) => header.items,
            _ => Vec::new(),
        });
        let bases = items.filter(|(item, _)| *item == HeaderItem::Base);
        let bases = bases.map(|(_, name)| name.bytes.to_ascii_lowercase()).collect();
        Joins { context, bases, reads, is_read_alike: mend::is_read_alike(effective) }
    }

    /// `(+)` for a later section, where it then only adds to the earlier one what it holds by itself.
    fn join(&self, earlier: &Section<'_>, later: &Section<'_>) -> Option<Edit> {
        let effective = self.context.effective;
        let (at, line) = (later.origin, effective.line(later.origin));
        let Node::Header(header) = line.node() else { return None };
        // Whom a `(+)` finds, and from whom a section of this name is inherited, is the first one; without a name, the
        // first one of all.
        let mut same = effective.named(later.name).iter().map(|&id| (id, effective.section(id)));
        let (first, found) = same.next()?;
        // Behind an include, the earlier one may go on.
        let is_found = found.origin == earlier.origin && found.origin.read == at.read && !found.template && (1..KEPT).contains(&found.name.len());
        let is_before = |it: &Origin| it.read == at.read && it.line < at.line;
        let is_added = earlier.appended.iter().all(is_before) && later.appended.is_empty();
        let is_plain = header.ignored.is_none() && !line.is_tangled() && mend::has_room(line);
        let is_base = self.bases.contains(&later.name.to_ascii_lowercase())
            || first.index() == 0 && self.bases.contains(&b""[..]);
        let is_once = self.reads.get(&effective.read(at).file) == Some(&1);
        let is_looked_for = is_base || mend::has_filters(&self.context) || !self.is_read_alike;
        if !is_found || !is_added || !is_plain || !is_once || is_looked_for {
            return None;
        }
        // A `+=` would join to what the earlier section holds, and what an include brings is not looked through.
        let tree = effective.read(at).tree;
        let below = (at.line as usize + 1..tree.len()).map(|number| tree.line(number).node());
        let is_clear = |node: Node<'_>| match node {
            Node::Entry(entry) => entry.operator != Operator::Append,
            Node::Directive(_) => false,
            _ => true,
        };
        if !below.take_while(|node| !matches!(node, Node::Header(_))).all(is_clear) {
            return None;
        }
        let end = header.name.range.end + 1;
        let (place, text) = match &header.options {
            None => (end, &b"(+)"[..]),
            Some(options) if options.bytes.is_empty() => return None,
            Some(options) => (options.range.start, &b"+,"[..]),
        };
        Some(Edit { span: effective.span(at, place..place), text: text.to_vec() })
    }
}

/// What it does to join two sections: rules of addresses in front of others only keep more out, and so do filters, but
/// for one more that includes events beside others that do.
fn joined(earlier: &Section<'_>, later: &Section<'_>, release: Release) -> Option<Safety> {
    let one = held(earlier, release);
    // Which of them are filters is a matter of the release.
    let is_filter = |name: &[u8]| name.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"eventfilter"));
    let has_filters = |section: &Section<'_>| section.content.iter().any(|entry| is_filter(entry.name));
    match has_filters(earlier) {
        // Variables are a hazard of their own, joined or not.
        _ if one.has_setvar => None,
        false if one.acl.is_empty() => Some(Safety::Safe),
        true if has_filters(later) => Some(Safety::Widening),
        // An ACL that is asked for twice may be none.
        _ if held(later, release).acl.iter().any(|(key, _)| *key == "acl") => Some(Safety::Widening),
        _ => Some(Safety::Hardening),
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

fn generals<'c>(
    context: &Context<'c>,
    findings: &mut Findings<'_>,
    mut affordable: impl FnMut(&Section<'_>, &Section<'_>) -> bool,
    mut joins: Option<Joins<'c>>,
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
        let finding = findings
            .at(at, "there already is a [general]", effect)
            .severity(severity)
            .help("put its lines into the first one, or write `[general](+)`")
            .see(first, "the one that counts");
        let joins = joins.get_or_insert_with(|| Joins::of(*context));
        if let Some(edit) = joins.join(general, later).filter(|_| with_details) {
            // What both say counts already.
            let name = |entry: &Entry<'_>| option(SectionKind::General, entry.name).map(|option| option.name());
            let mut known = later.content.iter().filter_map(|entry| Some((name(entry)?, &*entry.value)));
            let is_said = known.all(|(key, value)| counted.get(key) == Some(&value));
            let safety = if is_said { Safety::Safe } else { Safety::Widening };
            finding.fix_all(safety, "add to the first one", vec![edit]);
        }
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
