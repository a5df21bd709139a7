//! The filters that count, each line once for all users who have it, beside the events that are known.

use super::Context;
use super::prelude::Map;
use crate::catalog::{self, EventDef};
use crate::config::Origin;
use crate::config::manager::filter::{Asks, EventName, Filter};
use crate::config::manager::{At, Manager, User};
use crate::release::Release;
use crate::text::{Span, is_placeholder};

/// The lines with filters that count, and of which kinds they are: many are alike.
pub(super) struct FilterLines {
    lines: Vec<FilterLine>,
    kinds: Vec<Kind>,
    /// Of each line the number of its kind.
    kind_of: Map<Origin, usize>,
}

/// A line with a filter.
pub(super) struct FilterLine {
    pub(super) at: Origin,
    pub(super) is_include: bool,
    /// The `read` of the first user who has it.
    pub(super) read_at: Option<At>,
    kind: usize,
}

/// What filters ask for, and what those who have them may see.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) asks: Asks,
    /// The masks of classes, each once. Where it is not plain what a user may see, it is taken for everything.
    pub(super) reads: Vec<u32>,
}

impl FilterLines {
    /// Those that no tool fills in.
    pub(super) fn of(context: &Context<'_>, manager: &Manager<'_>) -> FilterLines {
        let is_partial = context.effective.is_partial();
        let (mut lines, mut kinds): (Vec<FilterLine>, Vec<Kind>) = Default::default();
        let mut known: Map<Origin, usize> = Map::default();
        for user in &manager.accounts.users {
            let read = if is_partial { u32::MAX } else { plain_read(user).unwrap_or(u32::MAX) };
            let includes = user.filters.includes.iter().map(|filter| (filter, true));
            let excludes = user.filters.excludes.iter().map(|filter| (filter, false));
            for (filter, is_include) in includes.chain(excludes) {
                let kind = *known.entry(filter.at).or_insert_with(|| {
                    let kind = lines.len();
                    lines.push(FilterLine { at: filter.at, is_include, read_at: user.read.at, kind });
                    kinds.push(Kind { asks: filter.asks(), reads: Vec::new() });
                    kind
                });
                let reads = &mut kinds[kind].reads;
                if reads.last() != Some(&read) {
                    reads.push(read);
                }
            }
        }
        // So far each line has a kind of its own.
        let mut numbers: Map<Kind, usize> = Map::default();
        for (line, mut kind) in lines.iter_mut().zip(kinds) {
            kind.reads.sort_unstable();
            kind.reads.dedup();
            let next = numbers.len();
            line.kind = *numbers.entry(kind).or_insert(next);
        }
        let mut kinds: Vec<(Kind, usize)> = numbers.into_iter().collect();
        kinds.sort_unstable_by_key(|(_, number)| *number);
        let kind_of = lines.iter().map(|line| (line.at, line.kind)).collect();
        lines.retain(|line| {
            let written = context.effective.written(line.at);
            written.is_some_and(|it| !is_placeholder(it.name.bytes) && !is_placeholder(it.value.bytes))
        });
        FilterLines { lines, kinds: kinds.into_iter().map(|(kind, _)| kind).collect(), kind_of }
    }

    /// The number of the kind of a filter; what it asks for depends on that alone.
    pub(super) fn kind(&self, filter: &Filter) -> usize {
        self.kind_of[&filter.at]
    }

    /// What filters of a kind ask for.
    pub(super) fn asks(&self, kind: usize) -> &Asks {
        &self.kinds[kind].asks
    }

    /// Each line with its kind.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&FilterLine, &Kind)> {
        self.lines.iter().map(|line| (line, &self.kinds[line.kind]))
    }

    /// Each line with its kind and a verdict on that, which is given once.
    pub(super) fn judged<V>(&self, judge: impl FnMut(&Kind) -> Vec<V>) -> impl Iterator<Item = (&FilterLine, &Kind, V)>
    where
        V: Clone,
    {
        let verdicts: Vec<Vec<V>> = self.kinds.iter().map(judge).collect();
        self.lines.iter().flat_map(move |line| {
            verdicts[line.kind].clone().into_iter().map(move |verdict| (line, &self.kinds[line.kind], verdict))
        })
    }
}

/// What a user may see, where nothing is odd about how that is written.
pub(super) fn plain_read(user: &User<'_>) -> Option<u32> {
    let read = &user.read.value;
    ((read.is_plain || read.text.is_empty()) && !read.text.split(|&byte| byte == b',').any(is_placeholder))
        .then(|| read.bits())
}

impl FilterLine {
    /// Where it names an event.
    pub(super) fn event_span(&self, context: &Context<'_>, name: &EventName) -> Span {
        self.part(context, "name(", "Event: ", &name.text, "")
    }

    /// Where it names a header.
    pub(super) fn header_span(&self, context: &Context<'_>, name: &[u8]) -> Span {
        self.part(context, "header(", "", name, ": ")
    }

    /// May a text that it asks for be another one with a backslash in it, as in `Hangup\r`, where the `r` is a letter?
    pub(super) fn may_be_escape(&self, context: &Context<'_>, text: &[u8]) -> bool {
        let value = context.effective.written(self.at).map_or(&b""[..], |written| written.value.bytes);
        let has_escape = value.windows(2).any(|pair| pair[0] == b'\\' && pair[1].is_ascii_alphanumeric());
        has_escape && memchr::memmem::find(value, text).is_none()
    }

    /// Its value, or its key where it has none.
    pub(super) fn span(&self, context: &Context<'_>) -> Span {
        let Some(written) = context.effective.written(self.at) else { return context.effective.text(self.at) };
        let range = if written.value.range.is_empty() { written.name.range } else { written.value.range };
        context.span(self.at, range)
    }

    /// Where a text stands behind a word in the key, or between two in the value; all of it where that is not plain.
    fn part(&self, context: &Context<'_>, in_key: &str, before: &str, text: &[u8], behind: &str) -> Span {
        let Some(written) = context.effective.written(self.at) else { return context.effective.text(self.at) };
        let wanted = [(&written.name, in_key, ""), (&written.value, before, behind), (&written.value, "", "")];
        let found = wanted.into_iter().find_map(|(field, before, behind)| {
            // With escapes or comments in between no part can be pointed at.
            let is_plain = field.bytes.len() == field.range.len();
            let at = only(field.bytes, &[before.as_bytes(), text, behind.as_bytes()].concat()).filter(|_| is_plain)?;
            let start = field.range.start + at + before.len();
            Some(context.span(self.at, start..start + text.len()))
        });
        found.unwrap_or_else(|| self.span(context))
    }
}

/// The names in `disabledevents`, and where they stand; none of what a tool fills in.
pub(super) fn disabled_names(context: &Context<'_>, manager: &Manager<'_>) -> Vec<(EventName, Span)> {
    let at = manager.general.disabledevents.at;
    let written = at.and_then(|at| Some((at, context.effective.written(at)?.value)));
    let Some((at, value)) = written.filter(|(_, value)| !is_placeholder(value.bytes)) else { return Vec::new() };
    let mut from = 0;
    let place = |item: &[u8]| {
        // The value is not in the file as it is where a `+=` or an escape made it.
        let rest = value.bytes.get(from..).filter(|_| value.bytes.len() == value.range.len())?;
        let start = from + memchr::memmem::find(rest, item)?;
        from = start + item.len();
        Some(value.range.start + start..value.range.start + from)
    };
    let items = manager.general.disabled_events();
    let places: Vec<_> = items.iter().copied().map(place).collect();
    let span = |place: Option<_>| context.span(at, place.unwrap_or_else(|| value.range.clone()));
    items.iter().zip(places).map(|(item, place)| (EventName::whole(item), span(place))).collect()
}

/// The place of a text that is there just once.
fn only(text: &[u8], part: &[u8]) -> Option<usize> {
    let at = memchr::memmem::find(text, part)?;
    (memchr::memmem::rfind(text, part) == Some(at)).then_some(at)
}

/// The events of some releases.
pub(super) struct Events(Vec<(Release, Vec<EventDef>)>);

impl Events {
    pub(super) fn of(context: &Context<'_>) -> Events {
        Events(context.releases.iter().map(|&release| (release, catalog::events(release).collect())).collect())
    }

    /// Release by release.
    pub(super) fn all(&self) -> impl Iterator<Item = (Release, &[EventDef])> {
        self.0.iter().map(|(release, events)| (*release, &events[..]))
    }

    /// What there is to say, and of which releases.
    pub(super) fn judge<V: PartialEq>(
        &self,
        verdict: impl Fn(Release, &[EventDef]) -> Option<V>,
    ) -> Vec<(V, Vec<Release>)> {
        let mut verdicts: Vec<(V, Vec<Release>)> = Vec::new();
        for (release, events) in self.all() {
            let Some(verdict) = verdict(release, events) else { continue };
            match verdicts.iter_mut().find(|(known, _)| *known == verdict) {
                Some((_, releases)) => releases.push(release),
                None => verdicts.push((verdict, vec![release])),
            }
        }
        verdicts
    }
}

/// Is it an event that a filter with these names may match?
pub(super) fn is_asked_for(asks: &Asks, event: &EventDef) -> bool {
    !asks.only_these || asks.events.iter().any(|name| name.fits(event.name()))
}

/// Names as people list them.
pub(super) fn list(names: &[&str], last: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}
