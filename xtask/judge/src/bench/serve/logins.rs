//! How many clients a second connect, log in, and log off.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use anyhow::{Result, ensure};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::client::{ACCEPTED, MILLISECONDS, connect, login, login_action};
use super::{Row, Serve, Servers};

/// So many log in at a time.
const AT_A_TIME: usize = 8;

impl Serve {
    pub(super) fn measure_logins(&self, servers: &Servers) -> Result<()> {
        let row = |how: &str| Row { label: format!("logins/s, {how}"), is_speed: true };
        let rows = [row("one after another"), row(&format!("{AT_A_TIME} at a time"))];
        servers.compare(&self.conf(0), &rows, |port, _| {
            let present = (0..self.present).map(|client| login(port, &user(client % self.clients), "c", "off"));
            let present = present.collect::<Result<Vec<_>>>()?;
            // The first run is for the caches.
            let speeds = [1, 1, AT_A_TIME].map(|at_a_time| self.log_in(port, at_a_time));
            drop(present);
            speeds.into_iter().skip(1).collect()
        })
    }

    /// How many clients a second do so, that many at a time: in one thread, which leaves the other core to the server and
    /// is not woken more often than there is something to do.
    fn log_in(&self, port: u16, at_a_time: usize) -> Result<f64> {
        let actions: Vec<String> = (0..self.clients).map(|client| login_action(&user(client), "c", "on")).collect();
        let mut actions = actions.iter().cycle().take(self.logins);
        let epoll = Epoll::new(EpollCreateFlags::empty())?;
        let mut begin =
            |place: usize| actions.next().map(|action| Visit::begin(port, action, &epoll, place)).transpose();
        let start = Instant::now();
        let mut visits = (0..at_a_time).map(&mut begin).collect::<Result<Vec<_>>>()?;
        let mut ready = vec![EpollEvent::empty(); at_a_time];
        while visits.iter().any(Option::is_some) {
            let found = epoll.wait(&mut ready, EpollTimeout::from(MILLISECONDS))?;
            ensure!(found > 0, "a client waits without end");
            for event in &ready[..found] {
                let place = event.data() as usize;
                if let Some(visit) = &mut visits[place]
                    && visit.is_over()?
                {
                    visits[place] = None;
                    visits[place] = begin(place)?;
                }
            }
        }
        Ok(self.logins as f64 / start.elapsed().as_secs_f64())
    }
}

fn user(client: usize) -> String {
    format!("client{client}")
}

/// A client that logs in, then logs off, and stays until the server has closed.
struct Visit {
    stream: TcpStream,
    said: Vec<u8>,
    is_in: bool,
}

impl Visit {
    fn begin(port: u16, login: &str, epoll: &Epoll, place: usize) -> Result<Visit> {
        let mut stream = connect(port)?;
        stream.write_all(login.as_bytes())?;
        epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, place as u64))?;
        Ok(Visit { stream, said: Vec::new(), is_in: false })
    }

    /// Takes what has come, and goes on from there.
    fn is_over(&mut self) -> Result<bool> {
        let mut chunk = [0; 4096];
        let count = self.stream.read(&mut chunk)?;
        if count == 0 {
            ensure!(self.is_in, "a login is refused");
            return Ok(true);
        }
        if !self.is_in {
            self.said.extend_from_slice(&chunk[..count]);
            self.is_in = self.said.windows(ACCEPTED.len()).any(|it| it == ACCEPTED);
            if self.is_in {
                self.stream.write_all(b"Action: Logoff\r\n\r\n")?;
            }
        }
        Ok(false)
    }
}
