//! `cargo +nightly fuzz run session` in xtask: what clients do to a server, one thing after the other.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| amictl::testing::sessions::sessions_are_sound(bytes));
