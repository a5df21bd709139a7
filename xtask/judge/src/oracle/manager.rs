//! A manager that starts with given files, and all that is tried on it.

use std::collections::HashSet;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use amictl::testing::answer::{Answer, NO_CONNECTION, Started, Yes};
use amictl::testing::cases::ETC;
use amictl::testing::scenario::{Login, Receiver, SENDER, Scenario, Trials, event_headers, replace};
use anyhow::{Context, Result, anyhow, bail, ensure};
use socket2::{Domain, Socket, Type};

use super::console;
use super::instance::Ended;
use super::network;
use super::subject::{Manager, Subject};

/// What becomes of managers that start with the files of some scenarios, in their order.
pub(crate) fn ask_all(subject: &dyn Subject, scenarios: &[&Scenario]) -> Result<Vec<Answer>> {
    let next = AtomicUsize::new(0);
    // Each in a network of its own, so that all can have the same ports.
    let work = || -> Result<Vec<(usize, Answer)>> {
        let mut answers = Vec::new();
        if next.load(Ordering::Relaxed) < scenarios.len() {
            network::leave()?;
        }
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(scenario) = scenarios.get(at)
        {
            let answer = ask(subject, scenario).with_context(|| format!("asking `{}`", scenario.name))?;
            answers.push((at, answer));
        }
        Ok(answers)
    };
    let mut answers = thread::scope(|scope| -> Result<Vec<_>> {
        let workers: Vec<_> = (0..subject.side_by_side().min(scenarios.len())).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| anyhow!("a thread that asks a manager panicked"))??);
        }
        Ok(all)
    })?;
    answers.sort_by_key(|(at, _)| *at);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

fn ask(subject: &dyn Subject, scenario: &Scenario) -> Result<Answer> {
    let mut manager = match subject.start_with(scenario)? {
        Ok(manager) => manager,
        Err(Ended::Died) => return Ok(Answer::Crashes(Yes)),
        Err(Ended::Never) => return Ok(Answer::Hangs(Yes)),
    };
    match started(&*manager, &scenario.manager)? {
        Some(started) => Ok(Answer::Manager(Box::new(started))),
        None if manager.has_ended()? => Ok(Answer::Crashes(Yes)),
        None => Ok(Answer::Hangs(Yes)),
    }
}

/// Longer than this nobody waits for an answer; a failed login takes a second.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Nothing when it stops to answer.
fn started(manager: &dyn Manager, trials: &Trials) -> Result<Option<Started>> {
    let Some(settings) = manager.console(b"manager show settings")? else { return Ok(None) };
    let Some(listed) = manager.console(b"manager show users")? else { return Ok(None) };
    let mut users = Vec::new();
    for name in names(&listed) {
        let command = [&b"manager show user "[..], &console::quoted(name)].concat();
        let Some(shown) = manager.console(&command)? else { return Ok(None) };
        users.push((name.into(), lines(&shown).skip(1).map(Into::into).collect()));
    }
    let plain = plain_address(&settings);
    let logins = logins(plain, &trials.logins)?;
    let Some(delivered) = delivered(plain, trials)? else { return Ok(None) };
    // The folder is another each time.
    let etc = manager.etc_inside();
    let setting = |line: &[u8]| replace(&squeezed(line), etc.as_bytes(), ETC).as_slice().into();
    let settings = lines(&settings).skip(1).map(setting).collect();
    Ok(Some(Started { settings, listen: manager.listens()?, users, logins, delivered }))
}

/// The lines that say something: not the empty ones and not the rulers.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.iter().all(|&byte| byte == b'-'))
}

/// `LABEL:   VALUE` with one blank in place of the padding.
fn squeezed(line: &[u8]) -> Vec<u8> {
    let Some(colon) = line.windows(2).position(|it| it[0] == b':' && it[1].is_ascii_whitespace()) else {
        return line.to_vec();
    };
    [&line[..=colon], b" ", line[colon + 1..].trim_ascii_start()].concat()
}

/// The users that `manager show users` lists.
fn names(listed: &[u8]) -> Vec<&[u8]> {
    const HEADING: &[u8] = b"username\n--------\n";
    const END: &[u8] = b"\n-------------------\n";
    let Some(start) = listed.windows(HEADING.len()).position(|it| it == HEADING) else { return Vec::new() };
    let rest = &listed[start + HEADING.len()..];
    let end = rest.windows(END.len()).rposition(|it| it == END).unwrap_or(0);
    rest[..end].split(|&byte| byte == b'\n').collect()
}

/// Where the plain listener is, by its own account.
fn plain_address(settings: &[u8]) -> Option<SocketAddr> {
    let line = lines(settings).find_map(|line| line.strip_prefix(b"TCP Bindaddress:"))?;
    std::str::from_utf8(line.trim_ascii()).ok()?.parse().ok()
}

/// A connection from an address to the listener; its greeting is still to come.
fn connect(plain: Option<SocketAddr>, from: IpAddr) -> Option<TcpStream> {
    let mut to = plain?;
    if to.ip().is_unspecified() {
        to.set_ip(if from.is_ipv4() { IpAddr::from([127, 0, 0, 1]) } else { "::1".parse().ok()? });
    }
    let domain = if from.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::STREAM, None).ok()?;
    socket.bind(&SocketAddr::new(from, 0).into()).ok()?;
    socket.connect_timeout(&to.into(), PATIENCE).ok()?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    Some(stream)
}

/// So many connections are open at once.
const TOGETHER: usize = 1200;

/// The answers to all tries, each on a connection of its own. They are made together, as one that fails takes a second.
fn logins(plain: Option<SocketAddr>, logins: &[Login]) -> Result<Vec<String>> {
    let mut answers = Vec::new();
    for together in logins.chunks(TOGETHER) {
        let mut streams = Vec::new();
        for login in together {
            let stream = connect(plain, login.from);
            streams.push(match stream {
                Some(mut stream) => {
                    greeted(&mut stream)?;
                    stream.write_all(&login_action(&login.user.0, &login.secret.0, "off"))?;
                    stream.write_all(b"Action: Logoff\r\n\r\n")?;
                    Some(stream)
                }
                None => None,
            });
        }
        for stream in streams {
            let Some(mut stream) = stream else {
                answers.push(NO_CONNECTION.to_owned());
                continue;
            };
            let mut all = Vec::new();
            match stream.read_to_end(&mut all) {
                Err(error) if error.kind() != ErrorKind::ConnectionReset => bail!("no answer to a login: {error}"),
                _ => answers.push(message(&all).context("a login without an answer")?),
            }
        }
    }
    Ok(answers)
}

/// Waits for the greeting, which says that the connection has been taken.
fn greeted(stream: &mut TcpStream) -> Result<()> {
    let mut greeting = Vec::new();
    let mut byte = [0];
    while greeting.last() != Some(&b'\n') {
        stream.read_exact(&mut byte).context("no greeting")?;
        greeting.extend(byte);
    }
    Ok(())
}

fn login_action(user: &[u8], secret: &[u8], events: &str) -> Vec<u8> {
    let events = events.as_bytes();
    [b"Action: Login\r\nUsername: ", user, b"\r\nSecret: ", secret, b"\r\nEvents: ", events, b"\r\n\r\n"].concat()
}

/// The first `Message` in a text.
fn message(text: &[u8]) -> Option<String> {
    let line = text.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"Message: "))?;
    Some(String::from_utf8_lossy(line.trim_ascii_end()).into_owned())
}

/// Someone who is logged in.
struct Session {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Session {
    /// Logs in; nobody, when that fails.
    fn open(plain: Option<SocketAddr>, user: &[u8], secret: &[u8], events: &str) -> Result<Option<Session>> {
        let Some(mut stream) = connect(plain, IpAddr::from([127, 0, 0, 1])) else { return Ok(None) };
        greeted(&mut stream)?;
        stream.write_all(&login_action(user, secret, events))?;
        Ok(Some(Session { stream, received: Vec::new() }))
    }

    /// The text up to, and with, the first `end`; nothing when the other side is silent or gone.
    fn until(&mut self, end: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.received[searched..].windows(end.len()).position(|it| it == end) {
                let rest = self.received.split_off(searched + at + end.len());
                return Ok(Some(std::mem::replace(&mut self.received, rest)));
            }
            searched = (self.received.len() + 1).saturating_sub(end.len());
            let mut chunk = [0; 1 << 14];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Ok(None),
                Ok(count) => self.received.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Ok(None),
            }
        }
    }

    fn is_in(&mut self) -> Result<bool> {
        let answer = self.until(b"\r\n\r\n")?;
        Ok(answer.is_some_and(|answer| answer.starts_with(b"Response: Success\r\n")))
    }
}

/// Which events each receiver was sent. Nothing when Asterisk stops to answer.
fn delivered(plain: Option<SocketAddr>, trials: &Trials) -> Result<Option<Vec<Option<Vec<usize>>>>> {
    if trials.receivers.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut sender = Session::open(plain, SENDER.as_bytes(), SENDER.as_bytes(), "user")?;
    if let Some(session) = &mut sender
        && !session.is_in()?
    {
        sender = None;
    }
    let mut sessions: Vec<Option<Session>> = Vec::new();
    let mut known = HashSet::new();
    let mut answered = 0;
    for Receiver { user, secret } in &trials.receivers {
        // Who has a session already may not get another: their order matters.
        if !known.insert(user.0.to_ascii_lowercase()) {
            settle(&mut sessions[answered..])?;
            answered = sessions.len();
        }
        sessions.push(Session::open(plain, &user.0, &secret.0, "user")?);
    }
    settle(&mut sessions[answered..])?;
    if let Some(sender) = &mut sender {
        for (at, headers) in trials.events.iter().enumerate() {
            let event = event_headers(at, headers);
            sender.stream.write_all(&[b"Action: UserEvent\r\n", &event[..], b"\r\n"].concat())?;
            // Once it has come back it waits for everybody; the response says only that it will.
            loop {
                let Some(message) = sender.until(b"\r\n\r\n")? else { return Ok(None) };
                if numbers(&message)?.contains(&at) {
                    break;
                }
                ensure!(!message.starts_with(b"Response: Error"), "an event is refused: {}", message.escape_ascii());
            }
        }
    }
    let mut delivered = Vec::new();
    for session in &mut sessions {
        let Some(session) = session else {
            delivered.push(None);
            continue;
        };
        // What was to be sent is sent before the next action is looked at.
        session.stream.write_all(b"Action: Ping\r\nActionID: last\r\n\r\n")?;
        let Some(text) = session.until(b"Response: Success\r\nActionID: last\r\n")? else { return Ok(None) };
        delivered.push(Some(numbers(&text)?));
    }
    Ok(Some(delivered))
}

/// Waits for the answers to logins, and lets go of those that failed.
fn settle(sessions: &mut [Option<Session>]) -> Result<()> {
    for session in sessions {
        if let Some(open) = session
            && !open.is_in()?
        {
            *session = None;
        }
    }
    Ok(())
}

/// The numbers of the events in what a session received.
fn numbers(text: &[u8]) -> Result<Vec<usize>> {
    let mut numbers = Vec::new();
    for start in memchr::memmem::find_iter(text, b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: ") {
        let rest = text[start..].split(|&byte| byte == b'\n').nth(3).unwrap_or_default();
        let number = rest.strip_prefix(b"ActionID: ").map(<[u8]>::trim_ascii_end);
        let number = number.and_then(|it| std::str::from_utf8(it).ok()?.parse().ok());
        numbers.push(number.with_context(|| format!("an event without its number: {}", rest.escape_ascii()))?);
    }
    Ok(numbers)
}

/// The sockets that listen in the network of a process, as its tables have them.
pub(crate) fn listening(process: u32) -> Result<Vec<String>> {
    let mut addresses = Vec::new();
    for table in ["tcp", "tcp6"] {
        let text = fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let mut fields = line.split_whitespace();
            let (address, state) = (fields.nth(1).unwrap_or_default(), fields.nth(1));
            // TCP_LISTEN
            if state == Some("0A") {
                addresses.push(address_of(address).with_context(|| format!("no address: {address}"))?);
            }
        }
    }
    addresses.sort();
    Ok(addresses)
}

/// `0100007F:13AE` is 127.0.0.1:5038: each four bytes are a number of the machine.
fn address_of(text: &str) -> Option<String> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words = (0..ip.len() / 8).map(|at| u32::from_str_radix(&ip[at * 8..at * 8 + 8], 16).map(u32::to_ne_bytes));
    let bytes = words.collect::<Result<Vec<_>, _>>().ok()?.concat();
    let ip = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical(),
    };
    Some(SocketAddr::new(ip, port).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_taken_from_their_list() {
        let listed = b"\nusername\n--------\njudge\n\n b x\n-------------------\n3 manager users configured.\n";
        assert_eq!(names(listed), [&b"judge"[..], b"", b" b x"]);
        assert!(names(b"There are no manager users.\n").is_empty());
    }

    #[test]
    fn settings_lose_their_padding_only() {
        assert_eq!(squeezed(b"Manager (AMI):             Yes"), b"Manager (AMI): Yes");
        assert_eq!(squeezed(b"TLS Cipher:"), b"TLS Cipher:");
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn sockets_are_told_as_addresses() {
        assert_eq!(address_of("0100007F:13AE").as_deref(), Some("127.0.0.1:5038"));
        assert_eq!(address_of("00000000000000000000000001000000:0050").as_deref(), Some("[::1]:80"));
        assert_eq!(address_of("0000000000000000FFFF00000100007F:0050").as_deref(), Some("127.0.0.1:80"));
    }
}
