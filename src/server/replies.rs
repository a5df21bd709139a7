//! Answers that somebody wrote down: to which requests, what is said, and which events follow.

use std::time::Duration;

use super::channels::Variables;
use super::event::Event;
use super::hub::{Hub, Id};
use super::later::Later;
use super::session::{action_id, answer};
use super::wire::Request;
use crate::access::header_value;
use crate::config::manager::general::arguments;
use crate::posix::{Answer, Pattern};

/// All that were written down, in order: the first that fits is given.
#[derive(Debug, Default)]
pub struct Replies(pub Vec<Reply>);

/// One of them.
#[derive(Debug)]
pub struct Reply {
    /// The action that it answers, in any letter case.
    pub action: String,
    /// What the headers of the request must say, each of them.
    pub when: Vec<(String, Wanted)>,
    /// It comes so much later; what is asked meanwhile is answered first.
    pub delay: Duration,
    /// The first line: `Success` or `Error`, mostly.
    pub response: String,
    /// What follows, behind the ActionID of the request.
    pub headers: Headers,
    /// A list that belongs to the answer: its client alone is sent it, whatever it may see.
    pub list: Option<List>,
    /// What is sent to everybody who may see it.
    pub events: Vec<Raised>,
}

/// Headers by name.
pub type Headers = Vec<(String, Template)>;

/// What a header must say. One that is not there is empty.
#[derive(Debug)]
pub enum Wanted {
    /// This, byte for byte.
    Exactly(Vec<u8>),
    /// Something that has a match of this in it.
    Matching(Pattern),
}

/// The events of a list.
#[derive(Debug)]
pub struct List {
    /// Their names and headers.
    pub events: Vec<(String, Headers)>,
    /// The name of the event that ends it.
    pub complete: String,
}

/// An event that follows.
#[derive(Debug)]
pub struct Raised {
    /// So long after the request.
    pub after: Duration,
    /// Its name.
    pub name: String,
    /// Its classes, with commas between.
    pub classes: String,
    /// Its headers.
    pub headers: Headers,
}

/// A text with places for values of the request: `{Channel}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Header(String),
}

/// Why a text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTemplate {
    /// A brace opens nothing, or closes nothing.
    #[error("`{{` and `}}` stand around the name of a header; as such they are written twice")]
    Braces,
    /// It would be the end of the header.
    #[error("a header ends where its line does")]
    LineBreak,
}

impl Template {
    /// Reads one. Braces that are meant as such are written twice.
    ///
    /// # Errors
    ///
    /// [`NoTemplate`].
    pub fn parse(text: &str) -> Result<Template, NoTemplate> {
        if text.contains(['\r', '\n', '\0']) {
            return Err(NoTemplate::LineBreak);
        }
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            plain += before;
            if brace.starts_with("{{") || brace.starts_with("}}") {
                plain += &brace[..1];
                rest = &brace[2..];
                continue;
            }
            let inside = brace.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let Some((name, behind)) = inside.filter(|(name, _)| is_name(name)) else { return Err(NoTemplate::Braces) };
            parts.extend([Part::Text(std::mem::take(&mut plain)), Part::Header(name.to_owned())]);
            rest = behind;
        }
        parts.push(Part::Text(plain + rest));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Template(parts))
    }

    fn filled(&self, request: &Request) -> Vec<u8> {
        let part = |part: &Part| match part {
            Part::Text(text) => text.as_bytes().to_vec(),
            Part::Header(name) => request.header(name).to_vec(),
        };
        self.0.iter().flat_map(part).collect()
    }
}

/// Can it be the name of a header?
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b':' | b'{' | b'}'))
}

impl Replies {
    /// The first that fits a request.
    pub(super) fn find(&self, request: &Request) -> Option<&Reply> {
        let says = |(name, wanted): &(String, Wanted)| match wanted {
            Wanted::Exactly(value) => request.header(name) == value,
            Wanted::Matching(pattern) => pattern.matches(request.header(name)) == Answer::Yes,
        };
        let is = |reply: &&Reply| request.action().eq_ignore_ascii_case(reply.action.as_bytes());
        self.0.iter().filter(is).find(|reply| reply.when.iter().all(says))
    }
}

/// Gives a reply to a request, now or later.
pub(super) fn give(hub: &mut Hub, id: Id, request: &Request, reply: &Reply) {
    let text = text(request, reply);
    if reply.delay.is_zero() {
        hub.send(id, &text);
    } else {
        hub.later.add(hub.now + reply.delay, Later::Answer(id, text));
    }
    let variables = variables(hub, id, request);
    for raised in &reply.events {
        let (name, classes) = (raised.name.clone().into_bytes(), raised.classes.clone().into_bytes());
        let event = Event { name, classes, body: lines(request, &raised.headers) };
        hub.later.add(hub.now + raised.after, Later::Event(event, variables.clone()));
    }
    hub.wake();
}

/// What a channel has from the beginning that a request originates: the user's `setvar`, and over these the request's own.
///
/// Source: `action_originate` in main/manager.c.
fn variables(hub: &Hub, id: Id, request: &Request) -> Variables {
    let login = hub.sessions.get(&id).and_then(|session| session.login.as_ref());
    let Some(login) = login.filter(|_| request.action().eq_ignore_ascii_case(b"Originate")) else {
        return Variables::new();
    };
    let user = login.loaded.manager().accounts.find(&login.name);
    let set = user.iter().flat_map(|user| user.setvar.iter().rev());
    let mut variables: Variables = set.map(|it| (it.name.to_vec(), it.value.to_vec())).collect();
    for (_, value) in request.headers().iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"Variable")) {
        for item in arguments(header_value(value)) {
            let end = memchr::memchr(b'=', &item);
            variables.extend(end.map(|end| (item[..end].to_vec(), item[end + 1..].to_vec())));
        }
    }
    variables
}

fn text(request: &Request, reply: &Reply) -> Vec<u8> {
    let headers: Vec<(&str, Vec<u8>)> =
        reply.headers.iter().map(|(name, value)| (name.as_str(), value.filled(request))).collect();
    let mut all: Vec<(&str, &[u8])> = reply.list.iter().map(|_| ("EventList", &b"start"[..])).collect();
    all.extend(headers.iter().map(|(name, value)| (*name, &value[..])));
    let mut text = answer(&reply.response, request, &all);
    if let Some(list) = &reply.list {
        let mut add = |name: &str, body: &[u8]| {
            text.extend([b"Event: ", name.as_bytes(), b"\r\n", &action_id(request), body, b"\r\n"].concat());
        };
        list.events.iter().for_each(|(name, headers)| add(name, &lines(request, headers)));
        let count = list.events.len();
        add(&list.complete, format!("EventList: Complete\r\nListItems: {count}\r\n").as_bytes());
    }
    text
}

fn lines(request: &Request, headers: &Headers) -> Vec<u8> {
    let line = |(name, value): &(String, Template)| [name.as_bytes(), b": ", &value.filled(request), b"\r\n"].concat();
    headers.iter().flat_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_between_braces() {
        let request = Request { lines: vec![b"Channel: PJSIP/1".to_vec(), b"Data: a{b}".to_vec()] };
        let filled = |text: &str| Template::parse(text).map(|it| String::from_utf8(it.filled(&request)).unwrap());
        assert_eq!(filled("{channel}-{Data}{None}{{x}}").as_deref(), Ok("PJSIP/1-a{b}{x}"));
        for text in ["{", "}", "{a b}", "{}", "{a", "a}", "{{a}"] {
            assert_eq!(filled(text), Err(NoTemplate::Braces), "{text}");
        }
        assert_eq!(filled("a\r\nb"), Err(NoTemplate::LineBreak));
    }
}
