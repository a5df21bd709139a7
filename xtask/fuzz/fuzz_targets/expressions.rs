//! `cargo +nightly fuzz run expressions` in xtask: a pattern, and behind each NUL a text, beside the C library of this
//! machine, as bytes.
#![no_main]

#[path = "../../judge/src/c_library.rs"]
#[allow(dead_code, reason = "the judge needs more of it")]
mod c_library;

use std::ffi::CString;

use amictl::posix::{self, Answer, Units};
use c_library::{Said, matches, may_never_end};

/// Bytes that the C library may take for one pattern: more says nothing about who is right.
const MEMORY: u64 = 64 << 20;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|&byte| byte == 0);
    let pattern = parts.next().unwrap_or_default();
    let ours = posix::compile(pattern, Units::Bytes);
    let is_small = ours.as_ref().map_or(true, |ours| ours.memory().is_some_and(|memory| memory < MEMORY));
    if may_never_end(pattern) || !is_small {
        return;
    }
    let c_string = |part: &[u8]| CString::new(part).expect("a part has no NUL");
    let texts: Vec<&[u8]> = parts.collect();
    let c_texts: Vec<CString> = texts.iter().map(|text| c_string(text)).collect();
    for (text, said) in texts.iter().zip(matches(&c_string(pattern), &c_texts)) {
        let answer = ours.as_ref().map(|pattern| pattern.matches(text));
        let agrees = match (said, &answer) {
            (_, Ok(Answer::Undecided(_))) | (Said::Refused, Err(_)) => true,
            (Said::Matches, Ok(answer)) => *answer == Answer::Yes,
            (Said::MatchesNot, Ok(answer)) => *answer == Answer::No,
            _ => false,
        };
        assert!(agrees, "`{}` on `{}`: glibc {said:?}, amictl {answer:?}", pattern.escape_ascii(), text.escape_ascii());
    }
});
