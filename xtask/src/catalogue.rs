//! `src/tables/events.rs` and `src/tables/actions.rs` from `grammar/events.toml` and `grammar/actions.toml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::generate::{Classes, Releases, points, read, sourced};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Events {
    common: Vec<String>,
    common_sometimes: Vec<String>,
    common_source: String,
    reply: Vec<String>,
    reply_sometimes: Vec<String>,
    snapshot: Vec<Snapshot>,
    late: Vec<Late>,
    event: Vec<Event>,
}

/// Headers that many events have, each time with another prefix.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    name: String,
    headers: Vec<String>,
    sometimes: Vec<String>,
    source: String,
}

/// A header that some releases have not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Late {
    header: String,
    #[serde(default)]
    events: Vec<String>,
    from: BTreeMap<String, String>,
    #[serde(default)]
    until: BTreeMap<String, String>,
    #[serde(default)]
    certified: Vec<String>,
    source: String,
}

/// Classes that some releases ask for instead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other<C> {
    classes: Vec<C>,
    from: BTreeMap<String, String>,
    #[serde(default)]
    until: BTreeMap<String, String>,
    #[serde(default)]
    certified: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    name: String,
    delivery: String,
    #[serde(default)]
    answers: Vec<String>,
    #[serde(default)]
    classes: Vec<Vec<String>>,
    #[serde(default)]
    other: Vec<Other<Vec<String>>>,
    #[serde(default)]
    snapshots: Vec<String>,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    sometimes: Vec<String>,
    #[serde(default)]
    free: bool,
    #[serde(default)]
    doc: String,
    #[serde(default)]
    mistaken: Vec<String>,
    module: Option<String>,
    from: Option<BTreeMap<String, String>>,
    #[serde(default)]
    until: BTreeMap<String, String>,
    #[serde(default)]
    certified: Vec<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Actions {
    action: Vec<Action>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    name: String,
    classes: Vec<String>,
    #[serde(default)]
    other: Vec<Other<String>>,
    #[serde(default)]
    parameters: Vec<String>,
    danger: Option<String>,
    #[serde(default)]
    gives: String,
    module: Option<String>,
    from: Option<BTreeMap<String, String>>,
    #[serde(default)]
    until: BTreeMap<String, String>,
    #[serde(default)]
    certified: Vec<String>,
    source: String,
}

/// The text of `src/tables/events.rs`.
pub(crate) fn events(releases: &Releases, classes: &Classes) -> Result<String, String> {
    let file = "events.toml";
    let events: Events = read(file)?;
    sorted(file, events.event.iter().map(|event| event.name.as_str()))?;
    sourced(file, "common", &events.common_source)?;
    for row in &events.late {
        sourced(file, &row.header, &row.source)?;
        if let Some(name) = row.events.iter().find(|&name| events.event.iter().all(|event| event.name != *name)) {
            return Err(format!("{file}: {}: there is no event {name}", row.header));
        }
    }
    let snapshots = Snapshots::new(&events)?;
    let mut out = String::from(EVENTS_HEADER);
    let common = fields(&events, &Part::own(&events.common, &events.common_sometimes, ""), releases)?;
    let reply = fields(&events, &Part::own(&events.reply, &events.reply_sometimes, ""), releases)?;
    let _ = write!(out, "pub(crate) static COMMON: &[Field] = &[{common}];\n\n/// The same of a reply.\n");
    let _ = write!(out, "pub(crate) static REPLY: &[Field] = &[{reply}];\n\n");
    snapshots.write(&mut out, &events, releases)?;
    out.push_str("/// Every event, by name.\npub(crate) static EVENTS: &[EventRow] = &[\n");
    for row in &events.event {
        event_row(&mut out, row, &events, &snapshots, releases, classes)?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn event_row(
    out: &mut String,
    row: &Event,
    events: &Events,
    snapshots: &Snapshots<'_>,
    releases: &Releases,
    classes: &Classes,
) -> Result<(), String> {
    let file = "events.toml";
    sourced(file, &row.name, &row.source)?;
    let delivery = match row.delivery.as_str() {
        "broadcast" => "Broadcast",
        "reply" => "Reply",
        "both" => "Both",
        other => return Err(format!("{file}: {}: no such delivery {other}", row.name)),
    };
    if (delivery == "Reply") != row.classes.is_empty() {
        return Err(format!("{file}: {}: a reply has no classes, and everything else has some", row.name));
    }
    let masks = |sets: &[Vec<String>]| {
        sets.iter().map(|set| mask(file, &row.name, set, classes)).collect::<Result<Vec<u32>, _>>()
    };
    let mut other = Vec::new();
    for instead in &row.other {
        let span = span(file, &row.name, Some(&instead.from), &instead.until, &instead.certified, releases)?;
        other.push(format!("({}, &{:?})", inner(&span), masks(&instead.classes)?));
    }
    let mut parts = Vec::new();
    for wanted in &row.snapshots {
        parts.push(snapshots.constant(&row.name, wanted)?);
    }
    let own = fields(events, &Part::own(&row.headers, &row.sometimes, &row.name), releases)?;
    if !own.is_empty() {
        parts.push(format!("&[{own}]"));
    }
    let _ = writeln!(
        out,
        "    EventRow {{ name: {:?}, delivery: Delivery::{delivery}, answers: &{:?}, classes: &{:?}, other: &[{}], \
         headers: &[{}], free: {}, doc: {:?}, mistaken: &{:?}, module: {:?}, span: {}, source: {:?} }},",
        row.name,
        row.answers,
        masks(&row.classes)?,
        other.join(", "),
        parts.join(", "),
        row.free,
        row.doc,
        row.mistaken,
        row.module,
        span(file, &row.name, row.from.as_ref(), &row.until, &row.certified, releases)?,
        row.source,
    );
    Ok(())
}

/// The text of `src/tables/actions.rs`.
pub(crate) fn actions(releases: &Releases, classes: &Classes) -> Result<String, String> {
    let file = "actions.toml";
    let actions: Actions = read(file)?;
    sorted(file, actions.action.iter().map(|action| action.name.as_str()))?;
    let events: Events = read("events.toml")?;
    for event in &events.event {
        if let Some(name) = event.answers.iter().find(|&name| actions.action.iter().all(|action| action.name != *name))
        {
            return Err(format!("events.toml: {}: there is no action {name}", event.name));
        }
    }
    let mut out = String::from(ACTIONS_HEADER);
    for row in &actions.action {
        action_row(&mut out, row, releases, classes)?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn action_row(out: &mut String, row: &Action, releases: &Releases, classes: &Classes) -> Result<(), String> {
    let file = "actions.toml";
    sourced(file, &row.name, &row.source)?;
    let danger = match row.danger.as_deref() {
        None => "None",
        Some("shell") => "Some(Danger::Shell)",
        Some("files") => "Some(Danger::Files)",
        Some("secrets") => "Some(Danger::Secrets)",
        Some("calls") => "Some(Danger::Calls)",
        Some("service") => "Some(Danger::Service)",
        Some(other) => return Err(format!("{file}: {}: no such danger {other}", row.name)),
    };
    if row.danger.is_some() == row.gives.is_empty() {
        return Err(format!("{file}: {}: `danger` and `gives` go together", row.name));
    }
    let mut other = Vec::new();
    for instead in &row.other {
        let span = span(file, &row.name, Some(&instead.from), &instead.until, &instead.certified, releases)?;
        other.push(format!("({}, {})", inner(&span), mask(file, &row.name, &instead.classes, classes)?));
    }
    let _ = writeln!(
        out,
        "    ActionRow {{ name: {:?}, classes: {}, other: &[{}], parameters: &{:?}, danger: {danger}, gives: {:?}, \
         module: {:?}, span: {}, source: {:?} }},",
        row.name,
        mask(file, &row.name, &row.classes, classes)?,
        other.join(", "),
        row.parameters,
        row.gives,
        row.module,
        span(file, &row.name, row.from.as_ref(), &row.until, &row.certified, releases)?,
        row.source,
    );
    Ok(())
}

/// A span that is there, without its `Some`.
fn inner(span: &str) -> &str {
    span.strip_prefix("Some(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(span)
}

/// The snapshots that are used, each in each of the ways it is used: `name`, `name:Prefix`, with or without a `?`.
struct Snapshots<'e> {
    used: BTreeMap<&'e str, (&'e Snapshot, &'e str)>,
}

impl<'e> Snapshots<'e> {
    fn new(events: &'e Events) -> Result<Self, String> {
        let mut used = BTreeMap::new();
        for row in &events.snapshot {
            sourced("events.toml", &row.name, &row.source)?;
        }
        for event in &events.event {
            for wanted in &event.snapshots {
                let (name, prefix) =
                    wanted.trim_end_matches('?').split_once(':').unwrap_or((wanted.trim_end_matches('?'), ""));
                let snapshot = events.snapshot.iter().find(|snapshot| snapshot.name == name);
                let snapshot =
                    snapshot.ok_or_else(|| format!("events.toml: {}: there is no snapshot {name}", event.name))?;
                used.insert(wanted.as_str(), (snapshot, prefix));
            }
        }
        Ok(Self { used })
    }

    fn constant(&self, event: &str, wanted: &str) -> Result<String, String> {
        let (snapshot, prefix) =
            self.used.get(wanted).ok_or_else(|| format!("events.toml: {event}: there is no snapshot {wanted}"))?;
        let maybe = if wanted.ends_with('?') { "_maybe" } else { "" };
        let prefix = if prefix.is_empty() { String::new() } else { format!("_{prefix}") };
        Ok(format!("{}{prefix}{maybe}", snapshot.name).to_uppercase())
    }

    fn write(&self, out: &mut String, events: &Events, releases: &Releases) -> Result<(), String> {
        for (wanted, (snapshot, prefix)) in &self.used {
            let part = Part {
                prefix,
                always: &snapshot.headers,
                sometimes: &snapshot.sometimes,
                event: "",
                maybe: wanted.ends_with('?'),
            };
            let _ = writeln!(
                out,
                "static {}: &[Field] = &[{}];",
                self.constant("", wanted)?,
                fields(events, &part, releases)?
            );
        }
        out.push('\n');
        Ok(())
    }
}

/// Headers of one event, or of a snapshot.
struct Part<'e> {
    prefix: &'e str,
    always: &'e [String],
    sometimes: &'e [String],
    /// Empty for those that belong to many.
    event: &'e str,
    /// May all of them be missing?
    maybe: bool,
}

impl<'e> Part<'e> {
    fn own(always: &'e [String], sometimes: &'e [String], event: &'e str) -> Part<'e> {
        Part { prefix: "", always, sometimes, event, maybe: false }
    }
}

/// Headers as the text of a list of fields.
fn fields(events: &Events, part: &Part<'_>, releases: &Releases) -> Result<String, String> {
    let mut list = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let always = part.always.iter().map(|name| (name, if part.maybe { "s" } else { "a" }));
    for (name, kind) in always.chain(part.sometimes.iter().map(|name| (name, "s"))) {
        if seen.contains(&name.as_str()) {
            return Err(format!("events.toml: {}: the header {name} is there twice", part.event));
        }
        seen.push(name);
        let belongs = |row: &&Late| match part.event {
            "" => row.events.is_empty(),
            event => row.events.iter().any(|it| it == event),
        };
        let late = events.late.iter().filter(belongs).find(|row| row.header == *name);
        let full = format!("{}{name}", part.prefix);
        list.push(match late {
            None => format!("{kind}({full:?})"),
            Some(row) => {
                let span = span("events.toml", &row.header, Some(&row.from), &row.until, &row.certified, releases)?;
                format!("late({full:?}, {span})")
            }
        });
    }
    Ok(list.join(", "))
}

/// Where a row holds, as text: `None` for everywhere.
fn span(
    file: &str,
    row: &str,
    from: Option<&BTreeMap<String, String>>,
    until: &BTreeMap<String, String>,
    certified: &[String],
    releases: &Releases,
) -> Result<String, String> {
    let Some(from) = from else {
        let bare = until.is_empty() && certified.is_empty();
        return if bare {
            Ok("None".to_owned())
        } else {
            Err(format!("{file}: {row}: `until` and `certified` need `from`"))
        };
    };
    releases.known(file, row, from.keys().chain(until.keys()))?;
    Ok(format!(
        "Some(&SpanRow {{ from: &[{}], until: &[{}], certified: &[{}] }})",
        points(from)?,
        points(until)?,
        releases.certified_from(file, row, certified)?
    ))
}

fn mask(file: &str, row: &str, names: &[String], classes: &Classes) -> Result<u32, String> {
    names.iter().try_fold(0, |mask, name| match classes.bit(name) {
        Some(bit) => Ok(mask | 1 << bit),
        None => Err(format!("{file}: {row}: no class {name} in classes.toml")),
    })
}

/// Names are unique and in order, letter case aside.
fn sorted<'n>(file: &str, names: impl Iterator<Item = &'n str>) -> Result<(), String> {
    let names: Vec<String> = names.map(str::to_ascii_lowercase).collect();
    match names.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(format!("grammar/{file}: {} stands before {}: sorted by name, each once", pair[0], pair[1])),
        None => Ok(()),
    }
}

const EVENTS_HEADER: &str = "\
//! The events, as constants. GENERATED by `cargo xtask generate` from grammar/events.toml: edit that.
#![cfg_attr(rustfmt, rustfmt_skip)]

use super::rows::{Delivery, EventRow, Field, SpanRow, a, late, s};

/// What stands above the headers of every broadcast event.
";

const ACTIONS_HEADER: &str = "\
//! The actions, as constants. GENERATED by `cargo xtask generate` from grammar/actions.toml: edit that.
#![cfg_attr(rustfmt, rustfmt_skip)]

use super::rows::{ActionRow, Danger, SpanRow};

/// Every action, by name.
pub(crate) static ACTIONS: &[ActionRow] = &[
";

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> (Releases, Classes) {
        (read("releases.toml").expect("releases"), read("classes.toml").expect("classes"))
    }

    #[test]
    fn rows_are_in_order_and_unique() {
        assert!(sorted("x", ["AgentCalled", "AGIExecEnd", "Bridge"].into_iter()).is_ok());
        assert!(sorted("x", ["Bridge", "bridge"].into_iter()).is_err());
        assert!(sorted("x", ["Hold", "Cdr"].into_iter()).is_err());
    }

    #[test]
    fn classes_and_bounds_must_exist() {
        let (releases, classes) = known();
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(mask("x", "X", &names(&["system", "user"]), &classes), Ok(0b100_0001));
        assert!(mask("x", "X", &names(&["cel"]), &classes).is_err());
        let from = |series: &str, release: &str| BTreeMap::from([(series.to_owned(), release.to_owned())]);
        let of = |from: &BTreeMap<String, String>, certified: &[&str]| {
            span("x", "X", Some(from), &BTreeMap::new(), &names(certified), &releases)
        };
        let text = of(&from("22", "22.10.0"), &["22.8-cert4", "20.7"]).expect("a span");
        assert_eq!(text, "Some(&SpanRow { from: &[(22, 10, 0)], until: &[], certified: &[(22, 8, 4), (20, 7, 1)] })");
        assert!(of(&from("24", "24.0.0"), &[]).is_err());
        assert!(of(&from("22", "22.10"), &[]).is_err());
        assert!(of(&from("22", "22.10.0"), &["22.9"]).is_err());
        assert!(span("x", "X", None, &from("22", "22.1.0"), &[], &releases).is_err());
    }

    #[test]
    fn the_files_of_the_repository_are_generated() {
        let (releases, classes) = known();
        let rows = |text: &str, kind: &str| text.matches(kind).count();
        assert!(rows(&events(&releases, &classes).expect("events"), "EventRow { name") > 200);
        assert!(rows(&actions(&releases, &classes).expect("actions"), "ActionRow { name") > 150);
    }
}
