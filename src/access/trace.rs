//! An answer and the steps that led to it.

use crate::text::Span;

/// What a step looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Does Asterisk load the file at all?
    Load,
    /// Is there a listener that takes the connection?
    Listener,
    /// May the user have another session?
    Session,
    /// Is there such a user?
    User,
    /// Does one rule of an ACL match?
    Rule,
    /// What does one ACL say?
    Acl,
    /// Is the secret right?
    Secret,
    /// Does the release know the action?
    Action,
    /// Are the classes granted that it takes?
    Class,
    /// Does the session's mask let the event through?
    Mask,
    /// Does one filter match, and what do all of them say?
    Filter,
    /// Does `disabledevents` name the event?
    Disabled,
    /// Does it take what the headers ask of it?
    Headers,
    /// The answer.
    Verdict,
}

impl Check {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Check::Load => "load",
            Check::Listener => "listener",
            Check::Session => "session",
            Check::User => "user",
            Check::Rule => "rule",
            Check::Acl => "acl",
            Check::Secret => "secret",
            Check::Action => "action",
            Check::Class => "class",
            Check::Mask => "mask",
            Check::Filter => "filter",
            Check::Disabled => "disabled",
            Check::Headers => "headers",
            Check::Verdict => "verdict",
        }
    }
}

/// How a step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It lets the client go on, or is the acceptance itself.
    Passes,
    /// It ends it there.
    Denies,
    /// A rule that matches; the last one that does decides.
    Matches,
    /// A rule that does not match.
    Misses,
    /// It cannot be known from the files that are here.
    Unknown,
}

impl Outcome {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Passes => "passes",
            Outcome::Denies => "denies",
            Outcome::Matches => "matches",
            Outcome::Misses => "misses",
            Outcome::Unknown => "unknown",
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it looks at.
    pub check: Check,
    /// How it ends.
    pub outcome: Outcome,
    /// In words; no secret is in them.
    pub text: String,
    /// The line that it rests on, if it rests on one.
    pub at: Option<Span>,
}

/// What a client is told in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is in.
    Accepted,
    /// It is not.
    Denied,
    /// That cannot be known from the files that are here.
    Unknown,
}

impl Verdict {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Accepted => "accepted",
            Verdict::Denied => "denied",
            Verdict::Unknown => "unknown",
        }
    }
}

/// The steps of an answer, in order. The last one is the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    steps: Vec<Step>,
}

impl Trace {
    /// All steps, the verdict last.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The answer: that of the last step.
    pub fn verdict(&self) -> Verdict {
        match self.steps.last().map(|step| step.outcome) {
            Some(Outcome::Passes) => Verdict::Accepted,
            Some(Outcome::Unknown) => Verdict::Unknown,
            _ => Verdict::Denied,
        }
    }

    /// What Asterisk answers, or what is to be said instead: the text of the last step.
    pub fn answer(&self) -> &str {
        self.steps.last().map_or("", |step| &step.text)
    }
}

/// A trace in the making: it can only be finished with a verdict.
#[derive(Default)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    pub(super) fn add(&mut self, check: Check, outcome: Outcome, text: impl Into<String>, at: Option<Span>) {
        self.0.push(Step { check, outcome, text: text.into(), at });
    }

    /// The step that decided: the last one.
    pub(super) fn decisive(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    pub(super) fn end(mut self, outcome: Outcome, text: impl Into<String>) -> Trace {
        self.add(Check::Verdict, outcome, text, None);
        Trace { steps: self.0 }
    }
}
