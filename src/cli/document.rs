//! A TOML file that somebody wrote: what is wrong in it is told with its place and the way out.

use toml::Spanned;
use toml::de::DeTable;

use super::exit::Failure;
use crate::catalog::nearest;

/// The text of a file, and its name.
pub(super) struct Document<'t> {
    pub(super) name: String,
    pub(super) text: &'t str,
}

impl<'t> Document<'t> {
    /// What it holds.
    pub(super) fn table(&self) -> Result<Spanned<DeTable<'t>>, Failure> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Failure::usage(format!("{}: {}", self.place(at), error.message()))
        })
    }

    /// A value is not what is wanted.
    pub(super) fn wrong<T>(&self, value: &Spanned<T>, wanted: &str) -> Failure {
        Failure::usage(format!("{}: expected {wanted}", self.place(value.span().start)))
    }

    /// A name is none of those that are known.
    pub(super) fn unknown<'n, T>(
        &self,
        key: &Spanned<T>,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) -> Failure {
        let failure = Failure::usage(format!("{}: there is no {what} `{name}`", self.place(key.span().start)));
        match nearest(name.as_bytes(), known.clone()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None if known.clone().count() < 10 => {
                failure.help(format!("known: {}", known.collect::<Vec<_>>().join(", ")))
            }
            None => failure,
        }
    }

    /// `NAME:LINE` of a place in the text.
    pub(super) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, line(self.text, at))
    }
}

fn line(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].bytes().filter(|&byte| byte == b'\n').count() + 1
}
