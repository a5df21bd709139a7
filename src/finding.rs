//! What a rule has to say: plain values, without any rendering.

use crate::release::Release;
use crate::text::{Edit, Span};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// Most likely not what was meant.
    Warning,
    /// Something does not work, or is open that should not be.
    Error,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The severity of a name.
    pub fn parse(name: &str) -> Option<Severity> {
        [Severity::Info, Severity::Warning, Severity::Error].into_iter().find(|severity| severity.name() == name)
    }
}

/// What a fix does to what Asterisk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// Nothing, on any release: who may log in and do what is the same before and after.
    Safe,
    /// It takes rights or exposure away.
    Hardening,
    /// It gives what was plainly meant: applied only when the rule is named.
    Widening,
    /// It is a suggestion, and never applied.
    Show,
}

impl Safety {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Safety::Safe => "safe",
            Safety::Hardening => "hardening",
            Safety::Widening => "widening",
            Safety::Show => "show",
        }
    }
}

/// What amictl can do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a lower-case command.
    pub title: String,
    /// What that does to what Asterisk holds.
    pub safety: Safety,
    /// The changes; all of them or none. No secret is in them.
    pub edits: Vec<Edit>,
}

/// One finding. It has exactly one place; any other text that matters is related.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What is wrong, in a lower-case phrase.
    pub message: String,
    /// What Asterisk makes of it, in a lower-case phrase.
    pub effect: String,
    /// The way out, in a lower-case phrase.
    pub help: Option<String>,
    /// What amictl can do about it.
    pub fix: Option<Fix>,
    /// Other places that matter, and why.
    pub related: Vec<(Span, String)>,
    /// The releases that do so, in the order in which they were asked for.
    pub releases: Vec<Release>,
}

/// What there is to say of a rule without a finding.
#[derive(Debug, Clone, Copy)]
pub struct RuleInfo {
    /// Its name.
    pub name: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Its page, in Markdown.
    pub doc: &'static str,
    /// How bad a finding is by itself.
    pub severity: Severity,
    /// Where Asterisk does so, and on which releases it was seen.
    pub source: &'static str,
    /// It runs only when it is asked for.
    pub is_strict: bool,
}

/// Collects the findings of one rule.
pub struct Findings<'a> {
    rule: &'static str,
    severity: Severity,
    releases: &'a [Release],
    list: &'a mut Vec<Finding>,
    count: usize,
    /// What there is too much of is not kept.
    spare: Option<Finding>,
}

/// Of one rule so many findings are kept for each root; more than anybody reads, less than a machine can hold.
pub const MOST_FINDINGS: usize = 50_000;

impl<'a> Findings<'a> {
    pub(crate) fn new(
        rule: &'static str,
        severity: Severity,
        releases: &'a [Release],
        list: &'a mut Vec<Finding>,
    ) -> Findings<'a> {
        Findings { rule, severity, releases, list, count: 0, spare: None }
    }

    /// The place of a finding that was not kept, if there were too many.
    pub(crate) fn overflow(&self) -> Option<Span> {
        self.spare.as_ref().map(|finding| finding.span)
    }

    /// Adds a finding: where, what is wrong, and what Asterisk makes of it.
    pub fn at(&mut self, span: Span, message: impl Into<String>, effect: impl Into<String>) -> &mut Finding {
        let finding = Finding {
            rule: self.rule,
            severity: self.severity,
            span,
            message: message.into(),
            effect: effect.into(),
            help: None,
            fix: None,
            related: Vec::new(),
            releases: self.releases.to_vec(),
        };
        self.count += 1;
        if self.count > MOST_FINDINGS {
            return self.spare.insert(finding);
        }
        self.list.push(finding);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }
}

impl Finding {
    /// Adds the way out.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Finding {
        self.help = Some(help.into());
        self
    }

    /// Adds what amictl can do about it: a span that gives way to a text.
    pub fn fix(
        &mut self,
        safety: Safety,
        title: impl Into<String>,
        span: Span,
        text: impl Into<Vec<u8>>,
    ) -> &mut Finding {
        self.fix_all(safety, title, vec![Edit { span, text: text.into() }])
    }

    /// The same, in several places.
    pub fn fix_all(&mut self, safety: Safety, title: impl Into<String>, edits: Vec<Edit>) -> &mut Finding {
        self.fix = Some(Fix { title: title.into(), safety, edits });
        self
    }

    /// The same, where the change may not be possible.
    pub fn fix_by(&mut self, safety: Safety, title: impl Into<String>, edit: Option<Edit>) -> &mut Finding {
        match edit {
            Some(edit) => self.fix_all(safety, title, vec![edit]),
            None => self,
        }
    }

    /// How its fix is asked for, if there is one that may be.
    pub fn asked_by(&self) -> Option<String> {
        match self.fix.as_ref()?.safety {
            Safety::Safe => Some("--fix".to_owned()),
            Safety::Hardening => Some("--fix=hardening".to_owned()),
            Safety::Widening => Some(format!("--fix={}", self.rule)),
            Safety::Show => None,
        }
    }

    /// Adds another place that matters.
    pub fn see(&mut self, span: Span, why: impl Into<String>) -> &mut Finding {
        self.related.push((span, why.into()));
        self
    }

    /// Makes it less or more severe than its rule is by itself.
    pub fn severity(&mut self, severity: Severity) -> &mut Finding {
        self.severity = severity;
        self
    }

    /// Says that only some of the releases do so.
    pub fn only(&mut self, releases: Vec<Release>) -> &mut Finding {
        self.releases = releases;
        self
    }
}

/// The one order of findings, with those of several releases made one.
pub(crate) fn merged(mut findings: Vec<Finding>, asked: &[Release]) -> Vec<Finding> {
    let rank = |release: &Release| asked.iter().position(|it| it == release);
    findings.sort_by(|a, b| {
        let key = |it: &Finding| (it.span, it.rule);
        key(a).cmp(&key(b)).then_with(|| (&a.message, &a.effect).cmp(&(&b.message, &b.effect)))
    });
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        match merged.last_mut() {
            Some(last)
                if (last.span, last.rule, &last.message, &last.effect)
                    == (finding.span, finding.rule, &finding.message, &finding.effect) =>
            {
                last.releases.extend(finding.releases);
                last.releases.sort_by_key(rank);
                last.releases.dedup();
                let new = finding.related.into_iter().filter(|it| !last.related.contains(it)).collect::<Vec<_>>();
                last.related.extend(new);
                // What would be wrong for one of the releases is not done for the others.
                if last.fix != finding.fix {
                    last.fix = None;
                }
            }
            _ => merged.push(finding),
        }
    }
    merged
}
