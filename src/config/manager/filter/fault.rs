//! Why a line makes no filter, and what its user is sent then.

use std::fmt;

use crate::text::show;

/// Why Asterisk makes no filter of a line, and goes on without it.
///
/// Asterisk: `manager_add_filter` in main/manager.c. What it says of criteria and of an empty expression is said by
/// releases with [`Quirk::EventFilterPrefix`](crate::release::Quirk::EventFilterPrefix).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault<'t> {
    /// The key is not in lower case, on a release that compares its letters.
    #[error("this release takes `eventfilter` in lower case only")]
    UpperCase,
    /// The key has criteria, on a release that has none.
    #[error("this release has no filters with criteria")]
    CriteriaUnknown,
    /// The key only begins like that of a filter, on a release that looks at all of it.
    #[error("this release takes the key `eventfilter` only")]
    OtherKey,
    /// There is no expression.
    #[error("its expression is empty")]
    Empty,
    /// `regcomp` of glibc refuses the expression.
    #[error("its expression does not compile: {0}")]
    Expression(
        /// What for.
        &'static str,
    ),
    /// The key has a `(`, and does not end in `)`.
    #[error("its criteria do not end in `)`")]
    Unclosed,
    /// Nothing stands in the brackets of a criterion, or `action` has none.
    #[error("`{word}` in its criteria has nothing in its brackets")]
    EmptyBrackets {
        /// The criterion.
        word: &'static str,
    },
    /// A criterion that is none of `action`, `name`, `header` and `method`.
    #[error("`{}` is no criterion", show(.item))]
    NoCriterion {
        /// The criterion, as written.
        item: &'t [u8],
    },
    /// An action other than `include` and `exclude`.
    #[error("`{}` is no action", show(.action))]
    NoAction {
        /// The action, as written.
        action: &'t [u8],
    },
    /// A method that does not exist.
    #[error("`{}` is no method", show(.method))]
    NoMethod {
        /// The method, as written.
        method: &'t [u8],
    },
    /// There are brackets, and no criterion in them.
    #[error("there is nothing in its criteria")]
    NoCriteria,
    /// Neither criteria nor value say what is looked for.
    #[error("it has neither a name, nor a header, nor a value")]
    NothingToTest,
    /// A method without a value to look for.
    #[error("its method needs a value")]
    NoValue,
    /// A value without a method to look for it.
    #[error("it has a value and no method to test it with")]
    NoMethodForValue,
}

/// Which events a user is sent where one of its filters was refused.
///
/// Asterisk: `should_send_event` in main/manager.c, until 20.9 `match_filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The filter was one with `!`: the events that it was to hold back.
    HeldBack,
    /// What other filters ask for.
    OtherFilters,
    /// All that other filters do not hold back.
    NotHeldBack,
    /// Everything: there is no other filter.
    Everything,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Left::HeldBack => "what it was to hold back is sent",
            Left::OtherFilters => "other filters remain",
            Left::NotHeldBack => "all that other filters do not hold back is sent",
            Left::Everything => "no filter is left, so everything is sent",
        })
    }
}
