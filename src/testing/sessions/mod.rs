//! Whatever clients do, and whenever: a hub, and beside it what each client must be sent.
//!
//! What is an answer to what, who gets in and when something ends is written here anew; who may run an action and who is
//! sent an event, the evaluator is asked, on its slow path.

mod client;
mod confs;
mod messages;
mod server;

use std::time::Duration;

use server::Server;

use super::generate::Seed;

/// Bytes, one after the other; when there are none left they are 0.
struct Tape<'b> {
    bytes: &'b [u8],
}

impl Tape<'_> {
    fn next(&mut self) -> usize {
        let Some((&first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        first.into()
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let (taken, rest) = self.bytes.split_at(count.min(self.bytes.len()));
        self.bytes = rest;
        taken.to_vec()
    }
}

/// Waits, in milliseconds: those at which something ends, and those just before.
const WAITS: [u64; 8] = [1, 200, 999, 1_000, 1_001, 2_000, 4_800, 31_000];

/// So many bytes are looked at: more filters than come of them the server may refuse.
const MOST: usize = 1_000;

/// Bytes for [`sessions_are_sound`].
pub fn happenings(seed: &mut Seed) -> Vec<u8> {
    let length = 20 + seed.below(400);
    (0..length).map(|_| seed.number().to_be_bytes()[0]).collect()
}

/// Bytes as what happens to a server, one thing after the other: it never panics; who has not proved the secret is
/// answered that it may not, and sent no event; who has is sent what the evaluator says, and each message is answered, in
/// order; who is refused is told once, after exactly a second, and closed; and nothing is kept of what is over.
///
/// # Panics
///
/// When it is not so.
pub fn sessions_are_sound(bytes: &[u8]) {
    let mut tape = Tape { bytes: &bytes[..bytes.len().min(MOST)] };
    let release = if tape.next().is_multiple_of(2) { "22.10.1" } else { "16.28.0" };
    let mut server = Server::new(release, tape.next());
    while !tape.bytes.is_empty() {
        let what = tape.next();
        // Which one, if there is any.
        let who = what / 16;
        match what % 16 {
            0 | 1 => server.connect(tape.next()),
            2..=7 => server.say(who, tape.next(), tape.next()),
            8 => {
                let length = tape.next() % 64;
                server.received(who, &tape.take(length));
            }
            9 => {
                let (byte, length) = (tape.next(), tape.next());
                let byte = u8::try_from(byte).unwrap_or(b'\n');
                server.received(who, &[byte].repeat(16 * length));
            }
            10 => server.ended(who),
            11 => server.gone(who),
            12 => server.wait(Duration::from_millis(WAITS[who % WAITS.len()])),
            13 => server.reload(tape.next()),
            14 => server.publish(tape.next()),
            _ => server.take_all(),
        }
        server.settle();
    }
    server.wait(Duration::from_secs(40));
    server.take_all();
    server.end();
}
