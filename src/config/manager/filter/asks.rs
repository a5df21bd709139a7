//! Which names of events and headers a filter asks for.

use super::{Matcher, Test};

/// What a filter asks for by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Asks {
    /// The events: one of these is enough.
    pub events: Vec<EventName>,
    /// It matches no events but these, and texts in which somebody else than Asterisk wrote such a name.
    pub only_these: bool,
    /// The header whose values it looks at.
    pub header: Option<Vec<u8>>,
    /// The headers that its expression names, or the ends of their names: it stands before a colon and a space.
    pub in_text: Vec<Vec<u8>>,
}

/// The name of an event, or its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventName {
    /// As it is written.
    pub text: Vec<u8>,
    /// It is the whole name, and not only a beginning.
    pub is_whole: bool,
}

impl EventName {
    /// A whole name.
    pub fn whole(text: &[u8]) -> EventName {
        EventName { text: text.to_vec(), is_whole: true }
    }

    /// Is it the name of an event, or its beginning?
    pub fn fits(&self, name: &str) -> bool {
        if self.is_whole { self.text == name.as_bytes() } else { name.as_bytes().starts_with(&self.text) }
    }
}

/// What stands before the name of an event in its text.
const BEFORE_NAME: &[u8] = b"Event: ";

impl Matcher {
    /// What it asks for by name, as far as that can be told.
    pub fn asks(&self) -> Asks {
        let mut asks = Asks { header: self.header().map(<[u8]>::to_vec), ..Asks::default() };
        match (&asks.header, &self.test) {
            (None, Test::Regex(expression)) => {
                for texts in expression.needs().into_iter().flat_map(|needs| &needs.all) {
                    asks.add(texts);
                }
            }
            (None, Test::Contains(text) | Test::StartsWith(text)) => asks.add(std::slice::from_ref(text)),
            (Some(header), Test::Exact(name)) if header == b"Event" => {
                (asks.events, asks.only_these) = (vec![EventName::whole(name)], true);
            }
            _ => {}
        }
        if let Some(name) = &self.event {
            (asks.events, asks.only_these) = (vec![EventName::whole(name)], true);
        }
        asks
    }

    /// Does it match every event of this name, whatever is in it? `false` where that is not certain.
    pub fn takes_all_of(&self, name: &str) -> bool {
        if self.event.as_deref().is_some_and(|wanted| wanted != name.as_bytes()) || self.header.is_some() {
            return false;
        }
        let start = [BEFORE_NAME, name.as_bytes(), b"\r\nPrivilege: "].concat();
        let has = |text: &Vec<u8>| memchr::memmem::find(&start, text).is_some();
        match &self.test {
            Test::Always => true,
            Test::Contains(text) => has(text),
            Test::StartsWith(text) => start.starts_with(text),
            Test::Regex(expression) => expression
                .needs()
                .filter(|needs| needs.is_exact)
                .is_some_and(|needs| needs.all.iter().flatten().any(has)),
            Test::Exact(_) | Test::EndsWith(_) => false,
        }
    }
}

impl Asks {
    /// Takes in that one of some texts is in whatever matches.
    fn add(&mut self, texts: &[Vec<u8>]) {
        let names: Vec<Option<EventName>> = texts.iter().map(|text| event_name(text)).collect();
        self.only_these |= names.iter().all(Option::is_some);
        self.events.extend(names.into_iter().flatten().filter(|name| !self.events.contains(name)).collect::<Vec<_>>());
        let header = |text: &Vec<u8>| {
            let word = word(text);
            (!word.is_empty() && word != b"Event" && text[word.len()..].starts_with(b": ")).then(|| word.to_vec())
        };
        self.in_text.extend(texts.iter().filter_map(header));
    }
}

/// The name behind an `Event: ` at the beginning of a text. What is no letter, digit, `-` or `_` ends it.
fn event_name(text: &[u8]) -> Option<EventName> {
    let rest = text.strip_prefix(BEFORE_NAME)?;
    let name = word(rest);
    (!name.is_empty()).then(|| EventName { text: name.to_vec(), is_whole: name.len() < rest.len() })
}

fn word(text: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_');
    &text[..text.iter().position(is_end).unwrap_or(text.len())]
}
