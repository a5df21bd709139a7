//! Text in XML.

use std::fmt::{self, Write as _};

/// A text as it may stand in an attribute or between tags. What XML 1.0 has no way to write becomes U+FFFD.
pub(super) struct Escaped<'t>(pub(super) &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            // A reader would make blanks of these.
            '\t' | '\n' | '\r' => write!(f, "&#{};", u32::from(c)),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => f.write_char(char::REPLACEMENT_CHARACTER),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        let text = "a<b>&\"'\t\r\n\0\u{1b}\u{7f}\u{ffff}ä";
        assert_eq!(Escaped(text).to_string(), "a&lt;b&gt;&amp;&quot;'&#9;&#13;&#10;\u{fffd}\u{fffd}\u{7f}\u{fffd}ä");
    }
}
