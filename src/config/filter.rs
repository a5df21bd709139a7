//! `[name](+filter)`: which section it finds; and which ones the action GetConfig lists.
//!
//! Asterisk: `does_category_match` (main/config.c), with `ast_strsep` (main/utils.c) taking the filter apart.

use std::ops::Range;

use super::content::Content;
use super::{Asked, Effective, Section};
use crate::posix::{self, Answer, Beyond, Pattern, Units};
use crate::release::{Quirk, Release};
use crate::text::{Secrets, trim};

/// What a filter says of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Fits,
    FitsNot,
    Undecided(Beyond),
}

/// The sections that are listed to who asks for those of a name, and of a filter with commas between its parts; an empty
/// name and an empty filter ask for nothing. Where a filter cannot be decided its section is left out. Values are what may be
/// shown of them: who may not see a secret may not ask how it begins either.
pub fn fitting<'e, 't>(
    effective: &'e Effective<'t>,
    name: &[u8],
    filter: &[u8],
    release: Release,
    secrets: Secrets,
) -> Vec<&'e Section<'t>> {
    let asked = Asked::new(release);
    let compiled = if filter.is_empty() { Some(Filter::default()) } else { Filter::new(filter, b',', &asked) };
    let Some(filter) = compiled else { return Vec::new() };
    let named = effective.sections.iter().filter(|it| name.is_empty() || it.name.eq_ignore_ascii_case(name));
    named.filter(|it| filter.verdict(it.template, &it.content, secrets) == Verdict::Fits).collect()
}

/// A filter, compiled once for all the sections it is tried on.
#[derive(Default)]
pub(super) struct Filter {
    terms: Vec<Term>,
    /// Parts that can never be true, such as one without a `=`.
    hopeless: bool,
}

enum Term {
    /// `TEMPLATES=include`.
    TemplatesToo,
    /// `TEMPLATES=restrict`.
    TemplatesOnly,
    /// `TEMPLATES=` anything else: never true.
    Never,
    /// Some variable matches both.
    Variable { name: Pattern, value: Pattern },
}

impl Filter {
    /// Reads a filter with `between` between its parts; `None` when it finds nothing because one of its expressions does not compile.
    pub(super) fn new(text: &[u8], between: u8, asked: &Asked) -> Option<Filter> {
        let units = if asked.has(Quirk::RegexInCharacters) { Units::Characters } else { Units::Bytes };
        let empty = || asked.has(Quirk::EmptyFilterParts);
        let mut filter = Filter { terms: Vec::new(), hopeless: false };
        let mut rest = Some(text);
        while let Some(term) = part(&mut rest, between, &empty) {
            let mut pair = Some(term);
            let name = part(&mut pair, b'=', &empty);
            let (Some(name), Some(value)) = (name, part(&mut pair, b'=', &empty)) else {
                filter.hopeless = true;
                break;
            };
            filter.terms.push(match name {
                b"TEMPLATES" if value.eq_ignore_ascii_case(b"include") => Term::TemplatesToo,
                b"TEMPLATES" if value.eq_ignore_ascii_case(b"restrict") => Term::TemplatesOnly,
                b"TEMPLATES" => Term::Never,
                _ => Term::Variable {
                    name: posix::compile(name, units).ok()?,
                    value: posix::compile(value, units).ok()?,
                },
            });
        }
        Some(filter)
    }

    /// Does a section fit? Looks at its entries once for each variable term.
    pub(super) fn verdict(&self, template: bool, content: &Content<'_>, secrets: Secrets) -> Verdict {
        let mut template_ok = !template;
        if self.hopeless {
            return Verdict::FitsNot;
        }
        for term in &self.terms {
            match term {
                Term::TemplatesToo => template_ok = true,
                Term::TemplatesOnly if template => template_ok = true,
                Term::TemplatesOnly | Term::Never => return Verdict::FitsNot,
                Term::Variable { name, value } => match some(name, value, content, secrets) {
                    Answer::Yes => {}
                    Answer::No => return Verdict::FitsNot,
                    Answer::Undecided(why) => return Verdict::Undecided(why),
                },
            }
        }
        if template_ok { Verdict::Fits } else { Verdict::FitsNot }
    }
}

/// Does some entry match both?
fn some(name: &Pattern, value: &Pattern, content: &Content<'_>, secrets: Secrets) -> Answer {
    let mut open = Answer::No;
    for entry in content.iter() {
        let named = name.matches(entry.name);
        if named == Answer::No {
            continue;
        }
        match (named, value.matches(&secrets.shown(entry.name, &entry.value))) {
            (Answer::Yes, Answer::Yes) => return Answer::Yes,
            (Answer::No, _) | (_, Answer::No) => {}
            (Answer::Undecided(why), _) | (_, Answer::Undecided(why)) => open = Answer::Undecided(why),
        }
    }
    open
}

/// The next part of a text up to a separator outside quotes, stripped of blanks and of one pair of quotes.
fn part<'t>(rest: &mut Option<&'t [u8]>, separator: u8, empty: &dyn Fn() -> bool) -> Option<&'t [u8]> {
    let text = (*rest)?;
    if text.is_empty() && !empty() {
        return None;
    }
    let mut quotes: Vec<u8> = Vec::new();
    let mut at = 0;
    *rest = None;
    let mut end = text.len();
    while at < text.len() {
        if text[at] == b'\\' {
            at += 2;
        }
        let Some(&byte) = text.get(at) else { break };
        if matches!(byte, b'\'' | b'"') {
            if quotes.last() == Some(&byte) {
                quotes.pop();
            } else if quotes.len() == 7 {
                // Asterisk's stack of quotes is full: it gives up on the text.
                return None;
            } else {
                quotes.push(byte);
            }
        }
        if byte == separator && quotes.is_empty() {
            end = at;
            *rest = Some(&text[at + 1..]);
            break;
        }
        at += 1;
    }
    Some(&text[unquoted(text, trim(text, 0..end))])
}

fn unquoted(text: &[u8], range: Range<usize>) -> Range<usize> {
    match &text[range.clone()] {
        [b'\'' | b'"'] => range.end..range.end,
        [first @ (b'\'' | b'"'), .., last] if first == last => range.start + 1..range.end - 1,
        _ => range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_as_asterisk_takes_them() {
        let mut rest = Some(&b" 'a=b' = \"c&d\" & x="[..]);
        let newer = |rest: &mut _, separator| part(rest, separator, &|| true);
        let mut term = newer(&mut rest, b'&');
        assert_eq!(term, Some(&b"'a=b' = \"c&d\""[..]));
        assert_eq!(newer(&mut term, b'='), Some(&b"a=b"[..]));
        assert_eq!(newer(&mut term, b'='), Some(&b"c&d"[..]));
        let mut term = newer(&mut rest, b'&');
        assert_eq!((newer(&mut term, b'='), newer(&mut term, b'=')), (Some(&b"x"[..]), Some(&b""[..])));
        assert_eq!(newer(&mut rest, b'&'), None);
        assert_eq!(part(&mut Some(&b""[..]), b'=', &|| false), None);
    }
}
