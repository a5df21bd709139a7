//! `general` and `listen` of `amictl dump --stage manager`, as JSON.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::text;
use crate::config::Effective;
use crate::config::manager::Manager;
use crate::config::manager::listen::{Listener, ListenerKind, State};
use crate::config::manager::tls::Verdict;
use crate::text::Files;

/// What `manager show settings` tells, and more. `bind` and `tls.bind` are null where there is none or where it cannot
/// be known; `tls.enabled` is what becomes of `tlsenable`, null where that cannot be told from here.
pub(super) fn general<'a>(manager: &'a Manager<'a>) -> impl Serialize + 'a {
    GeneralDump(manager)
}

/// Every listener, with the line that decides it.
pub(super) fn listen<'a>(
    listeners: &'a [Listener<'a>; 2],
    effective: &'a Effective<'a>,
    files: &'a Files,
) -> impl Serialize + 'a {
    listeners.each_ref().map(|listener| ListenerDump { listener, effective, files })
}

struct GeneralDump<'a>(&'a Manager<'a>);

impl Serialize for GeneralDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let general = &self.0.general;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("enabled", &general.enabled.value)?;
        map.serialize_entry("webenabled", &general.webenabled.value)?;
        map.serialize_entry("bind", &general.bind().map(|address| address.to_string()))?;
        map.serialize_entry("tls", &TlsDump(self.0))?;
        map.serialize_entry("authtimeout", &general.authtimeout.value)?;
        map.serialize_entry("authlimit", &general.authlimit.value)?;
        map.serialize_entry("httptimeout", &general.httptimeout.value)?;
        map.serialize_entry("allowmultiplelogin", &general.allowmultiplelogin.value)?;
        map.serialize_entry("displayconnects", &general.displayconnects.value)?;
        map.serialize_entry("timestampevents", &general.timestampevents.value)?;
        map.serialize_entry("debug", &general.debug.value)?;
        let variables = general.channel_variables();
        list(&mut map, "channelvars", variables.iter().map(Vec::as_slice))?;
        list(&mut map, "disabledevents", general.disabled_events().into_iter())?;
        map.serialize_entry("brokeneventsaction", &general.brokeneventsaction.value)?;
        map.end()
    }
}

/// A list of texts, and beside it exactly what they are when one of them is not UTF-8.
fn list<'b, M, I>(map: &mut M, key: &str, items: I) -> Result<(), M::Error>
where
    M: SerializeMap,
    I: Iterator<Item = &'b [u8]> + Clone,
{
    let texts: Vec<Cow<'_, str>> = items.clone().map(String::from_utf8_lossy).collect();
    map.serialize_entry(key, &texts)?;
    if items.clone().any(|item| std::str::from_utf8(item).is_err()) {
        let exact: Vec<String> = items.map(|item| STANDARD.encode(item)).collect();
        map.serialize_entry(&format!("{key}_base64"), &exact)?;
    }
    Ok(())
}

struct TlsDump<'a>(&'a Manager<'a>);

impl TlsDump<'_> {
    /// Is TLS on once Asterisk has looked at the certificate?
    fn enabled(&self) -> Option<bool> {
        match self.0.judgement.as_ref().map(|judgement| &judgement.verdict) {
            _ if !self.0.general.tls.enable.value => Some(false),
            Some(Verdict::Usable) => Some(true),
            Some(Verdict::Refused(_)) => Some(false),
            Some(Verdict::Unknown(_)) | None => None,
        }
    }
}

impl Serialize for TlsDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tls = &self.0.general.tls;
        let [_, listener] = &self.0.listeners;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("enabled", &self.enabled())?;
        map.serialize_entry("bind", &listener.address.as_ref().map(|address| address.to_string()))?;
        text::entry(&mut map, "certfile", tls.certfile.value)?;
        text::entry(&mut map, "privatekey", tls.privatekey.value)?;
        text::entry(&mut map, "cipher", tls.cipher.value)?;
        map.serialize_entry("servercipherorder", &tls.server_cipher_order.value)?;
        map.serialize_entry("disablev1", &tls.disable_v1.value)?;
        map.serialize_entry("disablev11", &tls.disable_v11.value)?;
        map.serialize_entry("disablev12", &tls.disable_v12.value)?;
        let warnings = self.0.judgement.as_ref().map_or(&[][..], |judgement| &judgement.warnings);
        map.serialize_entry("warnings", &warnings.iter().map(|trouble| &trouble.why).collect::<Vec<_>>())?;
        map.end()
    }
}

struct ListenerDump<'a> {
    listener: &'a Listener<'a>,
    effective: &'a Effective<'a>,
    files: &'a Files,
}

impl Serialize for ListenerDump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let listener = self.listener;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("address", &listener.address.as_ref().map(|address| address.to_string()))?;
        map.serialize_entry("kind", kind(listener.kind))?;
        map.serialize_entry("state", state(listener.state))?;
        map.serialize_entry("why", &listener.why)?;
        if let Some(at) = listener.at {
            let span = self.effective.text(at);
            let file = self.files.get(span.file);
            map.serialize_entry("file", file.name())?;
            map.serialize_entry("line", &file.position(span.start as usize).line)?;
        }
        map.end()
    }
}

fn kind(kind: ListenerKind) -> &'static str {
    match kind {
        ListenerKind::Plain => "plain",
        ListenerKind::Tls => "tls",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Listens => "listens",
        State::Closed => "closed",
        State::Indeterminate => "indeterminate",
        State::Unknown => "unknown",
    }
}
