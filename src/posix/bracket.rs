//! `[…]` as glibc reads it.
//!
//! glibc: `parse_bracket_exp`, `parse_bracket_element`, `peek_token_bracket`, `parse_bracket_symbol` and
//! `build_range_exp` of posix/regcomp.c, without a table of collating elements, as in C and C.UTF-8.

use super::chars::{Class, character};
use super::tree::{Set, Wide};
use super::{Refusal, Units};

/// Reads what follows a `[`; gives the set and the length of what was read.
pub(super) fn bracket(text: &[u8], units: Units) -> Result<(Set, usize), Refusal> {
    let mut reader = Reader { text, units, at: 0 };
    let set = reader.set()?;
    Ok((set, reader.at))
}

struct Reader<'p> {
    text: &'p [u8],
    units: Units,
    at: usize,
}

/// What one step within brackets can be.
enum Element {
    Byte(u8),
    Character(u32),
    /// `[.x.]`; a name of more than one byte is refused when it is used.
    Symbol(Option<u8>),
    /// `[=x=]`
    Equivalent(Option<u8>),
    Class(Option<Class>),
}

const UNCLOSED: Refusal = Refusal::Invalid("a `[` without its `]`");
const COLLATING: Refusal = Refusal::Invalid("a collating element that does not exist");
const RANGE: Refusal = Refusal::Invalid("a range within brackets that is none");

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn set(&mut self) -> Result<Set, Refusal> {
        let (mut set, mut wide) = (Set::default(), Wide::default());
        wide.negated = self.rest().first() == Some(&b'^');
        self.at += usize::from(wide.negated);
        let mut first = true;
        loop {
            match self.rest() {
                [] => return Err(UNCLOSED),
                [b']', ..] if !first => break,
                _ => {}
            }
            let start = self.element(first)?;
            first = false;
            if matches!(start, Element::Class(_) | Element::Equivalent(_)) || !self.range_follows()? {
                add(&mut set, &mut wide, start)?;
            } else {
                self.at += 1;
                let end = self.element(true)?;
                add_range(&mut set, &mut wide, &start, &end, self.units)?;
            }
        }
        self.at += 1;
        let characters = self.units == Units::Characters;
        set.finish(wide.negated, characters);
        let complex = wide.negated || !(wide.chars.is_empty() && wide.ranges.is_empty() && wide.classes.is_empty());
        set.wide = (characters && complex).then_some(wide);
        Ok(set)
    }

    /// Is the next token a `-` that makes a range?
    fn range_follows(&self) -> Result<bool, Refusal> {
        match self.rest() {
            [] => Err(UNCLOSED),
            [b'-'] => Err(UNCLOSED),
            [b'-', b']', ..] => Ok(false),
            [b'-', ..] => Ok(true),
            _ => Ok(false),
        }
    }

    /// One element. A `-` may be one at the start, behind the `-` of a range, and before the `]`.
    fn element(&mut self, hyphen: bool) -> Result<Element, Refusal> {
        if self.units == Units::Characters
            && let Some((length @ 2.., code)) = character(self.rest())
        {
            self.at += length;
            return Ok(Element::Character(code));
        }
        match *self.rest() {
            [] => Err(UNCLOSED),
            [b'[', mark @ (b'.' | b'=' | b':'), ..] => self.symbol(mark),
            [b'-', ref rest @ ..] if !hyphen && rest.first() != Some(&b']') => Err(RANGE),
            [byte, ..] => {
                self.at += 1;
                Ok(Element::Byte(byte))
            }
        }
    }

    /// `[.x.]`, `[=x=]`, `[:name:]`.
    fn symbol(&mut self, mark: u8) -> Result<Element, Refusal> {
        let body = &self.rest()[2..];
        let length = body.windows(2).position(|two| two == [mark, b']']).ok_or(UNCLOSED)?;
        if length > 31 {
            return Err(UNCLOSED);
        }
        let name = &body[..length];
        let single = match name {
            [byte] => Some(*byte),
            _ => None,
        };
        let element = match mark {
            b'.' => Element::Symbol(single),
            b'=' => Element::Equivalent(single),
            _ => Element::Class(Class::named(name)),
        };
        self.at += 2 + length + 2;
        Ok(element)
    }
}

fn add(set: &mut Set, wide: &mut Wide, element: Element) -> Result<(), Refusal> {
    match element {
        Element::Byte(byte) | Element::Symbol(Some(byte)) | Element::Equivalent(Some(byte)) => set.add(byte),
        Element::Character(code) => wide.chars.push(code),
        Element::Class(Some(class)) => {
            set.add_all(|byte| class.has_byte(byte));
            wide.classes.push(class);
        }
        Element::Symbol(None) | Element::Equivalent(None) => return Err(COLLATING),
        Element::Class(None) => return Err(Refusal::Invalid("a character class that does not exist")),
    }
    Ok(())
}

fn add_range(set: &mut Set, wide: &mut Wide, start: &Element, end: &Element, units: Units) -> Result<(), Refusal> {
    let number = |element: &Element| match element {
        Element::Byte(byte) | Element::Symbol(Some(byte)) => Ok(*byte),
        Element::Class(_) | Element::Equivalent(_) => Err(RANGE),
        Element::Character(_) => Err(Refusal::Invalid("a range that begins or ends in a character of several bytes")),
        Element::Symbol(None) => Err(COLLATING),
    };
    // An end that is a class is refused before a start that is unknown.
    if matches!(end, Element::Class(_) | Element::Equivalent(_)) {
        return Err(RANGE);
    }
    let (low, high) = (number(start)?, number(end)?);
    if high < low {
        return Err(RANGE);
    }
    (low..=high).for_each(|byte| set.add(byte));
    if units == Units::Characters {
        wide.ranges.push((low.into(), high.into()));
    }
    Ok(())
}
