//! Sockets and timers for a [`Hub`]: one thread, a task for each connection.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::event::Peer;
use super::hub::{Hub, Id};

/// A hub that is on the network.
#[derive(Clone)]
pub struct Net(Rc<Inner>);

struct Inner {
    hub: RefCell<Hub>,
    clock: Box<dyn Fn() -> Duration>,
    /// Wakes the task of each connection.
    bells: RefCell<HashMap<Id, Rc<Notify>>>,
    /// Wakes whoever minds the timers.
    timers: Notify,
    /// Wakes whoever waits for the last connection to end.
    empty: Notify,
    /// Wakes the sources of events: a session has changed, or takes what it is sent.
    news: Notify,
    /// Wakes whoever reads the configuration again.
    reload: Notify,
}

impl Net {
    /// Puts a hub on the network; `clock` gives the time since the beginning of 1970.
    pub fn new(hub: Hub, clock: Box<dyn Fn() -> Duration>) -> Net {
        let (hub, bells) = (RefCell::new(hub), RefCell::default());
        let notify = Notify::new;
        let (timers, empty, news, reload) = (notify(), notify(), notify(), notify());
        Net(Rc::new(Inner { hub, clock, bells, timers, empty, news, reload }))
    }

    /// Does something with the hub, and rings for everybody for whom there is something to do then.
    pub fn with<R>(&self, act: impl FnOnce(&mut Hub, Duration) -> R) -> R {
        let mut hub = self.0.hub.borrow_mut();
        let before = hub.next_timer();
        let result = act(&mut hub, (self.0.clock)());
        let bells = self.0.bells.borrow();
        hub.stirred().filter_map(|id| bells.get(&id)).for_each(|bell| bell.notify_one());
        if hub.next_timer() != before {
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
    pub async fn accept(self, listener: TcpListener, tls: Option<TlsAcceptor>) -> io::Result<()> {
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
            if let Some(id) = self.with(|hub, now| hub.connect(peer, now)) {
                let bell = Rc::new(Notify::new());
                bell.notify_one();
                self.0.bells.borrow_mut().insert(id, Rc::clone(&bell));
                spawn_local(self.clone().converse(id, stream, tls.clone(), bell));
            }
        }
    }

    /// Minds the timers, without end.
    pub async fn keep_time(self) {
        loop {
            let next = self.0.hub.borrow().next_timer();
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

    /// Waits until nobody is connected.
    pub async fn emptied(&self) {
        while !self.0.bells.borrow().is_empty() {
            self.0.empty.notified().await;
        }
    }

    /// One connection, until it ends.
    async fn converse(self, id: Id, mut stream: TcpStream, tls: Option<TlsAcceptor>, bell: Rc<Notify>) {
        // What fails here is this connection, and nobody is left to be told.
        let _ = stream.set_nodelay(true);
        match tls {
            None => {
                let _ = self.exchange(id, &mut stream, &bell).await;
                let _ = stream.shutdown().await;
            }
            Some(tls) => {
                if let Some(mut stream) = self.shake_hands(id, stream, &tls, &bell).await {
                    let _ = self.exchange(id, &mut stream, &bell).await;
                    let _ = stream.shutdown().await;
                }
            }
        }
        self.with(|hub, _| hub.gone(id));
        self.0.bells.borrow_mut().remove(&id);
        if self.0.bells.borrow().is_empty() {
            self.0.empty.notify_one();
        }
    }

    /// Agrees on keys with a client; it has as long for that as for logging in.
    async fn shake_hands(
        &self,
        id: Id,
        stream: TcpStream,
        tls: &TlsAcceptor,
        bell: &Notify,
    ) -> Option<TlsStream<TcpStream>> {
        let mut shaking = std::pin::pin!(tls.accept(stream));
        loop {
            tokio::select! {
                shaken = &mut shaking => {
                    bell.notify_one();
                    return shaken.ok();
                }
                () = bell.notified() => {
                    if self.0.hub.borrow().is_over(id) {
                        return None;
                    }
                }
            }
        }
    }

    async fn exchange<S>(&self, id: Id, stream: &mut S, bell: &Notify) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut buffer = vec![0; 4096];
        let mut listens = true;
        let mut is_read = true;
        loop {
            let count = tokio::select! {
                biased;
                () = bell.notified() => None,
                count = stream.read(&mut buffer), if listens && is_read => Some(count?),
            };
            match count {
                Some(0) => {
                    is_read = false;
                    self.with(|hub, _| hub.ended(id));
                }
                Some(count) => self.with(|hub, now| hub.received(id, &buffer[..count], now)),
                None => {}
            }
            let Some(due) = self.0.hub.borrow_mut().due(id) else { return Ok(()) };
            self.0.news.notify_waiters();
            listens = due.listens;
            let mut rest = &due.bytes[..];
            let has_bytes = !rest.is_empty();
            while !rest.is_empty() {
                // A client that does not read for so long is cut off, in the middle of an event if need be.
                let written = timeout(due.writetimeout, stream.write(rest)).await;
                let written = written.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
                rest = &rest[written..];
            }
            if has_bytes {
                // TLS keeps what a record takes.
                let flushed = timeout(due.writetimeout, stream.flush()).await;
                flushed.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            }
            if due.closes {
                return Ok(());
            }
            self.0.hub.borrow_mut().reuse(id, due.bytes);
        }
    }
}
