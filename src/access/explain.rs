//! Why a session is sent an event, or is not: the slow path beside [`Delivery`](super::Delivery), one event and one
//! session at a time. Both give the same fates.

use super::delivery::{Fate, Watcher};
use super::near;
use super::trace::{Check, Outcome, Steps, Trace};
use crate::catalog;
use crate::config::Effective;
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::{Filter, Matcher};
use crate::config::manager::{Manager, User};
use crate::posix::Answer;
use crate::text::{Span, show};

/// A session of a user, and the configuration that it belongs to.
#[derive(Clone, Copy)]
pub struct Session<'c, 't> {
    /// manager.conf.
    pub effective: &'c Effective<'t>,
    /// What the manager makes of it.
    pub manager: &'c Manager<'t>,
    /// Whose session it is.
    pub user: &'c User<'t>,
    /// What it is sent.
    pub watcher: &'c Watcher<'c>,
}

/// An event that is sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'e> {
    /// Its whole text, down to the empty line.
    pub text: &'e [u8],
    /// Its real name.
    pub name: &'e [u8],
    /// Its classes as its second line has them, without the `all`.
    pub classes: &'e [u8],
}

/// What becomes of an event for a session, and why.
pub struct Explanation {
    /// What becomes of it.
    pub fate: Fate,
    /// The steps that led to it.
    pub trace: Trace,
    /// Which of the steps decided.
    decisive: usize,
    /// What would have to be otherwise for it to be sent, where that is known.
    pub nearest: Option<(String, Option<Span>)>,
}

impl Explanation {
    /// The step that decided.
    pub fn decisive(&self) -> &super::Step {
        &self.trace.steps()[self.decisive]
    }
}

/// Goes over everything that decides whether a session is sent an event, in the order of [`Fate`].
pub fn explain(session: Session<'_, '_>, event: Sent<'_>) -> Explanation {
    let mut asking = Asking { session, event, steps: Steps::default() };
    let fate = asking.fate();
    let decisive = asking.steps.decisive();
    let nearest = asking.nearest(fate);
    let (outcome, text) = match fate {
        Fate::Delivered => (Outcome::Passes, "sent".to_owned()),
        Fate::Class => (Outcome::Denies, "held back by its class".to_owned()),
        Fate::Mask => (Outcome::Denies, "held back by the mask".to_owned()),
        Fate::Filter => (Outcome::Denies, "held back by the filters".to_owned()),
        Fate::Disabled => (Outcome::Denies, "sent to nobody".to_owned()),
        Fate::Undecided(why) => (Outcome::Unknown, format!("not told: {why}")),
        Fate::UnknownClass => (Outcome::Unknown, "not told: it has a class that amictl does not know".to_owned()),
    };
    Explanation { fate, trace: asking.steps.end(outcome, text), decisive, nearest }
}

struct Asking<'c, 't, 'e> {
    session: Session<'c, 't>,
    event: Sent<'e>,
    steps: Steps,
}

impl Asking<'_, '_, '_> {
    fn fate(&mut self) -> Fate {
        let (watcher, event) = (self.session.watcher, self.event);
        let read_at =
            self.session.user.read.at.map(|at| self.session.manager.accounts.span(self.session.effective, at));
        let Some(needs) = Classes::named(event.classes) else {
            self.steps.add(Check::Class, Outcome::Unknown, format!("its class is `{}`", show(event.classes)), None);
            return Fate::UnknownClass;
        };
        if !watcher.read.covers(needs) {
            let text = format!("`read` grants {}", granted(watcher.read));
            self.steps.add(Check::Class, Outcome::Denies, text, read_at);
            return Fate::Class;
        }
        self.steps.add(Check::Class, Outcome::Passes, format!("`read` grants {}", list(needs)), read_at);
        if !watcher.mask.covers(needs) {
            let text = format!("the mask of the session lets {} through", granted(watcher.mask));
            self.steps.add(Check::Mask, Outcome::Denies, text, None);
            return Fate::Mask;
        }
        if watcher.mask != Classes::ALL {
            let text = format!("the mask of the session lets {} through", list(needs));
            self.steps.add(Check::Mask, Outcome::Passes, text, None);
        }
        match self.filters() {
            Fate::Delivered => self.disabled(),
            fate => fate,
        }
    }

    /// What the filters make of it: one step each, and one for all of them if there are any.
    fn filters(&mut self) -> Fate {
        let (watcher, filters) = (self.session.watcher, &self.session.user.filters);
        let included = self.ask("include", &watcher.includes, &filters.includes);
        let excluded = self.ask("exclude", &watcher.excludes, &filters.excludes);
        let (outcome, step, fate) = match (watcher.includes.is_empty(), included, excluded) {
            (_, _, (Answer::Yes, step)) => (Outcome::Denies, step, Fate::Filter),
            (false, (Answer::No, step), _) => (Outcome::Denies, step, Fate::Filter),
            (false, (Answer::Undecided(why), step), _) | (_, _, (Answer::Undecided(why), step)) => {
                (Outcome::Unknown, step, Fate::Undecided(why))
            }
            (false, (Answer::Yes, step), (Answer::No, _)) => (Outcome::Passes, step, Fate::Delivered),
            (true, _, (Answer::No, step)) => (Outcome::Passes, step, Fate::Delivered),
        };
        if let Some((text, at)) = step {
            self.steps.add(Check::Filter, outcome, text, at);
        }
        fate
    }

    /// Asks filters of one kind: whether one of them matches, and what there is to say of that, if there are any.
    fn ask(&mut self, kind: &str, matchers: &[&Matcher], lines: &[Filter]) -> (Answer, Option<(String, Option<Span>)>) {
        let mut decides = (Answer::No, None);
        for (number, matcher) in matchers.iter().enumerate() {
            let line = lines.get(number).map(|filter| self.session.effective.text(filter.at));
            let of = if line.is_none() { " of the session" } else { "" };
            let name = format!("{kind}{of} {}", asks(matcher));
            let answer = matcher.matches(self.event.text, self.event.name);
            let (outcome, text, says) = match answer {
                Answer::Yes => {
                    let text = format!("{name}{}", self.where_it_matches(matcher));
                    (Outcome::Matches, text.clone(), text)
                }
                Answer::No => (Outcome::Misses, name.clone(), format!("{name} does not match")),
                Answer::Undecided(why) => (Outcome::Unknown, format!("{name}: {why}"), format!("{name}: {why}")),
            };
            self.steps.add(Check::Filter, outcome, text, line);
            let counts = matches!((decides.0, answer), (Answer::No, _) | (Answer::Undecided(_), Answer::Yes));
            match answer {
                Answer::No if number > 0 && decides.0 == Answer::No => {
                    decides.1 = Some((format!("none of {} {kind} filters matches", matchers.len()), None));
                }
                _ if counts => decides = (answer, Some((says, line))),
                _ => {}
            }
        }
        decides
    }

    fn disabled(&mut self) -> Fate {
        let general = &self.session.manager.general;
        if !general.disabled_events().contains(&self.event.name) {
            return Fate::Delivered;
        }
        let at = general.disabledevents.at.map(|at| self.session.effective.text(at));
        let text = format!("`disabledevents` names {}", show(self.event.name));
        self.steps.add(Check::Disabled, Outcome::Denies, text, at);
        Fate::Disabled
    }

    /// ` matches`, and the part of the event that does, where that can be shown.
    fn where_it_matches(&self, matcher: &Matcher) -> String {
        let text = self.event.text;
        if matcher.header().is_some() {
            let mut lines = text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            let line = lines.find(|line| matcher.matches(line, self.event.name) == Answer::Yes);
            return line.map_or(" matches".to_owned(), |line| format!(" matches `{}`", show(line)));
        }
        let found = matcher.expression().and_then(|expression| expression.find(text)).filter(|found| !found.is_empty());
        found.map_or(" matches".to_owned(), |found| format!(" matches `{}`", show(&text[found])))
    }

    /// What would have to be otherwise for the event to be sent.
    fn nearest(&self, fate: Fate) -> Option<(String, Option<Span>)> {
        let Session { effective, user, watcher, .. } = self.session;
        let needs = Classes::named(self.event.classes)?;
        let without = |classes: Classes| list(Classes::of_bits(needs.bits() & !classes.bits()));
        match fate {
            Fate::Class | Fate::Mask => {
                let wanted = [(watcher.read, "`read`"), (watcher.mask, "the mask")];
                let wanted = wanted.iter().filter(|(classes, _)| !classes.covers(needs));
                let wanted: Vec<_> = wanted.map(|(has, place)| format!("class {} in {place}", without(*has))).collect();
                let mut rest = Asking { session: self.session, event: self.event, steps: Steps::default() };
                let then = match rest.filters() {
                    Fate::Filter => "; its filters would hold it back even then",
                    Fate::Undecided(_) => "; what its filters would make of it is not told",
                    _ if rest.disabled() == Fate::Disabled => "; `disabledevents` would hold it back even then",
                    _ => "",
                };
                Some((format!("needs {}{then}", wanted.join(" and ")), None))
            }
            Fate::Filter => {
                let wish = near::nearest(&watcher.includes, self.event)?;
                let line = user.filters.includes.get(wish.filter).map(|filter| effective.text(filter.at));
                Some((wish.text, line))
            }
            _ => None,
        }
    }
}

fn list(classes: Classes) -> String {
    let names: Vec<_> = catalog::classes_of(classes.bits()).map(catalog::ClassDef::name).collect();
    names.join(", ")
}

fn granted(classes: Classes) -> String {
    if classes.is_none() { "nothing".to_owned() } else { list(classes) }
}

/// A filter, as it is named in a sentence.
pub(super) fn asks(matcher: &Matcher) -> String {
    let pattern = show(&matcher.pattern);
    if !matcher.is_advanced {
        return format!("`{pattern}`");
    }
    let mut criteria = Vec::new();
    criteria.extend(matcher.event.as_ref().map(|event| format!("name({})", show(event))));
    criteria.extend(matcher.header().map(|header| format!("header({})", show(header))));
    if matcher.method() != "none" {
        criteria.push(format!("method({})", matcher.method()));
    }
    let pattern = if pattern.is_empty() { String::new() } else { format!(" {pattern}") };
    format!("`{}{pattern}`", criteria.join(","))
}
