//! A progress bar on standard error, for a person who waits.

use std::io::{self, IsTerminal as _, Read};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::host::env;

/// Nobody wants to be told of what takes no longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Lines of ASCII without colours: any terminal shows them.
const OF_KNOWN_LENGTH: &str =
    "read {decimal_bytes} of {decimal_total_bytes} [{wide_bar}] {decimal_bytes_per_sec}, {eta} left";
const OF_A_PIPE: &str = "read {decimal_bytes}, {decimal_bytes_per_sec}";

/// An input that tells a person how much of it is read, once that takes a while; the bar is gone when the input is
/// dropped. `length`: how many bytes there are, if that is known.
pub(super) fn watched(input: Box<dyn Read>, length: Option<u64>) -> Box<dyn Read> {
    if !io::stderr().is_terminal() || env("TERM").is_some_and(|term| term == "dumb") {
        return input;
    }
    let template = if length.is_some() { OF_KNOWN_LENGTH } else { OF_A_PIPE };
    let Ok(style) = ProgressStyle::with_template(template) else { return input };
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden())
        .with_style(style.progress_chars("=> "))
        .with_finish(ProgressFinish::AndClear);
    Box::new(Watched { input, bar, shown_from: Some(Instant::now() + PATIENCE) })
}

struct Watched {
    input: Box<dyn Read>,
    bar: ProgressBar,
    /// When the bar is to be shown; nothing once it is.
    shown_from: Option<Instant>,
}

impl Read for Watched {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(to)?;
        if self.shown_from.is_some_and(|from| Instant::now() >= from) {
            self.shown_from = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        self.bar.inc(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without them there would be no bar, and nobody would be told why.
    #[test]
    fn the_templates_are_templates() {
        for template in [OF_KNOWN_LENGTH, OF_A_PIPE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
