//! Secrets that everybody tries first.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address_lists::{Families, key, let_in};
use super::prelude::*;
use crate::config::manager::acl::{self, Network, Sense};
use crate::config::manager::listen::{Listener, State};
use crate::config::manager::{AclState, Manager, SecretState, User};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "well-known-secret",
    summary: "a secret stands in every word list, or is the user's own name",
    severity: Severity::Warning,
    doc: "\
The secret is a word out of sample files, manuals and products for Asterisk, or a handful of digits, or the name of \
the user itself. These are tried first by whoever scans for port 5038, and Asterisk does not slow them down but for a \
second at each failure. With `write = command`, `originate` or `system` the one that gets in has the switch, and the \
calls that it pays for.

Give the user a long random secret, such as `openssl rand -hex 24` makes. The secret is not printed here.

Nothing is said when only this machine can log in: when the manager listens on a loopback address or is not enabled, \
or when the user's ACL lets in nothing else. AMI over HTTP counts where the http.conf is here that opens it. An IPv4 `deny` does not keep out IPv6. Nor is anything said when an ACL \
is not here to be looked at.",
    source: "main/manager.c, authenticate and __init_manager; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
enabled = yes
[admin]
secret = mysecret
^^^^^^^^^^^^^^^^^ lets in whoever guesses it, from any address
[Bob]
secret = bob
^^^^^^^^^^^^ one of those that are tried first
deny = 0.0.0.0/0
permit = 10.0.0.0/8
"),
        bad("\
[general]
enabled = yes
[bob]
secret = 1234
^^^^^^^^^^^^^ whoever guesses it, from every address that the user's ACL lets in
deny = 0.0.0.0/0
permit = 127.0.0.1
")
        .because("the manager listens on IPv6 as well, which an IPv4 `deny` does not keep out"),
        bad("\
[general]
enabled = yes
bindaddr = 0.0.0.0
[bob]
secret = 1234
^^^^^^^^^^^^^ from any address
deny = 0.0.0.0/0,::/0
permit = 0.0.0.0/0
")
        .because("the `permit` undoes what the `deny` does to IPv4"),
        good(
            "\
[general]
enabled = yes
bindaddr = 0.0.0.0
[bob]
secret = 1234
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.0
",
        )
        .because("only this machine can log in"),
        bad("\
[general]
enabled = yes
bindaddr = 127.0.0.1
webenabled = yes
[bob]
secret = 1234
^^^^^^^^^^^^^ from any address
")
        .beside(&[("http.conf", "[general]\nenabled = yes\nbindaddr = 0.0.0.0\n")])
        .because("the HTTP server carries AMI as well"),
        good("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = 1234\n"),
        good("[general]\nenabled = no\n[bob]\nsecret = 1234\n").because("nothing listens"),
        good("[general]\nenabled = yes\n[bob]\nsecret = 1234\nacl = office\n").because("acl.conf is not here"),
        good("[general]\nenabled = yes\n[bob]\nsecret = 59f1c0b2d4\n[@U@]\nsecret = @U@\n"),
    ],
};

/// Out of sample files, manuals and products, and what people take when they do not want to think.
const WORDS: &str = "\
0000 1111 123 1234 12345 123456 1234567 12345678 123456789 admin admin123 administrator ami amp109 amp111 \
asterisk asterisk123 changeit changeme cron default demo elastix elastix456 freepbx guest letmein manager \
mysecret pass passw0rd password password123 pbx phpagi qwerty root secret secret123 secret5 secure test \
test123 testing trixbox user voip";

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut reach = Reach::by_any_way(manager);
    if reach.is_near() {
        return;
    }
    let mut seen = Set::default();
    for user in manager.accounts.users.iter().filter(|user| user.secret.value.state() == SecretState::Set) {
        let Some(at) = user.secret.at.filter(|_| is_well_known(user) && !is_placeholder(user.name)) else { continue };
        let restricted = reach.is_restricted(user);
        if !seen.insert((at, restricted)) || !reach.is_open(user) {
            continue;
        }
        let from = match restricted {
            true => "from every address that the user's ACL lets in",
            false => "from any address",
        };
        findings
            .at(
                manager.accounts.span(context.effective, at),
                "the secret is one of those that are tried first",
                format!("lets in whoever guesses it, {from}"),
            )
            .help("give it a long random secret, such as `openssl rand -hex 24` makes");
    }
}

pub(super) fn is_well_known(user: &User<'_>) -> bool {
    let secret = &user.secret.value;
    let is = |word: &[u8]| secret.accepts(word);
    is(user.name) || is(&user.name.to_ascii_lowercase()) || WORDS.split(' ').any(|word| is(word.as_bytes()))
}

/// Which addresses other than this machine's own may come in.
pub(super) struct Reach {
    /// Some of them, as many as need be asked of any ACL: not those that it names itself.
    clients: Vec<IpAddr>,
    families: Families,
    /// ACLs that were asked before. Many users may share a long one.
    known: Map<*const Vec<acl::Rule>, bool>,
}

/// Of an ACL so many rules that let somebody in are looked at, the last ones, which count first.
const MOST_PERMITS: usize = 16;

impl Reach {
    pub(super) fn of(manager: &Manager<'_>) -> Reach {
        Reach::through(&manager.listeners)
    }

    /// The same over AMI and over HTTP.
    pub(super) fn by_any_way(manager: &Manager<'_>) -> Reach {
        Reach::through(manager.listeners.iter().chain(manager.http.iter().flat_map(|http| &http.listeners)))
    }

    /// The same for some listeners.
    pub(super) fn through<'m, 't: 'm>(listeners: impl IntoIterator<Item = &'m Listener<'t>>) -> Reach {
        let open = listeners.into_iter().filter(|listener| listener.state != State::Closed);
        let far = open.filter(|it| it.address.is_some_and(|address| !address.ip.to_canonical().is_loopback()));
        let families = far.map(Families::of).fold(Families::default(), Families::or);
        let v4 = [Ipv4Addr::new(203, 0, 113, 77), Ipv4Addr::new(10, 66, 77, 88), Ipv4Addr::new(192, 168, 77, 88)];
        let v6 = [Ipv6Addr::new(0x2001, 0xDB8, 7, 7, 7, 7, 7, 7), Ipv6Addr::new(0xFE80, 0, 0, 0, 7, 7, 7, 7)];
        let v4 = v4.into_iter().filter(|_| families.v4).map(IpAddr::V4);
        let clients = v4.chain(v6.into_iter().filter(|_| families.v6).map(IpAddr::V6)).collect();
        Reach { clients, families, known: Map::default() }
    }

    /// Is this machine the only one that may come in?
    pub(super) fn is_near(&self) -> bool {
        self.clients.is_empty()
    }

    /// Is there an address of another machine that passes each ACL of a user? Where that is not known: no.
    pub(super) fn is_open(&mut self, user: &User<'_>) -> bool {
        user.acls.iter().all(|list| match list.state {
            AclState::Ok => {
                let key = key(list);
                let known = self.known.get(&key).copied();
                known.unwrap_or_else(|| {
                    let open = self.lets_in(&list.rules);
                    self.known.insert(key, open);
                    open
                })
            }
            AclState::Unrestricted => true,
            AclState::Undefined | AclState::Unknown => false,
        })
    }

    /// Does some ACL of a user keep out an address that may come in, as far as that is known?
    fn is_restricted(&self, user: &User<'_>) -> bool {
        user.acls.iter().any(|list| match list.state {
            AclState::Ok => self.families.and(let_in(&list.rules)) != self.families,
            AclState::Undefined | AclState::Unknown => true,
            AclState::Unrestricted => false,
        })
    }

    /// As `is_open`, but where it is not known: yes.
    pub(super) fn may_be_open(&mut self, user: &User<'_>) -> bool {
        user.acls.iter().any(|list| list.state == AclState::Unknown) || self.is_open(user)
    }

    fn lets_in(&self, rules: &[acl::Rule]) -> bool {
        let permits = rules.iter().rev().filter(|rule| rule.sense == Sense::Permit).take(MOST_PERMITS);
        let named = permits.flat_map(|rule| match rule.network {
            Network::V4 { address, mask } => [address, address | (!mask & 1)].map(|bits| Ipv4Addr::from(bits).into()),
            Network::V6 { address, mask } => [address, address | (!mask & 1)].map(|bits| Ipv6Addr::from(bits).into()),
        });
        let may_come = |ip: &IpAddr| {
            let family = if ip.is_ipv4() { self.families.v4 } else { self.families.v6 };
            family && !ip.is_loopback() && !ip.is_unspecified()
        };
        self.clients.iter().copied().chain(named.filter(may_come)).any(|ip| acl::verdict(rules, ip) == Sense::Permit)
    }
}
