//! `[general]`: every option with Asterisk's own reading of it.

use super::value::{Address, address_and_port, address_only, atoi, port, truth};
use super::{Fact, FactKind, Sourced, Why};
use crate::config::{Effective, Entry, Origin, Outcome, Section};
use crate::release::{Quirk, Release};

/// More entries than this are not gone over: templates can multiply them without bounds.
const MOST_ENTRIES: u64 = 200_000;

/// The options of `[general]` after a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct General<'t> {
    /// The file loads. Of one that does not, everything is as if it was empty.
    pub loads: bool,
    /// The header that is read; `None` where there is none.
    pub header: Option<Origin>,
    /// An include whose file is not here to be looked at, or a `#exec`, which amictl does not run: it may set any
    /// option.
    pub unread: Option<Origin>,
    /// amictl gave up, on the file or because the section holds too many entries, inherited ones counted. Everything is
    /// at its default then.
    pub gave_up: bool,
    /// Is the plain listener opened, and are AMI sessions over HTTP possible.
    pub enabled: Sourced<bool>,
    /// May the HTTP server carry AMI.
    pub webenabled: Sourced<bool>,
    /// TCP port of the plain listener; `None` where Asterisk takes it from memory that was never written.
    pub port: Sourced<Option<u16>>,
    /// Address of the plain listener, its port 0.
    pub bindaddr: Sourced<Address<'t>>,
    /// What is set of TLS.
    pub tls: Tls<'t>,
    /// Seconds that a connection may take to log in.
    pub authtimeout: Sourced<i32>,
    /// How many connections may be open that have not logged in.
    pub authlimit: Sourced<i32>,
    /// Seconds after which an idle web session ends.
    pub httptimeout: Sourced<i32>,
    /// Default of users: may one have several sessions.
    pub allowmultiplelogin: Sourced<bool>,
    /// Default of users: are logins and logoffs logged.
    pub displayconnects: Sourced<bool>,
    /// Does every event get a Timestamp header.
    pub timestampevents: Sourced<bool>,
    /// Does every event get headers on its origin.
    pub debug: Sourced<bool>,
    /// Does the action Events get no response.
    pub brokeneventsaction: Sourced<bool>,
    /// The variables that are added to channel events, as written: [`General::channel_variables`] has them one by one.
    pub channelvars: Sourced<&'t [u8]>,
    /// The events that nobody gets, as written: [`General::disabled_events`] has them one by one.
    pub disabledevents: Sourced<&'t [u8]>,
    /// What was ignored or cannot be known, in the order of the lines.
    pub facts: Vec<Fact<'t>>,
}

/// The TLS options of `[general]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tls<'t> {
    /// `tlsenable`: is a TLS listener wanted.
    pub enable: Sourced<bool>,
    /// `tlsbindaddr`; its port is 0 where none is given.
    pub bindaddr: Sourced<Option<Address<'t>>>,
    /// `tlscertfile`, as written.
    pub certfile: Sourced<&'t [u8]>,
    /// `tlsprivatekey`, as written; empty for the file of the certificate.
    pub privatekey: Sourced<&'t [u8]>,
    /// `tlscipher`, as written; empty for OpenSSL's own list.
    pub cipher: Sourced<&'t [u8]>,
    /// `tlsservercipherorder`: does the server choose the cipher.
    pub server_cipher_order: Sourced<bool>,
    /// `tlsdisablev1`: is TLS 1.0 off.
    pub disable_v1: Sourced<bool>,
    /// `tlsdisablev11`: is TLS 1.1 off.
    pub disable_v11: Sourced<bool>,
    /// `tlsdisablev12`: is TLS 1.2 off.
    pub disable_v12: Sourced<bool>,
}

impl<'t> Tls<'t> {
    /// What holds when no line says otherwise.
    pub(super) fn defaults() -> Tls<'t> {
        let (no, empty) = (Sourced::default_of(false), Sourced::default_of(&b""[..]));
        Tls {
            enable: no,
            bindaddr: Sourced::default_of(None),
            certfile: Sourced::default_of(b"asterisk.pem"),
            privatekey: empty,
            cipher: empty,
            server_cipher_order: no,
            disable_v1: no,
            disable_v11: no,
            disable_v12: no,
        }
    }

    /// Acts on one line, its key in lower case, if it is one of these options. An address that is none changes nothing.
    ///
    /// Source: `ast_tls_read_conf` (main/tcptls.c), all releases.
    pub(super) fn take(&mut self, key: &[u8], value: &'t [u8], at: Origin) -> bool {
        let (yes, text) = (Sourced::set(truth(value), at), Sourced::set(value, at));
        match key {
            b"tlsenable" | b"sslenable" => self.enable = yes,
            b"tlscertfile" | b"tlscert" | b"sslcert" => self.certfile = text,
            b"tlsprivatekey" | b"sslprivatekey" => self.privatekey = text,
            b"tlscipher" | b"sslcipher" => self.cipher = text,
            b"tlsbindaddr" | b"sslbindaddr" => {
                if let Some(address) = address_and_port(value) {
                    self.bindaddr = Sourced::set(Some(address), at);
                }
            }
            b"tlsservercipherorder" => self.server_cipher_order = yes,
            b"tlsdisablev1" => self.disable_v1 = yes,
            b"tlsdisablev11" => self.disable_v11 = yes,
            b"tlsdisablev12" => self.disable_v12 = yes,
            _ => return false,
        }
        true
    }
}

impl<'t> General<'t> {
    /// What holds when no line says otherwise.
    ///
    /// Source: `manager_set_defaults` and the static values of main/manager.c, all releases.
    fn defaults() -> General<'t> {
        let (no, yes) = (Sourced::default_of(false), Sourced::default_of(true));
        let empty = Sourced::default_of(&b""[..]);
        General {
            loads: true,
            header: None,
            unread: None,
            gave_up: false,
            enabled: no,
            webenabled: no,
            port: Sourced::default_of(Some(5038)),
            bindaddr: Sourced::default_of(Address::ANY),
            tls: Tls::defaults(),
            authtimeout: Sourced::default_of(30),
            authlimit: Sourced::default_of(50),
            httptimeout: Sourced::default_of(60),
            allowmultiplelogin: yes,
            displayconnects: yes,
            timestampevents: no,
            debug: no,
            brokeneventsaction: no,
            channelvars: empty,
            disabledevents: empty,
            facts: Vec::new(),
        }
    }

    /// Reads the first `[general]`, in any letter case, that is no template.
    ///
    /// Source: `__init_manager` (main/manager.c) and `ast_tls_read_conf` (main/tcptls.c); recorded on 16.28.0 to
    /// 23.4.1. `disabledevents` is known by releases with [`Quirk::DisabledEvents`].
    pub fn read(effective: &'t Effective<'_>, release: Release) -> General<'t> {
        let mut general = General::defaults();
        general.loads = effective.outcome == Outcome::Loads;
        general.gave_up = matches!(effective.outcome, Outcome::Limit(_));
        if !general.loads {
            return general;
        }
        let named = effective.sections.iter().filter(|section| section.name.eq_ignore_ascii_case(b"general"));
        let (mut read, mut passed) = (None, Vec::new());
        for section in named {
            match read {
                None if !section.template => read = Some(section),
                _ => passed.push(section),
            }
        }
        for section in passed {
            let why = match section.template {
                true => Why::GeneralTemplate,
                false => Why::SecondGeneral,
            };
            general.ignored(b"[general]", why, section.origin);
        }
        general.unread = unread(effective, read);
        if let Some(section) = read {
            general.header = Some(section.origin);
            general.gave_up = section.content.len() > MOST_ENTRIES;
            if !general.gave_up {
                section.content.iter().for_each(|entry| general.take(entry, release));
            }
        }
        general.settle();
        general
    }

    /// The address that the plain listener is given; `None` while AMI is not enabled, or when its port is not known.
    pub fn bind(&self) -> Option<Address<'t>> {
        let port = self.port.value.filter(|_| self.enabled.value)?;
        Some(self.bindaddr.value.with_port(port))
    }

    /// The variables of `channelvars`, one by one.
    ///
    /// Source: `load_channelvars` (main/manager.c), which splits as dialplan applications split their arguments.
    pub fn channel_variables(&self) -> Vec<Vec<u8>> {
        arguments(self.channelvars.value)
    }

    /// The events of `disabledevents`, one by one: blanks before a name are skipped, blanks behind it belong to it.
    ///
    /// Source: `ast_in_delimited_string` (main/strings.c), which the manager asks for every event.
    pub fn disabled_events(&self) -> Vec<&'t [u8]> {
        let names = self.disabledevents.value.split(|&byte| byte == b',');
        let names = names.map(|name| &name[name.iter().take_while(|&&byte| crate::text::is_blank(byte)).count()..]);
        names.filter(|name| !name.is_empty()).collect()
    }

    /// Acts on one line.
    fn take(&mut self, entry: &'t Entry<'_>, release: Release) {
        let (value, at) = (&entry.value[..], entry.origin);
        let yes = Sourced::set(truth(value), at);
        match &entry.name.to_ascii_lowercase()[..] {
            b"enabled" => self.enabled = yes,
            b"webenabled" => self.webenabled = yes,
            b"port" => self.take_port(value, at),
            b"bindaddr" => self.take_bindaddr(value, at),
            b"brokeneventsaction" => self.brokeneventsaction = yes,
            b"allowmultiplelogin" => self.allowmultiplelogin = yes,
            b"displayconnects" => self.displayconnects = yes,
            b"timestampevents" => self.timestampevents = yes,
            b"debug" => self.debug = yes,
            b"httptimeout" => self.httptimeout = Sourced::set(atoi(value), at),
            b"authtimeout" => match at_least_one("authtimeout", value, self.authtimeout) {
                Ok(seconds) => self.authtimeout = Sourced::set(seconds, at),
                Err(why) => self.ignored(b"authtimeout", why, at),
            },
            b"authlimit" => match at_least_one("authlimit", value, self.authlimit) {
                Ok(count) => self.authlimit = Sourced::set(count, at),
                Err(why) => self.ignored(b"authlimit", why, at),
            },
            b"channelvars" => self.channelvars = Sourced::set(value, at),
            b"disabledevents" if release.has(Quirk::DisabledEvents) => self.disabledevents = Sourced::set(value, at),
            key if self.tls.take(key, value, at) => {
                if let (b"tlsbindaddr" | b"sslbindaddr", None) = (key, address_and_port(value)) {
                    self.ignored(b"tlsbindaddr", Why::NoTlsAddress { value }, at);
                }
            }
            key => {
                let why = match key {
                    b"disabledevents" => Why::LaterOption,
                    b"tlscafile"
                    | b"tlscapath"
                    | b"tlscadir"
                    | b"tlsverifyclient"
                    | b"tlsdontverifyserver"
                    | b"tlsclientmethod"
                    | b"sslclientmethod" => Why::OthersOption,
                    _ => Why::NoGeneralOption,
                };
                self.ignored(entry.name, why, at);
            }
        }
    }

    /// A port that is none leaves a variable as it is that was never written: measured, the port is any number, and
    /// the one of an earlier good line where there is one.
    fn take_port(&mut self, value: &'t [u8], at: Origin) {
        if let Some(port) = port(value) {
            self.port = Sourced::set(Some(port), at);
            return;
        }
        let earlier = self.port.at.and(self.port.value);
        let why = match earlier {
            Some(stays) => Why::PortStays { value, stays },
            None => Why::AnyPort { value },
        };
        if earlier.is_none() {
            self.port = Sourced::set(None, at);
        }
        self.facts.push(Fact { kind: FactKind::Indeterminate { what: b"port".into() }, why, at });
    }

    fn take_bindaddr(&mut self, value: &'t [u8], at: Origin) {
        match address_only(value) {
            Some(address) => self.bindaddr = Sourced::set(address, at),
            None => {
                let stays = self.bindaddr.value.ip;
                self.ignored(b"bindaddr", Why::NoAddress { value, stays }, at);
            }
        }
    }

    /// What is decided once all lines are read.
    fn settle(&mut self) {
        if self.httptimeout.value < 1 {
            if let Some(at) = self.httptimeout.at {
                self.ignored(b"httptimeout", Why::HttpTimeoutBelowOne { number: self.httptimeout.value }, at);
            }
            self.httptimeout = Sourced::default_of(60);
        }
    }

    fn ignored(&mut self, what: &'t [u8], why: Why<'t>, at: Origin) {
        self.facts.push(Fact::ignored(what, why, at));
    }
}

/// A number that has to be 1 or more, or why the line changes nothing.
fn at_least_one<'t>(key: &'static str, value: &'t [u8], now: Sourced<i32>) -> Result<i32, Why<'t>> {
    match atoi(value) {
        number @ 1.. => Ok(number),
        number => Err(Why::BelowOne { key, value, number, stays: now.value }),
    }
}

/// The include of an unknown file, or a `#exec`, among the lines of the section that is read, or anywhere when none is.
fn unread(effective: &Effective<'_>, read: Option<&Section<'_>>) -> Option<Origin> {
    let mut unknown = effective.open().map(|note| note.at).peekable();
    let first = *unknown.peek()?;
    let Some(section) = read else { return Some(first) };
    let starts: Vec<Origin> = std::iter::once(section.origin).chain(section.appended.iter().copied()).collect();
    let mut headers: Vec<Origin> = Vec::new();
    for other in &effective.sections {
        headers.push(other.origin);
        headers.extend(&other.appended);
    }
    headers.sort_unstable();
    unknown.find(|at| {
        let next = headers.partition_point(|header| header <= at);
        let current = next.checked_sub(1).map(|before| headers[before]);
        current.is_some_and(|header| header.read == at.read && starts.contains(&header))
    })
}

/// A list as Asterisk splits the arguments of a dialplan application: commas inside `()`, `[]` or quotes do not
/// separate, quotes and backslashes are taken out, nothing is trimmed, and there are at most 128 items.
///
/// Source: `__ast_app_separate_args` (main/app.c), all releases.
pub(crate) fn arguments(text: &[u8]) -> Vec<Vec<u8>> {
    const MOST: usize = 128;
    let mut items: Vec<Vec<u8>> = Vec::new();
    let (mut round, mut square, mut quoted) = (0_u32, 0_u32, false);
    let mut at = 0;
    let (mut separated, mut ever) = (false, false);
    while at < text.len() && items.len() < MOST - 1 {
        let mut item = Vec::new();
        separated = false;
        while let Some(&byte) = text.get(at) {
            at += 1;
            match byte {
                b'(' => round += 1,
                b')' => round = round.saturating_sub(1),
                b'[' => square += 1,
                b']' => square = square.saturating_sub(1),
                b'"' => {
                    quoted = !quoted;
                    continue;
                }
                b'\\' => {
                    item.extend(text.get(at));
                    at += 1;
                    continue;
                }
                b',' if round == 0 && square == 0 && !quoted => {
                    (separated, ever) = (true, true);
                    break;
                }
                _ => {}
            }
            item.push(byte);
        }
        items.push(item);
    }
    // Behind the last comma nothing is left, or nothing but quotes.
    if at < text.len() || separated || ever && items.last().is_some_and(Vec::is_empty) {
        items.push(text.get(at..).unwrap_or_default().to_vec());
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{self, SectionKind};
    use crate::config::{self, Place, World};
    use crate::host::Memory;
    use crate::text::Files;

    fn with<R>(text: &str, release: &str, look: impl FnOnce(General<'_>) -> R) -> R {
        let (files, host) = (Files::default(), Memory::default());
        let root = files.add("manager.conf".into(), "/manager.conf".into(), text.into()).id();
        let world = World::new(&files, &host, Place::default());
        let release = Release::parse(release).expect("a release");
        look(General::read(&config::load(&world, root, release), release))
    }

    #[test]
    fn every_option_of_the_catalog_is_read() {
        for option in catalog::options(SectionKind::General) {
            for name in std::iter::once(option.name()).chain(option.aliases().iter().copied()) {
                let text = format!("[general]\n{name}=127.0.0.1\n");
                let unknown =
                    |fact: &Fact<'_>| matches!(fact.why, Why::NoGeneralOption | Why::OthersOption | Why::LaterOption);
                with(&text, "22", |general| assert!(!general.facts.iter().any(unknown), "{name}"));
            }
        }
        with("[general]\ndisabledevents=x\n", "13", |general| assert_eq!(general.facts.len(), 1));
    }

    #[test]
    fn a_bad_line_leaves_what_an_earlier_one_said() {
        let text = "[general]\nauthtimeout=2\nauthtimeout=0\nport=6000\nport=80\nbindaddr=127.0.0.2\nbindaddr=nonsense\n\
                    httptimeout=20\nhttptimeout=0\n";
        with(text, "22", |general| {
            assert_eq!((general.authtimeout.value, general.httptimeout.value), (2, 60));
            assert_eq!(general.port.value, Some(6000));
            assert_eq!(general.bindaddr.value.ip.to_string(), "127.0.0.2");
            let told: Vec<String> = general.facts.iter().map(|fact| fact.why.to_string()).collect();
            assert_eq!(
                told,
                [
                    "`0` is read as 0, which is below 1: authtimeout stays at 2",
                    "`80` is not a number from 1024 to 65535: seen to stay at 6000",
                    "`nonsense` is no numeric address: it stays at 127.0.0.2",
                    "0 is below 1: it is 60",
                ]
            );
        });
        with("[general]\nport=80\nbindaddr=eth0\n", "22", |general| {
            assert_eq!(general.port.value, None);
            assert_eq!(general.facts[0].why, Why::AnyPort { value: b"80" });
            assert_eq!(general.facts[1].why.to_string(), "`eth0` is no numeric address: it stays at all addresses");
        });
    }

    #[test]
    fn only_the_first_general_counts() {
        with("[general](!)\nenabled=yes\n", "22", |general| assert!(!general.enabled.value));
        with("[General]\nenabled=yes\n[general]\nenabled=no\n", "22", |general| {
            assert!(general.enabled.value && general.facts.len() == 1);
        });
        with("[general]\nenabled=yes\n[a](!\n", "22", |general| assert!(!general.loads && !general.enabled.value));
    }

    #[test]
    fn an_unknown_include_in_general_is_noted() {
        let unread = |text: &str| with(text, "22", |general| general.unread.map(|at| at.line));
        assert_eq!(unread("[general]\nenabled=yes\n#include a.conf\n[b]\nsecret=x\n"), Some(2));
        assert_eq!(unread("[general]\nenabled=yes\n[b]\nsecret=x\n#include a.conf\n"), None);
        assert_eq!(unread("#include a.conf\n[b]\nsecret=x\n"), Some(0));
        assert_eq!(unread("[general]\n[b]\n[general](+)\n#include a.conf\n"), Some(3));
        assert_eq!(unread("[general]\n#exec /bin/x\n[b]\n"), Some(1));
    }

    #[test]
    fn templates_that_multiply_end_it() {
        for (depth, gives_up) in [(17, false), (18, true), (40, true)] {
            let mut text = "[t0](!)\nenabled=yes\n".to_owned();
            for n in 0..depth {
                text += &format!("[t{}](!,t{n},t{n})\n", n + 1);
            }
            with(&format!("{text}[general](t{depth})\n"), "22", |general| {
                assert_eq!((general.gave_up, general.enabled.value), (gives_up, !gives_up), "{depth}");
            });
        }
    }

    #[test]
    fn lists_are_split_as_asterisk_splits_them() {
        let split = |text: &str| -> Vec<String> {
            arguments(text.as_bytes()).iter().map(|item| String::from_utf8_lossy(item).into_owned()).collect()
        };
        assert_eq!(split("a , b(x,y) ,c"), ["a ", " b(x,y) ", "c"]);
        assert_eq!(split("\"a,b\",c\\,d,[e,f],"), ["a,b", "c,d", "[e,f]", ""]);
        assert_eq!(split("a,\""), ["a", "", ""]);
        assert!(split("").is_empty());
        assert_eq!(split(&"x,".repeat(200)).len(), 128);
        with("[general]\ndisabledevents= A,  B ,,C\n", "22", |general| {
            assert_eq!(general.disabled_events(), [&b"A"[..], b"B ", b"C"]);
        });
    }
}
