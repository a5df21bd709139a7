//! Many expressions at once: a text is looked at once, and not once for each of them.
//!
//! Most expressions cannot match without certain texts (`literals`). All of these are looked for together, and only an
//! expression whose texts are there is tried itself.

use std::rc::Rc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::literals::{MOST_TEXTS as MOST_OF_ONE, needs};
use super::{Answer, Inner, Pattern, until_nul};

/// Expressions that are tried on one text after the other.
pub struct Set {
    patterns: Vec<Rc<Pattern>>,
    /// Finds the texts; nothing, where there are none, or too many for it.
    finder: Option<AhoCorasick>,
    /// Of each text that it finds the expressions that need it.
    needed: Vec<Vec<Need>>,
    /// Of each expression a bit for each part of which a text must be there.
    wanted: Vec<u8>,
    /// Is a text all that it needs?
    exact: Vec<bool>,
    /// Those that need nothing: each is tried itself.
    alone: Vec<usize>,
    /// What was found of each expression in the text at hand.
    found: Vec<u8>,
    /// The expressions of which anything was found.
    touched: Vec<usize>,
}

/// An expression that needs a text.
#[derive(Debug, Clone, Copy)]
struct Need {
    number: usize,
    part: u8,
}

/// The automaton may take so many texts: with more, it would be slower than what it saves.
const MOST_TEXTS: usize = 100_000;

impl Set {
    /// A set of these expressions, in their order.
    pub fn new(patterns: Vec<Rc<Pattern>>) -> Set {
        let (mut texts, mut needed): (Vec<Vec<u8>>, Vec<Vec<Need>>) = (Vec::new(), Vec::new());
        let (mut wanted, mut exact, mut alone) = (vec![0; patterns.len()], vec![false; patterns.len()], Vec::new());
        let mut known = std::collections::HashMap::new();
        for (number, pattern) in patterns.iter().enumerate() {
            let needs = match &pattern.inner {
                Inner::Known(known) => needs(&known.tree, MOST_OF_ONE),
                Inner::Beyond(_) => Default::default(),
            };
            if needs.all.is_empty() {
                alone.push(number);
            }
            for (part, any) in needs.all.into_iter().enumerate() {
                let part = 1 << part;
                wanted[number] |= part;
                exact[number] = needs.is_exact;
                for text in any {
                    let at = *known.entry(text.clone()).or_insert_with(|| {
                        texts.push(text);
                        needed.push(Vec::new());
                        texts.len() - 1
                    });
                    needed[at].push(Need { number, part });
                }
            }
        }
        let kind = if texts.len() > 5_000 { AhoCorasickKind::ContiguousNFA } else { AhoCorasickKind::DFA };
        let mut builder = AhoCorasick::builder();
        builder.kind(Some(kind)).match_kind(MatchKind::Standard);
        let wants = !texts.is_empty() && texts.len() <= MOST_TEXTS;
        let finder = wants.then(|| builder.build(&texts).ok()).flatten();
        if finder.is_none() {
            alone = (0..patterns.len()).collect();
        }
        let found = vec![0; patterns.len()];
        Set { patterns, finder, needed, wanted, exact, alone, found, touched: Vec::new() }
    }

    /// Those that match a text, and those of which that is not told, by their numbers, in any order.
    pub fn matches(&mut self, text: &[u8], answers: &mut Vec<(usize, Answer)>) {
        answers.clear();
        let text = until_nul(text);
        let ask = |number: usize| Some((number, self.patterns[number].matches(text))).filter(|it| it.1 != Answer::No);
        answers.extend(self.alone.iter().filter_map(|&number| ask(number)));
        let Some(finder) = &self.finder else { return };
        for hit in finder.find_overlapping_iter(text) {
            for need in &self.needed[hit.pattern().as_usize()] {
                if self.found[need.number] == 0 {
                    self.touched.push(need.number);
                }
                self.found[need.number] |= need.part;
            }
        }
        for number in self.touched.drain(..) {
            let found = std::mem::take(&mut self.found[number]);
            if self.exact[number] {
                answers.push((number, Answer::Yes));
            } else if found == self.wanted[number] {
                answers.extend(ask(number));
            }
        }
    }
}
