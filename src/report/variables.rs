//! The lines `ChanVariable` of a capture, beside `channelvars` of a configuration.

use memchr::memmem;

use crate::capture::Event;
use crate::text::show;

/// The variables that the events of a capture tell of each channel; nothing while no event tells of a channel.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables(Option<Vec<Vec<u8>>>);

impl Variables {
    /// Looks at an event. The first one that tells of a channel is enough: Asterisk adds a line for each variable to all
    /// of them, whether it is set or not. A UserEvent has what lines its sender likes.
    pub(super) fn see(&mut self, event: &Event<'_>) {
        if self.0.is_none() && event.name() != b"UserEvent" {
            self.0 = of_channel(&event.text);
        }
    }

    /// What there is to say where the configuration would have added others.
    pub(super) fn note(&self, mut added: Vec<Vec<u8>>) -> Option<String> {
        let mut told = self.0.clone()?;
        for names in [&mut added, &mut told] {
            names.sort();
            names.dedup();
        }
        if added == told {
            return None;
        }
        let lines = |names: &[Vec<u8>]| match names {
            [] => "no ChanVariable lines".to_owned(),
            _ => {
                let names: Vec<String> = names.iter().map(|name| show(name)).collect();
                format!("ChanVariable lines of {}", names.join(", "))
            }
        };
        let (added, told) = (lines(&added), lines(&told));
        Some(format!(
            "`channelvars` of this configuration adds {added}, and the capture has {told}: judged as captured"
        ))
    }
}

/// The variables of the first channel of an event, if it tells of one: they stand behind its last own line, and all these
/// lines may have a prefix, as in `DestLinkedid`.
fn of_channel(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    // Most events that tell of no channel do not have the word.
    memmem::find(text, b"Linkedid: ")?;
    let headers = text.split(|&byte| byte == b'\n').map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let colon = memmem::find(line, b": ").unwrap_or(line.len());
        (&line[..colon], line.get(colon + 2..).unwrap_or_default())
    });
    let mut behind = headers.skip_while(|(name, _)| !name.ends_with(b"Linkedid"));
    behind.next()?;
    let variables = behind.take_while(|(name, _)| name.ends_with(b"ChanVariable"));
    Some(variables.map(|(_, pair)| pair.split(|&byte| byte == b'=').next().unwrap_or(pair).to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_has_the_variables_behind_its_last_line() {
        for (text, variables) in [
            ("Linkedid: 1\r\nChanVariable: A=1\r\nChanVariable: B=x=y\r\nExten: 1\r\n\r\n", Some(&["A", "B"][..])),
            ("DestLinkedid: 1\r\nDestChanVariable: A=\r\nLinkedid: 1\r\nChanVariable: B=\r\n", Some(&["A"])),
            ("Linkedid: 1\r\nExten: 1\r\n\r\n", Some(&[])),
            ("Linkedid: 1\r\n\r\n", Some(&[])),
            ("Linkedid: 1\r\nChanVariable: CHANNEL(state)=Up\r\n\r\n", Some(&["CHANNEL(state)"])),
            ("AppData: Linkedid: 1\r\n\r\n", None),
            ("Linkedidle: 1\r\n\r\n", None),
        ] {
            let names = variables.map(|names| names.iter().map(|name| name.as_bytes().to_vec()).collect());
            assert_eq!(of_channel(text.as_bytes()), names, "{text}");
        }
    }
}
