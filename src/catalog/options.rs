//! The options of manager.conf.

use std::sync::LazyLock;

use super::nearest;
use crate::release::{Quirk, Release};
use crate::tables::{OPTIONS, OptionRow, REFUSED, SectionKind};

/// One key of manager.conf.
#[derive(Clone, Copy)]
pub struct OptionDef(&'static OptionRow);

impl OptionDef {
    /// Its name, as the manager's loader spells it.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Other names of the same option.
    pub fn aliases(self) -> &'static [&'static str] {
        self.0.aliases
    }

    /// Where it belongs.
    pub fn section(self) -> SectionKind {
        self.0.section
    }

    /// One sentence on what it does.
    pub fn doc(self) -> &'static str {
        self.0.doc
    }

    /// What holds when it is not set; empty for nothing.
    pub fn default(self) -> &'static str {
        self.0.default
    }

    /// The behaviour without which a release does not know it.
    pub fn quirk(self) -> Option<Quirk> {
        self.0.quirk
    }

    /// Where Asterisk reads it.
    pub fn source(self) -> &'static str {
        self.0.source
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.0.name).chain(self.0.aliases.iter().copied())
    }
}

/// All options of a kind of section.
pub fn options(section: SectionKind) -> impl Iterator<Item = OptionDef> {
    OPTIONS.iter().map(OptionDef).filter(move |option| option.section() == section)
}

/// The option that some release knows by this key, in any letter case.
pub fn option(section: SectionKind, key: &[u8]) -> Option<OptionDef> {
    // Every line of a file asks: by its first letter there are few to compare it with.
    static BY_LETTER: LazyLock<[Vec<(&'static str, OptionDef)>; 256]> = LazyLock::new(|| {
        let mut letters = [const { Vec::new() }; 256];
        for option in OPTIONS.iter().map(OptionDef) {
            for name in option.names() {
                letters[usize::from(name.as_bytes()[0])].push((name, option));
            }
        }
        letters
    });
    let first = key.first()?.to_ascii_lowercase();
    let mut named = BY_LETTER[usize::from(first)].iter();
    let found = named.find(|(name, option)| option.section() == section && key.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|(_, option)| *option)
}

/// Does `release` act on this key?
///
/// Asterisk: `__init_manager` (main/manager.c) compares without case; `eventfilter` alone is matched by its beginning
/// and with case where [`Quirk::EventFilterPrefix`] holds.
pub fn knows(release: Release, section: SectionKind, key: &[u8]) -> bool {
    if section == SectionKind::User && release.has(Quirk::EventFilterPrefix) {
        if key.starts_with(b"eventfilter") {
            return true;
        }
        if key.eq_ignore_ascii_case(b"eventfilter") {
            return false;
        }
    }
    option(section, key).is_some_and(|option| option.quirk().is_none_or(|quirk| release.has(quirk)))
}

/// Why the manager refuses a key that is an option elsewhere in Asterisk.
pub fn refused(key: &[u8]) -> Option<&'static str> {
    REFUSED.iter().find(|(name, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, why)| *why)
}

/// The option that somebody who wrote `key` most likely meant.
pub fn nearest_option(section: SectionKind, key: &[u8]) -> Option<&'static str> {
    let lower = key.to_ascii_lowercase();
    let mistaken = |option: &OptionDef| option.0.mistaken.iter().any(|name| name.as_bytes() == lower);
    if let Some(option) = options(section).find(mistaken) {
        return Some(option.name());
    }
    nearest(&lower, options(section).flat_map(OptionDef::names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_options_are_recognised() {
        for (key, want) in [
            ("permits", Some("permit")),
            ("password", Some("secret")),
            ("Secert", Some("secret")),
            ("readperm", Some("read")),
            ("zzz", None),
        ] {
            assert_eq!(nearest_option(SectionKind::User, key.as_bytes()), want, "{key}");
        }
        assert_eq!(nearest_option(SectionKind::General, b"bindport"), Some("port"));
        assert_eq!(nearest_option(SectionKind::General, b"tlsenabled"), Some("tlsenable"));
    }

    #[test]
    fn the_spelling_of_eventfilter_depends_on_the_release() {
        let knows = |release, key: &[u8]| knows(Release::parse(release).expect(release), SectionKind::User, key);
        assert!(knows("16", b"EventFilter") && !knows("22", b"EventFilter"));
        assert!(!knows("16", b"eventfilter(name(x))") && knows("22", b"eventfilter(name(x))"));
        assert!(knows("16", b"SECRET") && knows("22", b"SECRET"));
    }
}
