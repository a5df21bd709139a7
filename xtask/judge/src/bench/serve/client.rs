//! The clients, and the events that they send and are sent.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// A server that says nothing for so long is lost.
pub(super) const MILLISECONDS: u16 = 60_000;

/// The end of the answer to a login.
pub(super) const ACCEPTED: &[u8] = b"Authentication accepted\r\n\r\n";

/// The headers of an event that is as long as most are.
pub(super) fn body(number: usize) -> String {
    format!(
        "UserEvent: Activity\r\nChannel: SIP/trunk-{number:08}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n\
         CallerIDNum: unknown\r\nCallerIDName: Reception, second floor\r\nConnectedLineNum: unknown\r\n\
         ConnectedLineName: Workshop, ground floor\r\nLanguage: en\r\nAccountCode: none\r\nContext: from-internal\r\n\
         Exten: s\r\nPriority: 1\r\nUniqueid: call-{number:08}.1\r\nLinkedid: call-{number:08}.0\r\n\
         DialStatus: ANSWER\r\nCause-txt: Normal Clearing\r\n"
    )
}

/// The action that sends an event to everybody.
pub(super) fn action(number: usize) -> String {
    format!("Action: UserEvent\r\n{}\r\n", body(number))
}

/// The event, which is always as long.
pub(super) fn event(number: usize) -> String {
    format!("Event: UserEvent\r\nPrivilege: user,all\r\n{}\r\n", body(number))
}

/// A connection that has sent nothing yet.
pub(super) fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_millis(MILLISECONDS.into())))?;
    Ok(stream)
}

/// The text of a login.
pub(super) fn login_action(user: &str, secret: &str, events: &str) -> String {
    format!("Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: {events}\r\n\r\n")
}

/// A connection that is logged in, and has read no further than the answer to that.
pub(in crate::bench) fn login(port: u16, user: &str, secret: &str, events: &str) -> Result<TcpStream> {
    let mut stream = connect(port)?;
    stream.set_nodelay(true)?;
    stream.write_all(login_action(user, secret, events).as_bytes())?;
    let (mut answer, mut byte) = (Vec::new(), [0]);
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).with_context(|| format!("`{user}` does not get in"))?;
        answer.push(byte[0]);
    }
    ensure!(answer.ends_with(ACCEPTED), "`{user}` does not get in");
    Ok(stream)
}
