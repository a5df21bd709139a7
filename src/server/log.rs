//! What happens, as lines of a log: with the reasons that clients are not told, and no secret.

use tracing::{debug, info, warn};

use super::observe::{Client, End, Observation, Observer, What};
use crate::text::show;

/// Logs what happens. Where that goes, and how it looks, is for whoever takes the events of `tracing`.
pub struct Log;

impl Observer for Log {
    fn observe(&mut self, observation: &Observation<'_>) {
        match observation.what {
            What::TurnedAway(peer) => warn!(from = %peer.remote, "turned away: `authlimit` is reached"),
            What::NoTls(peer, why) => warn!(from = %peer.remote, why, "no TLS"),
            _ => {}
        }
        if let Some(client) = observation.client {
            told(client, observation.what);
        }
    }
}

fn told(client: Client<'_>, what: What<'_>) {
    let (session, from) = (client.id, client.peer.remote);
    let user = client.user.map(show);
    let user = user.as_deref();
    let action = |request: &super::Request| show(request.action());
    match what {
        What::Connected => debug!(session, %from, tls = client.peer.is_tls, "connected"),
        // What Asterisk says of it goes by this option, too.
        What::LoggedIn if client.displayconnects => info!(session, %from, user, "logged in"),
        What::LoggedIn => debug!(session, %from, user, "logged in"),
        What::LoginRefused { user, check, why } => {
            warn!(session, %from, user = show(user), check = check.name(), why, "login refused");
        }
        What::Received(_, Some(fault)) => warn!(session, %from, user, why = %fault, "message refused"),
        What::NotRead(bytes) => {
            let why = "Asterisk reads 1,024 bytes of a TLS record, and the rest once another has come";
            warn!(session, %from, user, bytes, why, "not read yet");
        }
        What::Ran(request) => debug!(session, %from, user, action = action(request), "action"),
        What::Refused { request, check, why } => {
            warn!(session, %from, user, action = action(request), check = check.name(), why, "action refused");
        }
        What::WouldCrash(request) => {
            warn!(session, %from, user, action = action(request), "Asterisk crashes on this request");
        }
        What::Unanswered(request) => {
            warn!(session, %from, user, action = action(request), "no answer is known: see --replies");
        }
        What::Left(end @ (End::WriteTimeout | End::Backlog)) => {
            warn!(session, %from, user, why = end.name(), "cut off: it does not read");
        }
        What::Left(End::AuthTimeout) => {
            warn!(session, %from, why = "it has not logged in within `authtimeout`", "cut off");
        }
        What::Left(end) if client.user.is_some() && client.displayconnects => {
            info!(session, %from, user, why = end.name(), "left");
        }
        What::Left(end) => debug!(session, %from, user, why = end.name(), "left"),
        _ => {}
    }
}
