//! Events, Filter, UserEvent and WaitEvent.

use std::time::Duration;

use super::super::crowd::size;
use super::super::event::Event;
use super::super::hub::{Hub, Id};
use super::super::observe::What;
use super::super::session::{State, answer, answer_within};
use super::super::wire::Request;
use crate::access;
use crate::config::manager::classes::Classes;
use crate::config::manager::filter::FilterReader;
use crate::release::{Quirk, Release};

/// So many bytes Events has room for of the line of an ActionID.
const ID_ROOM: usize = 255;

pub(super) fn events(hub: &mut Hub, id: Id, request: &Request) {
    let is_broken = hub.general().brokeneventsaction.value;
    let Some(mask) = access::mask(request.header("EventMask")) else {
        if !is_broken {
            hub.error(id, request, "Invalid event mask");
        }
        return;
    };
    let mut read = Classes::NONE;
    hub.turn(id, |asks| {
        asks.mask = mask;
        read = asks.read;
    });
    if !mask.is_all() {
        hub.observe(id, What::AskedFor { mask, read });
    }
    if is_broken && mask.is_all() {
        return;
    }
    let word: &[u8] = if mask.is_none() { b"Off" } else { b"On" };
    hub.send(id, &answer_within(ID_ROOM, "Success", request, &[("Events", word)]));
}

pub(super) fn filter(hub: &mut Hub, id: Id, request: &Request) {
    let criteria = Some(request.header("MatchCriteria")).filter(|criteria| !criteria.is_empty());
    let release = hub.loaded.release();
    let pattern = request.header("Filter");
    // To compile an expression takes as long as to send many times its length.
    hub.load.add(64 * pattern.len());
    // That it is one was decided.
    if let Ok((filter, excludes)) = FilterReader::new(release).of_session(criteria, pattern) {
        hub.load.add(size(&filter) / 16);
        let login = hub.sessions.get(&id).and_then(|session| session.login.as_ref());
        if login.is_some_and(|login| !hub.crowd.has_room(&login.asks, &filter)) {
            return hub.error(id, request, "amictl serve keeps no more filters");
        }
        hub.turn(id, |asks| asks.add_own(filter, excludes));
    }
    hub.send(id, &answer("Success", request, &[("Message", b"Success")]));
}

/// The event has every other line of the request, as it came.
pub(super) fn user_event(hub: &mut Hub, id: Id, request: &Request) {
    hub.send(id, &answer("Success", request, &[("Message", b"Event Sent")]));
    let mut body = [b"UserEvent: ", request.header("UserEvent"), b"\r\n"].concat();
    for line in &request.lines {
        let begins = |name: &[u8]| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if !begins(b"Action:") && !begins(b"UserEvent:") {
            body.extend([line, &b"\r\n"[..]].concat());
        }
    }
    hub.publish(&Event { name: b"UserEvent".to_vec(), classes: b"user".to_vec(), body });
}

/// A number as `sscanf` with `%i` reads it: decimal, `0x` or octal with a leading `0`, as far as its digits go. What is none,
/// or below zero, is no limit.
fn seconds(text: &[u8], release: Release) -> Option<u64> {
    let (sign, text) = match text {
        [sign @ (b'+' | b'-'), rest @ ..] => (*sign, rest),
        _ => (b'+', text),
    };
    let hexadecimal = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X"));
    let (digits, radix) = match (hexadecimal, text.first()) {
        (Some(digits), _) => (digits, 16),
        (None, Some(b'0')) => (text, 8),
        _ => (text, 10),
    };
    let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
    let count = digits.iter().take_while(is_digit).count();
    if count == 0 && hexadecimal.is_some() && !release.has(Quirk::LoneHexPrefixIsNoNumber) {
        return Some(0);
    }
    let number = u64::from_str_radix(std::str::from_utf8(&digits[..count]).ok()?, radix).ok()?;
    (sign == b'+' || number == 0).then_some(number)
}

pub(super) fn wait_event(hub: &mut Hub, id: Id, request: &Request) {
    let seconds = seconds(request.header("Timeout"), hub.loaded.release());
    // Longer than there is time is no limit.
    let until = seconds.and_then(|seconds| hub.now.checked_add(Duration::from_secs(seconds)));
    hub.set(id, State::Waiting { until, asked: request.only("ActionID") });
    hub.wake();
}
