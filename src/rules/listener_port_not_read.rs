//! A `port` that Asterisk cannot read.

use super::listener_address_not_read::is_filled_in;
use super::prelude::*;
use crate::config::manager::{Manager, Why};

pub(super) static RULE: Rule = Rule {
    name: "listener-port-not-read",
    summary: "a port that is not a number from 1024 to 65535",
    severity: Severity::Error,
    doc: "\
`port` in [general] must be wholly a number from 1024 to 65535. Of any other value (`80`, `5038x`, an empty one) \
Asterisk logs a WARNING, and then takes the port from memory that was never written: the listener opens on a random \
port, another one at each start, below 1024 too. Clients do not find it, and a firewall rule for 5038 does not cover \
it. After an earlier `port` line that can be read, that port was seen to stay.

To be reached on a port below 1024, let the firewall redirect it. The finding is an error when the port is random, \
else a warning.",
    source: "main/manager.c, __init_manager; ast_parse_arg in main/config.c; recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = yes
port = 80
       ^^ opens the listener on a random port
"),
        bad("\
[general]
enabled = yes
port = 5038/tcp
       ^^^^^^^^ a random port
"),
        bad("\
[general]
enabled = yes
port =
^^^^ a random port
"),
        bad("\
[general]
enabled = yes
port = 6000
port = 5,038
       ^^^^^ goes on with port 6000
"),
        bad("\
[general]
port = 1023
       ^^^^ as soon as AMI is enabled
"),
        good("[general]\nenabled = yes\nport = 0x13AE\n").because("the notations of C are numbers"),
        good("[general]\nenabled = yes\nport = 1024\n"),
        good("[general]\nenabled = yes\nport = ${AMI_PORT}\n").because("a tool fills this in"),
        good("[general]\nenabled = yes\ntlsbindaddr = 127.0.0.1:443\n").because("TLS takes every port"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let general = &manager.general;
    for fact in &general.facts {
        if !matches!(fact.why, Why::PortStays { .. } | Why::AnyPort { .. }) {
            continue;
        }
        let Some(written) = context.effective.written(fact.at) else { continue };
        let value = written.value.bytes;
        if is_filled_in(value) {
            continue;
        }
        let (severity, effect) = match general.port.value {
            _ if general.unread.is_some() => (Severity::Warning, "cannot read the line".to_owned()),
            Some(port) => (Severity::Warning, format!("goes on with port {port}")),
            None if general.enabled.value => {
                let effect = "opens the listener on a random port, another one at each start";
                (Severity::Error, effect.to_owned())
            }
            None => {
                let effect = "opens the listener on a random port, as soon as AMI is enabled";
                (Severity::Warning, effect.to_owned())
            }
        };
        let (range, message) = match value {
            [] => (written.name.range, "`port` is empty".to_owned()),
            _ => (written.value.range, format!("`{}` is not a number from 1024 to 65535", show(value))),
        };
        let help = "write the number alone; `5038` is the usual one";
        findings.at(context.span(fact.at, range), message, effect).severity(severity).help(help);
    }
}
