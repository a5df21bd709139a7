//! How text of a configuration is put into JSON: as it is when it is UTF-8, else lossily and, beside it, exactly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;

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
