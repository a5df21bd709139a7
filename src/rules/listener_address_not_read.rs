//! A `bindaddr` or `tlsbindaddr` that Asterisk cannot read.

use super::prelude::*;
use crate::config::manager::{Manager, Why};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "listener-address-not-read",
    summary: "an address to listen on that Asterisk cannot read",
    severity: Severity::Error,
    doc: "\
`bindaddr` and `tlsbindaddr` take a numeric address only. A name (`localhost`), an interface (`eth0`), a network \
(`127.0.0.1/8`), an address in quotes and an empty value are none. Asterisk logs a WARNING, drops the line and goes \
on with what it has: without another `bindaddr` that is `::`, every address of the machine, IPv4 and IPv6. A manager \
that was to be reached from this machine alone is open to everybody who reaches the machine.

Without a `tlsbindaddr` that it can read, the TLS listener takes the address of `bindaddr`.

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
        good("[general]\nenabled = yes\nbindaddr = 127.1\n").because("the notations of C are addresses"),
        good("[general]\nenabled = yes\nbindaddr = [::1]\ntlsbindaddr = [::1]:5039\n"),
        good("[general]\nenabled = yes\nbindaddr = ${AMI_BIND}\ntlsbindaddr = <public ip>\n")
            .because("a tool, or a reader, fills this in"),
        good("[general]\nenabled = yes\n[bob]\nbindaddr = localhost\n").because("that is no option of a user"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let general = &manager.general;
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
        findings.at(context.span(fact.at, range), message, effect).severity(severity).help(help);
    }
}

/// Is a value left for a tool, or a reader, to fill in: `<the public address>`?
pub(super) fn is_filled_in(value: &[u8]) -> bool {
    is_placeholder(value) || value.starts_with(b"<")
}
