//! Plain AMI on an address of the Internet.

use std::net::IpAddr;

use super::address_lists::open_listeners;
use super::prelude::*;
use super::well_known_secret::Reach;
use crate::config::manager::listen::{Listener, ListenerKind};
use crate::config::manager::Manager;
use crate::text::Span;

pub(super) static RULE: Rule = Rule {
    name: "plain-on-public-address",
    summary: "AMI without TLS listens on an address of the Internet",
    severity: Severity::Warning,
    doc: "\
`bindaddr` is an address of the Internet, and what goes over this listener is not encrypted: whoever sits on the way \
reads the secret at the first login, and every event and every answer after that, and can put actions of his own into \
the session. A login by MD5 hides the secret and nothing else, and a weak one is found out from what was overheard.

Let the plain listener stay on the machine or in a network of your own, and open TLS to the others:

    bindaddr = 127.0.0.1
    tlsenable = yes
    tlsbindaddr = 203.0.113.5:5039
    tlscertfile = /etc/asterisk/keys/ami.pem

A tunnel or a VPN does as well. Private, link-local and shared (100.64.0.0/10) addresses are no finding, nor is an AMI \
that no other machine can log in to. All addresses, `0.0.0.0` or `::`, are the matter of `plain-on-all-addresses`.",
    source: "main/manager.c, __init_manager; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = yes
bindaddr = 203.0.113.5
           ^^^^^^^^^^^ in clear text
[bob]
secret = x
deny = 0.0.0.0/0
permit = 198.51.100.0/24
"),
        bad("\
[general]
enabled = yes
bindaddr = 2001:db8::5
           ^^^^^^^^^^^ at [2001:db8::5]:5038
tlsenable = yes
tlscertfile = /etc/asterisk/keys/ami.pem
[bob]
secret = x
")
        .because("the TLS listener does not close the plain one"),
        good("[general]\nenabled = yes\nbindaddr = 192.168.1.5\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nbindaddr = 100.64.3.1\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nbindaddr = fd00::5\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nbindaddr = 0.0.0.0\n[bob]\nsecret = x\n").because("most files have this"),
        good("[general]\nenabled = no\nbindaddr = 203.0.113.5\n[bob]\nsecret = x\n"),
        good("[general]\nenabled = yes\nbindaddr = 203.0.113.5\n[bob]\nread = all\n")
            .because("without a secret nobody logs in"),
        good(
            "\
[general]
enabled = yes
bindaddr = 127.0.0.1
tlsenable = yes
tlsbindaddr = 203.0.113.5
tlscertfile = /etc/asterisk/keys/ami.pem
[bob]
secret = x
",
        )
        .because("this one is encrypted"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let Some((listener, span)) = exposed(context, manager) else { return };
    let Some(address) = listener.address.filter(|address| is_public(address.ip)) else { return };
    let effect = format!("takes secrets, and sends events, in clear text at {address}");
    findings
        .at(span, "AMI without TLS is open on an address of the Internet", effect)
        .help("write `bindaddr = 127.0.0.1`, and open TLS: `tlsenable = yes` with this `tlsbindaddr`");
}

/// The plain listener, and the line that opens it, when other machines may log in through it.
pub(super) fn exposed<'m, 't>(
    context: &Context<'_>,
    manager: &'m Manager<'t>,
) -> Option<(&'m Listener<'t>, Span)> {
    let listener = open_listeners(context, manager).find(|listener| listener.kind == ListenerKind::Plain)?;
    let mut reach = Reach::of(manager);
    let mut enters = manager.accounts.users.iter().filter(|user| user.has_secret());
    // A part that is not here may hold users.
    if !context.effective.is_partial() && !enters.any(|user| reach.may_be_open(user)) {
        return None;
    }
    let at = listener.at?;
    let range = match context.effective.line(at).node() {
        Node::Header(header) => header.name.range,
        _ => context.effective.written(at).map(|it| if it.value.range.is_empty() { it.name } else { it.value })?.range,
    };
    Some((listener, context.span(at, range)))
}

/// Is it an address of the Internet? Those for documentation stand for such.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [first, second, third, _] = ip.octets();
            let is_shared = first == 100 && second & 0xC0 == 64;
            let is_reserved = first == 0 || first >= 224 || (first, second, third) == (192, 0, 0);
            let is_benchmark = first == 198 && second & 0xFE == 18;
            let is_near = ip.is_private() || ip.is_loopback() || ip.is_link_local();
            !(is_near || is_shared || is_reserved || is_benchmark)
        }
        // 2000::/3 is all that was ever given out.
        IpAddr::V6(ip) => ip.segments()[0] & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_is_what_the_internet_routes() {
        let is = |text: &str| is_public(text.parse().expect("an address"));
        assert!(["8.8.8.8", "100.63.0.1", "172.32.0.1", "203.0.113.5", "2001:db8::1", "::ffff:8.8.8.8"].map(is) == [true; 6]);
        for near in ["0.0.0.0", "10.0.0.1", "172.31.0.1", "192.168.0.1", "127.0.0.1", "169.254.1.1", "100.127.0.1"] {
            assert!(!is(near), "{near}");
        }
        for near in ["::", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "255.255.255.255", "239.0.0.1", "198.19.0.1"] {
            assert!(!is(near), "{near}");
        }
    }
}
