//! A `bindaddr` or `tlsbindaddr` that Asterisk cannot read, or not wholly.

use std::net::IpAddr;

use super::prelude::*;
use crate::config::manager::general::General;
use crate::config::manager::{Manager, Why};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "listener-address-not-read",
    summary: "an address to listen on that Asterisk cannot read, or not all of it",
    severity: Severity::Error,
    doc: "\
`bindaddr` and `tlsbindaddr` take a numeric address only. A name (`localhost`), an interface (`eth0`), a network \
(`127.0.0.1/8`), an address in quotes and an empty value are none. Asterisk logs a WARNING, drops the line and goes \
on with what it has: without another `bindaddr` that is `::`, every address of the machine, IPv4 and IPv6. A manager \
that was to be reached from this machine alone is open to everybody who reaches the machine.

Without a `tlsbindaddr` that it can read, the TLS listener takes the address of `bindaddr`.

`bindaddr` has no port: in `127.0.0.1:6000` Asterisk does not look at the `:6000`, and listens on the port of `port`, or \
on 5038.

Write `127.0.0.1`, or the address of the interface. It is an error when every address is open by it, else a warning.",
    source: "main/manager.c, __init_manager; ast_parse_arg in main/config.c; recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = yes
bindaddr = localhost
           ^^^^^^^^^ listens on every address, IPv4 and IPv6
"),
        bad("\
[general]
enabled = yes
bindaddr = \"127.0.0.1\"
           ^^^^^^^^^^^ without the quotes
"),
        bad("\
[general]
enabled = yes
bindaddr =
^^^^^^^^ listens on every address
"),
        bad("\
[general]
enabled = yes
bindaddr = 127.0.0.1
bindaddr = eth0
           ^^^^ goes on with 127.0.0.1
"),
        bad("\
[general]
bindaddr = 127.0.0.1/8
           ^^^^^^^^^^^ as soon as AMI is enabled
"),
        bad("\
[general]
enabled = yes
bindaddr = 127.0.0.1
tlsbindaddr = pbx.example.com:5039
              ^^^^^^^^^^^^^^^^^^^^ takes the address of `bindaddr`
"),
        bad("\
[general]
enabled = yes
bindaddr = 127.0.0.1:6000
           ^^^^^^^^^^^^^^ listens on port 5038
"),
        bad("[general]\nport = 5040\nbindaddr = [::1]:6000\n           ^^^^^^^^^^ as soon as AMI is enabled, on port 5040\n"),
        good("[general]\nenabled = yes\nport = 6000\nbindaddr = 127.0.0.1:6000\n").because("it is that port"),
        good("[general]\nenabled = yes\nbindaddr = 127.0.0.1:${AMI_PORT}\n"),
        good("[general]\nenabled = yes\nbindaddr = 127.1\n").because("the notations of C are addresses"),
        good("[general]\nenabled = yes\nbindaddr = [::1]\ntlsbindaddr = [::1]:5039\n"),
        good("[general]\nenabled = yes\nbindaddr = ${AMI_BIND}\ntlsbindaddr = <public ip>\n")
            .because("a tool, or a reader, fills this in"),
        good("[general]\nenabled = yes\n[bob]\nbindaddr = localhost\n").because("that is no option of a user"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let general = &manager.general;
    port_not_read(context, general, findings);
    for fact in &general.facts {
        let plain = match fact.why {
            Why::NoAddress { .. } => true,
            Why::NoTlsAddress { .. } => false,
            _ => continue,
        };
        let Some(written) = context.effective.written(fact.at) else { continue };
        let value = written.value.bytes;
        if is_filled_in(value) {
            continue;
        }
        let key = if plain { "bindaddr" } else { "tlsbindaddr" };
        let other = if plain { general.bindaddr.at } else { general.tls.bindaddr.at };
        let (severity, effect) = match () {
            () if general.unread.is_some() => (Severity::Warning, "drops the line".to_owned()),
            () if plain && other.is_some() => {
                (Severity::Warning, format!("drops the line and goes on with {}", general.bindaddr.value.ip))
            }
            () if plain && general.enabled.value => {
                (Severity::Error, "drops the line and listens on every address, IPv4 and IPv6".to_owned())
            }
            () if plain => {
                let effect = "drops the line: as soon as AMI is enabled, it listens on every address, IPv4 and IPv6";
                (Severity::Warning, effect.to_owned())
            }
            () if other.is_some() => {
                (Severity::Warning, "drops the line and goes on with the other `tlsbindaddr`".to_owned())
            }
            () => {
                let open = general.enabled.value && general.tls.enable.value && general.bindaddr.value.is_any();
                let severity = if open { Severity::Error } else { Severity::Warning };
                let every = if open { ": every address, IPv4 and IPv6" } else { "" };
                (severity, format!("drops the line: the TLS listener takes the address of `bindaddr`{every}"))
            }
        };
        let (range, message) = match value {
            [] => (written.name.range, format!("`{key}` is empty")),
            _ => (written.value.range, format!("`{}` is no numeric address", show(value))),
        };
        let help = match value {
            [b'"' | b'\'', ..] => "write the address without the quotes",
            _ if value.eq_ignore_ascii_case(b"localhost") => "write `127.0.0.1`, or `::1`",
            _ => "write one numeric address: `127.0.0.1` for this machine alone, `0.0.0.0` or `::` for all",
        };
        let finding = findings.at(context.span(fact.at, range), message, effect).severity(severity).help(help);
        // An address alone: what the other one says stays as it is.
        let own = if value.eq_ignore_ascii_case(b"localhost") { &b"127.0.0.1"[..] } else { unquoted(value) };
        let edit = mend::in_value(context, fact.at, 0..value.len(), own);
        let ip = std::str::from_utf8(own).ok().and_then(|text| text.parse::<IpAddr>().ok());
        if let Some(ip) = ip.filter(|_| own != value && edit.is_some()) {
            // Only from every address to the machine itself it is certain that nothing is opened.
            let closes = plain && ip.is_loopback() && other.is_none() && general.unread.is_none();
            let safety = if closes { Safety::Hardening } else { Safety::Widening };
            finding.fix_by(safety, format!("write `{ip}`"), edit);
        }
    }
}

/// A value without the quotes around it.
fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [first @ (b'"' | b'\''), inner @ .., last] if first == last => inner,
        all => all,
    }
}

/// Speaks of a port behind an address that is taken.
fn port_not_read(context: &Context<'_>, general: &General<'_>, findings: &mut Findings<'_>) {
    let Some(line) = general.bindaddr.at else { return };
    let Some(written) = context.effective.written(line) else { return };
    let (value, range) = (written.value.bytes, written.value.range);
    let inner = value.strip_prefix(b"[").and_then(|rest| rest.split(|&byte| byte == b']').nth(1));
    let behind = inner.unwrap_or(value);
    // An address of IPv6 without brackets has no port.
    let colons = behind.iter().filter(|&&byte| byte == b':').count();
    let Some(at) = behind.iter().position(|&byte| byte == b':').filter(|_| colons == 1) else { return };
    let port = &behind[at + 1..];
    let Some(actual) = general.port.value.filter(|_| general.unread.is_none()) else { return };
    if port.is_empty() || is_filled_in(value) || port == actual.to_string().as_bytes() || range.len() != value.len() {
        return;
    }
    let effect = match general.enabled.value {
        true => format!("does not look at the port, and listens on port {actual}"),
        false => format!("does not look at the port: it listens, as soon as AMI is enabled, on port {actual}"),
    };
    let number = std::str::from_utf8(port).ok().and_then(|port| port.parse::<u16>().ok()).filter(|&port| port >= 1024);
    let help = match number {
        Some(number) => format!("write the address alone, and `port = {number}` on a line of its own"),
        None => "write the address alone, and the port on a line of its own, `port = 5038`".to_owned(),
    };
    findings
        .at(context.span(line, range), format!("`{}` is an address with a port, which `bindaddr` has not", show(value)), effect)
        .severity(Severity::Warning)
        .help(help);
}

/// Is a value left for a tool, or a reader, to fill in: `<the public address>`?
pub(super) fn is_filled_in(value: &[u8]) -> bool {
    is_placeholder(value) || value.starts_with(b"<")
}
