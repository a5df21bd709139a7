//! The program `amictl`: see `amictl --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    amictl::cli::main()
}
