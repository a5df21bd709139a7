//! Properties on seeded inputs. The fuzz targets run the same functions without end.

use amictl::testing::cases::{ROOT, case};
use amictl::testing::generate::{Seed, config, mutated, soup};
use amictl::testing::manager_cases::manager;
use amictl::testing::properties::{
    check_is_total, explained_as_delivered, load_is_total, round_trip, suppression_is_exact,
};
#[cfg(feature = "server")]
use amictl::testing::sessions::{happenings, sessions_are_sound};

#[cfg(unix)]
use crate::delivery;

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
fn any_files_are_loaded() {
    let mut seed = Seed::new(3);
    (0..2_000).for_each(|_| load_is_total(&case(&mut seed, &[])));
}

#[test]
fn any_files_are_checked_and_reported() {
    let mut seed = Seed::new(2);
    (0..1_500).for_each(|_| check_is_total(&case(&mut seed, &[])));
}

#[test]
fn a_comment_suppresses_only_what_it_names() {
    let mut seed = Seed::new(4);
    (0..2_000).for_each(|_| suppression_is_exact(&case(&mut seed, &[])[ROOT]));
}

#[cfg(feature = "server")]
#[test]
fn whatever_clients_do_sessions_are_sound() {
    let mut seed = Seed::new(6);
    (0..600).for_each(|_| sessions_are_sound(&happenings(&mut seed)));
}

#[cfg(unix)]
#[test]
fn events_are_explained_as_they_are_delivered() {
    let captures = delivery::captures();
    let events: Vec<_> = captures.iter().flat_map(|(_, folder)| delivery::events(folder)).collect();
    let mut seed = Seed::new(5);
    for number in 0..6 {
        let some =
            events.iter().skip(number).step_by(11).map(|(text, name, classes)| [text, name, classes].map(Clone::clone));
        explained_as_delivered(&mut seed.clone(), &manager(&mut seed), &some.collect::<Vec<_>>());
    }
}
