//! The server against what went over the wire between real Asterisks and their clients: `fixtures/wire`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use amictl::config::Place;
use amictl::host::Memory;
use amictl::release::Release;
use amictl::server::{Extras, Hub, Id, Loaded, Peer};
use amictl::testing::wire::{Recording, Wire, load};
use amictl::text::Secrets;

use crate::support::root;

/// Clients of a server, and the time.
pub(super) struct Clients {
    hub: Hub,
    now: Duration,
    ids: BTreeMap<String, Client>,
}

struct Client {
    id: Option<Id>,
    /// Sent, and not read yet: it is not listened to.
    unread: Vec<u8>,
    received: Vec<u8>,
    is_closed: bool,
    is_told: bool,
}

impl Clients {
    pub(super) fn new(conf: &str, release: Release) -> Clients {
        let mut memory = Memory::default();
        memory.add("/etc/asterisk/manager.conf", conf);
        let place = Place { etc: "/etc/asterisk".into(), root: None, complete: true };
        let path = place.etc.join("manager.conf");
        let loaded = Loaded::read(Arc::new(memory), path, place, release).unwrap();
        let now = Duration::from_millis(1_795_380_459_300);
        let mut number = 0;
        let random = move || {
            number += 123_456_789;
            number << 16
        };
        // As the recorded ones: they mask nothing.
        let extras = Extras { secrets: Secrets::Revealed, ..Extras::default() };
        Clients { hub: Hub::new(Rc::new(loaded), Box::new(random), now).with(extras), now, ids: BTreeMap::new() }
    }

    fn collect(&mut self) {
        for client in self.ids.values_mut().filter(|client| !client.is_closed) {
            client.id.into_iter().for_each(|id| while self.hub.go_on(id) {});
            let Some(due) = client.id.and_then(|id| self.hub.due(id)) else { continue };
            client.received.extend(due.bytes);
            if due.closes {
                client.is_closed = true;
                client.id.into_iter().for_each(|id| self.hub.gone(id, None));
            }
        }
    }
}

impl Wire for Clients {
    fn connect(&mut self, who: &str, tls: bool) -> io::Result<()> {
        let [remote, local] = ["127.0.0.1:40000", "127.0.0.1:5038"].map(|it| it.parse().unwrap());
        let id = self.hub.connect(Peer { remote, local, is_tls: tls, session: 0 });
        let client = Client { id, unread: Vec::new(), received: Vec::new(), is_closed: id.is_none(), is_told: false };
        self.ids.insert(who.to_owned(), client);
        Ok(())
    }

    fn send(&mut self, who: &str, bytes: &[u8]) {
        let client = self.ids.get_mut(who).unwrap();
        client.unread.extend_from_slice(bytes);
        let Some(id) = client.id.filter(|_| !client.is_closed) else { return };
        let due = self.hub.due(id).unwrap();
        client.received.extend(due.bytes);
        if due.listens {
            // As much as one record of TLS has at most.
            std::mem::take(&mut client.unread).chunks(1 << 14).for_each(|bytes| {
                self.hub.received(id, bytes);
                while self.hub.go_on(id) {}
            });
        }
    }

    fn end(&mut self, who: &str) {
        self.ids[who].id.into_iter().for_each(|id| self.hub.ended(id));
    }

    fn settle(&mut self, at_least: Duration) {
        self.collect();
        self.now += at_least + Duration::from_millis(150);
        self.hub.tick(self.now);
        self.hub.wake();
        self.collect();
    }

    fn take(&mut self, who: &str) -> (Vec<u8>, bool) {
        let client = self.ids.get_mut(who).unwrap();
        let is_news = client.is_closed && !client.is_told;
        client.is_told = client.is_closed;
        (std::mem::take(&mut client.received), is_news)
    }
}

#[test]
fn the_server_says_what_asterisk_said() {
    let folder = root().join("fixtures/wire");
    let (mut compared, mut wrong) = (0, Vec::new());
    for table in load(&folder).unwrap() {
        for release in ["16.28.0", "22.10.1"] {
            let path = folder.join(release).join(&table.topic).with_extension("json");
            let recording = Recording::read(&path).unwrap().expect("a table is recorded");
            for conversation in table.about(release) {
                let was = &recording.heard[&conversation.name];
                let conf = table.manager_conf(conversation);
                let is = conversation.play(&mut Clients::new(conf, Release::parse(release).unwrap())).unwrap();
                assert_eq!(was.len(), is.len(), "`{}` was recorded anew with its steps", conversation.name);
                for (at, (was, is)) in was.iter().zip(&is).enumerate().filter(|(_, (was, is))| was != is) {
                    let about = format!("{} ({release}), step {at}", conversation.name);
                    wrong.push(format!("{about}\n  Asterisk {was:?}\n  amictl   {is:?}"));
                }
                compared += 1;
            }
        }
    }
    assert!(compared >= 80, "only {compared} conversations were compared");
    assert!(wrong.is_empty(), "{} steps differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// A conversation that was renamed or dropped leaves no recording behind.
#[test]
fn recorded_conversations_have_a_table() {
    let folder = root().join("fixtures/wire");
    let tables = load(&folder).unwrap();
    for release in ["16.28.0", "22.10.1"] {
        for entry in fs::read_dir(folder.join(release)).unwrap() {
            let path = entry.unwrap().path();
            let recording = Recording::read(&path).unwrap().unwrap();
            assert_eq!(recording.release, release);
            let topic = path.file_stem().unwrap().to_str().unwrap();
            let table = tables.iter().find(|table| table.topic == topic).unwrap();
            for name in recording.heard.keys() {
                assert!(table.about(release).any(|it| it.name == *name), "`{name}` is in no table");
            }
        }
    }
}
