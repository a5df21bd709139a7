//! Ping, CoreSettings and CoreStatus: what the server says of itself.
//!
//! Source: `action_coresettings` and `action_corestatus` in main/manager.c; measured on 16.28.0 and 22.10.1.

use std::time::Duration;

use super::super::hub::{Hub, Id};
use super::super::session::{answer, answer_within};
use super::super::wire::Request;
use crate::host::{Date, timestamp};
use crate::release::{Quirk, Release};

/// So many bytes there is room for of the line of an ActionID.
const ID_ROOM: usize = 149;

pub(super) fn ping(hub: &mut Hub, id: Id, request: &Request) {
    let time = format!("{}.{:06}", hub.now.as_secs(), hub.now.subsec_micros());
    hub.send(id, &answer("Success", request, &[("Ping", b"Pong"), ("Timestamp", time.as_bytes())]));
}

/// What the files here say nothing of is as in an Asterisk without an asterisk.conf.
pub(super) fn settings(hub: &mut Hub, id: Id, request: &Request) {
    let release = hub.loaded.release();
    let (version, system_name) = (version(release), hub.system_name.clone());
    let mut lines: Vec<(&str, &[u8])> = vec![
        ("AMIversion", release.manager_version().as_bytes()),
        ("AsteriskVersion", version.as_bytes()),
        ("SystemName", &system_name),
        ("CoreMaxCalls", b"0"),
        ("CoreMaxLoadAvg", b"0.000000"),
        ("CoreRunUser", b""),
        ("CoreRunGroup", b""),
        ("CoreMaxFilehandles", b"0"),
        ("CoreRealTimeEnabled", b"No"),
        ("CoreCDRenabled", b"Yes"),
        ("CoreHTTPenabled", b"No"),
    ];
    if release.has(Quirk::SoundsSearchCustomDir) {
        lines.push(("SoundsSearchCustomDir", b"No"));
    }
    hub.send(id, &answer_within(ID_ROOM, "Success", request, &lines));
}

/// The times are those of UTC: of the zone of a switch its configuration says nothing.
pub(super) fn status(hub: &mut Hub, id: Id, request: &Request) {
    let day = |at: Duration| Date::of(at).to_string();
    let time = |at: Duration| timestamp(at).get(11..19).unwrap_or_default().to_owned();
    let times = [day(hub.started), time(hub.started), day(hub.reloaded), time(hub.reloaded)];
    let names = ["CoreStartupDate", "CoreStartupTime", "CoreReloadDate", "CoreReloadTime"];
    let mut lines: Vec<(&str, &[u8])> = names.into_iter().zip(times.iter().map(String::as_bytes)).collect();
    lines.push(("CoreCurrentCalls", b"0"));
    if hub.loaded.release().has(Quirk::CoreProcessedCalls) {
        lines.push(("CoreProcessedCalls", b"0"));
    }
    hub.send(id, &answer_within(ID_ROOM, "Success", request, &lines));
}

/// A release as it calls itself: `22.10.1`, `certified-20.7-cert3`.
pub(super) fn version(release: Release) -> String {
    release.to_string().replace('/', "-")
}
