//! `cargo +nightly fuzz run check` in xtask: findings and reports of a root with its includes.
#![no_main]

use amictl::testing::{cases::files_of, properties::check_is_total};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check_is_total(&files_of(bytes)));
