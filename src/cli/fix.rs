//! `amictl check --fix` and `--diff`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::{check, complain};
use crate::fix::{FixError, Fixed, FixedFile, Root, Wanted};
use crate::host;
use crate::report::diff;
use crate::text::Secrets;

/// The fixes that the value of `--fix` asks for: `safe`, `hardening` and names of rules.
pub(super) fn wanted(names: &[String]) -> Result<Wanted, Failure> {
    let mut wanted = Wanted::default();
    for name in names.iter().flat_map(|list| list.split(',')).map(str::trim) {
        match name {
            "" | "safe" => wanted.safe = true,
            "hardening" => (wanted.safe, wanted.hardening) = (true, true),
            name => wanted.rules.push(check::rule(name)?.name),
        }
    }
    Ok(wanted)
}

/// Shows what would be changed. Is there anything?
pub(super) fn show(fixed: &Fixed, secrets: Secrets, out: &mut dyn Write) -> io::Result<bool> {
    for file in &fixed.files {
        diff::write(&file.path.display().to_string(), &file.before, &file.after, secrets, out)?;
    }
    Ok(!fixed.files.is_empty())
}

/// Writes what is changed, file by file, and says so. A file that cannot be written is named, and the others are.
pub(super) fn write(fixed: &Fixed, roots: &[Root]) -> Result<(), Failure> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for root in roots {
        let own = root.path.parent().map(folder).unwrap_or_default();
        folders.extend([folder(&root.place.etc), own]);
    }
    let mut failed = None;
    for FixedFile { path, before, after } in &fixed.files {
        if let Err(error) = host::replace(path, before, after, &folders) {
            let message = format!("`{}` was not fixed: {error}", path.display());
            if let Some(earlier) = failed.replace(Failure::input(message)) {
                complain(&format!("amictl: {earlier}"));
            }
        }
    }
    if let Some(failure) = failed {
        return Err(failure);
    }
    let made: usize = fixed.made.values().sum();
    let rules: Vec<String> = fixed.made.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    match (made, fixed.files.len()) {
        (0, _) => complain("amictl: there was nothing to fix"),
        (made, files) => {
            let [made, files] = [(made, "fix", "fixes"), (files, "file", "files")]
                .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }));
            complain(&format!("amictl: {made} in {files}: {}", rules.join(", ")));
        }
    }
    Ok(())
}

fn folder(path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_owned() }
}

impl From<FixError> for Failure {
    fn from(error: FixError) -> Failure {
        let message = error.to_string();
        match error {
            FixError::Input { .. } => Failure::input(message),
            FixError::Load { .. } => Failure::usage(format!("{message}; nothing was written"))
                .help("name the rules whose fixes are wanted: `--fix=RULE,…`"),
            FixError::NoEnd(_) | FixError::Meaning { .. } | FixError::Gives { .. } => Failure {
                exit: super::exit::Exit::Bug,
                ..Failure::usage(format!("{message}; nothing was written")).help("please report this")
            },
        }
    }
}
