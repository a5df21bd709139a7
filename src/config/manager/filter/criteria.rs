//! `eventfilter(action(…),name(…),header(…),method(…))`: what stands between the brackets.

use super::Refused;
use crate::text::{is_blank, show};

/// How a text is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Method {
    #[default]
    None,
    Regex,
    Exact,
    StartsWith,
    EndsWith,
    Contains,
}

/// What the items say; the last of each kind counts.
#[derive(Debug, Default)]
pub(super) struct Criteria<'t> {
    /// `action`; without it the `!` of the value decides.
    pub(super) excludes: Option<bool>,
    pub(super) name: Option<&'t [u8]>,
    pub(super) header: Option<&'t [u8]>,
    pub(super) method: Method,
    any: bool,
}

impl<'t> Criteria<'t> {
    /// Of a key without criteria: a regular expression on the whole event.
    pub(super) fn legacy() -> Criteria<'t> {
        Criteria { method: Method::Regex, ..Criteria::default() }
    }

    /// Reads what follows the first `(` of a key. Items end at a space, a comma or a `)`, and only their first letters
    /// are looked at.
    pub(super) fn parse(options: &'t [u8]) -> Result<Criteria<'t>, Refused> {
        let options = trim_end(options);
        if options.last() != Some(&b')') {
            return Err(Refused::Dropped("its criteria do not end in `)`".to_owned()));
        }
        let mut criteria = Criteria::default();
        for item in options.split(|byte| b" ,)".contains(byte)).filter(|item| !item.is_empty()) {
            criteria.item(item)?;
        }
        Ok(criteria)
    }

    fn item(&mut self, item: &'t [u8]) -> Result<(), Refused> {
        let argument = item.iter().position(|&byte| byte == b'(').map(|open| trim_end(&item[open + 1..]));
        let empty = |word: &str| Refused::Dropped(format!("`{word}` in its criteria has nothing in its brackets"));
        let known = [&b"action"[..], b"name", b"header", b"method"].into_iter().find(|word| item.starts_with(word));
        let Some(word) = known else {
            return Err(Refused::Dropped(format!("`{}` is no criterion", show(item))));
        };
        self.any = true;
        let argument = match argument {
            Some(argument) => argument,
            None if word == b"action" => return Err(empty("action")),
            None => return Err(Refused::Crash("Asterisk dies of a criterion without a `(` right behind it")),
        };
        match (word, argument) {
            (_, b"") => return Err(empty(&show(word))),
            (b"action", b"include") => self.excludes = Some(false),
            (b"action", b"exclude") => self.excludes = Some(true),
            (b"action", other) => return Err(Refused::Dropped(format!("`{}` is no action", show(other)))),
            (b"name", name) => self.name = Some(name),
            (b"header", header) => self.header = Some(header),
            (_, method) => {
                self.method = match method {
                    b"none" => Method::None,
                    b"regex" => Method::Regex,
                    b"exact" => Method::Exact,
                    b"starts_with" => Method::StartsWith,
                    b"ends_with" => Method::EndsWith,
                    b"contains" => Method::Contains,
                    other => return Err(Refused::Dropped(format!("`{}` is no method", show(other)))),
                };
            }
        }
        Ok(())
    }

    /// The criteria, if they go together with a value, once its `!` is off.
    pub(super) fn checked(self, without_value: bool) -> Result<Criteria<'t>, Refused> {
        let why = match (without_value, self.method) {
            _ if !self.any => "there is nothing in its criteria",
            (true, Method::None) if self.name.is_none() && self.header.is_none() => {
                "it has neither a name, nor a header, nor a value"
            }
            (true, Method::None) => return Ok(self),
            (true, _) => "its method needs a value",
            (false, Method::None) => "it has a value and no method to test it with",
            (false, _) => return Ok(self),
        };
        Err(Refused::Dropped(why.to_owned()))
    }
}

/// Without the blanks at the end; a text of blanks alone stays.
///
/// Asterisk: `ast_strip`, whose result is not used: only what it does at the end of the text is seen.
fn trim_end(text: &[u8]) -> &[u8] {
    text.iter().rposition(|&byte| !is_blank(byte)).map_or(text, |last| &text[..=last])
}
