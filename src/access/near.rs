//! The nearest miss: what an event would have to have for an include filter to match.
//!
//! An event is changed until it has what a filter looks for, and the filter is asked again: nothing is promised that was
//! not tried. Where that does not make it match, what it needs and the event has not is said.

use memchr::memmem;

use super::explain::Sent;
use crate::config::manager::filter::Matcher;
use crate::posix::Answer;
use crate::text::show;

/// What a filter wishes.
pub(super) struct Near {
    /// Which of the filters.
    pub(super) filter: usize,
    /// In words.
    pub(super) text: String,
}

/// Of what it wishes so much is told.
const MOST_TOLD: usize = 2;

/// The filter that is nearest to matching: one that can be helped, by few changes, and rather by another value than by
/// another event.
pub(super) fn nearest(includes: &[&Matcher], event: Sent<'_>) -> Option<Near> {
    let near = includes.iter().enumerate().filter_map(|(filter, matcher)| {
        let wishes = wishes(matcher, event);
        let helps = helps(&wishes, matcher, event);
        let filter_is = if includes.len() == 1 { "it" } else { "the nearest include filter" };
        if wishes.is_empty() {
            let text = format!("{filter_is} finds the texts that it needs, but not where it looks for them");
            return is_looking(matcher).then_some(((true, usize::MAX, true, filter), Near { filter, text }));
        }
        let words: Vec<String> = wishes.iter().take(MOST_TOLD).map(|wish| wish.words(event.text, helps)).collect();
        let more = match wishes.len() - words.len() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let verb = if helps { "would match if" } else { "needs" };
        let text = format!("{filter_is} {verb} {}{more}", words.join(" and "));
        let other_event = wishes.iter().any(Wish::is_about_name);
        Some(((!helps, wishes.len(), other_event, filter), Near { filter, text }))
    });
    near.min_by_key(|(rank, _)| *rank).map(|(_, near)| near)
}

/// Does it look for texts in the whole event?
fn is_looking(matcher: &Matcher) -> bool {
    matcher.header().is_none() && matcher.expression().is_some_and(|expression| !expression.needs().is_empty())
}

/// One thing that an event has not.
enum Wish {
    /// To be the event of that name.
    Name(Vec<u8>),
    /// A header of that name whose value is so.
    Header(Vec<u8>, Value),
    /// A text in whatever header.
    Text(Vec<u8>),
}

/// How the value of a header is to be.
enum Value {
    Any,
    Is(Vec<u8>),
    Begins(Vec<u8>),
    Ends(Vec<u8>),
    Has(Vec<u8>),
    /// As the expression of the filter asks.
    Matches(Vec<u8>),
}

/// What a filter that does not match looks for in an event that has it not.
fn wishes(matcher: &Matcher, event: Sent<'_>) -> Vec<Wish> {
    let wanted = matcher.event.as_deref().filter(|name| *name != event.name);
    let mut wishes: Vec<Wish> = wanted.map(|name| Wish::Name(name.to_vec())).into_iter().collect();
    let pattern = || matcher.pattern.clone();
    if matcher.matches(event.text, wanted.unwrap_or(event.name)) == Answer::Yes {
        return wishes;
    }
    match (matcher.header(), matcher.method()) {
        (Some(header), method) => wishes.push(Wish::Header(
            header.to_vec(),
            match method {
                "exact" => Value::Is(pattern()),
                "starts_with" => Value::Begins(pattern()),
                "ends_with" => Value::Ends(pattern()),
                "contains" => Value::Has(pattern()),
                "regex" => of_expression(matcher, header, event),
                _ => Value::Any,
            },
        )),
        (None, "regex") => {
            let needs = matcher.expression().map(|expression| expression.needs()).unwrap_or_default();
            let missing = needs.iter().filter(|any| !any.iter().any(|text| has(event.text, text)));
            wishes.extend(missing.filter_map(|any| any.first()).map(|text| of_text(text)));
        }
        (None, _) => wishes.push(Wish::Text(pattern())),
    }
    wishes
}

/// A text of an expression: where it begins like a line, the value of a header is meant.
fn of_text(text: &[u8]) -> Wish {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-()".contains(byte);
    match memmem::find(text, b": ") {
        Some(colon) if colon > 0 && text[..colon].iter().all(is_word) => {
            let (header, value) = (text[..colon].to_vec(), text[colon + 2..].to_vec());
            Wish::Header(header, if value.is_empty() { Value::Any } else { Value::Begins(value) })
        }
        _ => Wish::Text(text.to_vec()),
    }
}

/// The value that an expression on a header looks for: the first way of having the text that it needs that helps.
fn of_expression(matcher: &Matcher, header: &[u8], event: Sent<'_>) -> Value {
    let needs = matcher.expression().map(|expression| expression.needs()).unwrap_or_default();
    let text = needs.into_iter().flatten().next().unwrap_or_default();
    for value in [Value::Has, Value::Begins, Value::Ends, Value::Is] {
        let wish = Wish::Header(header.to_vec(), value(text.clone()));
        let name = matcher.event.as_deref().unwrap_or(event.name);
        if !text.is_empty() && matcher.matches(&wish.granted(event.text, Place::Last), name) == Answer::Yes {
            return value(text);
        }
    }
    Value::Matches(matcher.pattern.clone())
}

/// Does the filter match, once all that it wishes is granted?
fn helps(wishes: &[Wish], matcher: &Matcher, event: Sent<'_>) -> bool {
    let name = matcher.event.as_deref().unwrap_or(event.name);
    [Place::First, Place::Last].into_iter().any(|place| {
        let text = wishes.iter().fold(event.text.to_vec(), |text, wish| wish.granted(&text, place));
        matcher.matches(&text, name) == Answer::Yes
    })
}

/// Where a text is put that may stand in any header.
#[derive(Clone, Copy)]
enum Place {
    First,
    Last,
}

impl Wish {
    fn is_about_name(&self) -> bool {
        match self {
            Wish::Name(_) => true,
            Wish::Header(header, _) => header == b"Event",
            Wish::Text(_) => false,
        }
    }

    /// The text of an event that has it.
    fn granted(&self, text: &[u8], place: Place) -> Vec<u8> {
        let (header, value): (&[u8], _) = match self {
            Wish::Name(name) => (b"Event", &Value::Is(name.clone())),
            Wish::Header(header, value) => (header, value),
            Wish::Text(wanted) => {
                let lines_end =
                    |text: &[u8]| text.len() - text.iter().rev().take_while(|byte| b"\r\n".contains(byte)).count();
                let end = match place {
                    Place::First => lines_end(&text[..memchr::memchr(b'\n', text).unwrap_or(text.len())]),
                    Place::Last => lines_end(text),
                };
                return [&text[..end], wanted, &text[end..]].concat();
            }
        };
        let Some(old) = value_of(text, header) else {
            // A line more, before the empty one.
            let end = text.len() - usize::from(text.ends_with(b"\r\n")) * 2;
            return [&text[..end], header, b": ", &value.granted(b""), b"\r\n", &text[end..]].concat();
        };
        [&text[..old.start], &value.granted(&text[old.clone()]), &text[old.end..]].concat()
    }

    /// As what would help, or as what is needed.
    fn words(&self, text: &[u8], helps: bool) -> String {
        let (header, value) = match self {
            Wish::Name(name) if helps => return format!("the event was {}", show(name)),
            Wish::Name(name) => return format!("the event {}", show(name)),
            Wish::Text(wanted) if helps => return format!("it had `{}` in it", show(wanted)),
            Wish::Text(wanted) => return format!("`{}` in it", show(wanted)),
            Wish::Header(header, value) => (show(header), value),
        };
        let has_it = value_of(text, header.as_bytes()).is_some();
        let (be, begin, end, have) =
            if helps { ("was", "began", "ended", "had") } else { ("is", "begins", "ends", "has") };
        let rest = match value {
            Value::Any => String::new(),
            Value::Is(text) => format!("{be} `{}`", show(text)),
            Value::Begins(text) => format!("{begin} with `{}`", show(text)),
            Value::Ends(text) => format!("{end} in `{}`", show(text)),
            Value::Has(text) => format!("{have} `{}` in it", show(text)),
            Value::Matches(pattern) => format!("matches `{}`", show(pattern)),
        };
        match (helps, has_it) {
            _ if rest.is_empty() && helps => format!("it had a header {header}"),
            _ if rest.is_empty() => format!("a header {header}"),
            (true, true) => format!("{header} {rest}"),
            (false, true) => format!("a {header} that {rest}"),
            (true, false) => format!("it had a header {header} that {rest}"),
            (false, false) => format!("a header {header} that {rest}"),
        }
    }
}

impl Value {
    /// A value that is so, as near to the old one as can be.
    fn granted(&self, old: &[u8]) -> Vec<u8> {
        match self {
            Value::Any | Value::Matches(_) if old.is_empty() => b"x".to_vec(),
            Value::Any | Value::Matches(_) => old.to_vec(),
            Value::Is(text) => text.clone(),
            Value::Begins(text) => [text, old].concat(),
            Value::Ends(text) => [old, text].concat(),
            Value::Has(text) => [b"x", old, text, old, b"x"].concat(),
        }
    }
}

/// Where the value of the first header of a name stands in an event.
fn value_of(text: &[u8], header: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len() - line.iter().rev().take_while(|byte| b"\r\n".contains(byte)).count();
        let rest = line.strip_prefix(header).and_then(|rest| rest.strip_prefix(b":"));
        if let Some(rest) = rest {
            let blank = usize::from(rest.first() == Some(&b' '));
            return Some((start + header.len() + 1 + blank).min(end)..end);
        }
        start += line.len();
    }
    None
}

fn has(text: &[u8], wanted: &[u8]) -> bool {
    memmem::find(text, wanted).is_some()
}
