//! Sockets and timers for a [`Hub`]: one thread, a task for each connection.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, Read as _};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{spawn_local, yield_now};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::event::{Event, Peer};
use super::hub::{Hub, Id};
use super::observe::{End, What};
use super::outgoing::Due;
use super::queue::TURN;
use super::stream::{Connection, Plain};
use super::tls::Keys;

/// A hub that is on the network.
#[derive(Clone)]
pub struct Net(Rc<Inner>);

struct Inner {
    hub: RefCell<Hub>,
    clock: Box<dyn Fn() -> Duration>,
    /// Wakes the task of each connection.
    bells: RefCell<HashMap<Id, Rc<Notify>>>,
    /// Wakes whoever minds the timers, and when that happens anyway.
    timers: Notify,
    sleeps: Cell<Option<Duration>>,
    /// Wakes whoever waits for the last connection to end.
    empty: Notify,
    /// Wakes the sources of events: a session has changed, or takes what it is sent.
    news: Notify,
    /// Wakes whoever reads the configuration again.
    reload: Notify,
    /// What is read comes in here first.
    buffer: RefCell<Vec<u8>>,
    /// Places for clients with which keys are agreed on.
    handshakes: Arc<Semaphore>,
}

/// So much is read at once.
const READ: usize = 16 << 10;

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 22;

/// How a handshake begins: what and how much it is, and at the end of this the version.
const BEGINNING: usize = 11;

/// With so many clients keys are agreed on at once; Asterisk has no bound.
const HANDSHAKES: usize = 256;

/// With each that takes so long at most, and in Asterisk as long as it likes.
const HANDSHAKE_TIME: Duration = Duration::from_secs(30);

/// So long a connection is waited for that ends.
const GOODBYE: Duration = Duration::from_millis(100);

impl Net {
    /// Puts a hub on the network; `clock` gives the time since the beginning of 1970.
    pub fn new(hub: Hub, clock: Box<dyn Fn() -> Duration>) -> Net {
        let (hub, bells) = (RefCell::new(hub), RefCell::default());
        let notify = Notify::new;
        let (timers, empty, news, reload) = (notify(), notify(), notify(), notify());
        let buffer = RefCell::new(vec![0; READ]);
        let sleeps = Cell::new(None);
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
        Net(Rc::new(Inner { hub, clock, bells, timers, sleeps, empty, news, reload, buffer, handshakes }))
    }

    /// Does something with the hub, and rings for everybody for whom there is something to do then.
    pub fn with<R>(&self, act: impl FnOnce(&mut Hub) -> R) -> R {
        let mut hub = self.0.hub.borrow_mut();
        hub.tick((self.0.clock)());
        let result = act(&mut hub);
        let bells = self.0.bells.borrow();
        hub.stirred().filter_map(|id| bells.get(&id)).for_each(|bell| bell.notify_one());
        // To wake too early, for what is over by then, does no harm.
        if hub.next_timer().is_some_and(|next| self.0.sleeps.get().is_none_or(|wakes| next < wakes)) {
            self.0.timers.notify_one();
        }
        self.0.news.notify_waiters();
        if hub.wants_reload() {
            self.0.reload.notify_one();
        }
        result
    }

    /// Waits until something is true of the hub.
    pub(super) async fn until(&self, is_true: impl Fn(&Hub) -> bool) {
        loop {
            let news = self.0.news.notified();
            if is_true(&self.0.hub.borrow()) {
                return;
            }
            news.await;
        }
    }

    /// Takes connections, without end.
    ///
    /// # Errors
    ///
    /// What the system says of the listener; what it says of one connection is a matter of that one.
    pub async fn accept(self, listener: TcpListener, tls: Option<Keys>) -> io::Result<()> {
        let local = listener.local_addr()?;
        loop {
            let (stream, remote) = match listener.accept().await {
                Ok(accepted) => accepted,
                // There are too many files open, or the client has left already.
                Err(_) => {
                    sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            let local = match local.ip().is_unspecified() {
                true => stream.local_addr().unwrap_or(local),
                false => local,
            };
            let peer = Peer { remote, local, is_tls: tls.is_some(), session: 0 };
            // What fails here is this connection, and nobody is left to be told.
            let _ = stream.set_nodelay(true);
            match &tls {
                None => self.welcome(peer, stream),
                Some(keys) => self.welcome_in_secret(peer, stream, keys.acceptor()),
            }
            // It is greeted before the next one is looked for.
            yield_now().await;
        }
    }

    /// Minds the timers, without end.
    pub async fn keep_time(self) {
        loop {
            let next = self.0.hub.borrow().next_timer();
            self.0.sleeps.set(next);
            match next.map(|next| next.saturating_sub((self.0.clock)())) {
                Some(Duration::ZERO) => self.with(Hub::wake),
                Some(wait) => drop(timeout(wait, self.0.timers.notified()).await),
                None => self.0.timers.notified().await,
            }
        }
    }

    /// Waits until a client asks for the configuration to be read again.
    pub async fn reload_wanted(&self) {
        self.0.reload.notified().await;
    }

    /// Waits until nothing has happened for so long.
    pub async fn quiet(&self, pause: Duration) {
        while timeout(pause, self.0.news.notified()).await.is_ok() {}
    }

    /// Tells everybody of the end, and waits until all is sent and nobody is connected.
    pub async fn shut_down(&self) {
        let body = b"Shutdown: Cleanly\r\nRestart: False\r\n".to_vec();
        let shutdown = Event { name: b"Shutdown".to_vec(), classes: b"system".to_vec(), body };
        self.with(|hub| {
            hub.publish(&shutdown);
            hub.close();
        });
        while !self.0.bells.borrow().is_empty() {
            self.0.empty.notified().await;
        }
    }

    /// Serves a client, if there is a place for it.
    fn welcome(&self, peer: Peer, stream: TcpStream) {
        match self.enter(peer) {
            Some((id, bell)) => drop(spawn_local(self.clone().converse(id, Plain::new(stream), bell))),
            None => turn_away(stream),
        }
    }

    /// Begins a handshake, if there is a place for it.
    fn welcome_in_secret(&self, peer: Peer, stream: TcpStream, tls: TlsAcceptor) {
        match Arc::clone(&self.0.handshakes).try_acquire_owned() {
            // Keys take memory, which is given back once there is no need for it.
            Ok(place) => drop(spawn_local(Box::pin(self.clone().shake_hands(peer, stream, tls, place)))),
            Err(_) => {
                self.no_tls(peer, "too many handshakes are not done yet");
                turn_away(stream);
            }
        }
    }

    /// The hub knows of a client once there are keys, as in Asterisk: until then it takes no place of `authlimit`, and its
    /// `authtimeout` has not begun.
    async fn shake_hands(self, peer: Peer, stream: TcpStream, tls: TlsAcceptor, _place: OwnedSemaphorePermit) {
        let agreed = timeout(HANDSHAKE_TIME, agree(stream, tls)).await;
        let mut stream = match agreed {
            Ok(Ok(stream)) => stream,
            Ok(Err(None)) => return,
            Ok(Err(Some(why))) => return self.no_tls(peer, &why),
            Err(_) => return self.no_tls(peer, "the handshake takes too long"),
        };
        match self.enter(peer) {
            Some((id, bell)) => drop(spawn_local(Box::pin(self.converse(id, stream, bell)))),
            None => {
                let _ = timeout(GOODBYE, stream.shutdown()).await;
                turn_away(stream.into_inner().0);
            }
        }
    }

    /// Tells that no TLS was agreed on: of a client that is none of the hub's, whose numbers begin with 1.
    fn no_tls(&self, peer: Peer, why: &str) {
        self.with(|hub| hub.observe(0, What::NoTls(peer, why)));
    }

    /// Is there a place for a client? Then it has a number, and a bell that rings already.
    fn enter(&self, peer: Peer) -> Option<(Id, Rc<Notify>)> {
        let id = self.with(|hub| hub.connect(peer))?;
        let bell = Rc::new(Notify::new());
        bell.notify_one();
        self.0.bells.borrow_mut().insert(id, Rc::clone(&bell));
        Some((id, bell))
    }

    /// One connection, until it ends.
    async fn converse(self, id: Id, mut stream: impl Connection, bell: Rc<Notify>) {
        let end = self.serve(id, &mut stream, &bell).await;
        drop(stream);
        self.with(|hub| hub.gone(id, end));
        self.0.bells.borrow_mut().remove(&id);
        if self.0.bells.borrow().is_empty() {
            self.0.empty.notify_one();
        }
    }

    /// Until the connection ends; tells why, where it was not the hub that ended it.
    async fn serve(&self, id: Id, stream: &mut impl Connection, bell: &Notify) -> Option<End> {
        match self.exchange(id, stream, bell).await {
            Ok(()) => {
                let _ = timeout(GOODBYE, stream.shutdown()).await;
                None
            }
            // Who was cut off is not said goodbye to: that would be one more thing that it does not read.
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                discard(stream.socket(), &mut self.0.buffer.borrow_mut());
                Some(End::WriteTimeout)
            }
            Err(_) => Some(End::Client),
        }
    }

    async fn exchange(&self, id: Id, stream: &mut impl Connection, bell: &Notify) -> io::Result<()> {
        let (mut listens, mut goes_on, mut effort) = (true, false, 0);
        loop {
            if goes_on {
                effort += self.with(|hub| {
                    hub.go_on(id);
                    hub.effort()
                });
            } else {
                tokio::select! {
                    biased;
                    () = bell.notified() => {}
                    done = self.read(id, stream), if listens => effort += done?,
                }
            }
            let due = {
                let mut hub = self.0.hub.borrow_mut();
                hub.tick((self.0.clock)());
                hub.due(id)
            };
            let Some(due) = due else { return Ok(()) };
            self.0.news.notify_waiters();
            if due.closes {
                stream.ends();
            }
            self.write(id, stream, bell, &due).await?;
            if due.closes {
                return Ok(());
            }
            (listens, goes_on) = (due.listens, due.goes_on);
            self.0.hub.borrow_mut().reuse(id, due.bytes);
            if effort >= TURN || goes_on {
                effort = 0;
                yield_now().await;
            }
        }
    }

    /// Takes what a client sends, into memory that is nobody's: one that is silent needs none. How much was done for it?
    async fn read(&self, id: Id, stream: &mut impl Connection) -> io::Result<usize> {
        let take = |bytes: &[u8]| {
            self.with(|hub| {
                match bytes {
                    [] => hub.ended(id),
                    bytes => hub.received(id, bytes),
                }
                hub.effort()
            })
        };
        poll_fn(|context| stream.poll_take(context, &mut self.0.buffer.borrow_mut(), take)).await
    }

    /// Sends what is due. A client that does not read for so long is cut off, in the middle of an event if need be.
    async fn write<S: AsyncWrite + Unpin>(&self, id: Id, stream: &mut S, bell: &Notify, due: &Due) -> io::Result<()> {
        let cut = || io::Error::from(io::ErrorKind::TimedOut);
        let (mut rest, mut rang) = (&due.bytes[..], false);
        while !rest.is_empty() {
            let write = async {
                loop {
                    tokio::select! {
                        biased;
                        written = stream.write(rest) => return written,
                        () = bell.notified() => rang = true,
                    }
                    // There may be too much for it by now, or its time may be over.
                    if self.0.hub.borrow().is_cut(id) {
                        return Err(cut());
                    }
                }
            };
            let written = timeout(due.writetimeout, write).await.map_err(|_| cut())??;
            rest = &rest[written..];
        }
        if !due.bytes.is_empty() {
            // TLS keeps what a record takes.
            timeout(due.writetimeout, stream.flush()).await.map_err(|_| cut())??;
        }
        if rang {
            bell.notify_one();
        }
        Ok(())
    }
}

/// Agrees on keys with a client, or tells why not; a client that has left by itself needs no reason.
async fn agree(mut stream: TcpStream, tls: TlsAcceptor) -> Result<TlsStream<TcpStream>, Option<String>> {
    // What begins with anything but a handshake is closed without a word, as OpenSSL does in Asterisk.
    let mut first = [0; BEGINNING];
    let length = stream.peek(&mut first).await.unwrap_or(0);
    match first {
        _ if length == 0 => return Err(None),
        // The record, its version and length, a hello and its length, its version: 3.3 is TLS 1.2.
        [HANDSHAKE, _, _, _, _, 1, _, _, _, 3, minor @ ..3] if length == BEGINNING => {
            // The alert of OpenSSL, `protocol_version`: rustls complains first of what only newer clients send.
            let _ = stream.write_all(&[21, 3, minor, 0, 2, 2, 70]).await;
            turn_away(stream);
            return Err(Some("it knows no TLS 1.2 or later".to_owned()));
        }
        [HANDSHAKE, ..] => {}
        _ => {
            turn_away(stream);
            return Err(Some("what it sends is no handshake".to_owned()));
        }
    }
    tls.accept(stream).into_fallible().await.map_err(|(error, stream)| {
        // It was told why, as far as TLS tells of it, and is to have that before the end.
        turn_away(stream);
        Some(error.to_string())
    })
}

/// Reads what has come, if there is an end to that: with something unread the client would be told of a fault, and not of
/// an end.
fn discard(stream: &TcpStream, buffer: &mut [u8]) {
    let mut reads = (0..32).map(|_| stream.try_read(buffer));
    while let Some(Ok(1..)) = reads.next() {}
}

/// Ends a connection that nobody serves, with an end, too. The system is asked: tokio may not know yet that something came.
fn turn_away(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        let mut reads = (0..32).map(|_| stream.read(&mut [0; 4096]));
        while let Some(Ok(1..)) = reads.next() {}
    }
}
