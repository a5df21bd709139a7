//! How many events a second come to each client.

use std::io::{BufWriter, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::client::{action, event, login};
use super::{Row, Serve, Servers};

impl Serve {
    pub(super) fn measure_events(&self, servers: &Servers, filters: usize) -> Result<()> {
        let with = if filters == 0 { "no filters".to_owned() } else { format!("{filters} filters each") };
        let row = Row { label: format!("{} clients, {with}, events/s", self.clients), is_speed: true };
        servers.compare(&self.conf(filters), &[row], |port, times| Ok(vec![self.deliver(port, times * self.events)?]))
    }

    /// How many events a second every client is sent.
    fn deliver(&self, port: u16, count: usize) -> Result<f64> {
        let clients = (0..self.clients).map(|client| login(port, &format!("client{client}"), "c", "user"));
        let clients = clients.collect::<Result<Vec<_>>>()?;
        let driver = login(port, "driver", "d", "off")?;
        let bytes = count * event(0).len();
        let start = Instant::now();
        let readers: Vec<_> = clients.into_iter().map(|client| thread::spawn(move || take(client, bytes))).collect();
        let mut answers = driver.try_clone()?;
        let answered = thread::spawn(move || {
            let mut chunk = vec![0; 1 << 16];
            while answers.read(&mut chunk).is_ok_and(|count| count > 0) {}
        });
        let mut driver_out = BufWriter::with_capacity(1 << 16, &driver);
        for number in 0..count {
            driver_out.write_all(action(number).as_bytes())?;
        }
        driver_out.flush()?;
        for reader in readers {
            let last = reader.join().ok().context("a client panicked")??;
            ensure!(last.ends_with(event(count - 1).as_bytes()), "a client was sent something else");
        }
        let speed = count as f64 / start.elapsed().as_secs_f64();
        driver.shutdown(Shutdown::Both)?;
        answered.join().ok().context("the driver panicked")?;
        Ok(speed)
    }
}

/// Takes so many bytes, and returns the last of them.
fn take(mut stream: TcpStream, bytes: usize) -> Result<Vec<u8>> {
    let (mut chunk, mut rest, mut last) = (vec![0; 1 << 16], bytes, Vec::new());
    while rest > 0 {
        let count = stream.read(&mut chunk)?;
        ensure!(count > 0, "a client was cut off");
        rest = rest.checked_sub(count).context("a client was sent more than there is")?;
        last.extend_from_slice(&chunk[..count]);
        last.drain(..last.len().saturating_sub(1 << 10));
    }
    Ok(last)
}
