//! `cargo +nightly fuzz run suppression` in xtask: comments that allow a rule.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| amictl::testing::properties::suppression_is_exact(bytes));
