//! `cargo +nightly fuzz run round-trip` in xtask: parse and print.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| amictl::testing::properties::round_trip(bytes));
