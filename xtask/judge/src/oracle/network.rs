//! A network of our own: nothing that listens in it can be reached from outside, and its addresses are all ours.

use std::io;
use std::mem;
use std::net::IpAddr;

use amictl::testing::scenario::ADDRESSES;
use anyhow::{Context, Result};
use nix::sched::{CloneFlags, unshare};

use super::install::Unavailable;

/// Puts this thread, and all that it starts from now on, into a network with [`ADDRESSES`] and no way out.
pub(crate) fn leave() -> Result<()> {
    if let Err(error) = unshare(CloneFlags::CLONE_NEWNET) {
        let message = format!("managers are asked in a network of their own, which takes root ({error})");
        return Err(Unavailable(message).into());
    }
    up().context("cannot bring up the loopback interface")?;
    for (at, (address, length)) in ADDRESSES.into_iter().enumerate() {
        let ip: IpAddr = address.parse()?;
        add(at, ip, length).with_context(|| format!("cannot take the address {address}"))?;
    }
    Ok(())
}

/// `lo`, as the kernel takes a name; an alias for each address of IPv4 but the first.
fn request(alias: usize) -> libc::ifreq {
    // SAFETY: an `ifreq` of zeros is a valid one: numbers and pointers that nobody follows.
    #[expect(unsafe_code, reason = "the kernel wants the rest to be zero")]
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    let name = if alias == 0 { "lo".to_owned() } else { format!("lo:{alias}") };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from.cast_signed();
    }
    request
}

fn up() -> io::Result<()> {
    let mut request = request(0);
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    ask(libc::AF_INET, libc::SIOCSIFFLAGS, &mut request)
}

/// The kernel takes the whole network of an IPv4 address of `lo` for its own.
fn add(alias: usize, ip: IpAddr, length: u8) -> io::Result<()> {
    match ip {
        IpAddr::V4(ip) if ip.is_loopback() => Ok(()),
        IpAddr::V6(ip) if ip.is_loopback() => Ok(()),
        IpAddr::V4(ip) => {
            let own = |bits: u32| {
                let mut request = request(alias);
                let address = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: 0,
                    sin_addr: libc::in_addr { s_addr: bits.to_be() },
                    sin_zero: [0; 8],
                };
                // SAFETY: both are plain numbers of the same size, and the kernel reads the one as the other.
                #[expect(unsafe_code, reason = "the kernel reads this field as any kind of address")]
                let address: libc::sockaddr = unsafe { mem::transmute(address) };
                request.ifr_ifru.ifru_addr = address;
                request
            };
            ask(libc::AF_INET, libc::SIOCSIFADDR, &mut own(ip.to_bits()))?;
            ask(libc::AF_INET, libc::SIOCSIFNETMASK, &mut own(u32::MAX << (32 - length)))
        }
        IpAddr::V6(ip) => {
            let address = libc::in6_addr { s6_addr: ip.octets() };
            let mut request =
                libc::in6_ifreq { ifr6_addr: address, ifr6_prefixlen: length.into(), ifr6_ifindex: LOOPBACK };
            ask(libc::AF_INET6, libc::SIOCSIFADDR, &mut request)
        }
    }
}

/// The number of `lo`, which is the first interface of every network.
const LOOPBACK: libc::c_int = 1;

fn ask<R>(family: libc::c_int, what: libc::Ioctl, request: &mut R) -> io::Result<()> {
    // SAFETY: the descriptor is open until it is closed here; the kernel reads a request of the kind that `what` names.
    #[expect(unsafe_code, reason = "interfaces are set up by ioctl")]
    unsafe {
        let socket = libc::socket(family, libc::SOCK_DGRAM, 0);
        if socket < 0 {
            return Err(io::Error::last_os_error());
        }
        let answer = match libc::ioctl(socket, what, std::ptr::from_mut(request)) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        };
        libc::close(socket);
        answer
    }
}
