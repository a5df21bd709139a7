//! Properties on seeded inputs. The fuzz targets run the same functions without end.

use amictl::testing::generate::{Seed, config, mutated, soup};
use amictl::testing::properties::{check_is_total, round_trip};

#[test]
fn any_bytes_are_printed_as_they_were_read() {
    let mut seed = Seed::new(1);
    for _ in 0..20_000 {
        round_trip(&soup(&mut seed));
    }
    for _ in 0..5_000 {
        let text = config(&mut seed);
        round_trip(&mutated(&mut seed, &text));
    }
}

#[test]
fn any_bytes_are_checked_and_reported() {
    let mut seed = Seed::new(2);
    for _ in 0..1_500 {
        check_is_total(&soup(&mut seed));
        let text = config(&mut seed);
        check_is_total(&text);
        check_is_total(&mutated(&mut seed, &text));
    }
}
