//! `cargo +nightly fuzz run load` in xtask: a root with its includes, in every recorded release.
#![no_main]

use amictl::testing::{cases::files_of, properties::load_is_total};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| load_is_total(&files_of(bytes)));
