//! Events as they are sent, and those that the server itself has to tell.
//!
//! Source: `manager_event_sessions` in main/manager.c and `res_security_log`'s kin in main/security_events.c; measured on
//! 16.28.0 and 22.10.1.

use std::net::SocketAddr;
use std::time::Duration;

use crate::host::timestamp;
use crate::release::Release;

/// An event before it is sent: what comes between is a matter of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: Vec<u8>,
    /// Its classes, with commas between.
    pub classes: Vec<u8>,
    /// Its headers, each with its end.
    pub body: Vec<u8>,
}

/// What a security event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Somebody is in.
    SuccessfulAuth,
    /// The secret was wrong.
    InvalidPassword,
    /// There is no such user.
    InvalidAccountId,
    /// An ACL keeps the address out.
    FailedAcl,
    /// The answer to the challenge was wrong.
    ChallengeResponseFailed,
    /// The user has a session, and may have no other.
    SessionLimit,
    /// The action may not be run.
    RequestNotAllowed,
    /// There is no such action.
    RequestBadFormat,
}

/// So many bytes there is room for of a request.
const REQUEST_TYPE: usize = 63;

/// A connection, as security events tell of it.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The client.
    pub remote: SocketAddr,
    /// The listener.
    pub local: SocketAddr,
    /// Over TLS.
    pub is_tls: bool,
    /// A number that names the session.
    pub session: u64,
}

/// What a security event says beside its kind and its connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Details<'a> {
    /// The user, as the client spelled it.
    pub account: &'a [u8],
    /// When the session began; the beginning of 1970 for one that never did.
    pub since: Duration,
    /// The action, as the client spelled it.
    pub action: &'a [u8],
    /// The challenge, the client's answer, and the right one.
    pub challenge: [&'a [u8]; 3],
}

impl Security {
    fn name(self) -> &'static str {
        match self {
            Security::SuccessfulAuth => "SuccessfulAuth",
            Security::InvalidPassword => "InvalidPassword",
            Security::InvalidAccountId => "InvalidAccountID",
            Security::FailedAcl => "FailedACL",
            Security::ChallengeResponseFailed => "ChallengeResponseFailed",
            Security::SessionLimit => "SessionLimit",
            Security::RequestNotAllowed => "RequestNotAllowed",
            Security::RequestBadFormat => "RequestBadFormat",
        }
    }

    /// The event; none where what a client sent is not UTF-8. It is a JSON text on its way through Asterisk.
    pub fn event(self, peer: Peer, details: Details<'_>, now: Duration) -> Option<Event> {
        let severity = if self == Security::SuccessfulAuth { "Informational" } else { "Error" };
        let version = if self == Security::InvalidPassword { 2 } else { 1 };
        let transport = if peer.is_tls { "TLS" } else { "TCP" };
        let address = |at: SocketAddr| {
            let ip = at.ip().to_canonical();
            let family = if ip.is_ipv4() { "IPV4" } else { "IPV6" };
            format!("{family}/{transport}/{ip}/{}", at.port())
        };
        let mut body = Vec::new();
        let mut add = |name: &str, value: &[u8]| body.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        add("EventTV", timestamp(now).as_bytes());
        add("Severity", severity.as_bytes());
        add("Service", b"AMI");
        add("EventVersion", version.to_string().as_bytes());
        if self != Security::RequestBadFormat {
            add("AccountID", details.account);
        }
        add("SessionID", format!("{:#x}", peer.session).as_bytes());
        add("LocalAddress", address(peer.local).as_bytes());
        add("RemoteAddress", address(peer.remote).as_bytes());
        match self {
            Security::SuccessfulAuth => add("UsingPassword", b"0"),
            Security::RequestNotAllowed | Security::RequestBadFormat => {
                let text = [b"Action: ", details.action].concat();
                add("RequestType", &text[..text.len().min(REQUEST_TYPE)]);
            }
            Security::ChallengeResponseFailed => {
                for (name, value) in ["Challenge", "Response", "ExpectedResponse"].into_iter().zip(details.challenge) {
                    add(name, value);
                }
            }
            _ => {}
        }
        add("SessionTV", timestamp(details.since).as_bytes());
        if self == Security::RequestBadFormat {
            add("AccountID", details.account);
        }
        std::str::from_utf8(&body).ok()?;
        Some(Event { name: self.name().into(), classes: b"security".to_vec(), body })
    }
}

impl Event {
    /// Where it is raised, as `debug = yes` has it told: for what the server itself raises this is where an Asterisk does,
    /// with the line where that was seen. Of anything else nobody can know it here.
    pub(super) fn raised(&self, release: Release) -> String {
        let (function, lines) = match (&self.name[..], &self.classes[..]) {
            (b"UserEvent", _) => ("action_userevent", [6356, 6479]),
            (b"Reload", _) => ("manager_generic_msg_cb", [1909, 624]),
            (_, b"security") => ("manager_default_msg_cb", [1875, 593]),
            _ => return "File: amictl\r\nLine: 0\r\nFunc: publish\r\n".to_owned(),
        };
        let line = match release.to_string().as_str() {
            "16.28.0" => lines[0],
            "22.10.1" => lines[1],
            _ => 0,
        };
        format!("File: manager.c\r\nLine: {line}\r\nFunc: {function}\r\n")
    }

    /// Its text. `more`: what the configuration adds behind the classes.
    pub fn text(&self, more: &[u8]) -> Vec<u8> {
        let parts: [&[u8]; 8] =
            [b"Event: ", &self.name, b"\r\nPrivilege: ", &self.classes, b",all\r\n", more, &self.body, b"\r\n"];
        parts.concat()
    }
}
