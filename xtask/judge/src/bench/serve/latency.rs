//! How long an event takes from who sends it to who is sent it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::client::{MILLISECONDS, action, event, login};
use super::{Row, Serve, Servers};

impl Serve {
    pub(super) fn measure_latency(&self, servers: &Servers, clients: usize) -> Result<()> {
        let row =
            |what: &str| Row { label: format!("{clients} clients, {}/s: {what}, µs", self.rate), is_speed: false };
        let rows = [row("median"), row("p99"), row("worst")];
        servers.compare(&self.conf(0), &rows, |port, _| {
            let mut times = self.times(port, clients)?;
            times.sort_unstable();
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
            Ok(vec![at(0.5), at(0.99), at(1.0)])
        })
    }

    /// From the moment before an event is sent until each client has it whole, of all events and clients.
    fn times(&self, port: u16, clients: usize) -> Result<Vec<Duration>> {
        let clients = (0..clients).map(|client| login(port, &format!("client{client}"), "c", "user"));
        let clients = clients.collect::<Result<Vec<_>>>()?;
        let driver = login(port, "driver", "d", "off")?;
        let answers = driver.try_clone()?;
        let count = (self.rate * self.seconds) as usize;
        let (sent, came) = thread::scope(|scope| {
            let sent = scope.spawn(|| send(driver, count, Duration::from_secs(1) / self.rate));
            let came = watch(clients, answers, count);
            (sent.join().ok().context("the driver panicked").flatten(), came)
        });
        let (sent, came) = (sent?, came?);
        Ok(came.into_iter().flat_map(|came| came.into_iter().zip(&sent).map(|(came, sent)| came - *sent)).collect())
    }
}

/// Sends events at a steady rate, and tells when each was.
fn send(mut driver: TcpStream, count: usize, pause: Duration) -> Result<Vec<Instant>> {
    let (start, mut sent) = (Instant::now(), Vec::with_capacity(count));
    for number in 0..count {
        let due = start + pause * u32::try_from(number)?;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let action = action(number);
        sent.push(Instant::now());
        driver.write_all(action.as_bytes())?;
    }
    Ok(sent)
}

/// Reads from all clients, and tells when each event had come to each: one thread, so that the server has the other core.
fn watch(mut clients: Vec<TcpStream>, answers: TcpStream, count: usize) -> Result<Vec<Vec<Instant>>> {
    let length = event(0).len();
    let mut came: Vec<Vec<Instant>> = clients.iter().map(|_| Vec::with_capacity(count)).collect();
    let mut bytes = vec![0; clients.len()];
    clients.push(answers);
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    for (number, client) in clients.iter().enumerate() {
        client.set_nonblocking(true)?;
        epoll.add(client, EpollEvent::new(EpollFlags::EPOLLIN, number as u64))?;
    }
    let (mut ready, mut chunk) = (vec![EpollEvent::empty(); clients.len()], vec![0; 1 << 16]);
    while came.iter().any(|came| came.len() < count) {
        let found = epoll.wait(&mut ready, EpollTimeout::from(MILLISECONDS))?;
        ensure!(found > 0, "an event does not come");
        for event in &ready[..found] {
            let number = event.data() as usize;
            let read = match clients[number].read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                read => read?,
            };
            ensure!(read > 0, "a client is cut off");
            // The last one is the driver, of whose answers nothing is asked.
            let Some(bytes) = bytes.get_mut(number) else { continue };
            *bytes += read;
            let now = Instant::now();
            ensure!(*bytes <= count * length, "a client is sent more than there is");
            came[number].resize(*bytes / length, now);
        }
    }
    Ok(came)
}
