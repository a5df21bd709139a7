//! What a live, stripped line is: a header, a directive or an entry. nom grammar; see grammar/manager.ebnf.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_till, take_while};
use nom::character::complete::char;
use nom::combinator::{map, opt, rest, value, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Offset, Parser};

use super::tree::Operator;
use crate::text::trim;

/// A line's shape, with ranges of the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Header { name: Range<usize>, options: Option<Range<usize>> },
    UnclosedName,
    UnclosedOptions,
    Directive { keyword: Range<usize>, argument: Range<usize> },
    Entry { escaped: bool, name: Range<usize>, operator: Operator, value: Range<usize> },
    BadEscape,
    Text,
}

type Parsed<'i, T> = IResult<&'i [u8], T>;

/// The shape of a line that is not empty and has no blank at either end.
pub(super) fn shape(line: &[u8]) -> Shape {
    let directive = preceded(char('#'), map(rest, |body| directive(line, body)));
    let header = preceded(char('['), map(rest, |body| header(line, body)));
    let parsed: Parsed<'_, Shape> = alt((header, directive, map(rest, |_| entry(line)))).parse(line);
    // The last alternative takes anything.
    parsed.map_or(Shape::Text, |(_, shape)| shape)
}

/// `name](options)`: the options count only if `(` follows the `]` directly.
fn header(line: &[u8], body: &[u8]) -> Shape {
    let until = |end: u8| {
        move |input| -> Parsed<'_, &[u8]> {
            terminated(take_till(move |byte| byte == end), tag(&[end][..])).parse(input)
        }
    };
    let Ok((behind, name)) = until(b']')(body) else { return Shape::UnclosedName };
    let paren: Parsed<'_, _> = opt(char('(')).parse(behind);
    let Ok((inside, Some(_))) = paren else { return Shape::Header { name: place(line, name), options: None } };
    match until(b')')(inside) {
        Ok((_, options)) => Shape::Header { name: place(line, name), options: Some(place(line, options)) },
        Err(_) => Shape::UnclosedOptions,
    }
}

/// `keyword argument`: the keyword ends at a blank or at a byte over 0x7f (Asterisk compares signed chars).
fn directive(line: &[u8], body: &[u8]) -> Shape {
    let parsed: Parsed<'_, _> = (take_while(|byte| (33..=127).contains(&byte)), opt(take(1usize))).parse(body);
    let (argument, keyword) = parsed.map_or((body, &body[..0]), |(argument, (keyword, _))| (argument, keyword));
    Shape::Directive { keyword: place(line, keyword), argument: trim(line, place(line, argument)) }
}

/// `name = value`, `name => value`, `name += value`, each perhaps behind a `\` that takes the first byte as it is.
fn entry(line: &[u8]) -> Shape {
    let backslash: Parsed<'_, _> = opt(char('\\')).parse(line);
    let Ok((body, backslash)) = backslash else { return Shape::Text };
    let escaped = backslash.is_some();
    if escaped && !body.first().is_some_and(|byte| (33..=127).contains(byte)) {
        return Shape::BadEscape;
    }
    // The escaped byte itself is never the `=`.
    let skipped = usize::from(escaped);
    let Some(equals) = memchr::memchr(b'=', &body[skipped..]).map(|at| at + skipped) else { return Shape::Text };
    let start = line.offset(body);
    let (mut end, after) = (start + equals, start + equals + 1);
    let appends = equals > skipped && body[equals - 1] == b'+';
    let arrow: Parsed<'_, Operator> = alt((
        value(Operator::Object, verify(tag(&b">"[..]), |_: &[u8]| !appends)),
        value(Operator::Set, tag(&b""[..])),
    ))
    .parse(&line[after..]);
    let (mut operator, mut from) = (Operator::Set, after);
    if let Ok((behind, found)) = arrow {
        (operator, from) = (found, line.offset(behind));
    }
    if appends {
        end -= 1;
        operator = Operator::Append;
    }
    let value = if appends { from..line.len() } else { trim(line, from..line.len()) };
    Shape::Entry { escaped, name: trim(line, start..end), operator, value }
}

/// The parts of a header's options: `!`, `+`, `+filter` or the name of a base, as Asterisk tells them apart.
pub(super) fn option_items(options: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    options.split(|&byte| byte == b',').map(move |item| {
        let start = at;
        at += item.len() + 1;
        start..start + item.len()
    })
}

/// A directive's argument without its quotes: one pair of `"` or `<>`, if both ends are there.
pub(super) fn unquoted(argument: &[u8]) -> Range<usize> {
    let quoted = |open, close| delimited(char(open), take(argument.len().saturating_sub(2)), char(close));
    let parsed: Parsed<'_, &[u8]> = alt((quoted('"', '"'), quoted('<', '>'))).parse(argument);
    match parsed {
        Ok((_, inner)) if argument.len() > 1 => place(argument, inner),
        // A lone `"` is its own end: nothing is left of it.
        _ if argument == b"\"" => 1..1,
        _ => 0..argument.len(),
    }
}

fn place(line: &[u8], part: &[u8]) -> Range<usize> {
    let start = line.offset(part);
    start..start + part.len()
}

/// Is this the text of a name, or of anything else that a blank would have ended?
#[cfg(test)]
fn no_blank_ends(text: &[u8]) -> bool {
    !text.first().is_some_and(|&byte| crate::text::is_blank(byte))
        && !text.last().is_some_and(|&byte| crate::text::is_blank(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let bytes = line.as_bytes();
        let text = |range: Range<usize>| line[range].to_owned();
        match shape(bytes) {
            Shape::Header { name, options } => format!("[{}] {:?}", text(name), options.map(text)),
            Shape::Directive { keyword, argument } => format!("#{} <{}>", text(keyword), text(argument)),
            Shape::Entry { escaped, name, operator, value } => {
                assert!(no_blank_ends(&bytes[name.clone()]));
                format!("{}{} {operator:?} <{}>", if escaped { "\\" } else { "" }, text(name), text(value))
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn lines_have_the_shape_that_asterisk_sees() {
        for (line, want) in [
            ("[s]", "[s] None"),
            ("[[a]](!)", "[[a] None"),
            ("[a](!,b) x", "[a] Some(\"!,b\")"),
            ("[a] (!)", "[a] None"),
            ("[a](", "UnclosedOptions"),
            ("[a=1", "UnclosedName"),
            ("#include  \"f\"", "#include <\"f\">"),
            ("# x", "# <x>"),
            ("#\u{a0}x", "# <\u{a0}x>"),
            ("a = b", "a Set <b>"),
            ("a => b", "a Object <b>"),
            ("a==>b", "a Set <=>b>"),
            ("a += b", "a Append < b>"),
            ("a+=>2", "a Append <>2>"),
            ("a + = 2", "a + Set <2>"),
            ("+=1", " Append <1>"),
            ("+ = 3", "+ Set <3>"),
            ("=1", " Set <1>"),
            ("\\[x]=2", "\\[x] Set <2>"),
            ("\\=x=1", "\\=x Set <1>"),
            ("\\+=1", "\\+ Set <1>"),
            ("\\=y", "Text"),
            ("\\", "BadEscape"),
            ("\\ x=1", "BadEscape"),
            ("\\é=1", "BadEscape"),
            ("deny 0.0.0.0/0", "Text"),
        ] {
            // The byte form of `\u{a0}` is two bytes; only the first is taken as the separator.
            if line.contains('\u{a0}') {
                assert!(matches!(shape(line.as_bytes()), Shape::Directive { .. }));
                continue;
            }
            assert_eq!(read(line), want, "{line}");
        }
    }

    #[test]
    fn quotes_go_in_pairs() {
        for (argument, want) in [
            ("\"f\"", "f"),
            ("<f>", "f"),
            ("'f'", "'f'"),
            ("\"f", "\"f"),
            ("\"", ""),
            ("<", "<"),
            ("\"\"", ""),
            ("f", "f"),
        ] {
            assert_eq!(&argument[unquoted(argument.as_bytes())], want, "{argument}");
        }
    }
}
