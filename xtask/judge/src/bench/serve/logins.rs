//! How many clients a second connect, log in, and log off.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::client::{ACCEPTED, connect, login, login_action};
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

    /// How many clients a second do so, that many at a time.
    fn log_in(&self, port: u16, at_a_time: usize) -> Result<f64> {
        let each = self.logins.div_ceil(at_a_time);
        let actions: Vec<String> = (0..self.clients).map(|client| login_action(&user(client), "c", "on")).collect();
        let run = |thread: usize| (0..each).try_for_each(|number| visit(port, &actions[(thread + number) % actions.len()]));
        let start = Instant::now();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..at_a_time).map(|thread| scope.spawn(move || run(thread))).collect();
            threads.into_iter().try_for_each(|thread| thread.join().ok().context("a client panicked")?)
        })?;
        Ok((each * at_a_time) as f64 / start.elapsed().as_secs_f64())
    }
}

fn user(client: usize) -> String {
    format!("client{client}")
}

/// Connects, logs in, logs off, and waits until the server has closed.
fn visit(port: u16, login: &str) -> Result<()> {
    let mut stream = connect(port)?;
    stream.write_all(login.as_bytes())?;
    let (mut chunk, mut filled) = ([0; 4096], 0);
    while !chunk[..filled].windows(ACCEPTED.len()).any(|it| it == ACCEPTED) {
        let count = stream.read(&mut chunk[filled..])?;
        ensure!(count > 0, "a login is refused");
        filled += count;
    }
    stream.write_all(b"Action: Logoff\r\n\r\n")?;
    while stream.read(&mut chunk)? > 0 {}
    Ok(())
}
