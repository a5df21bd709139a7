//! POSIX extended regular expressions as glibc's `regcomp` reads them, carried over to the regex crate.
//!
//! Asterisk compiles every expression of its configuration with REG_EXTENDED and REG_NOSUB: only whether there is a
//! match matters, never where. Which bytes a `.` or a class takes depends on the release (`regex-in-characters`).

use std::fmt::Write as _;

use regex::bytes::{Regex, RegexBuilder};

/// In what a pattern and its subject are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// Byte by byte: the C locale.
    Bytes,
    /// UTF-8 characters: the C.UTF-8 locale.
    Characters,
}

/// A pattern that glibc compiles.
#[derive(Debug)]
pub enum Pattern {
    /// amictl can tell what it matches.
    Known(Regex),
    /// amictl cannot: why.
    Undecided(&'static str),
}

/// Compiles a pattern; the error says why glibc refuses it.
///
/// # Errors
///
/// The reason, as `regerror` would group it.
pub fn compile(pattern: &[u8], units: Units) -> Result<Pattern, &'static str> {
    let mut translation =
        Translation { pattern, units, at: 0, depth: 0, groups: 0, out: String::new(), undecided: None };
    translation.alternatives()?;
    if let Some(why) = translation.undecided {
        return Ok(Pattern::Undecided(why));
    }
    let built = RegexBuilder::new(&translation.out)
        .unicode(units == Units::Characters)
        .dot_matches_new_line(true)
        .size_limit(16 << 20)
        .build();
    Ok(built.map_or(Pattern::Undecided("the expression is too large"), Pattern::Known))
}

struct Translation<'p> {
    pattern: &'p [u8],
    units: Units,
    at: usize,
    depth: usize,
    /// How many groups are closed: only those can be referred back to.
    groups: u8,
    out: String,
    undecided: Option<&'static str>,
}

type Done = Result<(), &'static str>;

impl Translation<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        &self.pattern[self.at..]
    }

    /// `branch|branch…`, to the end or to the `)` that closes the group.
    fn alternatives(&mut self) -> Done {
        loop {
            self.branch()?;
            match self.peek() {
                Some(b'|') => {
                    self.at += 1;
                    self.out.push('|');
                }
                _ => return Ok(()),
            }
        }
    }

    fn branch(&mut self) -> Done {
        while let Some(byte) = self.peek() {
            if byte == b'|' || (byte == b')' && self.depth > 0) {
                break;
            }
            let start = self.out.len();
            let repeatable = self.atom(byte)?;
            while repeatable && self.repetition(start)? {}
        }
        Ok(())
    }

    /// One atom; says whether a repetition may follow it.
    fn atom(&mut self, byte: u8) -> Result<bool, &'static str> {
        match byte {
            b'*' | b'+' | b'?' | b'{' => return Err("a repetition with nothing before it"),
            b'^' | b'$' => {
                self.at += 1;
                self.out.push_str(if byte == b'^' { "\\A" } else { "\\z" });
                return Ok(false);
            }
            b'.' => {
                self.at += 1;
                self.out.push('.');
            }
            b'(' => self.group()?,
            b'[' => self.bracket()?,
            b'\\' => return self.escape(),
            _ => self.literal()?,
        }
        Ok(true)
    }

    fn group(&mut self) -> Done {
        self.at += 1;
        self.depth += 1;
        if self.depth > 200 {
            self.undecided = Some("the expression nests too deep");
            self.at = self.pattern.len();
            return Ok(());
        }
        self.out.push_str("(?:");
        self.alternatives()?;
        if self.undecided.is_none() && self.peek() != Some(b')') {
            return Err("a `(` without its `)`");
        }
        self.at += 1;
        self.depth -= 1;
        self.groups = self.groups.saturating_add(1);
        self.out.push(')');
        Ok(())
    }

    /// `\x`: glibc's extensions, back-references, or the byte itself.
    fn escape(&mut self) -> Result<bool, &'static str> {
        let Some(&byte) = self.pattern.get(self.at + 1) else { return Err("a `\\` at the end") };
        self.at += 1;
        let meaning = match byte {
            b'w' => "[0-9A-Za-z_]",
            b'W' => "[^0-9A-Za-z_]",
            b's' => "[\\t-\\r ]",
            b'S' => "[^\\t-\\r ]",
            b'b' => "\\b",
            b'B' => "\\B",
            b'<' => "\\b{start}",
            b'>' => "\\b{end}",
            b'`' => "\\A",
            b'\'' => "\\z",
            b'1'..=b'9' if byte - b'0' > self.groups => return Err("a reference back to a group that is not there"),
            b'1'..=b'9' => {
                self.undecided = Some("the expression refers back to a group");
                ""
            }
            _ => return self.literal().map(|()| true),
        };
        self.at += 1;
        self.out.push_str(meaning);
        Ok(matches!(byte, b'w' | b'W' | b's' | b'S' | b'1'..=b'9'))
    }

    fn literal(&mut self) -> Done {
        let (code, used) = self.unit();
        self.at += used;
        match code {
            Some(code) => self.push_code(code),
            // A byte that is no text stands for itself, also where characters are matched.
            None => {
                let byte = self.pattern[self.at - 1];
                let _ = write!(self.out, "(?-u:\\x{byte:02X})");
            }
        }
        Ok(())
    }

    /// The character or byte at the cursor, and its length; `None` for a byte that is no character where those count.
    fn unit(&self) -> (Option<u32>, usize) {
        let first = self.rest()[0];
        if self.units == Units::Bytes || first < 0x80 {
            return (Some(first.into()), 1);
        }
        let chunk = self.rest().utf8_chunks().next().map_or("", |chunk| chunk.valid());
        match chunk.chars().next() {
            Some(c) => (Some(c.into()), c.len_utf8()),
            None => (None, 1),
        }
    }

    fn push_code(&mut self, code: u32) {
        // The form without braces is the one that means a byte where characters are not asked for.
        let _ = if code < 0x100 { write!(self.out, "\\x{code:02X}") } else { write!(self.out, "\\x{{{code:X}}}") };
    }

    /// `* + ? {m,n}` behind the atom that begins at `start` of the output; says whether there was one.
    fn repetition(&mut self, start: usize) -> Result<bool, &'static str> {
        let operator = match self.peek() {
            Some(byte @ (b'*' | b'+' | b'?')) => {
                self.at += 1;
                char::from(byte).to_string()
            }
            Some(b'{') => self.interval()?,
            _ => return Ok(false),
        };
        self.out.insert_str(start, "(?:");
        self.out.push(')');
        self.out.push_str(&operator);
        Ok(true)
    }

    fn interval(&mut self) -> Result<String, &'static str> {
        self.at += 1;
        let low = self.number()?;
        let high = match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.number()?
            }
            _ if low.is_none() => return Err("a `{` without a number"),
            _ => low,
        };
        match self.peek() {
            Some(b'}') => self.at += 1,
            None => return Err("a `{` without its `}`"),
            Some(_) => return Err("a `{` with something else than numbers in it"),
        }
        let low = low.unwrap_or(0);
        match high {
            Some(high) if high < low => Err("an interval that ends before it begins"),
            Some(high) => Ok(format!("{{{low},{high}}}")),
            None => Ok(format!("{{{low},}}")),
        }
    }

    fn number(&mut self) -> Result<Option<u32>, &'static str> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = &self.rest()[..digits];
        let value =
            text.iter().fold(0u32, |value, &digit| value.saturating_mul(10).saturating_add((digit - b'0').into()));
        self.at += digits;
        if value > 0x7fff { Err("a repetition of more than 32767") } else { Ok((digits > 0).then_some(value)) }
    }

    /// `[…]`.
    fn bracket(&mut self) -> Done {
        self.at += 1;
        self.out.push('[');
        if self.peek() == Some(b'^') {
            self.at += 1;
            self.out.push('^');
        }
        let first = self.at;
        loop {
            match self.rest() {
                [] => return Err("a `[` without its `]`"),
                [b']', ..] if self.at > first => break,
                [b'[', b':', ..] => self.class()?,
                _ => self.range()?,
            }
        }
        self.at += 1;
        self.out.push(']');
        Ok(())
    }

    /// `[:name:]` within brackets.
    fn class(&mut self) -> Done {
        let body = &self.rest()[2..];
        let end = body.windows(2).position(|two| two == b":]").ok_or("a `[:` without its `:]`")?;
        let set = match &body[..end] {
            b"alpha" if self.units == Units::Characters => "\\p{Alphabetic}",
            b"upper" if self.units == Units::Characters => "\\p{Uppercase}",
            b"lower" if self.units == Units::Characters => "\\p{Lowercase}",
            b"alnum" if self.units == Units::Characters => "\\p{Alphabetic}0-9",
            b"alpha" => "A-Za-z",
            b"digit" => "0-9",
            b"alnum" => "0-9A-Za-z",
            b"upper" => "A-Z",
            b"lower" => "a-z",
            b"space" => "\\t-\\r\\x20",
            b"blank" => "\\t\\x20",
            b"punct" => "!-/:-@\\[-`{-~",
            b"print" => "\\x20-~",
            b"graph" => "!-~",
            b"cntrl" => "\\x00-\\x1F\\x7F",
            b"xdigit" => "0-9A-Fa-f",
            _ => return Err("a character class that does not exist"),
        };
        self.at += end + 4;
        self.out.push_str(set);
        Ok(())
    }

    /// A character, or two with a `-` between them, within brackets.
    fn range(&mut self) -> Done {
        let low = self.element()?;
        self.push_code(low);
        let high = match self.rest() {
            [b'-', b']', ..] | [] => return Ok(()),
            [b'-', b'[', b':', ..] => return Err("a range that ends in a class"),
            [b'-', ..] => {
                self.at += 1;
                if self.rest().is_empty() {
                    return Err("a `[` without its `]`");
                }
                self.element()?
            }
            _ => return Ok(()),
        };
        if high < low {
            return Err("a range that ends before it begins");
        }
        self.out.push('-');
        self.push_code(high);
        Ok(())
    }

    /// One character within brackets: itself, `[.x.]` or `[=x=]`.
    fn element(&mut self) -> Result<u32, &'static str> {
        if let [b'[', mark @ (b'.' | b'='), code, close, b']', ..] = self.rest()
            && mark == close
        {
            let code = u32::from(*code);
            self.at += 5;
            return Ok(code);
        }
        if matches!(self.rest(), [b'[', b'.' | b'=', ..]) {
            return Err("a collating element that does not exist");
        }
        let (code, used) = self.unit();
        self.at += used;
        if code.is_none() {
            self.undecided = Some("the expression has a byte within brackets that is no character");
        }
        Ok(code.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, subject: &str) -> Result<bool, &'static str> {
        match compile(pattern.as_bytes(), Units::Bytes)? {
            Pattern::Known(regex) => Ok(regex.is_match(subject.as_bytes())),
            Pattern::Undecided(why) => Err(why),
        }
    }

    #[test]
    fn patterns_mean_what_glibc_says() {
        for (pattern, subject, want) in [
            ("foo[2-9]", "xfoo3", true),
            ("^a$", "ab", false),
            ("\\d", "d", true),
            ("\\d", "7", false),
            ("a{2}", "baa", true),
            ("a|", "", true),
            ("a)", "a)", true),
            ("()", "", true),
            ("[]a]", "]", true),
            ("[[:alpha:]-]+$", "a-", true),
            ("a**", "", true),
            ("\\.", "x", false),
        ] {
            assert_eq!(matches(pattern, subject), Ok(want), "{pattern} on {subject}");
        }
    }

    #[test]
    fn patterns_that_glibc_refuses_are_refused() {
        for pattern in [
            "*a",
            "(a",
            "a{",
            "a{2,1}",
            "a{x}",
            "[a",
            "[[:foo:]]",
            "[b-a]",
            "\\",
            "^*",
            "a|*b",
            "a{40000}",
            "a\\1",
            "(a\\1)",
        ] {
            assert!(compile(pattern.as_bytes(), Units::Bytes).is_err(), "{pattern}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        assert_eq!(matches("(a)\\1", "aa"), Err("the expression refers back to a group"));
        assert!(matches!(compile("a{1,30000}{1,30000}".as_bytes(), Units::Bytes), Ok(Pattern::Undecided(_))));
    }
}
