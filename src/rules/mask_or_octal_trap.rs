//! Addresses and masks that are not what they look like.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::address_lists::{Fronts, is_all, is_nobody, is_template, key};
use super::prelude::*;
use crate::config::manager::acl::{Network, Rule as AclRule, Sense};
use crate::config::manager::{AclState, Manager};
use crate::syntax::Operator;

pub(super) static RULE: Rule = Rule {
    name: "mask-or-octal-trap",
    summary: "an address or mask in `permit` or `deny` is read as another one",
    severity: Severity::Warning,
    doc: "\
Asterisk reads the addresses of `permit` and `deny` in the notations of C, and applies masks bit by bit:

- With fewer than four numbers the last one fills the rest: `127/8` is 0.0.0.127/8, which is 0.0.0.0/8, and the mask \
`255.255` is 255.0.0.255.
- A number with a leading 0 is octal: `010.0.0.0/8` is 8.0.0.0/8.
- A mask need not be contiguous: `0.0.0.255`, as routers write it, compares the last number only.
- `/0` and the mask 0.0.0.0 match every address, whatever stands before them: `permit = 10.0.0.143/0.0.0.0` is \
everybody.
- Without a mask an address is one host: `deny = 0.0.0.0` keeps nobody out. Everybody is `0.0.0.0/0`, and just that: \
`0.0.0.0/255.255.255.0` is a network that no client is in.

Bits of the address behind the mask (`192.168.0.1/24`) do no harm, and nothing is said of them. Where no listener opens, the \
finding is for information.",
    source: "main/acl.c, ast_append_ha, and main/netsock2.c, ast_sockaddr_parse; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("[bob]\ndeny = 127/8\n       ^^^^^ as 0.0.0.0/255.0.0.0\n"),
        bad("[bob]\npermit = 10.0.0.1,010.0.0.0/8\n                  ^^^^^^^^^^^ as 8.0.0.0/255.0.0.0\n"),
        bad("[bob]\npermit = 192.168.1\n         ^^^^^^^^^ as 192.168.0.1/255.255.255.255\n"),
        bad("[bob]\npermit = 10.0.0.0/255.255\n         ^^^^^^^^^^^^^^^^ 255.0.0.255\n"),
        bad("[bob]\npermit = 192.168.1.0/0.0.0.255\n         ^^^^^^^^^^^^^^^^^^^^^ write `255.255.255.0`\n"),
        bad("[bob]\npermit = 10.0.0.143/0.0.0.0\n         ^^^^^^^^^^^^^^^^^^ every IPv4 address\n"),
        bad("[bob]\ndeny = ::1/0\n       ^^^^^ every IPv6 address\n"),
        bad("[bob]\ndeny = 0.0.0.0\n       ^^^^^^^ no client\npermit = 10.0.0.1\n"),
        bad("[bob]\ndeny = 0.0.0.0/255.255.255.255\n       ^^^^^^^^^^^^^^^^^^^^^^^ for every IPv4 address write `0.0.0.0/0`\n"),
        bad("[bob]\npermit = 0.0.0.0/255.255.255.0\n         ^^^^^^^^^^^^^^^^^^^^^ write the network that is meant\n"),
        bad("[bob]\npermit = 10.0.0.1,!0.0.0.0/8\n                  ^^^^^^^^^^ a network that nobody is in; matches no client\n"),
        good("[bob]\npermit = 0.0.0.0/1\n").because("half of all addresses"),
        good("[bob]\ndeny = 0.0.0.0/0.0.0.0,::/0,0/0\npermit = 127.0.0.1/255.255.255.0,192.168.0.1/24,10.0.0/24\n"),
        good("[bob]\npermit = 127.1,192.168.001.001,10.0.0.1/32,fd00::1/8\n"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let accounts = &manager.accounts;
    let closed = manager.is_closed();
    let severity = if closed { Severity::Info } else { Severity::Warning };
    let mut lists = Set::default();
    let mut lines = Set::default();
    let is_permit = |rule: &AclRule| rule.sense == Sense::Permit;
    let mut fronts = None;
    for acl in accounts.users.iter().flat_map(|user| &user.acls).filter(|acl| acl.state == AclState::Ok) {
        if !lists.insert(key(acl)) {
            continue;
        }
        for rules in acl.rules.chunk_by(|one, two| one.at == two.at) {
            let at = rules[0].at;
            if rules.iter().all(|rule| rule.is_plain) {
                continue;
            }
            let effective = accounts.effective(context.effective, at.part);
            let Some(written) = effective.written(at.line).filter(|_| lines.insert(at)) else { continue };
            let (bytes, value) = (written.value.bytes, written.value.range);
            // Other text than this line's: the rules may be those of another item.
            if written.operator == Operator::Append || is_template(bytes) || value.len() != bytes.len() {
                continue;
            }
            let mut start = value.start;
            for (item, rule) in bytes.split(|&byte| byte == b',').zip(rules) {
                let range: Range<usize> = start..start + item.len();
                start = range.end + 1;
                let text = item.strip_prefix(b"!").unwrap_or(item);
                if let Some((message, effect, help)) = trap(text, rule.network, rule.sense) {
                    let span = effective.span(at.line, range.start + (item.len() - text.len())..range.end);
                    let finding = findings.at(effective.span(at.line, range), message, effect);
                    finding.severity(severity).help(help);
                    let is_front = || fronts.get_or_insert_with(|| Fronts::of(manager, is_permit)).has(at);
                    if let Some((safety, new)) = mended(text, rule.network, rule.sense, is_front)
                        && !mend::is_looked_for(context, written.name.bytes)
                        && !effective.line(at.line).is_tangled()
                    {
                        let title = match safety {
                            Safety::Safe => format!("write what it is read as: `{new}`"),
                            _ => format!("write `{new}`"),
                        };
                        finding.fix(safety, title, span, new);
                    }
                }
            }
        }
    }
}

/// What is wrong with an item, what Asterisk makes of it, and the way out.
fn trap(item: &[u8], network: Network, sense: Sense) -> Option<(String, String, String)> {
    let (address, mask) = match item.iter().position(|&byte| byte == b'/') {
        Some(at) => (&item[..at], Some(&item[at + 1..])),
        None => (item, None),
    };
    let family = if matches!(network, Network::V6 { .. }) { "IPv6" } else { "IPv4" };
    if is_nobody(network) && !has_host(address) {
        let message = match network {
            Network::V4 { mask: u32::MAX, .. } | Network::V6 { .. } => {
                format!("`{}` is one address, which nobody has", show(item))
            }
            Network::V4 { .. } => format!("`{}` is a network that nobody is in", show(item)),
        };
        let help = match (sense, family) {
            (Sense::Permit, "IPv4") => "write the network that is meant, for example `10.0.0.0/255.255.255.0`".to_owned(),
            (Sense::Permit, _) => "write the network that is meant, for example `fd00::/8`".to_owned(),
            (Sense::Deny, "IPv4") => "for every IPv4 address write `0.0.0.0/0`".to_owned(),
            (Sense::Deny, _) => "for every IPv6 address write `::/0`".to_owned(),
        };
        return Some((message, "matches no client".to_owned(), help));
    }
    if is_all(network) && has_host(address) {
        let message = format!("a mask of 0 leaves nothing of `{}`", show(address));
        let help = format!("write `{}` for this address alone, or the mask that is meant", show(address));
        return Some((message, format!("matches every {family} address"), help));
    }
    let Network::V4 { address: read, mask: bits } = network else { return None };
    if bits.leading_ones() + bits.trailing_zeros() != u32::BITS {
        let message = format!("the mask `{}` has gaps", show(mask.unwrap_or_default()));
        let effect = format!("reads it as {}, and compares just these bits", Ipv4Addr::from_bits(bits));
        let inverse = Ipv4Addr::from_bits(!bits);
        let help = match (!bits).leading_ones() + (!bits).trailing_zeros() == u32::BITS {
            true => format!("a mask has its ones in front: write `{inverse}`"),
            false => "write a prefix, as in `10.0.0.0/8`, or a mask of four numbers".to_owned(),
        };
        return Some((message, effect, help));
    }
    let (plain, count) = plain(address)?;
    // A short loopback address is what everybody takes it for.
    if plain & bits == read || mask.is_none() && count < 4 && address.starts_with(b"127.") {
        return None;
    }
    let message = format!("`{}` is not the address that it looks like", show(item));
    let help = match count {
        4 => "take the leading zeros out: they make a number octal",
        _ => "write all four numbers of the address",
    };
    Some((message, format!("reads it as {network}"), help.to_owned()))
}

/// An item written so that it says what is meant, or what it is read as.
fn mended(
    item: &[u8],
    network: Network,
    sense: Sense,
    is_front: impl FnOnce() -> bool,
) -> Option<(Safety, String)> {
    let (address, mask) = match item.iter().position(|&byte| byte == b'/') {
        Some(at) => (&item[..at], Some(std::str::from_utf8(&item[at + 1..]).ok()?)),
        None => (item, None),
    };
    if is_nobody(network) {
        // `0.0.0.0` alone is plainly everybody. In front of all permits it takes nothing from anybody who has one.
        let all = match network {
            Network::V4 { mask: u32::MAX, .. } => "0.0.0.0/0",
            Network::V6 { .. } => "::/0",
            Network::V4 { .. } => return None,
        };
        let is_meant = sense == Sense::Deny && !has_host(address) && is_front();
        return is_meant.then(|| (Safety::Hardening, all.to_owned()));
    }
    match network {
        Network::V4 { mask: 0, .. } => Some((Safety::Safe, "0.0.0.0/0".to_owned())),
        Network::V6 { mask: 0, .. } => Some((Safety::Safe, "::/0".to_owned())),
        Network::V6 { .. } => None,
        Network::V4 { address, mask: bits } if bits.leading_ones() + bits.trailing_zeros() != u32::BITS => {
            let (is_inverse, inverse) = ((!bits).leading_ones() + (!bits).trailing_zeros() == u32::BITS, !bits);
            let (written, count) = plain(&item[..item.len() - mask?.len() - 1])?;
            let is_certain = is_inverse && count == 4 && written & bits == address;
            is_certain.then(|| (Safety::Widening, format!("{}/{}", Ipv4Addr::from_bits(written), Ipv4Addr::from_bits(inverse))))
        }
        Network::V4 { address, .. } => {
            let mask = mask.map(|mask| format!("/{mask}")).unwrap_or_default();
            Some((Safety::Safe, format!("{}{mask}", Ipv4Addr::from_bits(address))))
        }
    }
}

/// Does an address as written say more than zero?
fn has_host(address: &[u8]) -> bool {
    let inner = address.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(address);
    match std::str::from_utf8(inner).ok().and_then(|text| text.parse::<Ipv6Addr>().ok()) {
        Some(address) => !address.is_unspecified(),
        None => plain(address).is_some_and(|(address, _)| address != 0),
    }
}

/// An IPv4 address as people read it, in decimal and with zeros for the numbers that are not there, and how many there
/// are.
fn plain(address: &[u8]) -> Option<(u32, usize)> {
    let mut bytes = [0; 4];
    let mut count = 0;
    for part in address.split(|&byte| byte == b'.') {
        let text = std::str::from_utf8(part).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        *bytes.get_mut(count)? = text.parse().ok()?;
        count += 1;
    }
    Some((u32::from_be_bytes(bytes), count))
}
