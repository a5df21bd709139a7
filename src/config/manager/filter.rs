//! Event filters: which events a user is sent.
//!
//! Asterisk: `manager_add_filter`, `should_send_event`, `filter_cmp_fn` (main/manager.c), until 20.9 `match_filter`;
//! measured on 13.12.2 to 23.4.1.

mod asks;
mod criteria;
mod fault;

use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

pub use asks::{Asks, EventName};
use criteria::{Criteria, Method};
pub use fault::{Fault, Left};

use super::{Fact, Harm, When, Why};
use crate::config::{Entry, Origin};
use crate::posix::{self, Answer, Pattern, Units};
use crate::release::{Quirk, Release};
use crate::text::is_blank;

/// Reads the filters of one release. An expression that many users share is compiled once.
pub struct FilterReader {
    advanced: bool,
    units: Units,
    known: HashMap<Vec<u8>, Rc<Pattern>>,
    /// Those that do not compile, and why.
    broken: HashMap<Vec<u8>, &'static str>,
}

/// The filters of a user.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// An event must match one of these, if there are any.
    pub includes: Vec<Filter>,
    /// An event must match none of these.
    pub excludes: Vec<Filter>,
}

/// A filter of a user.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Its line.
    pub at: Origin,
    matcher: Matcher,
}

impl Deref for Filter {
    type Target = Matcher;

    fn deref(&self) -> &Matcher {
        &self.matcher
    }
}

/// What a filter asks of an event.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// Its key has criteria.
    pub is_advanced: bool,
    /// The name of the event that its criteria ask for.
    pub event: Option<Vec<u8>>,
    /// What is looked for, without the `!` before it.
    pub pattern: Vec<u8>,
    /// The hash of the event's name; 0 stands for any.
    name: u32,
    /// The header whose values are looked at, with its colon; otherwise the whole event is.
    header: Option<Vec<u8>>,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Regex(Rc<Pattern>),
    Exact(Vec<u8>),
    StartsWith(Vec<u8>),
    EndsWith(Vec<u8>),
    Contains(Vec<u8>),
    Always,
}

/// Why a line makes no filter.
enum Refused<'t> {
    Dropped(Fault<'t>),
    Crash,
}

/// What becomes of a filter of a session that is none; in words why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoFilter {
    /// It is refused, as its expression does not compile.
    Uncompiled(String),
    /// It is refused, as its criteria or its lack of an expression make no filter.
    Malformed(String),
    /// Asterisk crashes.
    Crash,
}

impl<'t> From<Fault<'t>> for Refused<'t> {
    fn from(fault: Fault<'t>) -> Refused<'t> {
        Refused::Dropped(fault)
    }
}

impl FilterReader {
    /// A reader for a release.
    pub fn new(release: Release) -> FilterReader {
        let units = if release.has(Quirk::RegexInCharacters) { Units::Characters } else { Units::Bytes };
        let advanced = release.has(Quirk::EventFilterPrefix);
        FilterReader { advanced, units, known: HashMap::new(), broken: HashMap::new() }
    }

    /// Is an entry of this name a filter?
    pub fn is_filter(&self, name: &[u8]) -> bool {
        if self.advanced { name.starts_with(b"eventfilter") } else { name.eq_ignore_ascii_case(b"eventfilter") }
    }

    /// The filters among the entries of one section, and what became of the lines that are none.
    pub fn read<'e, 't: 'e>(&mut self, entries: impl IntoIterator<Item = &'e Entry<'t>>) -> (Filters, Vec<Fact<'t>>) {
        let (mut filters, mut refused) = (Filters::default(), Vec::new());
        for entry in entries {
            if !entry.name.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"eventfilter")) {
                continue;
            }
            let at = entry.origin;
            match self.filter(entry) {
                Ok((matcher, true)) => filters.excludes.push(Filter { at, matcher }),
                Ok((matcher, false)) => filters.includes.push(Filter { at, matcher }),
                Err(why) => refused.push((entry, why)),
            }
        }
        let fact = |(entry, why): (&Entry<'t>, _)| match why {
            Refused::Dropped(fault) => {
                let left = filters.left_without(entry.value.first() == Some(&b'!'));
                Fact::ignored(entry.name, Why::FilterRefused { fault, left }, entry.origin)
            }
            Refused::Crash => Fact::hazard(Harm::Crash, When::Boot, Why::CriterionWithoutBracket, entry.origin),
        };
        let facts = refused.into_iter().map(fact).collect();
        (filters, facts)
    }

    /// One line: what it asks, and whether it excludes.
    fn filter<'t>(&mut self, entry: &Entry<'t>) -> Result<(Matcher, bool), Refused<'t>> {
        if !self.is_filter(entry.name) {
            return Err(self.not_a_filter(entry.name).into());
        }
        let options = entry.name.iter().position(|&byte| byte == b'(').map(|open| &entry.name[open + 1..]);
        self.matcher(options, &entry.value)
    }

    /// A filter that a session adds with the action Filter, the criteria without brackets around them, and whether it
    /// excludes.
    ///
    /// Source: `action_filter` (main/manager.c); releases without criteria take no notice of them.
    ///
    /// # Errors
    ///
    /// What becomes of one that is no filter.
    pub fn of_session(&mut self, criteria: Option<&[u8]>, value: &[u8]) -> Result<(Matcher, bool), NoFilter> {
        let options = criteria.map(|criteria| [criteria, b")"].concat());
        self.matcher(options.as_deref(), value).map_err(|why| match why {
            Refused::Crash => NoFilter::Crash,
            Refused::Dropped(fault @ Fault::Expression(_)) => NoFilter::Uncompiled(fault.to_string()),
            Refused::Dropped(fault) => NoFilter::Malformed(fault.to_string()),
        })
    }

    /// What a filter asks, and whether it excludes. `options`: what follows the first `(` of its key.
    fn matcher<'t>(&mut self, options: Option<&'t [u8]>, value: &[u8]) -> Result<(Matcher, bool), Refused<'t>> {
        let (mut excludes, pattern) = match value.split_first() {
            Some((b'!', rest)) => (true, rest),
            _ => (false, value),
        };
        let options = options.filter(|_| self.advanced);
        let criteria = match options {
            Some(options) => Criteria::parse(options)?.checked(pattern.is_empty())?,
            None if self.advanced && pattern.is_empty() => {
                return Err(Fault::Empty.into());
            }
            None => Criteria::legacy(),
        };
        excludes = criteria.excludes.unwrap_or(excludes);
        let text = || pattern.to_vec();
        let test = match criteria.method {
            Method::Regex => Test::Regex(self.compile(pattern)?),
            Method::Exact => Test::Exact(text()),
            Method::StartsWith => Test::StartsWith(text()),
            Method::EndsWith => Test::EndsWith(text()),
            Method::Contains => Test::Contains(text()),
            Method::None => Test::Always,
        };
        let name = criteria.name.map_or(0, event_hash);
        let header = criteria.header.map(|header| match header.last() {
            Some(b':') => header.to_vec(),
            _ => [header, b":"].concat(),
        });
        let (is_advanced, event) = (options.is_some(), criteria.name.map(<[u8]>::to_vec));
        Ok((Matcher { is_advanced, event, pattern: text(), name, header, test }, excludes))
    }

    fn not_a_filter(&self, name: &[u8]) -> Fault<'static> {
        if self.advanced {
            Fault::UpperCase
        } else if name.contains(&b'(') {
            Fault::CriteriaUnknown
        } else {
            Fault::OtherKey
        }
    }

    fn compile(&mut self, pattern: &[u8]) -> Result<Rc<Pattern>, Fault<'static>> {
        if let Some(known) = self.known.get(pattern) {
            return Ok(Rc::clone(known));
        }
        let why = match self.broken.get(pattern) {
            Some(&why) => why,
            None => match posix::compile(pattern, self.units) {
                Ok(compiled) => {
                    let compiled = Rc::new(compiled);
                    self.known.insert(pattern.to_vec(), Rc::clone(&compiled));
                    return Ok(compiled);
                }
                Err(why) => {
                    self.broken.insert(pattern.to_vec(), why);
                    why
                }
            },
        };
        Err(Fault::Expression(why))
    }
}

impl Filters {
    /// Is a user with these filters sent an event, as far as they have a say: its text, and its real name.
    pub fn pass(&self, event: &[u8], name: &[u8]) -> Answer {
        let some = |filters: &[Filter]| {
            let mut answer = Answer::No;
            for filter in filters {
                match filter.matches(event, name) {
                    Answer::Yes => return Answer::Yes,
                    Answer::No => {}
                    undecided @ Answer::Undecided(_) => answer = undecided,
                }
            }
            answer
        };
        let included = if self.includes.is_empty() { Answer::Yes } else { some(&self.includes) };
        match (included, if included == Answer::No { Answer::No } else { some(&self.excludes) }) {
            (Answer::No, _) | (_, Answer::Yes) => Answer::No,
            (undecided @ Answer::Undecided(_), _) | (_, undecided @ Answer::Undecided(_)) => undecided,
            (Answer::Yes, Answer::No) => Answer::Yes,
        }
    }

    /// What they leave of the events where one more that was refused is missing.
    fn left_without(&self, excludes: bool) -> Left {
        match () {
            () if excludes => Left::HeldBack,
            () if !self.includes.is_empty() => Left::OtherFilters,
            () if !self.excludes.is_empty() => Left::NotHeldBack,
            () => Left::Everything,
        }
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.includes.is_empty() && self.excludes.is_empty()
    }
}

/// All that a filter asks: has it criteria, the event, the header, the method, and what it looks for.
pub type Question<'f> = (bool, Option<&'f [u8]>, Option<&'f [u8]>, &'static str, &'f [u8]);

impl Matcher {
    /// All that it asks, whatever line it comes from: filters with the same question match the same events.
    pub fn question(&self) -> Question<'_> {
        (self.is_advanced, self.event.as_deref(), self.header(), self.method(), &self.pattern)
    }

    /// The header whose values are looked at; without one the whole event is.
    pub fn header(&self) -> Option<&[u8]> {
        self.header.as_deref().map(|header| header.strip_suffix(b":").unwrap_or(header))
    }

    /// The hash of the name of the events that it asks for; nothing for those of any name.
    pub fn name_hash(&self) -> Option<u32> {
        (self.name != 0).then_some(self.name)
    }

    /// How it is looked for, in Asterisk's own word.
    pub fn method(&self) -> &'static str {
        match self.test {
            Test::Regex(_) => "regex",
            Test::Exact(_) => "exact",
            Test::StartsWith(_) => "starts_with",
            Test::EndsWith(_) => "ends_with",
            Test::Contains(_) => "contains",
            Test::Always => "none",
        }
    }

    /// The expression that it looks for.
    pub fn expression(&self) -> Option<&Rc<Pattern>> {
        match &self.test {
            Test::Regex(pattern) => Some(pattern),
            _ => None,
        }
    }

    /// Does an event match: its text as it is sent, down to the empty line, and its real name?
    pub fn matches(&self, event: &[u8], name: &[u8]) -> Answer {
        let event = memchr::memchr(0, event).map_or(event, |end| &event[..end]);
        if self.name_hash().is_some_and(|wanted| wanted != event_hash(name)) {
            return Answer::No;
        }
        let Some(header) = &self.header else { return self.test.holds(event) };
        let mut answer = Answer::No;
        for line in event.split(|&byte| byte == b'\n') {
            let Some(value) = line.strip_suffix(b"\r").unwrap_or(line).strip_prefix(header.as_slice()) else {
                continue;
            };
            let Some(start) = value.iter().position(|&byte| !is_blank(byte)) else { continue };
            match self.test.holds(&value[start..]) {
                Answer::Yes => return Answer::Yes,
                Answer::No => {}
                undecided @ Answer::Undecided(_) => answer = undecided,
            }
        }
        answer
    }
}

impl Test {
    fn holds(&self, text: &[u8]) -> Answer {
        let holds = match self {
            Test::Regex(pattern) => return pattern.matches(text),
            Test::Exact(wanted) => text == wanted,
            Test::StartsWith(wanted) => text.starts_with(wanted),
            Test::EndsWith(wanted) => text.ends_with(wanted),
            Test::Contains(wanted) => memchr::memmem::find(text, wanted).is_some(),
            Test::Always => true,
        };
        if holds { Answer::Yes } else { Answer::No }
    }
}

/// How names of events are compared: `ast_str_hash`, 31 bits, so that different names can be equal.
pub fn event_hash(name: &[u8]) -> u32 {
    name.iter().fold(5381_u32, |hash, &byte| hash.wrapping_mul(33) ^ u32::from(byte)) & 0x7fff_ffff
}
