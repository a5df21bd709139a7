//! Fixes, put into effect: round after round in memory, until no finding asks for more. What comes out is checked before
//! anybody writes it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::manager::Manager;
use crate::config::{self, Effective, Outcome, Place, World};
use crate::finding::{Finding, Fix, Safety, merged};
use crate::host::{Host, Overlay};
use crate::release::Release;
use crate::rules::{self, Role, Selection};
use crate::text::{Edit, FileId, Files};

/// A fix may lead to a finding that has one itself, but not for ever.
const MOST_ROUNDS: usize = 30;

/// A root file, and where what it includes is looked for.
pub struct Root {
    /// The file.
    pub path: PathBuf,
    /// What it is for.
    pub role: Role,
    /// Where its files are.
    pub place: Place,
}

/// Which fixes are asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those that change nothing of what Asterisk holds.
    pub safe: bool,
    /// Those that take rights or exposure away.
    pub hardening: bool,
    /// All of these rules.
    pub rules: Vec<&'static str>,
}

impl Wanted {
    fn takes(&self, rule: &str, safety: Safety) -> bool {
        match safety {
            Safety::Show => false,
            _ if self.rules.contains(&rule) => true,
            Safety::Safe => self.safe,
            Safety::Hardening => self.hardening,
            Safety::Widening => false,
        }
    }
}

/// Files, and what the fixes make of them.
#[derive(Debug)]
pub struct Fixed {
    /// The files that are to be written, by path.
    pub files: Vec<FixedFile>,
    /// How many fixes of each rule were made.
    pub made: BTreeMap<&'static str, usize>,
}

/// A file that fixes change.
#[derive(Debug)]
pub struct FixedFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it was.
    pub before: Vec<u8>,
    /// What it is to be.
    pub after: Vec<u8>,
}

/// Why nothing is fixed.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Each fix leads to another one. A mistake in amictl.
    #[error("the fixes of {0} come to no end")]
    NoEnd(String),
    /// A fix that is called safe is not. A mistake in amictl.
    #[error("a fix of {rules} would change what Asterisk {release} holds of `{}`, and none should", path.display())]
    Meaning {
        /// The rules whose fixes were made.
        rules: String,
        /// The release that would hold something else.
        release: Release,
        /// The root file.
        path: PathBuf,
    },
    /// A fix that is to take away only gives something. A mistake in amictl.
    #[error("with the fixes of {rules}, Asterisk {release} would not only take away in `{}`: {why}", path.display())]
    Gives {
        /// The rules whose fixes were made.
        rules: String,
        /// The release that would give it.
        release: Release,
        /// The root file.
        path: PathBuf,
        /// What it would give.
        why: String,
    },
    /// Asterisk would refuse what it loads now.
    #[error("with the fixes of {rules}, Asterisk {release} would no longer load `{}`", path.display())]
    Load {
        /// The rules whose fixes were made.
        rules: String,
        /// The release that would refuse it.
        release: Release,
        /// The root file.
        path: PathBuf,
    },
}

/// Makes the fixes that are asked for, in memory, and checks what comes out: whatever loads still loads; where only safe
/// fixes were made, every supported release holds the same as before; where only those and hardening ones were made, no
/// release that was asked for gives anybody more.
///
/// # Errors
///
/// Why nothing of it should be written.
pub fn fix(
    host: &dyn Host,
    roots: &[Root],
    releases: &[Release],
    selection: &dyn Selection,
    wanted: &Wanted,
) -> Result<Fixed, FixError> {
    let mut overlay = Overlay::new(host);
    let mut made: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut worst = Safety::Safe;
    for round in 0.. {
        let files = Files::default();
        let findings = findings(&overlay, &files, roots, releases, selection)?;
        let fixes: Vec<Found<'_>> = findings
            .iter()
            .filter_map(|finding| Some((finding, finding.fix.as_ref()?)))
            .filter(|(finding, fix)| wanted.takes(finding.rule, fix.safety))
            .collect();
        let (chosen, edits) = fitting(&fixes);
        if chosen.is_empty() {
            break;
        }
        if round == MOST_ROUNDS {
            return Err(FixError::NoEnd(listed(chosen.iter().map(|(finding, _)| finding.rule))));
        }
        for (finding, fix) in chosen {
            *made.entry(finding.rule).or_default() += 1;
            worst = worst.max(fix.safety);
        }
        for (file, edits) in edits {
            let file = files.get(file);
            overlay.set(file.path().to_owned(), applied(file.bytes(), edits));
        }
    }
    verify(host, &overlay, roots, releases, &made, worst)?;
    let changed = overlay.files().map(|(path, after)| {
        let before = host.read(path).map_err(|error| FixError::Input { path: path.clone(), error })?;
        Ok(FixedFile { path: path.clone(), before, after: after.clone() })
    });
    let files = changed.filter(|file| file.as_ref().map_or(true, |file| file.before != file.after));
    Ok(Fixed { files: files.collect::<Result<_, FixError>>()?, made })
}

fn findings(
    host: &dyn Host,
    files: &Files,
    roots: &[Root],
    releases: &[Release],
    selection: &dyn Selection,
) -> Result<Vec<Finding>, FixError> {
    let mut all = Vec::new();
    for root in roots {
        let id = open(host, files, root)?;
        let world = World::new(files, host, root.place.clone());
        all.extend(rules::check(&world, id, root.role, releases, selection));
    }
    Ok(merged(all, releases))
}

fn open(host: &dyn Host, files: &Files, root: &Root) -> Result<FileId, FixError> {
    if let Some(file) = files.find(&root.path) {
        return Ok(file.id());
    }
    let bytes = host.read(&root.path).map_err(|error| FixError::Input { path: root.path.clone(), error })?;
    Ok(files.add(root.path.display().to_string(), root.path.clone(), bytes).id())
}

/// A finding, and its fix.
type Found<'f> = (&'f Finding, &'f Fix);

/// Of some fixes those that do not get in each other's way, the first ones first, and their edits, file by file. The
/// others have their turn in the next round.
fn fitting<'f>(fixes: &[Found<'f>]) -> (Vec<Found<'f>>, BTreeMap<FileId, Vec<&'f Edit>>) {
    let mut taken: BTreeMap<FileId, BTreeMap<u32, u32>> = BTreeMap::new();
    let mut edits: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let mut chosen = Vec::new();
    for &(finding, fix) in fixes {
        // What only touches counts as well: two texts at one place have no order.
        let is_free = |edit: &Edit| {
            let taken = taken.get(&edit.span.file);
            let before = taken.and_then(|taken| taken.range(..=edit.span.end).next_back());
            before.is_none_or(|(_, &end)| end < edit.span.start)
        };
        if fix.edits.is_empty() || !fix.edits.iter().all(is_free) {
            continue;
        }
        for edit in &fix.edits {
            taken.entry(edit.span.file).or_default().insert(edit.span.start, edit.span.end);
            edits.entry(edit.span.file).or_default().push(edit);
        }
        chosen.push((finding, fix));
    }
    (chosen, edits)
}

/// A text after some edits that do not overlap.
fn applied(bytes: &[u8], mut edits: Vec<&Edit>) -> Vec<u8> {
    edits.sort();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        out.extend_from_slice(&bytes[at..range.start]);
        out.extend_from_slice(&edit.text);
        at = range.end;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// Is what comes out fit to be written?
fn verify(
    before: &dyn Host,
    after: &Overlay<'_>,
    roots: &[Root],
    releases: &[Release],
    made: &BTreeMap<&'static str, usize>,
    worst: Safety,
) -> Result<(), FixError> {
    if made.is_empty() {
        return Ok(());
    }
    let rules = || listed(made.keys().copied());
    let mut asked = releases.to_vec();
    if worst == Safety::Safe {
        asked.extend(Release::all_series());
    }
    for root in roots {
        let (old_files, new_files) = (Files::default(), Files::default());
        let (old_root, new_root) = (open(before, &old_files, root)?, open(after, &new_files, root)?);
        let old = World::new(&old_files, before, root.place.clone());
        let new = World::new(&new_files, after, root.place.clone());
        for &release in &asked {
            let (path, rules) = (root.path.clone(), rules);
            let (was, is) = (config::load(&old, old_root, release), config::load(&new, new_root, release));
            if was.outcome == Outcome::Loads && is.outcome != Outcome::Loads {
                return Err(FixError::Load { rules: rules(), release, path });
            }
            let (was, is) = ((&old, &was), (&new, &is));
            if worst == Safety::Safe && !alike(was, is, root.role, release) {
                return Err(FixError::Meaning { rules: rules(), release, path });
            }
            if worst == Safety::Hardening {
                gives_no_more(was, is, root.role, release).map_err(|why| FixError::Gives {
                    rules: rules(),
                    release,
                    path,
                    why,
                })?;
            }
        }
    }
    Ok(())
}

/// Does a release hold the same of both?
fn alike<'t>(
    (old, was): (&'t World<'_>, &'t Effective<'t>),
    (new, is): (&'t World<'_>, &'t Effective<'t>),
    role: Role,
    release: Release,
) -> bool {
    let loads = |effective: &Effective<'_>| effective.outcome == Outcome::Loads;
    match (loads(was), loads(is), role) {
        (false, false, _) => true,
        (true, true, Role::Manager) => {
            Manager::load(old, was, release).means_the_same(&Manager::load(new, is, release))
        }
        (true, true, _) => {
            was.sections.len() == is.sections.len() && {
                let pairs = was.sections.iter().zip(&is.sections);
                pairs.into_iter().all(|(was, is)| {
                    let entries = |it: &config::Section<'_>| -> Vec<(Vec<u8>, Vec<u8>)> {
                        it.content.iter().map(|entry| (entry.name.to_vec(), entry.value.to_vec())).collect()
                    };
                    (was.name, was.template) == (is.name, is.template) && entries(was) == entries(is)
                })
            }
        }
        _ => false,
    }
}

/// Does a release hold no more of what is after than of what was before?
fn gives_no_more<'t>(
    (old, was): (&'t World<'_>, &'t Effective<'t>),
    (new, is): (&'t World<'_>, &'t Effective<'t>),
    role: Role,
    release: Release,
) -> Result<(), String> {
    match (was.outcome, is.outcome, role) {
        (Outcome::Loads, Outcome::Loads, Role::Manager) => {
            Manager::load(new, is, release).gives_no_more_than(&Manager::load(old, was, release))
        }
        (was, Outcome::Loads, Role::Manager) if was != Outcome::Loads => Err("it does not load now".to_owned()),
        _ => Ok(()),
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: std::collections::BTreeSet<&str> = names.collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
