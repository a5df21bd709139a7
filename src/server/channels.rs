//! Variables of channels, as far as events tell of them: what `channelvars` adds to the events of channels.
//!
//! Source: `append_channel_vars` in main/manager_channels.c and `ast_channel_publish_varset` in main/stasis_channels.c;
//! held against the recorded streams of 16.28.0 and 22.10.1.

use std::collections::HashMap;

use memchr::memmem;

use super::event::Event;

/// Of so many channels variables are kept: events of more may be made up, and memory has an end.
const MOST: usize = 100_000;

/// Names and values.
pub(super) type Variables = Vec<(Vec<u8>, Vec<u8>)>;

/// The channels that have variables of interest, by their `Uniqueid`.
#[derive(Default)]
pub(super) struct Channels(HashMap<Vec<u8>, Variables>);

impl Channels {
    /// Adds to an event what `channelvars` asks for. `given`: the variables that its channel is originated with; they are
    /// set once it is there, so that its Newchannel has none of them.
    pub(super) fn tell(&mut self, event: &mut Event, names: &[Vec<u8>], given: &[(Vec<u8>, Vec<u8>)]) {
        let unique = header(&event.body, b"Uniqueid").map(<[u8]>::to_vec);
        let is_new = unique.as_ref().is_some_and(|unique| !self.0.contains_key(unique));
        let body = std::mem::take(&mut event.body);
        if let Some(unique) = unique.as_ref().filter(|_| event.name != b"Newchannel") {
            let given = if is_new { given } else { &[] };
            given.iter().for_each(|(name, value)| self.set(unique, name, value, names));
            if event.name == b"VarSet"
                && let [Some(name), Some(value)] = [&b"Variable"[..], b"Value"].map(|it| header(&body, it))
            {
                self.set(unique, name, value, names);
            }
        }
        event.body = self.with_variables(&body, names);
        if let Some(unique) = unique {
            match &event.name[..] {
                b"Newchannel" => given.iter().for_each(|(name, value)| self.set(&unique, name, value, names)),
                b"Hangup" => drop(self.0.remove(&unique)),
                _ => {}
            }
        }
    }

    fn set(&mut self, unique: &[u8], name: &[u8], value: &[u8], names: &[Vec<u8>]) {
        if !names.iter().any(|wanted| wanted == name) || (self.0.len() >= MOST && !self.0.contains_key(unique)) {
            return;
        }
        let variables = self.0.entry(unique.to_vec()).or_default();
        variables.retain(|(known, _)| known != name);
        variables.push((name.to_vec(), value.to_vec()));
    }

    /// A channel's headers end with its `Linkedid`; before that stands its `Uniqueid`, with the same word before both.
    fn with_variables(&self, body: &[u8], names: &[Vec<u8>]) -> Vec<u8> {
        let mut text = Vec::with_capacity(body.len());
        let mut unique = None;
        for line in lines(body) {
            text.extend_from_slice(line);
            let Some((name, value)) = split(line) else { continue };
            if let Some(prefix) = name.strip_suffix(b"Uniqueid") {
                unique = Some((prefix, value));
            }
            let Some((prefix, unique)) = unique.take_if(|(prefix, _)| name == [*prefix, b"Linkedid"].concat()) else {
                continue;
            };
            let known = self.0.get(unique);
            for wanted in names {
                let value = known.and_then(|all| all.iter().find(|(name, _)| name == wanted));
                let value = value.map_or(&b""[..], |(_, value)| value);
                text.extend([prefix, b"ChanVariable: ", wanted, b"=", value, b"\r\n"].concat());
            }
        }
        text
    }
}

fn header<'b>(body: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    lines(body).filter_map(split).find_map(|(key, value)| (key == name).then_some(value))
}

/// Name and value of a header.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_suffix(b"\r\n").unwrap_or(line);
    let at = memmem::find(line, b": ")?;
    Some((&line[..at], &line[at + 2..]))
}

/// The lines, each with its end.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split_inclusive(|&byte| byte == b'\n')
}
