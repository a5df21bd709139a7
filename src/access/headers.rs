//! What some actions refuse for what is in their headers.

use super::login::header_value;
use super::originate;
use super::trace::{Check, Outcome, Steps};
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::{FilterReader, NoFilter};
use crate::release::Release;

/// The commands that the action Command refuses: their first words.
const REFUSED_COMMANDS: [[&str; 2]; 3] = [["module", "load"], ["module", "unload"], ["restart", "gracefully"]];

/// What Asterisk answers to a filter with `MatchCriteria` that it cannot read.
pub const MALFORMED_FILTER: &str = "Filter was formatted incorrectly.  Check the syntax of the filter given.";

/// What stands for the answer where Asterisk crashes.
pub const CRASH: &str = "no answer: Asterisk crashes";

/// The functions that lead to a shell.
pub(super) const SHELL_FUNCTIONS: [&str; 2] = ["SHELL", "EVAL"];

/// The headers of an action, and who sends them.
#[derive(Clone, Copy)]
pub(super) struct Headers<'a> {
    pub(super) release: Release,
    pub(super) write: Classes,
    pub(super) all: &'a [(Vec<u8>, Vec<u8>)],
}

impl<'a> Headers<'a> {
    /// The value of a header: of several of a name the first, and empty where there is none.
    ///
    /// Source: `astman_get_header` in main/manager.c.
    pub(super) fn get(self, name: &str) -> &'a [u8] {
        let named = self.all.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        named.map_or(b"", |(_, value)| header_value(value))
    }
}

/// Why an action is refused, and what the client is told.
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) answer: &'static str,
}

/// Looks at the headers of an action that the classes allow; tells what the client is told if it is refused.
pub(super) fn check(action: &str, headers: Headers<'_>, steps: &mut Steps) -> Option<&'static str> {
    let verdict = match action {
        "Command" => command(headers),
        "Filter" => filter(headers),
        "Getvar" => functions(headers, "Variable", "GetVar Access Forbidden: Variable"),
        "Originate" => originate::check(headers),
        "Status" => functions(headers, "Variables", "Status Access Forbidden: Variables"),
        _ => return None,
    };
    match verdict {
        Ok(text) => {
            steps.add(Check::Headers, Outcome::Passes, text, None);
            None
        }
        Err(refusal) => {
            steps.add(Check::Headers, Outcome::Denies, refusal.why, None);
            Some(refusal.answer)
        }
    }
}

/// Source: `check_blacklist` in main/manager.c: words are what stands between spaces, and other blanks around them are
/// taken off; a tab between two words makes them one, and quotes stay.
fn command(headers: Headers<'_>) -> Result<String, Refusal> {
    let words = headers.get("Command").split(|&byte| byte == b' ').map(stripped).filter(|word| !word.is_empty());
    let words: Vec<&[u8]> = words.take(2).collect();
    let is = |refused: &&[&str; 2]| {
        words.len() == 2 && words.iter().zip(*refused).all(|(word, other)| word.eq_ignore_ascii_case(other.as_bytes()))
    };
    match REFUSED_COMMANDS.iter().find(is) {
        Some([first, second]) => {
            Err(Refusal { why: format!("`{first} {second}` is refused to everybody"), answer: "Command blacklisted" })
        }
        None => Ok("any command but `module load`, `module unload` and `restart gracefully`".to_owned()),
    }
}

fn stripped(word: &[u8]) -> &[u8] {
    let is_white = |byte: &u8| *byte <= b' ';
    let start = word.iter().take_while(|byte| is_white(byte)).count();
    let end = word.iter().rev().take_while(|byte| is_white(byte)).count();
    word.get(start..word.len() - end).unwrap_or_default()
}

/// Source: `function_capable_string_allowed_with_auths` in main/manager.c, all releases.
fn functions(headers: Headers<'_>, header: &str, answer: &'static str) -> Result<String, Refusal> {
    if headers.write.has("system") {
        return Ok(format!("`{header}` may be whatever it likes, by class `system`"));
    }
    match within(headers.get(header), &SHELL_FUNCTIONS) {
        Some(word) => Err(Refusal { why: format!("`{header}` has {word} in it, which needs class `system`"), answer }),
        None => Ok(format!("without class `system`, `{header}` has neither SHELL nor EVAL in it")),
    }
}

/// The first of some words that a text has in it.
pub(super) fn within<'w>(text: &[u8], words: &[&'w str]) -> Option<&'w str> {
    words.iter().copied().find(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
}

/// Source: `action_filter` in main/manager.c.
fn filter(headers: Headers<'_>) -> Result<String, Refusal> {
    if headers.all.is_empty() {
        return Ok("with `Operation: Add` and a filter that Asterisk can read".to_owned());
    }
    if !headers.get("Operation").eq_ignore_ascii_case(b"Add") {
        let why = "`Operation` is not `Add`, the only one there is".to_owned();
        return Err(Refusal { why, answer: "Unknown operation" });
    }
    let criteria = Some(headers.get("MatchCriteria")).filter(|criteria| !criteria.is_empty());
    match FilterReader::new(headers.release).of_session(criteria, headers.get("Filter")) {
        Ok((_, excludes)) => {
            let what = if excludes { "excludes" } else { "includes" };
            Ok(format!("the filter {what} events, for this session only"))
        }
        Err(NoFilter::Uncompiled(why)) => {
            Err(Refusal { why, answer: "Filter did not compile.  Check the syntax of the filter given." })
        }
        Err(NoFilter::Malformed(why)) => Err(Refusal { why, answer: MALFORMED_FILTER }),
        Err(NoFilter::Crash) => {
            Err(Refusal { why: "an item of `MatchCriteria` is not followed by `(`".to_owned(), answer: CRASH })
        }
    }
}
