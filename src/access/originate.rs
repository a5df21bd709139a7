//! What the action Originate refuses to a user without class `system`.

use super::headers::{Headers, Refusal, SHELL_FUNCTIONS, within};
use crate::config::manager::classes::Classes;
use crate::release::Quirk;
use crate::text::show;

/// Parts of names of applications, in any letter case, as releases without [`Quirk::OriginateListsMore`] have them.
const APPLICATIONS: [&str; 6] = ["system", "exec", "agi", "mixmonitor", "externalivr", "originate"];

/// The same, and in this order, of releases with it.
const MORE_APPLICATIONS: [&str; 8] =
    ["agi", "dbdeltree", "exec", "externalivr", "mixmonitor", "originate", "reload", "system"];

/// Parts of `Data`, with their case, of releases with it. Those before them have [`SHELL_FUNCTIONS`].
const MORE_FUNCTIONS: [&str; 7] = ["CURL", "DB", "EVAL", "FILE", "ODBC", "REALTIME", "SHELL"];

/// Which argument of the application Queue names an AGI, from 0.
const AGI_OF_QUEUE: usize = 5;

const BLACKLISTED: &str = "Originate Access Forbidden: app or data blacklisted";

/// Is it one that is refused? Only `Application` and its `Data` are looked at: not `Variable`, and not where the
/// dialplan leads.
///
/// Source: `action_originate` and `is_originate_app_permitted` in main/manager.c.
pub(super) fn check(headers: Headers<'_>) -> Result<String, Refusal> {
    let (application, data) = (headers.get("Application"), headers.get("Data"));
    if headers.write.has("system") {
        return Ok("any application and data may be given, by class `system`".to_owned());
    }
    if application.is_empty() {
        return Ok("without class `system`, and there is no `Application` to be refused".to_owned());
    }
    match headers.release.has(Quirk::OriginateListsMore) {
        true => by_longer_list(application, data, headers.write)?,
        false => by_list(headers, application, data)?,
    }
    Ok("without class `system`, neither `Application` nor `Data` is refused".to_owned())
}

fn by_list(headers: Headers<'_>, application: &[u8], data: &[u8]) -> Result<(), Refusal> {
    let count = if headers.release.has(Quirk::OriginateListsItself) { 6 } else { 5 };
    if let Some(part) = named(application, &APPLICATIONS[..count]) {
        return Err(Refusal { why: in_name(application, part), answer: "Originate Access Forbidden: Application" });
    }
    match within(data, &SHELL_FUNCTIONS) {
        Some(word) => Err(Refusal { why: in_data(word), answer: "Originate Access Forbidden: Data" }),
        None => Ok(()),
    }
}

/// The first entry of the list that matches decides: to whom holds class `agi` a Queue with an AGI is allowed whatever
/// else is in its data.
fn by_longer_list(application: &[u8], data: &[u8], write: Classes) -> Result<(), Refusal> {
    let why = if let Some(part) = named(application, &MORE_APPLICATIONS) {
        in_name(application, part)
    } else if named(application, &["queue"]).is_some() && has_argument(data, AGI_OF_QUEUE) {
        if write.has("agi") {
            return Ok(());
        }
        format!("{} with an AGI, its sixth argument, needs class `agi` or `system`", show(application))
    } else if let Some(word) = within(data, &MORE_FUNCTIONS) {
        in_data(word)
    } else {
        return Ok(());
    };
    Err(Refusal { why, answer: BLACKLISTED })
}

fn in_name(application: &[u8], part: &str) -> String {
    format!("the name {} has `{part}` in it, which needs class `system`", show(application))
}

fn in_data(word: &str) -> String {
    format!("`Data` has {word} in it, which needs class `system`")
}

/// The first of some parts that a name has, in any letter case.
fn named<'w>(name: &[u8], parts: &[&'w str]) -> Option<&'w str> {
    within(&name.to_ascii_lowercase(), parts)
}

/// Is the argument at a place of an application's data given? Commas in brackets, in quotes and behind a backslash
/// separate nothing.
///
/// Source: `__ast_app_separate_args` (main/app.c), which takes out quotes and backslashes.
fn has_argument(data: &[u8], place: usize) -> bool {
    let (mut round, mut square, mut is_quoted, mut at) = (0_usize, 0_usize, false, 0);
    let mut bytes = data.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b',' if round == 0 && square == 0 && !is_quoted => {
                at += 1;
                continue;
            }
            b'"' => {
                is_quoted = !is_quoted;
                continue;
            }
            b'\\' if bytes.as_slice().is_empty() => return false,
            b'\\' => {
                bytes.next();
            }
            b'(' => round += 1,
            b')' => round = round.saturating_sub(1),
            b'[' => square += 1,
            b']' => square = square.saturating_sub(1),
            _ => {}
        }
        if at >= place {
            return at == place;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_apart_as_asterisk_does() {
        for (data, given) in [
            ("q", false),
            ("q,,,,,", false),
            ("q,,,,,x", true),
            ("q,,,,,,x", false),
            ("q,,,,,\"\"", false),
            ("q,(a,b),,,x", false),
            ("q,(a,b),,,,x", true),
            ("q,\"a,b\",,,x", false),
            ("q,a\\,b,,,x", false),
            ("q,[,,,,x", false),
        ] {
            assert_eq!(has_argument(data.as_bytes(), AGI_OF_QUEUE), given, "{data}");
        }
    }

    #[test]
    fn a_queue_with_an_agi_is_for_class_agi() {
        let asks = |classes: &str| by_longer_list(b"Queue", b"q,,,,,x${SHELL(id)}", Classes::parse(classes.as_bytes()));
        assert!(asks("originate").is_err() && asks("originate,agi").is_ok());
    }
}
