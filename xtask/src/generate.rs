//! `src/tables.rs` and what is below it from `grammar/*.toml`: what amictl knows is data, and is compiled in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::catalogue;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Releases {
    series: Vec<Series>,
    certified: Vec<Certified>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    name: String,
    speaks: Option<String>,
    recorded: Vec<String>,
    newest: String,
    lts: bool,
    manager: Vec<(String, String)>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certified {
    name: String,
    newest: u16,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quirks {
    quirk: Vec<Quirk>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quirk {
    name: String,
    what: String,
    from: BTreeMap<String, String>,
    #[serde(default)]
    until: BTreeMap<String, String>,
    certified: Vec<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    option: Vec<AnOption>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classes {
    class: Vec<Class>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
    bit: u32,
    doc: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnOption {
    name: String,
    section: String,
    #[serde(default)]
    aliases: Vec<String>,
    doc: String,
    default: String,
    mistaken: Vec<String>,
    quirk: Option<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    name: String,
    why: String,
    source: String,
}

impl Releases {
    /// Fails when one of some series is not in releases.toml.
    pub(crate) fn known<'s>(
        &self,
        file: &str,
        row: &str,
        mut series: impl Iterator<Item = &'s String>,
    ) -> Result<(), String> {
        match series.find(|series| self.series.iter().all(|known| known.name != **series)) {
            Some(series) => Err(format!("{file}: {row}: no series {series} in releases.toml")),
            None => Ok(()),
        }
    }

    /// The first certified releases of some lines, `20.7` or `20.7-cert2`, as the text of a list; fails when a line is
    /// not in releases.toml.
    pub(crate) fn certified_from(&self, file: &str, row: &str, names: &[String]) -> Result<String, String> {
        let mut lines = Vec::new();
        for name in names {
            let (line, cert) = name.split_once("-cert").unwrap_or((name, "1"));
            let (series, minor) = pair(line)?;
            let cert: u16 = cert.parse().map_err(|_| format!("{file}: {row}: `{name}` is no certified release"))?;
            if self.certified.iter().all(|known| known.name != line) {
                return Err(format!("{file}: {row}: no certified line {line} in releases.toml"));
            }
            lines.push(format!("({series}, {minor}, {cert})"));
        }
        Ok(lines.join(", "))
    }
}

impl Classes {
    pub(crate) fn bit(&self, name: &str) -> Option<u32> {
        self.class.iter().find(|class| class.name == name).map(|class| class.bit)
    }
}

/// Writes every generated file.
pub(crate) fn write() -> Result<(), String> {
    for (name, text) in files()? {
        let path = root().join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

/// Fails when a generated file is not what its sources say.
pub(crate) fn check() -> Result<(), String> {
    for (name, text) in files()? {
        if fs::read_to_string(root().join(name)).unwrap_or_default() != text {
            return Err(format!("{name} is not what grammar/*.toml says; run `cargo xtask generate`"));
        }
    }
    Ok(())
}

/// Every generated file: its name and what is in it.
fn files() -> Result<[(&'static str, String); 3], String> {
    let releases: Releases = read("releases.toml")?;
    let classes: Classes = read("classes.toml")?;
    Ok([
        ("src/tables.rs", tables(&releases, &classes)?),
        ("src/tables/events.rs", catalogue::events(&releases, &classes)?),
        ("src/tables/actions.rs", catalogue::actions(&releases, &classes)?),
    ])
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn read<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T, String> {
    let path = root().join("grammar").join(name);
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read grammar/{name}: {error}"))?;
    toml::from_str(&text).map_err(|error| format!("grammar/{name}: {error}"))
}

fn tables(releases: &Releases, classes: &Classes) -> Result<String, String> {
    let mut out = String::from(HEADER);
    series(&mut out, releases)?;
    let quirks: Quirks = read("quirks.toml")?;
    quirk_rows(&mut out, &quirks, releases)?;
    let options: Options = read("options.toml")?;
    option_rows(&mut out, &options, &quirks)?;
    class_rows(&mut out, classes)?;
    Ok(out)
}

fn series(out: &mut String, releases: &Releases) -> Result<(), String> {
    out.push_str("/// The release series, oldest first.\npub(crate) static SERIES: &[SeriesRow] = &[\n");
    for row in &releases.series {
        sourced("releases.toml", &row.name, &row.source)?;
        let speaks = match &row.speaks {
            Some(speaks) if row.recorded.contains(speaks) => format!("Some({})", point(speaks)?),
            Some(speaks) => return Err(format!("releases.toml: {speaks} speaks for {} but is not recorded", row.name)),
            None => "None".to_owned(),
        };
        let manager = |(from, version): &(String, String)| Ok(format!("({}, {version:?})", point(from)?));
        let manager = row.manager.iter().map(manager).collect::<Result<Vec<_>, String>>()?;
        let recorded = row.recorded.iter().map(|release| point(release)).collect::<Result<Vec<_>, _>>()?;
        let _ = write!(
            out,
            "    SeriesRow {{\n        series: {},\n        speaks: {speaks},\n        recorded: &[{}],\n        \
             newest: {},\n        lts: {},\n        manager: &[{}],\n    }},\n",
            row.name,
            recorded.join(", "),
            point(&row.newest)?,
            row.lts,
            manager.join(", "),
        );
    }
    out.push_str("];\n\n/// The certified lines, oldest first: series, minor, last `-cert` number.\n");
    out.push_str("pub(crate) static CERTIFIED: &[(u16, u16, u16)] = &[");
    let mut rows = Vec::new();
    for row in &releases.certified {
        sourced("releases.toml", &row.name, &row.source)?;
        let (series, minor) = pair(&row.name)?;
        rows.push(format!("({series}, {minor}, {})", row.newest));
    }
    out.push_str(&rows.join(", "));
    out.push_str("];\n\n");
    Ok(())
}

fn quirk_rows(out: &mut String, quirks: &Quirks, releases: &Releases) -> Result<(), String> {
    out.push_str("/// A behaviour that some releases have and others have not.\n");
    out.push_str("#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum Quirk {\n");
    for row in &quirks.quirk {
        let _ = write!(out, "    /// {}.\n    {},\n", sentence(&row.what), camel(&row.name));
    }
    out.push_str("}\n\n/// One row a quirk, in the order of the enum.\npub(crate) static QUIRKS: &[QuirkRow] = &[\n");
    for row in &quirks.quirk {
        sourced("quirks.toml", &row.name, &row.source)?;
        releases.known("quirks.toml", &row.name, row.from.keys().chain(row.until.keys()))?;
        let certified = releases.certified_from("quirks.toml", &row.name, &row.certified)?;
        let _ = write!(
            out,
            "    QuirkRow {{\n        quirk: Quirk::{},\n        name: {:?},\n        what: {:?},\n        \
             from: &[{}],\n        until: &[{}],\n        certified: &[{}],\n        source: {:?},\n    }},\n",
            camel(&row.name),
            row.name,
            row.what,
            points(&row.from)?,
            points(&row.until)?,
            certified,
            row.source,
        );
    }
    out.push_str("];\n\n");
    Ok(())
}

fn option_rows(out: &mut String, options: &Options, quirks: &Quirks) -> Result<(), String> {
    out.push_str("/// Every key that Asterisk knows in manager.conf.\npub(crate) static OPTIONS: &[OptionRow] = &[\n");
    for row in &options.option {
        sourced("options.toml", &row.name, &row.source)?;
        let section = match row.section.as_str() {
            "general" => "General",
            "user" => "User",
            other => return Err(format!("options.toml: {}: no such section {other}", row.name)),
        };
        let quirk = match &row.quirk {
            Some(name) if quirks.quirk.iter().any(|quirk| quirk.name == *name) => {
                format!("Some(Quirk::{})", camel(name))
            }
            Some(name) => return Err(format!("options.toml: {}: no quirk {name} in quirks.toml", row.name)),
            None => "None".to_owned(),
        };
        let _ = write!(
            out,
            "    OptionRow {{\n        name: {:?},\n        section: SectionKind::{section},\n        aliases: &{:?},\n        \
             doc: {:?},\n        default: {:?},\n        mistaken: &{:?},\n        quirk: {quirk},\n        source: {:?},\n    }},\n",
            row.name, row.aliases, row.doc, row.default, row.mistaken, row.source,
        );
    }
    out.push_str("];\n\n/// Names that are options elsewhere in Asterisk and that the manager refuses: name, why.\n");
    out.push_str("pub(crate) static REFUSED: &[(&str, &str)] = &[\n");
    for row in &options.refused {
        sourced("options.toml", &row.name, &row.source)?;
        let _ = writeln!(out, "    ({:?}, {:?}),", row.name, row.why);
    }
    out.push_str("];\n");
    Ok(())
}

fn class_rows(out: &mut String, classes: &Classes) -> Result<(), String> {
    out.push_str("\n/// The classes of rights, in the order in which Asterisk prints them.\n");
    out.push_str("pub(crate) static CLASSES: &[ClassRow] = &[\n");
    for row in &classes.class {
        sourced("classes.toml", &row.name, &row.source)?;
        if row.bit > 30 {
            return Err(format!("classes.toml: {}: there is no bit {}", row.name, row.bit));
        }
        let _ = writeln!(
            out,
            "    ClassRow {{ name: {:?}, bit: {}, doc: {:?}, source: {:?} }},",
            row.name, row.bit, row.doc, row.source
        );
    }
    out.push_str("];\n");
    Ok(())
}

pub(crate) fn sourced(file: &str, row: &str, source: &str) -> Result<(), String> {
    if source.trim().is_empty() { Err(format!("grammar/{file}: {row} has no source")) } else { Ok(()) }
}

/// `"16.28.0"` as the text of a tuple.
pub(crate) fn point(release: &str) -> Result<String, String> {
    let parts: Vec<u16> = release.split('.').map_while(|part| part.parse().ok()).collect();
    match parts[..] {
        [series, minor, patch] if release.matches('.').count() == 2 => Ok(format!("({series}, {minor}, {patch})")),
        _ => Err(format!("`{release}` is not a release of the form 16.28.0")),
    }
}

/// The releases of some series, as the text of a list.
pub(crate) fn points(of: &BTreeMap<String, String>) -> Result<String, String> {
    Ok(of.values().map(|release| point(release)).collect::<Result<Vec<_>, _>>()?.join(", "))
}

fn pair(name: &str) -> Result<(u16, u16), String> {
    name.split_once('.')
        .and_then(|(series, minor)| Some((series.parse().ok()?, minor.parse().ok()?)))
        .ok_or_else(|| format!("`{name}` is not a certified line of the form 20.7"))
}

fn camel(kebab: &str) -> String {
    kebab.split('-').map(sentence).collect()
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

const HEADER: &str = "\
//! What amictl knows, as constants. GENERATED by `cargo xtask generate` from grammar/*.toml: edit those.
#![cfg_attr(rustfmt, rustfmt_skip)]

pub(crate) mod actions;
pub(crate) mod events;
mod rows;

pub use rows::{Danger, Delivery, SectionKind};
pub(crate) use rows::{ActionRow, ClassRow, EventRow, Field, OptionRow, Point, QuirkRow, SeriesRow, SpanRow};

";
