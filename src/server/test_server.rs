//! A server for the tests of a client, in the process of the test.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;

use super::event::Event;
use super::hub::Hub;
use super::loaded::Loaded;
use super::net::Net;
use crate::config::{Outcome, Place};
use crate::host::{Disk, Host as _, Memory, random};
use crate::release::Release;

/// A manager.conf, served on a port of its own until this is dropped.
///
/// ```
/// use std::io::{BufRead, BufReader, Write};
/// use std::net::TcpStream;
///
/// use amictl::release::Release;
/// use amictl::server::{Event, TestServer};
///
/// let conf = "[general]\nenabled = yes\n[bob]\nsecret = s3cret\nread = call\nwrite = none\n";
/// let server = TestServer::start(conf, Release::newest_lts())?;
/// let mut client = TcpStream::connect(server.address())?;
/// client.write_all(b"Action: Login\r\nUsername: bob\r\nSecret: s3cret\r\n\r\n")?;
/// let mut lines = BufReader::new(client.try_clone()?).lines();
/// assert_eq!(lines.next().unwrap()?, "Asterisk Call Manager/11.0.0");
/// assert_eq!(lines.next().unwrap()?, "Response: Success");
/// assert_eq!(lines.nth(1).unwrap()?, "");
///
/// let body = b"Channel: PJSIP/bob-1\r\n".to_vec();
/// server.publish(Event { name: b"Hangup".to_vec(), classes: b"call".to_vec(), body });
/// assert_eq!(lines.next().unwrap()?, "Event: Hangup");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TestServer {
    address: SocketAddr,
    events: Option<UnboundedSender<Event>>,
    thread: Option<JoinHandle<()>>,
}

/// So long it is waited for at the end that clients take what they are sent.
const FAREWELL: Duration = Duration::from_secs(1);

impl TestServer {
    /// Serves the text of a manager.conf on a free port of 127.0.0.1, as a release would.
    ///
    /// # Errors
    ///
    /// What the system says, or that Asterisk would not load it.
    pub fn start(conf: &str, release: Release) -> io::Result<TestServer> {
        let (events, come) = unbounded_channel();
        let (told, heard) = mpsc::channel();
        let conf = conf.to_owned();
        let thread = std::thread::spawn(move || {
            if let Err(error) = serve(&conf, release, come, &told) {
                let _ = told.send(Err(error));
            }
        });
        let address = heard.recv().map_err(io::Error::other)??;
        Ok(TestServer { address, events: Some(events), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends an event to every client that may see it.
    pub fn publish(&self, event: Event) {
        if let Some(events) = &self.events {
            let _ = events.send(event);
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // Without anybody to send events it ends.
        self.events = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    conf: &str,
    release: Release,
    mut events: UnboundedReceiver<Event>,
    told: &mpsc::Sender<io::Result<SocketAddr>>,
) -> io::Result<()> {
    let etc = PathBuf::from("/etc/asterisk");
    let mut memory = Memory::default();
    memory.add(etc.join("manager.conf"), conf);
    let place = Place { etc: etc.clone(), root: None, complete: true };
    let loaded = Loaded::read(Arc::new(memory), etc.join("manager.conf"), place, release)?;
    if loaded.effective().outcome != Outcome::Loads {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, loaded.why_not()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async move {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let net = Net::new(Hub::new(Rc::new(loaded), Box::new(random), Disk.now()), Box::new(|| Disk.now()));
        spawn_local(net.clone().accept(listener, None));
        spawn_local(net.clone().keep_time());
        let _ = told.send(Ok(address));
        while let Some(event) = events.recv().await {
            net.with(|hub| hub.publish(&event));
        }
        // Who does not take what is left of it does not keep the test waiting.
        let _ = timeout(FAREWELL, net.shut_down()).await;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn what_was_sent_last_is_sent() {
        let conf = "[general]\nenabled = yes\n[bob]\nsecret = x\nread = call,system\n";
        let server = TestServer::start(conf, Release::newest_lts()).expect("a server");
        let mut client = BufReader::new(TcpStream::connect(server.address()).expect("a connection"));
        client.get_mut().write_all(b"Action: Login\r\nUsername: bob\r\nSecret: x\r\n\r\n").expect("a login");
        let mut line = String::new();
        while !line.ends_with("Status: Fully Booted\r\n") {
            client.read_line(&mut line).expect("FullyBooted");
        }
        for number in 0..100 {
            let body = format!("Number: {number}\r\n").into_bytes();
            server.publish(Event { name: b"Hangup".to_vec(), classes: b"call".to_vec(), body });
        }
        drop(server);
        let mut rest = String::new();
        client.read_to_string(&mut rest).expect("an end");
        let end =
            "Number: 99\r\n\r\nEvent: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n";
        assert!(rest.matches("Event: Hangup").count() == 100 && rest.ends_with(end), "{rest}");
    }

    #[test]
    fn what_is_not_loaded_is_told_with_its_place() {
        let error =
            TestServer::start("[general]\nenabled = yes\n[bob\n", Release::newest_lts()).err().expect("an error");
        assert_eq!(
            error.to_string(),
            "Asterisk does not load /etc/asterisk/manager.conf:3: the section header has no `]`"
        );
    }
}
