//! `eventfilter(action(…),name(…),header(…),method(…))`: what stands between the brackets.

use super::{Fault, Refused};
use crate::text::is_blank;

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
    pub(super) fn parse(options: &'t [u8]) -> Result<Criteria<'t>, Refused<'t>> {
        let options = trim_end(options);
        if options.last() != Some(&b')') {
            return Err(Fault::Unclosed.into());
        }
        let mut criteria = Criteria::default();
        for item in options.split(|byte| b" ,)".contains(byte)).filter(|item| !item.is_empty()) {
            criteria.item(item)?;
        }
        Ok(criteria)
    }

    fn item(&mut self, item: &'t [u8]) -> Result<(), Refused<'t>> {
        let argument = item.iter().position(|&byte| byte == b'(').map(|open| trim_end(&item[open + 1..]));
        let known = ["action", "name", "header", "method"].into_iter().find(|word| item.starts_with(word.as_bytes()));
        let Some(word) = known else {
            return Err(Fault::NoCriterion { item }.into());
        };
        self.any = true;
        let argument = match argument {
            Some(argument) => argument,
            None if word == "action" => return Err(Fault::EmptyBrackets { word }.into()),
            None => return Err(Refused::Crash),
        };
        match (word, argument) {
            (_, b"") => return Err(Fault::EmptyBrackets { word }.into()),
            ("action", b"include") => self.excludes = Some(false),
            ("action", b"exclude") => self.excludes = Some(true),
            ("action", action) => return Err(Fault::NoAction { action }.into()),
            ("name", name) => self.name = Some(name),
            ("header", header) => self.header = Some(header),
            (_, method) => {
                self.method = match method {
                    b"none" => Method::None,
                    b"regex" => Method::Regex,
                    b"exact" => Method::Exact,
                    b"starts_with" => Method::StartsWith,
                    b"ends_with" => Method::EndsWith,
                    b"contains" => Method::Contains,
                    method => return Err(Fault::NoMethod { method }.into()),
                };
            }
        }
        Ok(())
    }

    /// The criteria, if they go together with a value, once its `!` is off.
    pub(super) fn checked(self, without_value: bool) -> Result<Criteria<'t>, Fault<'t>> {
        Err(match (without_value, self.method) {
            _ if !self.any => Fault::NoCriteria,
            (true, Method::None) if self.name.is_none() && self.header.is_none() => Fault::NothingToTest,
            (true, Method::None) => return Ok(self),
            (true, _) => Fault::NoValue,
            (false, Method::None) => Fault::NoMethodForValue,
            (false, _) => return Ok(self),
        })
    }
}

/// Without the blanks at the end; a text of blanks alone stays.
///
/// Asterisk: `ast_strip`, whose result is not used: only what it does at the end of the text is seen.
fn trim_end(text: &[u8]) -> &[u8] {
    text.iter().rposition(|&byte| !is_blank(byte)).map_or(text, |last| &text[..=last])
}
