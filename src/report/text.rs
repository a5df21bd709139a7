//! How text of a configuration is put into JSON: as it is when it is UTF-8, else lossily and, beside it, exactly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;

use crate::text::{MASK, Secrets};

/// Adds `key` and, where `bytes` are not UTF-8, `key_base64`.
pub(super) fn entry<M: SerializeMap>(map: &mut M, key: &str, bytes: &[u8]) -> Result<(), M::Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) => map.serialize_entry(key, text),
        Err(_) => {
            map.serialize_entry(key, &String::from_utf8_lossy(bytes))?;
            map.serialize_entry(&format!("{key}_base64"), &STANDARD.encode(bytes))
        }
    }
}

/// A value as it may be shown: the whole of it masked when its key holds a secret, else what looks like one in it.
pub(super) fn value<'v>(secrets: Secrets, key: &[u8], value: &'v [u8]) -> std::borrow::Cow<'v, [u8]> {
    let shown = secrets.value(key, value);
    match crate::text::redacted(shown) {
        Some(range) if secrets == Secrets::Masked => [&shown[..range.start], MASK.as_bytes()].concat().into(),
        _ => shown.into(),
    }
}
