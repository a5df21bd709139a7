//! Two answers that differ, line by line: what both say, and what only one does.

use std::fmt::Write as _;

use amictl::testing::answer::{Answer, Recorded, Started};
use amictl::testing::bytes::Said;

/// So many lines that both say are shown on either side.
const CONTEXT: usize = 3;

/// Longer answers are compared so far from their first difference.
const SEARCHED: usize = 2000;

/// `-` is what `one` says alone, `+` what `other` does.
pub(crate) fn diff((one, says): (&str, &Answer), (other, counters): (&str, &Answer)) -> String {
    let (mut old, mut new) = (lines(says), lines(counters));
    let alike = old.iter().zip(&new).take_while(|(old, new)| old == new).count().saturating_sub(CONTEXT);
    old.drain(..alike);
    new.drain(..alike);
    old.truncate(SEARCHED);
    new.truncate(SEARCHED);
    let marked = marked(&old, &new);
    let mut text = format!("  - {one}\n  + {other}\n");
    for (at, (mark, line)) in marked.iter().enumerate() {
        let near = &marked[at.saturating_sub(CONTEXT)..marked.len().min(at + CONTEXT + 1)];
        if near.iter().any(|(mark, _)| *mark != ' ') {
            let _ = writeln!(text, "  {mark} {line}");
        }
    }
    text
}

/// All lines, with a mark on each that only one side has: what is left is a longest common sequence.
fn marked<'a>(mut old: &'a [String], mut new: &'a [String]) -> Vec<(char, &'a String)> {
    // How long a sequence the rests from here on share.
    let mut shared = vec![vec![0_u16; new.len() + 1]; old.len() + 1];
    for (a, b) in (0..old.len()).rev().flat_map(|a| (0..new.len()).rev().map(move |b| (a, b))) {
        let longer = shared[a + 1][b].max(shared[a][b + 1]);
        shared[a][b] = if old[a] == new[b] { shared[a + 1][b + 1] + 1 } else { longer };
    }
    let mut marked = Vec::new();
    let (all_old, all_new) = (old.len(), new.len());
    loop {
        let (a, b) = (all_old - old.len(), all_new - new.len());
        match (old, new) {
            ([same, old_rest @ ..], [other, new_rest @ ..]) if same == other => {
                marked.push((' ', same));
                (old, new) = (old_rest, new_rest);
            }
            ([gone, rest @ ..], _) if new.is_empty() || shared[a + 1][b] >= shared[a][b + 1] => {
                marked.push(('-', gone));
                old = rest;
            }
            (_, [came, rest @ ..]) => {
                marked.push(('+', came));
                new = rest;
            }
            _ => return marked,
        }
    }
}

/// What of a recording to hold another answer against: all that it allows.
pub(crate) fn of_recording(recorded: &Recorded) -> (&Answer, String) {
    match recorded {
        Recorded::Any { any } if any.len() > 1 => (&any[0], format!("the recording, one of {} answers", any.len())),
        Recorded::Any { any } => (&any[0], "the recording".to_owned()),
        Recorded::One(answer) => (answer, "the recording".to_owned()),
    }
}

fn lines(answer: &Answer) -> Vec<String> {
    let sections = match answer {
        Answer::Sections(sections) => sections,
        Answer::Refused(_) => return vec!["the file is refused".to_owned()],
        Answer::Missing(_) => return vec!["there is no file".to_owned()],
        Answer::Hangs(_) => return vec!["reading never ends".to_owned()],
        Answer::Crashes(_) => return vec!["Asterisk is gone".to_owned()],
        Answer::Manager(started) => return manager(started),
    };
    let mut lines = vec![format!("{} sections", sections.len())];
    for section in sections {
        let template = if section.template { " template" } else { "" };
        let bases = if section.templates == Said::from(&b""[..]) { "" } else { " of " };
        lines.push(format!("[{}]{template}{bases}{}", text(&section.name), text(&section.templates)));
        lines.extend(section.entries.iter().map(|(name, value)| format!("  {} = {}", text(name), text(value))));
    }
    lines
}

fn manager(started: &Started) -> Vec<String> {
    let mut lines: Vec<String> = started.settings.iter().map(text).collect();
    lines.extend(started.listen.iter().map(|address| format!("listens on {address}")));
    for (name, shown) in &started.users {
        let name = text(name);
        lines.push(format!("[{name}]"));
        lines.extend(shown.iter().map(|line| format!("  [{name}] {}", text(line))));
    }
    lines.extend(started.logins.iter().enumerate().map(|(at, answer)| format!("login {at}: {answer}")));
    for (at, sent) in started.delivered.iter().enumerate() {
        lines.push(match sent {
            Some(sent) => format!("receiver {at} is sent {sent:?}"),
            None => format!("receiver {at} does not get in"),
        });
    }
    lines
}

fn text(said: &Said) -> String {
    match said {
        Said::Whole(text) => text.escape_default().to_string(),
        Said::Long { len, head, tail } => {
            format!("{}... {len} bytes ...{}", head.escape_default(), tail.escape_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_difference_is_shown() -> anyhow::Result<()> {
        let section = |entries: &str| {
            format!(r#"{{"sections":[{{"name":"a","template":true,"templates":"b","entries":[{entries}]}}]}}"#)
        };
        let one = serde_json::from_str(&section(r#"["x","1"],["y","2"],["z","3"]"#))?;
        let other = serde_json::from_str(&section(r#"["x","1"],["y","\u0000"],["z","3"]"#))?;
        let expected = "  - amictl\n  + Asterisk\n    1 sections\n    [a] template of b\n      x = 1\n\
            \x20 -   y = 2\n  +   y = \\u{0}\n      z = 3\n";
        assert_eq!(diff(("amictl", &one), ("Asterisk", &other)), expected);
        Ok(())
    }
}
