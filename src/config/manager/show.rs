//! What a user and the settings are shown as: `manager show settings` and `manager show user`.
//!
//! Source: `handle_manager_show_settings` and `handle_showmanager` in main/manager.c; held against what recorded managers
//! show.

use super::acl::Sense;
use super::{Address, Manager, SecretState, User, tls};
use crate::release::{Quirk, Release};
use crate::text::Secrets;

/// Lines without their ends.
pub type Lines = Vec<Vec<u8>>;

/// So much is shown of a text of TLS.
pub const LONGEST_TEXT: usize = 55;

/// `manager show settings`.
pub fn settings(manager: &Manager<'_>, release: Release) -> Lines {
    let general = &manager.general;
    let yes = |yes: bool| if yes { &b"Yes"[..] } else { b"No" };
    let tls = general.tls.enable.value
        && manager.judgement.as_ref().is_some_and(|it| matches!(it.verdict, tls::Verdict::Usable));
    let at = |wanted: bool, address: Option<Address<'_>>| match (wanted, address) {
        (false, _) => "Disabled".to_owned(),
        (true, Some(address)) => address.to_string(),
        // How Asterisk prints an address that was never set.
        (true, None) => "(null)".to_owned(),
    };
    let plain = at(general.enabled.value, general.bind()).into_bytes();
    let secure = at(tls, manager.listeners[1].address).into_bytes();
    let timeout = general.httptimeout.value.to_string();
    let cut = |label: &str, value: &[u8]| field(label, &value[..value.len().min(LONGEST_TEXT)], 15);
    let short = |label: &str, value: &[u8]| field(label, value, 15);
    let mut lines = vec![
        Vec::new(),
        b"Global Settings:".to_vec(),
        b"----------------".to_vec(),
        short("Manager (AMI)", yes(general.enabled.value)),
        short("Web Manager (AMI/HTTP)", yes(general.webenabled.value)),
        short("TCP Bindaddress", &plain),
        short("HTTP Timeout (seconds)", timeout.as_bytes()),
        short("TLS Enable", yes(tls)),
        short("TLS Bindaddress", &secure),
        cut("TLS Certfile", general.tls.certfile.value),
        cut("TLS Privatekey", general.tls.privatekey.value),
        cut("TLS Cipher", general.tls.cipher.value),
        short("Allow multiple login", yes(general.allowmultiplelogin.value)),
        short("Display connects", yes(general.displayconnects.value)),
        short("Timestamp events", yes(general.timestampevents.value)),
        field("Channel vars", general.channelvars.value, 0),
    ];
    if release.has(Quirk::DisabledEvents) {
        lines.push(field("Disabled events", general.disabledevents.value, 0));
    }
    lines.push(short("Debug", yes(general.debug.value)));
    lines
}

/// `  LABEL:   VALUE`, the value filled up to a width.
fn field(label: &str, value: &[u8], width: usize) -> Vec<u8> {
    let blanks = vec![b' '; width.saturating_sub(value.len())];
    [format!("  {:<25}  ", format!("{label}:")).as_bytes(), value, &blanks].concat()
}

/// `manager show user NAME`.
pub fn user(user: &User<'_>, secrets: Secrets) -> Lines {
    let yes = |yes: bool| if yes { &b"yes"[..] } else { b"no" };
    let secret = if user.secret.value.state() == SecretState::Missing { &b"(N/A)"[..] } else { b"<Set>" };
    let field = |label: &str, value: &[u8]| [format!("{label:>18}: ").as_bytes(), value].concat();
    let mut lines = vec![
        Vec::new(),
        field("username", user.name),
        field("secret", secret),
        field("ACL", yes(!user.acls.is_empty())),
        field("read perm", user.read.value.to_string().as_bytes()),
        field("write perm", user.write.value.to_string().as_bytes()),
        field("displayconnects", yes(user.displayconnects.value)),
        field("allowmultiplelogin", yes(user.allowmultiplelogin.value)),
        field("Variables", b""),
    ];
    for variable in &user.setvar {
        let value = secrets.shown(&variable.name, &variable.value);
        lines.push([&[b' '; 17][..], &variable.name, b" = ", &value].concat());
    }
    for acl in &user.acls {
        let name = if acl.name.is_empty() { &b"(unnamed)"[..] } else { &acl.name };
        lines.extend([[b"ACL: ", name].concat(), vec![b'-'; 45]]);
        for (at, rule) in acl.rules.iter().enumerate() {
            let sense = if rule.sense == Sense::Permit { "allow" } else { "deny" };
            lines.push(format!("{at:>3}: {sense:>5} - {}", rule.network).into_bytes());
        }
    }
    lines
}
