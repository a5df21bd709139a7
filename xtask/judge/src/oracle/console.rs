//! Commands at Asterisk's console, by its control socket: it answers also where there is no manager to ask.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// What the console prints in answer to a command. No answer when Asterisk goes away, or never gives one.
pub(crate) fn answer(control: &Path, command: &[u8], patience: Duration) -> Result<Option<Vec<u8>>> {
    ensure!(!command.contains(&0), "a NUL ends a command");
    let mut stream = match UnixStream::connect(control) {
        Ok(stream) => stream,
        // It can die of its configuration a moment after it came up.
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("no console at `{}`", control.display())),
    };
    stream.set_read_timeout(Some(patience))?;
    // With this before it the console closes the connection after the answer.
    if stream.write_all(&[b"cli quit after ", command, b"\0"].concat()).is_err() {
        return Ok(None);
    }
    let mut answer = Vec::new();
    if stream.read_to_end(&mut answer).is_err() {
        return Ok(None);
    }
    // First it says who it is: HOST/PROCESS/VERSION.
    let Some(end) = answer.iter().position(|&byte| byte == b'\n') else { return Ok(None) };
    Ok(Some(answer.split_off(end + 1)))
}

/// An argument of a command, in quotes.
pub(crate) fn quoted(argument: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for &byte in argument {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    quoted
}
