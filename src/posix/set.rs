//! Many expressions at once: a text is looked at once, and not once for each of them.

use regex::bytes::{RegexSet, RegexSetBuilder};

use super::search::Reading;
use super::{Answer, Inner, Pattern, until_nul};

/// Expressions of which all that match a text are found together, as far as the regex crate can search for them.
pub struct Set<'p> {
    patterns: Vec<&'p Pattern>,
    /// Those that it finds in any text, and those that it finds in ASCII; by their numbers.
    any: Part,
    ascii: Part,
    /// The others.
    alone: Vec<usize>,
}

#[derive(Default)]
struct Part {
    set: Option<RegexSet>,
    numbers: Vec<usize>,
}

/// The automaton may take so much, and keep so many of its states.
const LARGEST: usize = 512 << 20;
const MOST_STATES: usize = 128 << 20;

impl<'p> Set<'p> {
    /// A set of these expressions, in their order.
    pub fn new(patterns: Vec<&'p Pattern>) -> Set<'p> {
        let (mut any, mut ascii, mut alone) = (Vec::new(), Vec::new(), Vec::new());
        for (number, pattern) in patterns.iter().enumerate() {
            match &pattern.inner {
                Inner::Known(known) if known.fast.is_some() && known.reading != Reading::Characters => any.push(number),
                Inner::Known(known) if known.fast.is_some() => ascii.push(number),
                _ => alone.push(number),
            }
        }
        let mut part = |numbers: Vec<usize>| {
            let texts = numbers.iter().filter_map(|&number| match &patterns[number].inner {
                Inner::Known(known) => known.fast.as_ref().map(regex::bytes::Regex::as_str),
                Inner::Beyond(_) => None,
            });
            let mut builder = RegexSetBuilder::new(texts);
            builder.unicode(false).dot_matches_new_line(true).nest_limit(1000);
            match builder.size_limit(LARGEST).dfa_size_limit(MOST_STATES).build() {
                Ok(set) if numbers.len() > 1 => Part { set: Some(set), numbers },
                _ => {
                    alone.extend(numbers);
                    Part::default()
                }
            }
        };
        let (any, ascii) = (part(any), part(ascii));
        Set { patterns, any, ascii, alone }
    }

    /// What each of them says of a text, in their order.
    pub fn matches(&self, text: &[u8], answers: &mut Vec<Answer>) {
        answers.clear();
        answers.resize(self.patterns.len(), Answer::No);
        let text = until_nul(text);
        let mut one_by_one = |numbers: &[usize]| {
            for &number in numbers {
                answers[number] = self.patterns[number].matches(text);
            }
        };
        one_by_one(&self.alone);
        let ascii = self.ascii.numbers.is_empty() || text.is_ascii();
        if !ascii {
            one_by_one(&self.ascii.numbers);
        }
        for part in [Some(&self.any), ascii.then_some(&self.ascii)].into_iter().flatten() {
            for found in part.set.iter().flat_map(|set| set.matches(text)) {
                answers[part.numbers[found]] = Answer::Yes;
            }
        }
    }
}
