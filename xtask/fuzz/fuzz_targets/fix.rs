//! `cargo +nightly fuzz run fix` in xtask: all fixes of a root with its includes.
#![no_main]

use amictl::testing::{cases::files_of, properties::fixes_are_sound};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fixes_are_sound(&files_of(bytes)));
