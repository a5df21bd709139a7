//! The configurations that sessions live under, and who gets in under which.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Place;
use crate::host::Memory;
use crate::release::Release;
use crate::server::Loaded;

/// A configuration, and what follows from it.
pub(super) struct Conf {
    text: &'static str,
    accounts: &'static [Account],
    pub(super) authlimit: usize,
    pub(super) authtimeout: u64,
    /// Are events sent with their time?
    pub(super) stamps: bool,
}

/// Somebody who may log in.
pub(super) struct Account {
    pub(super) name: &'static str,
    pub(super) secret: Option<&'static str>,
    /// From 10.0.0.0/8 only.
    pub(super) is_far: bool,
    /// One session at a time.
    pub(super) is_single: bool,
}

const fn account(name: &'static str, secret: &'static str) -> Account {
    Account { name, secret: Some(secret), is_far: false, is_single: false }
}

pub(super) const CONFS: [Conf; 3] = [
    Conf {
        text: "[general]\nenabled = yes\nauthlimit = 4\nauthtimeout = 5\ndisabledevents = Hidden\n\
               [all]\nsecret = one\nread = all\nwrite = all\n\
               [far]\nsecret = two\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8\nread = user,call\nwrite = user\n\
               [few]\nsecret = three\nread = user,system\nwrite = system,user\neventfilter = UserEvent\neventfilter = !Quiet\n\
               [single]\nsecret = four\nallowmultiplelogin = no\nread = user\n[nobody]\nread = all\n",
        accounts: &[
            account("all", "one"),
            Account { is_far: true, ..account("far", "two") },
            account("few", "three"),
            Account { is_single: true, ..account("single", "four") },
            Account { secret: None, ..account("nobody", "") },
        ],
        authlimit: 4,
        authtimeout: 5,
        stamps: false,
    },
    Conf {
        text: "[general]\nenabled = yes\nauthlimit = 2\nauthtimeout = 3\ntimestampevents = yes\ndisabledevents = Ring\n\
               [all]\nsecret = one\nallowmultiplelogin = no\nread = security,user\nwrite = user\n\
               [far]\nsecret = two\nread = call\n\
               [few]\nsecret = other\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8\nread = all\nwrite = all\neventfilter = !Ring\n",
        accounts: &[
            Account { is_single: true, ..account("all", "one") },
            account("far", "two"),
            Account { is_far: true, ..account("few", "other") },
        ],
        authlimit: 2,
        authtimeout: 3,
        stamps: true,
    },
    Conf {
        text: "[general]\nenabled = yes\n[single]\nsecret = four\nread = all\nwrite = system\n[few]\nsecret = three\n",
        accounts: &[account("single", "four"), account("few", "three")],
        authlimit: 50,
        authtimeout: 30,
        stamps: false,
    },
];

impl Conf {
    /// When the time to log in is over for a client that came at some time.
    pub(super) fn deadline(&self, connected: Duration) -> Duration {
        Duration::from_secs(connected.as_secs() + self.authtimeout + 1)
    }

    pub(super) fn account(&self, name: &[u8]) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name.as_bytes().eq_ignore_ascii_case(name))
    }

    pub(super) fn load(&self, release: Release) -> Rc<Loaded> {
        let mut memory = Memory::default();
        memory.add("/etc/asterisk/manager.conf", self.text);
        let place = Place { etc: "/etc/asterisk".into(), root: None, complete: true };
        let loaded = Loaded::read(Arc::new(memory), "/etc/asterisk/manager.conf".into(), place, release);
        Rc::new(loaded.expect("a file that is there"))
    }
}
