//! Values as Asterisk reads them: C's own notations, with what C does at their edges.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Is a text one of the words for yes: `yes true y t 1 on`, in any letter case? Everything else is no.
///
/// Source: `ast_true` (main/utils.c), all releases.
pub(crate) fn truth(text: &[u8]) -> bool {
    [&b"yes"[..], b"true", b"y", b"t", b"1", b"on"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The decimal number that a text begins with, as C's `atoi` has it: what follows is not looked at, no number is 0, and
/// what does not fit into 64 bits is the nearest that does, of which the lower 32 are taken.
///
/// Source: glibc, where `atoi` is `strtol` cut to an `int`; recorded on 13.12.2 to 23.4.1.
pub(crate) fn atoi(text: &[u8]) -> i32 {
    let text = skip_space(text);
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).map(|&byte| i64::from(byte - b'0'));
    let number = digits.fold(0_i64, |number, digit| match negative {
        true => number.saturating_mul(10).saturating_sub(digit),
        false => number.saturating_mul(10).saturating_add(digit),
    });
    number as i32
}

/// A port of the plain listener: wholly a number of 1024 to 65535, decimal, `0x` or octal with a leading `0`.
///
/// Source: `ast_parse_arg` (main/config.c) with `PARSE_UINT32 | PARSE_IN_RANGE`, all releases.
pub(crate) fn port(text: &[u8]) -> Option<u16> {
    let text = &text[text.iter().take_while(|&&byte| crate::text::is_blank(byte)).count()..];
    let number = c_number(text.strip_prefix(b"+").unwrap_or(text))?;
    u16::try_from(number).ok().filter(|&port| port >= 1024)
}

/// An address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'t> {
    /// The address.
    pub ip: IpAddr,
    /// The interface that an IPv6 address is bound to, as written behind its `%`.
    pub interface: Option<&'t [u8]>,
    /// The port; 0 when none is given.
    pub port: u16,
}

impl<'t> Address<'t> {
    /// All addresses of both families: what Asterisk takes when it is told nothing it can read.
    pub const ANY: Address<'static> = Address { ip: IpAddr::V6(Ipv6Addr::UNSPECIFIED), interface: None, port: 0 };

    /// The same with a port.
    pub fn with_port(self, port: u16) -> Address<'t> {
        Address { port, ..self }
    }

    /// Does it take connections to more than one address?
    pub fn is_any(self) -> bool {
        self.ip.to_canonical().is_unspecified()
    }

    /// Would two sockets that listen on these collide? Linux: `::` takes IPv4 as well.
    pub(crate) fn collides(self, other: Address<'_>) -> bool {
        let (one, two) = (self.ip.to_canonical(), other.ip.to_canonical());
        let covers = |any: IpAddr, ip: IpAddr| match any {
            IpAddr::V6(any) => any.is_unspecified(),
            IpAddr::V4(any) => any.is_unspecified() && ip.is_ipv4(),
        };
        self.port == other.port
            && (one == two && self.interface == other.interface || covers(one, two) || covers(two, one))
    }
}

/// As Asterisk prints it: IPv6 in brackets, an IPv4 address mapped into IPv6 as the IPv4 address that it is.
///
/// Source: `ast_sockaddr_stringify` (main/netsock2.c), all releases.
impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip.to_canonical() {
            IpAddr::V4(ip) => write!(f, "{ip}:{}", self.port),
            IpAddr::V6(ip) => {
                write!(f, "[")?;
                match ip.segments() {
                    // glibc prints the last four bytes in dots where nothing but zeros stands before them.
                    [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
                        let [.., a, b, c, d] = ip.octets();
                        write!(f, "::{a}.{b}.{c}.{d}")?;
                    }
                    _ => write!(f, "{ip}")?,
                }
                match self.interface {
                    Some(name) => write!(f, "%{}]:{}", String::from_utf8_lossy(name), self.port),
                    None => write!(f, "]:{}", self.port),
                }
            }
        }
    }
}

/// The address of `bindaddr`; its port part, whatever it is, is not looked at.
///
/// Source: `ast_sockaddr_parse` (main/netsock2.c) with `PARSE_PORT_IGNORE`, all releases.
pub(crate) fn address_only(text: &[u8]) -> Option<Address<'_>> {
    let (ip, interface) = numeric(split_host_port(text).0)?;
    Some(Address { ip, interface, port: 0 })
}

/// The address of `tlsbindaddr`, with its port, if it has one.
///
/// Source: `ast_sockaddr_parse` (main/netsock2.c) without a port flag, all releases; what is a port is glibc's
/// `getaddrinfo` with `AI_NUMERICSERV`, where 70000 is 4464.
pub(crate) fn address_and_port(text: &[u8]) -> Option<Address<'_>> {
    let (host, service) = split_host_port(text);
    let service = service.filter(|service| *service != b"*");
    let port = service.map_or(Some(0), service_port)?;
    // A `*` is "no name" to getaddrinfo, which then means this machine.
    if host == b"*" && service.is_some() {
        return Some(Address { ip: Ipv6Addr::LOCALHOST.into(), interface: None, port });
    }
    let (ip, interface) = numeric(host)?;
    Some(Address { ip, interface, port })
}

/// Source: `ast_sockaddr_split_hostport` (main/netsock2.c), all releases.
fn split_host_port(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    if let Some(inner) = text.strip_prefix(b"[") {
        let end = memchr::memchr(b']', inner).unwrap_or(inner.len());
        return (&inner[..end], inner[end..].strip_prefix(b"]:"));
    }
    let mut colons = memchr::memchr_iter(b':', text);
    match (colons.next(), colons.next()) {
        (Some(at), None) => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    }
}

/// What glibc makes of a numeric service: decimal, cut to 32 bits, refused below 0, and then to 16.
fn service_port(text: &[u8]) -> Option<u16> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = skip_space(text);
    let (negative, digits) = match digits {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number =
        digits.iter().try_fold(0_u64, |number, &digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
    let number = number.map_or(u64::MAX, |number| if negative { number.wrapping_neg() } else { number });
    let (as_int, as_port) = (number as i32, number as u16);
    (as_int >= 0).then_some(as_port)
}

/// A numeric address, and the interface behind the `%` of an IPv6 one.
///
/// Source: glibc, `getaddrinfo` with `AI_NUMERICHOST`. An interface that has a name is taken as there: whether it is,
/// only the switch knows.
fn numeric(host: &[u8]) -> Option<(IpAddr, Option<&[u8]>)> {
    if let Some(ip) = ipv4_inet_aton(host) {
        return Some((ip.into(), None));
    }
    let (ip, interface) = match memchr::memchr(b'%', host) {
        Some(at) => (&host[..at], Some(&host[at + 1..])),
        None => (host, None),
    };
    let ip: Ipv6Addr = std::str::from_utf8(ip).ok()?.parse().ok()?;
    let fits = interface.is_none_or(|name| is_index(name) || is_named(name) && takes_names(ip));
    fits.then_some((ip.into(), interface))
}

/// Is it `fe80::/10`? Such an address is of no use without an interface.
pub(crate) fn is_link_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xFFC0 == 0xFE80
}

/// Is an interface given by its number?
fn is_index(name: &[u8]) -> bool {
    let text = std::str::from_utf8(name).unwrap_or_default();
    name.iter().all(u8::is_ascii_digit) && text.parse::<u32>().is_ok()
}

/// Can an interface of Linux have this name?
fn is_named(name: &[u8]) -> bool {
    let odd = |&byte: &u8| matches!(byte, b'/' | b':') || byte.is_ascii_whitespace();
    (1..16).contains(&name.len()) && !name.iter().any(odd) && !name.iter().all(u8::is_ascii_digit)
}

/// glibc takes the name of an interface only behind an address that means nothing without one.
fn takes_names(ip: Ipv6Addr) -> bool {
    is_link_local(ip) || ip.segments()[0] & 0xFF0F == 0xFF02
}

/// An IPv4 address in any of the notations of `inet_aton`: one to four numbers, each decimal, `0x` or octal with a
/// leading `0`; the last one fills the bytes that are left (`127.1`, `2130706433`). All of the text must be used.
///
/// Source: `getaddrinfo` with `AI_NUMERICHOST`, which `ast_sockaddr_parse` (main/netsock2.c) calls, in glibc 2.29 and
/// later; all releases.
pub(crate) fn ipv4_inet_aton(text: &[u8]) -> Option<Ipv4Addr> {
    let mut parts = text.split(|&byte| byte == b'.').peekable();
    let mut address = 0;
    for left in [32, 24, 16, 8] {
        let part = c_number(parts.next()?)?;
        if parts.peek().is_none() {
            let rest = u32::try_from(part).ok().filter(|_| part < 1 << left)?;
            return Some(Ipv4Addr::from(address | rest));
        }
        address |= u32::from(u8::try_from(part).ok()?) << (left - 8);
    }
    None
}

/// A whole text of digits, as `strtoul` with base 0 reads it: `10`, `0x1F`, `017`. `None` beyond 32 bits.
pub(super) fn c_number(text: &[u8]) -> Option<u64> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, text),
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |number: u64, &digit| {
        let number = number * u64::from(base) + u64::from(char::from(digit).to_digit(base)?);
        (number <= u64::from(u32::MAX)).then_some(number)
    })
}

/// A part of a value; it is copied only where the value is.
pub(super) fn part<'t>(value: &Cow<'t, [u8]>, range: Range<usize>) -> Cow<'t, [u8]> {
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_vec()),
    }
}

/// Behind what `isspace` skips.
fn skip_space(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_is_six_words_and_no_is_the_rest() {
        assert!(["yes", "YES", "true", "y", "T", "1", "oN"].iter().all(|text| truth(text.as_bytes())));
        let others = ["no", "", "2", "01", "-1", "enable", "ok", "\"yes\"", "ye", "yes!", "1.0", "yes yes", "+1"];
        assert!(!others.iter().any(|text| truth(text.as_bytes())));
    }

    #[test]
    fn numbers_are_what_atoi_makes_of_them() {
        for (text, want) in [
            ("30s", 30),
            ("1m", 1),
            ("1.9", 1),
            ("010", 10),
            ("0x10", 0),
            ("", 0),
            ("abc", 0),
            (" \t7", 7),
            ("-5", -5),
            ("+5", 5),
            ("- 5", 0),
            ("2147483648", i32::MIN),
            ("99999999999", 1_215_752_191),
            ("99999999999999999999999", -1),
            ("-99999999999999999999999", 0),
        ] {
            assert_eq!(atoi(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn a_port_is_wholly_a_number_in_range() {
        for text in ["5038", "0x13AE", "011656", "+5038", " 5038"] {
            assert_eq!(port(text.as_bytes()), Some(5038), "{text}");
        }
        assert_eq!((port(b"1024"), port(b"65535")), (Some(1024), Some(65535)));
        let bad = ["80", "1023", "65536", "0", "-1", "", "abc", "5038x", "5038.5", "5,038", "1e4", "99999999999", "0x"];
        assert!(bad.iter().all(|text| port(text.as_bytes()).is_none()));
    }

    /// The answers are glibc's own, asked through getaddrinfo.
    #[test]
    fn ipv4_has_the_notations_of_c() {
        for (text, want) in [
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("0", "0.0.0.0"),
            ("2130706433", "127.0.0.1"),
            ("0x7f000001", "127.0.0.1"),
            ("127.0.0", "127.0.0.0"),
            ("0177.0.0.1", "127.0.0.1"),
            ("127.002.003.004", "127.2.3.4"),
            ("0x1.0x2", "1.0.0.2"),
            ("00000000000000000000000010.1", "8.0.0.1"),
            ("0x0000000000000001", "0.0.0.1"),
            ("1.16777215", "1.255.255.255"),
        ] {
            assert_eq!(ipv4_inet_aton(text.as_bytes()).map(|ip| ip.to_string()).as_deref(), Some(want), "{text}");
        }
        for text in [
            "",
            "0x",
            "08",
            "1.",
            "1..2",
            ".1",
            "+1",
            "-1",
            " 1.2.3.4",
            "1.2.3.4 ",
            "1.2.3.4.5",
            "256.0.0.1",
            "4294967296",
            "1.2.65536",
            "1.2.3.256",
            "1.16777216",
            "0b1",
            "127.0.0.1/8",
            "localhost",
            "1.2.3.4%1",
        ] {
            assert_eq!(ipv4_inet_aton(text.as_bytes()), None, "{text}");
        }
    }

    fn shown(address: Option<Address<'_>>) -> String {
        address.map_or_else(|| "-".to_owned(), |address| address.to_string())
    }

    #[test]
    fn bindaddr_is_numeric_and_its_port_does_not_count() {
        for (text, want) in [
            ("127.0.0.1", "127.0.0.1:0"),
            ("[127.0.0.1]", "127.0.0.1:0"),
            ("127.0.0.1:6000", "127.0.0.1:0"),
            ("127.0.0.1:abc", "127.0.0.1:0"),
            ("127.0.0.1:99999", "127.0.0.1:0"),
            ("::1", "[::1]:0"),
            ("[::1]:6000", "[::1]:0"),
            ("[::1", "[::1]:0"),
            ("::1:6000", "[::0.1.96.0]:0"),
            ("::ffff:127.0.0.1", "127.0.0.1:0"),
            ("::1.2.3.4", "[::1.2.3.4]:0"),
            ("fe80::1%lo", "[fe80::1%lo]:0"),
            ("fe80::1%7", "[fe80::1%7]:0"),
            ("::1%1", "[::1%1]:0"),
            ("1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:0"),
            ("::1:2:3:4:5:6:7", "[0:1:2:3:4:5:6:7]:0"),
        ] {
            assert_eq!(shown(address_only(text.as_bytes())), want, "{text}");
        }
        for text in [
            "localhost",
            "",
            "*",
            "any",
            "127.0.0.1/8",
            "256.0.0.1",
            "\"127.0.0.1\"",
            "eth0",
            "127.0.0.1,127.0.0.2",
            ":6000",
            "::1%lo",
            "fe80::1%",
            "fe80::1%4294967296",
            "fe80::1%1:",
            "::ffff:127.1",
            "::ffff:0127.0.0.1",
            "12345::",
            "::00001",
            "1:2:3:4:5:6:7:8::",
        ] {
            assert_eq!(address_only(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn tlsbindaddr_has_a_port_as_glibc_reads_it() {
        for (text, want) in [
            ("127.0.0.1", "127.0.0.1:0"),
            ("127.0.0.1:", "127.0.0.1:0"),
            ("127.0.0.1:443", "127.0.0.1:443"),
            ("127.0.0.1:70000", "127.0.0.1:4464"),
            ("127.0.0.1:4294967376", "127.0.0.1:80"),
            ("127.0.0.1:+80", "127.0.0.1:80"),
            ("127.0.0.1: 80", "127.0.0.1:80"),
            ("127.0.0.1:*", "127.0.0.1:0"),
            ("[::1]:6100", "[::1]:6100"),
            ("[::1]x:6100", "[::1]:0"),
            ("::1", "[::1]:0"),
            ("*:5061", "[::1]:5061"),
        ] {
            assert_eq!(shown(address_and_port(text.as_bytes())), want, "{text}");
        }
        for text in
            ["nonsense", "", "*", "*:*", ":5061", "127.0.0.1:-1", "127.0.0.1:abc", "127.0.0.1:80x", "localhost:5061"]
        {
            assert_eq!(shown(address_and_port(text.as_bytes())), "-", "{text}");
        }
        assert_eq!(address_and_port(b"127.0.0.1:99999999999999999999999"), None);
    }

    #[test]
    fn sockets_collide_on_overlapping_addresses() {
        let at = |text: &'static [u8]| address_and_port(text).expect("an address");
        assert!(at(b"127.0.0.1:1").collides(at(b"[::]:1")) && at(b"[::]:1").collides(at(b"[::1]:1")));
        assert!(at(b"0.0.0.0:1").collides(at(b"[::ffff:127.0.0.1]:1")));
        assert!(!at(b"0.0.0.0:1").collides(at(b"[::1]:1")) && !at(b"[::1]:1").collides(at(b"[::1]:2")));
        assert!(!at(b"127.0.0.1:1").collides(at(b"127.0.0.2:1")));
    }
}
