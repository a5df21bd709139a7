//! The layers of ARCHITECTURE.md: data flows one way, and only some places know some crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file below src/, with its text up to its unit tests.
fn sources() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
            found.push((path.strip_prefix(&src).unwrap().to_owned(), text));
        }
    }
    found.sort();
    found
}

/// The top-level module that a file belongs to.
fn module(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The top-level modules that a text names as `crate::x`, one by one or in braces.
fn used(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let list = rest.strip_prefix('{').map_or(rest, |inner| inner.split('}').next().unwrap_or_default());
        let parts: Vec<&str> = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for part in parts {
            let name: String = part.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            names.insert(name);
        }
    }
    names.remove("");
    names
}

/// The table of ARCHITECTURE.md: `| module | holds | may use |`.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split('`').skip(1).step_by(2).map(|name| name.trim().to_owned()).collect()
    };
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (names(cells[1]).pop_first().unwrap(), names(cells[3]))
    })
    .collect()
}

#[test]
fn arrows_are_those_of_the_table() {
    let allowed = allowed();
    for (path, text) in sources() {
        let module = module(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        let may = allowed.get(&module).unwrap_or_else(|| panic!("`{module}` has no row in ARCHITECTURE.md"));
        for other in used(&text) {
            let fine = other == module || may.contains(&other) || may.contains("all");
            assert!(fine, "src/{} uses `{other}`, which the table of ARCHITECTURE.md does not allow", path.display());
        }
    }
}

#[test]
fn crates_stay_where_they_belong() {
    let homes: &[(&str, &[&str])] = &[
        ("nom", &["syntax/comment.rs", "syntax/grammar.rs"]),
        ("miette", &["report"]),
        ("serde", &["report", "testing"]),
        ("clap", &["cli"]),
        ("flate2", &["unpack.rs"]),
        ("indicatif", &["cli/progress.rs"]),
        ("lzma_rust2", &["unpack.rs"]),
        ("regex", &["posix"]),
        ("hyper", &["server/admin.rs"]),
        ("prometheus_client", &["server/metrics.rs"]),
        ("tracing", &["cli/serve", "server/log.rs"]),
        ("x509_cert", &["config/manager/keys.rs", "host/date.rs"]),
        ("notify", &["host/watch.rs"]),
        ("toml", &["cli/document.rs", "cli/serve/replies.rs", "cli/settings.rs", "testing"]),
        ("std::fs", &["host", "testing"]),
    ];
    for (path, text) in sources() {
        for (name, home) in homes {
            let named = text.contains(&format!("use {name}::")) || text.contains(&format!(" {name}::"));
            let at_home = home.iter().any(|folder| path.starts_with(folder));
            assert!(!named || at_home, "src/{} names {name}, whose home is {home:?}", path.display());
        }
    }
}

#[test]
fn files_and_functions_stay_small() {
    for (path, text) in sources() {
        if module(&path) == "tables" {
            continue;
        }
        let lines: Vec<&str> = text.lines().collect();
        let most = if path == Path::new("syntax/tree.rs") || path == Path::new("config/load.rs") { 500 } else { 400 };
        assert!(lines.len() <= most, "src/{} has {} lines", path.display(), lines.len());
        let mut open: Option<(usize, String)> = None;
        for (number, line) in lines.iter().enumerate() {
            let indent = &line[..line.len() - line.trim_start().len()];
            let begins = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn "];
            if open.is_none() && begins.iter().any(|begin| line.trim_start().starts_with(begin)) && line.ends_with('{')
            {
                open = Some((number, format!("{indent}}}")));
            } else if let Some((start, end)) = &open
                && line == end
            {
                let length = number - start + 1;
                assert!(length <= 60, "src/{}:{}: a function of {length} lines", path.display(), start + 1);
                open = None;
            }
        }
    }
}
