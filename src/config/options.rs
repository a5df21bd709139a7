//! `[options]` of asterisk.conf, as far as other files depend on it.

use super::include::Found;
use super::manager::truth;
use super::{Asked, Effective, Origin, Outcome, World, load};
use crate::text::FileId;

/// A switch of `[options]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Switch {
    /// Is it on?
    pub is_on: bool,
    /// The line that says so; without one it is off.
    pub at: Option<Origin>,
}

impl Switch {
    /// The line that switches it on, if it is on.
    pub fn on(self) -> Option<Origin> {
        self.at.filter(|_| self.is_on)
    }
}

/// The switches of `[options]` that make other files more dangerous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// `execincludes`: is `#exec` run, in every file but asterisk.conf?
    pub execincludes: Switch,
    /// `live_dangerously`: may a manager read and set dialplan functions that reach beyond the call?
    pub live_dangerously: Switch,
}

impl Options {
    /// Reads the first `[options]`, in any letter case, that is no template: the last line counts, and of values those
    /// that are true. A file that Asterisk refuses leaves both off. Nothing, where files that are not here may decide.
    ///
    /// Source: `load_asterisk_conf` (main/options.c), all releases; recorded on 16.28.0 and 22.10.1.
    pub fn read(effective: &Effective<'_>) -> Option<Options> {
        let mut options = Options::default();
        match effective.outcome {
            Outcome::Refused(_) => return Some(options),
            Outcome::Hangs(_) | Outcome::Limit(_) => return None,
            Outcome::Loads if effective.open().next().is_some() => return None,
            Outcome::Loads => {}
        }
        let mut sections = effective.sections.iter().filter(|section| !section.template);
        let section = sections.find(|section| section.name.eq_ignore_ascii_case(b"options"));
        for entry in section.iter().flat_map(|section| section.content.iter()) {
            let switch = match () {
                () if entry.name.eq_ignore_ascii_case(b"execincludes") => &mut options.execincludes,
                () if entry.name.eq_ignore_ascii_case(b"live_dangerously") => &mut options.live_dangerously,
                () => continue,
            };
            *switch = Switch { is_on: truth(&entry.value), at: Some(entry.origin) };
        }
        Some(options)
    }
}

impl World<'_> {
    /// Is an `#exec` run that stands in `root`, or in what it includes? Nothing, where that cannot be told from here.
    pub(super) fn runs_exec(&self, root: FileId, asked: &Asked) -> Option<bool> {
        match self.neighbour("asterisk.conf") {
            // There it is the option `-X` of the command line that counts.
            Found::File(file) if file.id() == root => None,
            Found::File(file) => Options::read(&load::load(self, file.id(), asked)).map(|it| it.execincludes.is_on),
            Found::Missing | Found::NotRegular if self.place().complete => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Place, What};
    use crate::host::Memory;
    use crate::release::Release;
    use crate::text::Files;

    /// Does an `#exec` of manager.conf run beside this asterisk.conf?
    fn runs(options: Option<&str>, complete: bool) -> Option<bool> {
        let (files, mut host) = (Files::default(), Memory::default());
        if let Some(text) = options {
            host.add("/etc/asterisk/asterisk.conf", text);
        }
        let root = files.add("manager.conf".into(), "/etc/asterisk/manager.conf".into(), "#exec x\n".into()).id();
        let world = World::new(&files, &host, Place { etc: "/etc/asterisk".into(), root: None, complete });
        let effective = crate::config::load(&world, root, Release::newest_lts());
        match effective.notes[0].what {
            What::Exec { runs } => runs,
            _ => panic!("there is an #exec"),
        }
    }

    /// Asked of 16.28.0 and 22.10.1, by a command that sets an option of manager.conf.
    #[test]
    fn exec_is_run_as_asterisk_runs_it() {
        for (text, want) in [
            ("[options]\nexecincludes=yes\n", true),
            ("[Options]\nExecIncludes=YES\n", true),
            ("[options]\nexecincludes=t\n", true),
            ("[options]\nexecincludes => on\n", true),
            ("[options]\nverbose=3\n[options](+)\nexecincludes=yes\n", true),
            ("[options]\nexecincludes=yes\n[options]\nexecincludes=no\n", true),
            ("[o](!)\nexecincludes=yes\n[options](o)\n", true),
            ("", false),
            ("[options]\nexecincludes=enabled\n", false),
            ("[options]\nexecincludes=yes\nexecincludes=no\n", false),
            ("[options]\nverbose=3\n[options]\nexecincludes=yes\n", false),
            ("[options](!)\nexecincludes=yes\n", false),
            ("[general]\nexecincludes=yes\n", false),
            ("[options]\nexecincludes=yes\n[x\n", false),
        ] {
            assert_eq!(runs(Some(text), false), Some(want), "{text}");
        }
    }

    #[test]
    fn what_is_not_here_is_not_known() {
        assert_eq!(runs(None, false), None);
        assert_eq!(runs(None, true), Some(false));
        assert_eq!(runs(Some("[options]\n#include more.conf\n"), false), None);
        assert_eq!(runs(Some("[options]\n#exec more\n"), false), None);
    }
}
