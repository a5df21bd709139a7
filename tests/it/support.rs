//! Running the program itself.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// What it said, however it was wrapped.
    pub(crate) fn words(&self) -> String {
        self.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Runs amictl in a folder, away from the settings of whoever runs the tests.
#[track_caller]
pub(crate) fn amictl(folder: &Path, args: &[&str]) -> Ran {
    with_input(folder, args, b"")
}

/// The same, with something on standard input.
#[track_caller]
pub(crate) fn with_input(folder: &Path, args: &[&str], input: &[u8]) -> Ran {
    let output = output(folder, args, input);
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
    }
}

/// What a run that ends well writes to standard output, which need not be text.
#[track_caller]
pub(crate) fn bytes(folder: &Path, args: &[&str]) -> Vec<u8> {
    let output = output(folder, args, b"");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[track_caller]
fn output(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_amictl"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("amictl starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("amictl takes its input");
    child.wait_with_output().expect("amictl ends")
}

/// A folder with some files in it.
#[track_caller]
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
