//! Address rules: `permit` and `deny`, and how they are applied.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::At;
use super::value::{address_only, atoi};
use crate::text::is_blank;

/// What a rule does with an address that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// Lets it in.
    Permit,
    /// Keeps it out.
    Deny,
}

/// The addresses that a rule matches. Masks are applied bit by bit and need not be contiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Of IPv4.
    V4 {
        /// The address, masked.
        address: u32,
        /// The mask.
        mask: u32,
    },
    /// Of IPv6.
    V6 {
        /// The address, masked.
        address: u128,
        /// The mask.
        mask: u128,
    },
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub sense: Sense,
    /// With which addresses.
    pub network: Network,
    /// It was written as an IPv6 address that stands for an IPv4 one (`::ffff:10.0.0.1`).
    pub mapped: bool,
    /// It is written in the usual way, and means what it looks like.
    pub is_plain: bool,
    /// The line that it stands on.
    pub at: At,
}

/// Why an item of `permit` or `deny` is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing stands before, behind or between commas.
    #[error("an item is empty")]
    Empty,
    /// A blank beside the address.
    #[error("a blank stands beside an address")]
    Blank,
    /// A port behind the address.
    #[error("an address has a port")]
    Port,
    /// Anything else that is no numeric address.
    #[error("an item is no numeric address")]
    NoAddress,
    /// A prefix that is no number, or out of range, or a mask that is no address.
    #[error("a mask cannot be read")]
    Mask,
    /// An IPv4 address with an IPv6 mask, or the other way round.
    #[error("an address and its mask are of different families")]
    Families,
}

/// Some item of a value that is no rule; those before it are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadItem {
    /// Where it stands in the value.
    pub range: Range<usize>,
    /// Why.
    pub fault: Fault,
}

/// Adds the rules of one value to a list, up to the first item that is none.
///
/// Asterisk: `ast_append_ha` in main/acl.c, alike in all releases.
///
/// # Errors
///
/// That item.
pub fn append(sense: Sense, value: &[u8], at: At, rules: &mut Vec<Rule>) -> Result<(), BadItem> {
    if rules.capacity() == 0 {
        // Most lists are a `deny` and a `permit`.
        rules.reserve_exact(2);
    }
    let mut start = 0;
    for item in value.split(|&byte| byte == b',') {
        let range = start..start + item.len();
        start = range.end + 1;
        let (item, sense) = match (item, sense) {
            ([b'!', rest @ ..], Sense::Permit) => (rest, Sense::Deny),
            ([b'!', rest @ ..], Sense::Deny) => (rest, Sense::Permit),
            _ => (item, sense),
        };
        let (network, mapped) = network(item).map_err(|fault| BadItem { range, fault })?;
        rules.push(Rule { sense, network, mapped, is_plain: is_plain(item, network), at });
    }
    Ok(())
}

/// `address`, `address/prefix` or `address/mask`, and whether the address was a mapped one.
fn network(item: &[u8]) -> Result<(Network, bool), Fault> {
    let slash = item.iter().position(|&byte| byte == b'/');
    let (address, mask) = slash.map_or((item, None), |at| (&item[..at], Some(&item[at + 1..])));
    let (address, mapped) = unmapped(numeric(address)?);
    let mask = match mask {
        None => None,
        Some(mask) if mask.iter().any(|byte| b":.".contains(byte)) => {
            Some(unmapped(numeric(mask).map_err(|_| Fault::Mask)?).0)
        }
        Some(mask) => {
            let prefix = prefix(mask).and_then(|prefix| u32::try_from(prefix).ok()).ok_or(Fault::Mask)?;
            return Ok((Network::with_prefix(address, prefix).ok_or(Fault::Mask)?, mapped));
        }
    };
    let network = match (address, mask) {
        (_, None) => Network::host(address),
        (IpAddr::V4(address), Some(IpAddr::V4(mask))) => Network::v4(address.to_bits(), mask.to_bits()),
        (IpAddr::V6(address), Some(IpAddr::V6(mask))) => Network::v6(address.to_bits(), mask.to_bits()),
        _ => return Err(Fault::Families),
    };
    Ok((network, mapped))
}

/// Is there nothing to say of how an item is written: four decimal numbers without zeros in front, or anything of IPv6, with
/// a mask that has its ones in front, and no more than the address of everybody where that is 0?
fn is_plain(item: &[u8], network: Network) -> bool {
    let address = item.split(|&byte| byte == b'/').next().unwrap_or_default();
    let (address_bits, mask) = match network {
        Network::V4 { mask: 0, .. } => return address == b"0.0.0.0",
        Network::V6 { mask: 0, .. } => return address == b"::",
        Network::V6 { address, .. } => return address != 0,
        Network::V4 { address, mask } => (address, mask),
    };
    let is_number = |part: &[u8]| part.len() == 1 || !part.starts_with(b"0");
    let parts = address.split(|&byte| byte == b'.');
    address_bits != 0
        && mask.leading_ones() + mask.trailing_zeros() == u32::BITS
        && address.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && parts.clone().count() == 4
        && parts.into_iter().all(is_number)
}

/// An address alone: a port behind it is an error.
fn numeric(text: &[u8]) -> Result<IpAddr, Fault> {
    let has_port = match text {
        [b'[', rest @ ..] => {
            let end = rest.iter().position(|&byte| byte == b']').unwrap_or(rest.len());
            rest.get(end + 1) == Some(&b':')
        }
        _ => text.iter().filter(|&&byte| byte == b':').count() == 1,
    };
    match (address_only(text), text) {
        _ if has_port => Err(Fault::Port),
        (Some(address), _) => Ok(address.ip),
        (None, []) => Err(Fault::Empty),
        (None, [first, ..]) if is_blank(*first) || text.last().is_some_and(|&last| is_blank(last)) => Err(Fault::Blank),
        (None, _) => Err(Fault::NoAddress),
    }
}

fn unmapped(address: IpAddr) -> (IpAddr, bool) {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or((address, false), |v4| (v4.into(), true)),
        IpAddr::V4(_) => (address, false),
    }
}

/// A decimal number as `sscanf` with `%30d` reads it: as `atoi`, but of up to 30 characters behind the blanks, and it must
/// be there.
fn prefix(text: &[u8]) -> Option<i32> {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | 9..=13)).count();
    let text = &text[blanks..text.len().min(blanks + 30)];
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    unsigned.first().is_some_and(u8::is_ascii_digit).then(|| atoi(text))
}

impl Network {
    fn v4(address: u32, mask: u32) -> Network {
        Network::V4 { address: address & mask, mask }
    }

    fn v6(address: u128, mask: u128) -> Network {
        Network::V6 { address: address & mask, mask }
    }

    fn host(address: IpAddr) -> Network {
        match address {
            IpAddr::V4(address) => Network::v4(address.to_bits(), u32::MAX),
            IpAddr::V6(address) => Network::v6(address.to_bits(), u128::MAX),
        }
    }

    fn with_prefix(address: IpAddr, prefix: u32) -> Option<Network> {
        Some(match address {
            IpAddr::V4(address) => {
                Network::v4(address.to_bits(), u32::MAX.checked_shl(32u32.checked_sub(prefix)?).unwrap_or(0))
            }
            IpAddr::V6(address) => {
                Network::v6(address.to_bits(), u128::MAX.checked_shl(128u32.checked_sub(prefix)?).unwrap_or(0))
            }
        })
    }

    /// Is it one of IPv6?
    pub fn is_v6(self) -> bool {
        matches!(self, Network::V6 { .. })
    }

    /// Does it hold an address? One of IPv4 may also be given in its IPv6 form, as a listener on `::` sees it; a network
    /// never holds an address of the other family.
    ///
    /// Asterisk: `ast_apply_ha` in main/acl.c.
    pub fn holds(self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Network::V4 { address, mask }, IpAddr::V4(client)) => client.to_bits() & mask == address,
            (Network::V6 { address, mask }, IpAddr::V6(client)) => client.to_bits() & mask == address,
            _ => false,
        }
    }
}

/// `10.0.0.0/255.0.0.0`, as `manager show user` prints it.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Network::V4 { address, mask } => {
                write!(f, "{}/{}", Ipv4Addr::from_bits(address), Ipv4Addr::from_bits(mask))
            }
            Network::V6 { address, mask } => {
                write!(f, "{}/{}", Ipv6Addr::from_bits(address), Ipv6Addr::from_bits(mask))
            }
        }
    }
}

/// The rule that decides about an address: the last one that matches; nothing when none does, and the address is let in.
///
/// Asterisk: `ast_apply_ha` in main/acl.c, alike in all releases.
pub fn deciding(rules: &[Rule], address: IpAddr) -> Option<&Rule> {
    rules.iter().rev().find(|rule| rule.network.holds(address))
}

/// What a list of rules says to an address.
pub fn verdict(rules: &[Rule], address: IpAddr) -> Sense {
    deciding(rules, address).map_or(Sense::Permit, |rule| rule.sense)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(item: &str) -> Result<String, Fault> {
        network(item.as_bytes()).map(|(network, _)| network.to_string())
    }

    #[test]
    fn items_are_read_as_asterisk_reads_them() {
        for (item, want) in [
            ("127.0.0.77/16", "127.0.0.0/255.255.0.0"),
            ("127.0.0.1", "127.0.0.1/255.255.255.255"),
            ("127/8", "0.0.0.0/255.0.0.0"),
            ("0127.0.0.0/8", "87.0.0.0/255.0.0.0"),
            ("127.1", "127.0.0.1/255.255.255.255"),
            ("10.1.2.3/255.255", "10.0.0.3/255.0.0.255"),
            ("10.1.2.3/255.0.255.0", "10.0.2.0/255.0.255.0"),
            ("10.0.0.0/8abc", "10.0.0.0/255.0.0.0"),
            ("10.0.0.0/ 8", "10.0.0.0/255.0.0.0"),
            ("10.0.0.0/+8", "10.0.0.0/255.0.0.0"),
            ("10.0.0.0/8/16", "10.0.0.0/255.0.0.0"),
            ("10.0.0.0/4294967304", "10.0.0.0/255.0.0.0"),
            ("10.0.0.0/0x10", "0.0.0.0/0.0.0.0"),
            ("::ffff:127.0.0.1/32", "127.0.0.1/255.255.255.255"),
            ("[::1]", "::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fe80::1/10", "fe80::/ffc0::"),
            ("fe80::1/ffff::", "fe80::/ffff::"),
            ("::/0", "::/::"),
        ] {
            assert_eq!(read(item).as_deref(), Ok(want), "{item}");
        }
        for (item, fault) in [
            ("", Fault::Empty),
            (" 127.0.0.1", Fault::Blank),
            ("127.0.0.1 ", Fault::Blank),
            ("127.0.0.1:5038", Fault::Port),
            ("[::1]:5038", Fault::Port),
            ("localhost", Fault::NoAddress),
            ("10.0.0.256", Fault::NoAddress),
            ("10.0.0.0/33", Fault::Mask),
            ("10.0.0.0/-1", Fault::Mask),
            ("10.0.0.0/", Fault::Mask),
            ("10.0.0.0/99999999999999999999", Fault::Mask),
            ("::1/129", Fault::Mask),
            ("::ffff:127.0.0.1/104", Fault::Mask),
            ("10.0.0.0/ffff::", Fault::Families),
        ] {
            assert_eq!(read(item), Err(fault), "{item}");
        }
    }

    #[test]
    fn families_do_not_meet() {
        let holds = |item: &str, client: &str| network(item.as_bytes()).unwrap().0.holds(client.parse().unwrap());
        assert!(holds("127.0.0.0/8", "::ffff:127.0.0.1") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "::1") && !holds("::/0", "127.0.0.1"));
    }
}
