//! Lists of classes: what `read` and `write` grant.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::{Deref, Range};

use foldhash::fast::RandomState;

use crate::catalog;

/// Every bit of Asterisk's mask.
const EVERYTHING: u32 = 0x7FFF_FFFF;

/// A set of classes, as a user holds it.
///
/// Asterisk: `get_perm` and `user_authority_to_str` in main/manager.c, alike in all releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Classes(u32);

/// What a `read` or a `write` grants, and the text that says so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant<'t> {
    classes: Classes,
    /// The list as held in memory; empty where no line gives one.
    pub text: Cow<'t, [u8]>,
    /// Each item is a class by its own name, `all` or `none`: there is nothing to say of how it is written.
    pub is_plain: bool,
}

impl Deref for Grant<'_> {
    type Target = Classes;

    fn deref(&self) -> &Classes {
        &self.classes
    }
}

impl<'t> Grant<'t> {
    /// Everything, without a line that says so.
    pub(super) const ALL: Grant<'static> = Grant { classes: Classes::ALL, text: Cow::Borrowed(b""), is_plain: true };

    /// What a value grants.
    pub(super) fn of(text: &Cow<'t, [u8]>) -> Grant<'t> {
        let (classes, is_plain) = judge(text);
        Grant { classes, text: text.clone(), is_plain }
    }
}

fn judge(text: &[u8]) -> (Classes, bool) {
    let is_word = |word: &[u8]| {
        catalog::classes().map(catalog::ClassDef::name).chain(["all", "none"]).any(|name| name.as_bytes() == word)
    };
    (Classes::parse(text), items(text).all(|item| is_word(&text[item.range])))
}

/// Reads the lists of many users, most of which are like others.
#[derive(Default)]
pub(super) struct GrantReader(HashMap<Vec<u8>, (Classes, bool), RandomState>);

impl GrantReader {
    /// What a value grants.
    pub(super) fn read<'t>(&mut self, text: &Cow<'t, [u8]>) -> Grant<'t> {
        let (classes, is_plain) = match self.0.get(&text[..]) {
            Some(&known) => known,
            None => *self.0.entry(text.to_vec()).or_insert(judge(text)),
        };
        Grant { classes, text: text.clone(), is_plain }
    }
}

/// One item of a list of classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassItem {
    /// Where it stands in the value, without its comma.
    pub range: Range<usize>,
    /// A comma follows it: every name that begins with it is meant, and an empty one means them all.
    pub is_prefix: bool,
    /// What it grants.
    pub grants: Classes,
}

impl Classes {
    /// No class.
    pub const NONE: Classes = Classes(0);

    /// Everything, as the word `all` grants it.
    pub const ALL: Classes = Classes(EVERYTHING);

    /// What a value grants.
    pub fn parse(value: &[u8]) -> Classes {
        items(value).fold(Classes::NONE, |all, item| Classes(all.0 | item.grants.0))
    }

    /// The classes of some names.
    pub fn of(names: impl IntoIterator<Item = &'static str>) -> Classes {
        names.into_iter().fold(Classes::NONE, |all, name| Classes(all.0 | granted(name.as_bytes(), false).0))
    }

    /// The classes of a number, bit by bit.
    pub fn of_bits(bits: u32) -> Classes {
        Classes(bits)
    }

    /// The classes of a list of their own names, as events have it; nothing when one is unknown.
    pub fn named(list: &[u8]) -> Option<Classes> {
        let class = |name: &[u8]| Some(granted(name, false)).filter(|classes| !classes.is_none());
        list.split(|&byte| byte == b',').try_fold(Classes::NONE, |all, name| Some(Classes(all.0 | class(name)?.0)))
    }

    /// The number of these classes, bit by bit.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// These and others.
    #[must_use]
    pub fn and(self, others: Classes) -> Classes {
        Classes(self.0 | others.0)
    }

    /// Are all of these granted?
    pub fn covers(self, others: Classes) -> bool {
        self.0 & others.0 == others.0
    }

    /// Is one of these granted?
    pub fn meets(self, others: Classes) -> bool {
        self.0 & others.0 != 0
    }

    /// Is everything granted, and not only each class by name?
    pub fn is_all(self) -> bool {
        self.0 == EVERYTHING
    }

    /// Is nothing granted?
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Is the class of this name granted?
    pub fn has(self, name: &str) -> bool {
        catalog::classes().any(|class| class.name() == name && self.0 & class.mask() != 0)
    }

    /// The names as `manager show user` lists them: `all` stands behind the others.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let named = catalog::classes().filter(move |class| self.0 & class.mask() != 0).map(catalog::ClassDef::name);
        named.chain(self.is_all().then_some("all"))
    }
}

/// As `manager show user` prints it.
impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("<none>");
        }
        for (at, name) in self.names().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

/// The items of a value, in order. A comma at the end of the value begins no item.
pub fn items(value: &[u8]) -> impl Iterator<Item = ClassItem> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= value.len() {
            return None;
        }
        let comma = memchr::memchr(b',', &value[at..]).map(|found| at + found);
        let range = at..comma.unwrap_or(value.len());
        at = range.end + 1;
        let is_prefix = comma.is_some();
        Some(ClassItem { grants: granted(&value[range.clone()], is_prefix), range, is_prefix })
    })
}

fn granted(item: &[u8], is_prefix: bool) -> Classes {
    let meant = |name: &str| if is_prefix { name.as_bytes().starts_with(item) } else { name.as_bytes() == item };
    if meant("all") {
        return Classes::ALL;
    }
    let masks = catalog::classes().filter(|class| meant(class.name())).map(catalog::ClassDef::mask);
    Classes(masks.fold(0, |all, mask| all | mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_matched_as_asterisk_does() {
        let every: Vec<&str> = catalog::classes().map(catalog::ClassDef::name).collect();
        let every = every.join(",");
        let all = format!("{every},all");
        for (value, want) in [
            ("", "<none>"),
            ("system", "system"),
            ("System", "<none>"),
            ("system, call", "system"),
            ("system ,call", "call"),
            ("call,", "call"),
            ("c,log", "call,log,command,config,cdr,cc"),
            ("x,", "<none>"),
            ("n,x", "<none>"),
            ("callx,log", "log"),
            ("none", "<none>"),
            (",", &all),
            (",call", &all),
            ("call,,cdr", &all),
            ("a,agi", &all),
            ("al", "<none>"),
            ("all,-call", &all),
            (&every, &every),
        ] {
            assert_eq!(Classes::parse(value.as_bytes()).to_string(), want, "{value:?}");
        }
    }
}
