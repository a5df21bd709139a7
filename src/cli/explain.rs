//! `amictl explain`.

use std::io::Write;

use clap::Args;

use super::exit::{Exit, Failure};
use crate::catalog::{self, OptionDef, SectionKind, nearest};
use crate::rules::{self, Rule};

/// `amictl explain`.
#[derive(Args)]
pub(super) struct Explain {
    /// A rule, or an option of manager.conf; without it, all rules are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl Explain {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Some(name) = &self.name else {
            for rule in rules::RULES {
                let strict = if rule.is_strict() { " (only with --strict)" } else { "" };
                writeln!(out, "{:<28} {:<8} {}{strict}", rule.name, rule.severity.name(), rule.summary)?;
            }
            return Ok(Exit::Clean);
        };
        if let Some(rule) = rules::by_name(name) {
            page(rule, out)?;
            return Ok(Exit::Clean);
        }
        let options: Vec<OptionDef> = [SectionKind::General, SectionKind::User]
            .into_iter()
            .filter_map(|section| catalog::option(section, name.as_bytes()))
            .collect();
        if options.is_empty() {
            return Err(unknown(name));
        }
        for option in options {
            describe(option, out)?;
        }
        Ok(Exit::Clean)
    }
}

fn unknown(name: &str) -> Failure {
    let options = [SectionKind::General, SectionKind::User].into_iter().flat_map(catalog::options);
    let names = rules::names().chain(options.map(OptionDef::name));
    let failure = Failure::usage(format!("amictl knows no rule and no option `{name}`"));
    let general = catalog::nearest_option(SectionKind::General, name.as_bytes());
    let user = catalog::nearest_option(SectionKind::User, name.as_bytes());
    match nearest(name.as_bytes(), names).or(user).or(general) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`amictl explain` lists the rules"),
    }
}

const STRICT: &str = "\
This rule runs only with `--strict` or `strict = true` in amictl.toml, or when its name stands behind `--select` or has \
a severity under [rules].";

/// The page of a rule.
fn page(rule: &Rule, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{} ({})\n{}\n", rule.name, rule.severity.name(), rule.summary)?;
    if rule.is_strict() {
        wrapped(STRICT, "", out)?;
        writeln!(out)?;
    }
    for paragraph in rule.doc.split("\n\n") {
        self::paragraph(paragraph, out)?;
        writeln!(out)?;
    }
    for example in rule.examples {
        let kind = if example.is_bad { "Found" } else { "Not found" };
        let because = if example.because.is_empty() { String::new() } else { format!(" ({})", example.because) };
        let name = if example.name == "manager.conf" { String::new() } else { format!(" in {}", example.name) };
        writeln!(out, "{kind}{name}{because}:\n")?;
        indented(example.text, out)?;
        for (name, text) in example.files {
            writeln!(out, "  {name}:")?;
            indented(text, out)?;
        }
        writeln!(out)?;
    }
    wrapped(&format!("Source: {}", rule.source), "", out)
}

/// Text, a list of `- ` items, or lines of a file, which are indented.
fn paragraph(text: &str, out: &mut dyn Write) -> std::io::Result<()> {
    if text.starts_with("    ") {
        return text.lines().try_for_each(|line| writeln!(out, "{line}"));
    }
    let mut lines = text.lines().peekable();
    while let Some(first) = lines.next() {
        let mut item = first.to_owned();
        while let Some(more) = lines.next_if(|line| !line.starts_with("- ")) {
            item.extend([" ", more]);
        }
        match item.strip_prefix("- ") {
            Some(inner) => bulleted(inner, out)?,
            None => wrapped(&item, "", out)?,
        }
    }
    Ok(())
}

/// One item of a list, its further lines below its first.
fn bulleted(text: &str, out: &mut dyn Write) -> std::io::Result<()> {
    let mut lines = Vec::new();
    wrapped(text, "  ", &mut lines)?;
    if let Some(mark) = lines.first_mut() {
        *mark = b'-';
    }
    out.write_all(&lines)
}

fn describe(option: OptionDef, out: &mut dyn Write) -> std::io::Result<()> {
    let section = match option.section() {
        SectionKind::General => "[general]",
        SectionKind::User => "a user's section",
    };
    writeln!(out, "{} (option of {section})\n", option.name())?;
    wrapped(option.doc(), "", out)?;
    if !option.default().is_empty() {
        writeln!(out, "Default: {}", option.default())?;
    }
    if !option.aliases().is_empty() {
        writeln!(out, "Also written: {}", option.aliases().join(", "))?;
    }
    if let Some(quirk) = option.quirk() {
        wrapped(&format!("Only on some releases: {}", quirk.source()), "", out)?;
    }
    writeln!(out, "Source: {}\n", option.source())
}

fn indented(text: &str, out: &mut dyn Write) -> std::io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "    {}", line.replace('\t', " ").escape_debug_controls()))
}

fn wrapped(text: &str, indent: &str, out: &mut dyn Write) -> std::io::Result<()> {
    const WIDTH: usize = 79;
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{indent}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{indent}{line}")
}

trait EscapeControls {
    /// With control characters made visible.
    fn escape_debug_controls(&self) -> String;
}

impl EscapeControls for str {
    fn escape_debug_controls(&self) -> String {
        self.chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
            .collect()
    }
}
