//! The report for people: each finding with the text around it, then one line on the whole.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as MietteSeverity, SourceCode};

use super::snippet::Snippet;
use super::{CheckReport, Look};
use crate::finding::{Finding, Severity};

/// Of one rule so many findings are shown in full; the rest is only named.
const IN_FULL: usize = 8;

pub(super) fn write(report: &CheckReport<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rest: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings {
        let count = shown.entry(finding.rule).or_default();
        *count += 1;
        if *count > IN_FULL && !look.all {
            rest.entry(finding.rule).or_default().push(finding);
            continue;
        }
        in_full(report, finding, look, out)?;
    }
    for (rule, findings) in &rest {
        in_short(report, rule, findings, look, out)?;
    }
    if report.quiet {
        return Ok(());
    }
    writeln!(out, "{}", report.summary())?;
    // The first of the worst.
    if let Some(worst) = report.findings.iter().rev().max_by_key(|finding| finding.severity) {
        writeln!(out, "`amictl explain {}` tells more of a rule", worst.rule)?;
    }
    Ok(())
}

fn in_full(report: &CheckReport<'_>, finding: &Finding, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let file = report.files.get(finding.span.file);
    // Line numbers and the frame take some room on the left.
    let room = look.width.saturating_sub(10).max(20);
    let snippet = Snippet::new(file, finding.span.range(), report.secrets, room);
    let theme = match (look.unicode, look.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme { characters: miette::ThemeCharacters::ascii(), ..GraphicalTheme::unicode() },
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(look.width).with_links(false);
    let mut text = String::new();
    handler
        .render_report(&mut text, &Drawn { finding, snippet })
        .map_err(|_| io::Error::other("the report could not be drawn"))?;
    out.write_all(text.trim_start_matches('\n').as_bytes())?;
    paragraph(out, &format!("Asterisk {}: {}", report.speaks_of(finding), finding.effect), look)?;
    let asked = finding.asked_by().map(|option| format!(" [{option}]")).unwrap_or_default();
    match (&finding.help, &finding.fix) {
        (Some(help), _) => paragraph(out, &format!("help: {help}{asked}"), look)?,
        (None, Some(fix)) => paragraph(out, &format!("help: {}{asked}", fix.title), look)?,
        (None, None) => {}
    }
    for (span, why) in &finding.related {
        paragraph(out, &format!("see {}: {why}", report.files.place(*span)), look)?;
    }
    writeln!(out)
}

/// What there is too much of to be shown in full: only the places.
fn in_short(
    report: &CheckReport<'_>,
    rule: &str,
    findings: &[&Finding],
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    const NAMED: usize = 20;
    let mut text = format!("{} more of {rule}", findings.len());
    let mut last = None;
    for finding in findings.iter().take(NAMED) {
        let file = report.files.get(finding.span.file);
        let line = file.position(finding.span.start as usize).line;
        let same = last.replace(file.id()) == Some(file.id());
        text += &if same { format!(", {line}") } else { format!("; {} line {line}", file.name()) };
    }
    if findings.len() > NAMED {
        text += ", …";
    }
    paragraph(out, &text, look)?;
    paragraph(out, "(all of them in full: -v; one line each: --format short)", look)?;
    writeln!(out)
}

/// Writes a text in lines that fit, all indented alike.
fn paragraph(out: &mut dyn Write, text: &str, look: Look) -> io::Result<()> {
    const INDENT: &str = "    ";
    let room = look.width.saturating_sub(INDENT.len()).max(20);
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            writeln!(out, "{INDENT}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{INDENT}{line}")
}

/// A finding as miette draws it: what is wrong, and where.
#[derive(Debug)]
struct Drawn<'a> {
    finding: &'a Finding,
    snippet: Snippet,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.finding.severity.name(), self.finding.rule, self.finding.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn severity(&self) -> Option<MietteSeverity> {
        Some(match self.finding.severity {
            Severity::Error => MietteSeverity::Error,
            Severity::Warning => MietteSeverity::Warning,
            Severity::Info => MietteSeverity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.snippet.label())))
    }
}
