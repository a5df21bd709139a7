//! Expressions: what is said of many at once is what is said of each.

use std::rc::Rc;

use amictl::posix::{Answer, Set, Units, compile};
use amictl::testing::expressions::case;
use amictl::testing::generate::Seed;

/// A set says of each expression what it says alone.
#[test]
fn a_set_is_all_of_its_expressions() {
    let mut seed = Seed::new(3);
    for units in [Units::Bytes, Units::Characters] {
        for _ in 0..60 {
            let cases: Vec<_> = (0..20).map(|_| case(&mut seed)).collect();
            let patterns: Vec<_> =
                cases.iter().filter_map(|(pattern, _)| compile(pattern, units).ok().map(Rc::new)).collect();
            let (mut set, mut answers) = (Set::new(patterns.clone()), Vec::new());
            for text in cases.iter().flat_map(|(_, texts)| texts) {
                set.matches(text, &mut answers);
                for (number, pattern) in patterns.iter().enumerate() {
                    let told = answers.iter().filter(|(other, _)| *other == number).map(|(_, answer)| *answer);
                    let told: Vec<Answer> = told.collect();
                    let answer = told.first().copied().unwrap_or(Answer::No);
                    assert!(told.len() < 2, "{pattern:?} is told twice");
                    assert_eq!(answer, pattern.matches(text), "{pattern:?} on {}", text.escape_ascii());
                }
            }
        }
    }
}
