//! What can be said to a scenario.

use serde::{Deserialize, Serialize};

use super::bytes::Said;

/// One answer. In a recording: `{"sections":[…]}`, `{"refused":true}`, …
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// What is in memory after the file was read.
    Sections(Vec<Section>),
    /// What a manager shows and does after a start.
    Manager(Box<Started>),
    /// The whole file is refused.
    Refused(Yes),
    /// The file is not there, or nothing that can be read.
    Missing(Yes),
    /// Reading never ends, or takes memory until there is none left.
    Hangs(Yes),
    /// Asterisk is gone.
    Crashes(Yes),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
/// One section, as GetConfig lists it.
pub struct Section {
    /// Its name.
    pub name: Said,
    /// Is it a template?
    pub template: bool,
    /// The bases joined by commas, as Asterisk gives them: the name of a base can hold a comma itself (an empty item
    /// inherits from the first section whatever its name), so they cannot be told apart for certain.
    pub templates: Said,
    /// Names and values, in order.
    pub entries: Vec<(Said, Said)>,
}

/// A manager after a start: what it shows, who got in, and what was sent to whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    /// The lines of `manager show settings`.
    pub settings: Vec<Said>,
    /// The addresses on which it listens, as the system has them, sorted.
    pub listen: Vec<String>,
    /// Every user that `manager show users` lists, with the lines of `manager show user` behind its name.
    pub users: Vec<(Said, Vec<Said>)>,
    /// The answer to each try to log in: Asterisk's message, or that there is no connection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logins: Vec<String>,
    /// Of each receiver the numbers of the events that it was sent; nothing for one that did not get in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<Option<Vec<usize>>>,
}

/// What stands for the answer to a login where there is nobody to answer.
pub const NO_CONNECTION: &str = "no connection";

/// The `true` of `{"refused":true}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub struct Yes;

impl From<bool> for Yes {
    fn from(_: bool) -> Self {
        Yes
    }
}

impl From<Yes> for bool {
    fn from(_: Yes) -> Self {
        true
    }
}

/// What a recording holds for one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recorded {
    /// Asterisk reads memory that holds anything: every answer seen so far.
    Any {
        /// The answers.
        any: Vec<Answer>,
    },
    /// The answer.
    One(Answer),
}

impl Recorded {
    /// Is this answer among those recorded?
    pub fn allows(&self, answer: &Answer) -> bool {
        match self {
            Recorded::One(recorded) => recorded == answer,
            Recorded::Any { any } => any.contains(answer),
        }
    }

    /// This answer beside those `seen` before.
    pub fn or_as_before(self, seen: Option<&Recorded>) -> Recorded {
        let mut any = self.into_answers();
        any.extend(seen.cloned().into_iter().flat_map(Recorded::into_answers));
        any.sort();
        any.dedup();
        Recorded::Any { any }
    }

    fn into_answers(self) -> Vec<Answer> {
        match self {
            Recorded::One(answer) => vec![answer],
            Recorded::Any { any } => any,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_answers_add_up() {
        let [hangs, crashes] = [Answer::Hangs(Yes), Answer::Crashes(Yes)];
        let seen = Recorded::One(hangs.clone()).or_as_before(None);
        let seen = Recorded::One(crashes.clone()).or_as_before(Some(&seen));
        let seen = Recorded::One(hangs.clone()).or_as_before(Some(&seen));
        assert_eq!(seen, Recorded::Any { any: vec![hangs, crashes] });
    }
}
