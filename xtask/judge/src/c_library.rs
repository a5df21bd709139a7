//! POSIX extended expressions as the C library of this machine has them.
#![allow(unsafe_code, reason = "the C library is asked itself")]

use std::ffi::{CStr, CString};

/// What the C library says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Refused,
    Matches,
    MatchesNot,
    Failed,
}

/// May the C library take for ever over a pattern? References back, and repetitions of what can be empty, can do that.
pub(crate) fn may_never_end(pattern: &[u8]) -> bool {
    let refers_back = pattern.windows(2).any(|two| two[0] == b'\\' && matches!(two[1], b'1'..=b'9'));
    let repeats = pattern.iter().filter(|byte| b"*+?{".contains(byte)).count();
    refers_back || repeats > 4
}

/// Compiles a pattern once and tries it on all texts.
pub(crate) fn matches(pattern: &CStr, texts: &[CString]) -> Vec<Said> {
    let Some(expression) = Expression::of(pattern) else { return vec![Said::Refused; texts.len()] };
    texts.iter().map(|text| expression.says(text)).collect()
}

/// An expression that the C library has compiled, as Asterisk has it do.
pub(crate) struct Expression(libc::regex_t);

impl Expression {
    /// Nothing where the C library refuses it, or where it holds a NUL.
    pub(crate) fn new(pattern: &str) -> Option<Expression> {
        Expression::of(&CString::new(pattern).ok()?)
    }

    fn of(pattern: &CStr) -> Option<Expression> {
        let mut compiled = std::mem::MaybeUninit::<libc::regex_t>::zeroed();
        let flags = libc::REG_EXTENDED | libc::REG_NOSUB;
        // SAFETY: there is room for a `regex_t`, which `regcomp` fills when it returns 0; only then is it used.
        unsafe {
            (libc::regcomp(compiled.as_mut_ptr(), pattern.as_ptr(), flags) == 0)
                .then(|| Expression(compiled.assume_init()))
        }
    }

    fn says(&self, text: &CStr) -> Said {
        // SAFETY: the expression is compiled, the text ends in a NUL, and no places are asked for.
        match unsafe { libc::regexec(&raw const self.0, text.as_ptr(), 0, std::ptr::null_mut(), 0) } {
            0 => Said::Matches,
            libc::REG_NOMATCH => Said::MatchesNot,
            _ => Said::Failed,
        }
    }

    /// Does a text without a NUL match?
    pub(crate) fn matches(&self, text: &CStr) -> bool {
        self.says(text) == Said::Matches
    }
}

impl Drop for Expression {
    fn drop(&mut self) {
        // SAFETY: it is compiled, and nobody uses it any more.
        unsafe { libc::regfree(&raw mut self.0) }
    }
}
