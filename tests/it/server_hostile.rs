//! Clients that mean harm, over sockets. Beside each attack there is somebody who is served, during it and after it, and
//! nobody is let in.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use amictl::host::raise_file_limit;
use amictl::release::Release;
use amictl::server::{Event, TestServer};
use amictl::testing::generate::{Seed, soup};

/// Nothing here takes as long, on whatever machine.
const LONG: Duration = Duration::from_secs(60);

/// So many connections there are at once, each with two files of this process: `ulimit -Hn` must be some more.
const MANY: usize = 250;

const USERS: &str = "\
[joe]
secret = x7Qmk2vv
read = all
write = all
writetimeout = 60000
[other]
secret = 9vTqq2Lm
read = user
write = system,user
";

/// A server, and somebody who is logged in all the time.
struct Besieged {
    server: TestServer,
    witness: BufReader<TcpStream>,
    asked: usize,
}

impl Besieged {
    fn new(general: &str) -> Besieged {
        Besieged::with(general, "")
    }

    fn with(general: &str, more: &str) -> Besieged {
        raise_file_limit();
        let conf = format!("[general]\nenabled = yes\n{general}\n{USERS}{more}");
        let server = TestServer::start(&conf, Release::newest_lts()).unwrap();
        let witness = login(&server, "joe", "x7Qmk2vv");
        Besieged { server, witness, asked: 0 }
    }

    fn connect(&self) -> TcpStream {
        connect(&self.server)
    }

    /// The witness is answered, and sent its own event.
    fn is_served(&mut self) {
        self.asked += 1;
        let asked = self.asked;
        let stream = self.witness.get_mut();
        write!(
            stream,
            "Action: Ping\r\nActionID: p{asked}\r\n\r\nAction: UserEvent\r\nUserEvent: mine\r\nNumber: {asked}\r\n\r\n"
        )
        .unwrap();
        until(&mut self.witness, |block| {
            block.starts_with(&format!("Response: Success\r\nActionID: p{asked}\r\nPing"))
        });
        let event = format!("Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: mine\r\nNumber: {asked}\r\n\r\n");
        until(&mut self.witness, |block| block == event);
    }

    /// So many are logged in, the witness among them.
    fn inside(&mut self) -> usize {
        write!(self.witness.get_mut(), "Action: Command\r\nCommand: manager show connected\r\n\r\n").unwrap();
        let block = until(&mut self.witness, |block| block.contains(" users connected."));
        block.lines().filter(|line| line.starts_with("Output:   ")).count() - 1
    }

    /// After it all nobody is in but the witness, and whoever comes with the right secret.
    fn holds(mut self) {
        self.is_served();
        let start = Instant::now();
        while self.inside() > 1 {
            assert!(start.elapsed() < LONG, "somebody is in");
            thread::sleep(Duration::from_millis(20));
        }
        let late = login(&self.server, "other", "9vTqq2Lm");
        assert_eq!(self.inside(), 2);
        drop(late);
        self.is_served();
    }
}

fn connect(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.set_write_timeout(Some(LONG)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Somebody who is in. Strangers may be in the way: there is a place for it some time.
fn login(server: &TestServer, user: &str, secret: &str) -> BufReader<TcpStream> {
    let start = Instant::now();
    loop {
        let mut stream = connect(server);
        let _ = write!(stream, "Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n\r\n");
        let (mut reader, mut line) = (BufReader::new(stream), String::new());
        if reader.read_line(&mut line).is_ok_and(|count| count > 0) {
            let answer = block(&mut reader);
            assert!(answer.contains("Authentication accepted"), "{answer}");
            return reader;
        }
        assert!(start.elapsed() < LONG, "there is no place");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A message.
fn block(reader: &mut BufReader<TcpStream>) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let count = reader.read_until(b'\n', &mut bytes).unwrap();
        assert!(count > 0, "cut off after {:?}", String::from_utf8_lossy(&bytes));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn until(reader: &mut BufReader<TcpStream>, is_meant: impl Fn(&str) -> bool) -> String {
    loop {
        let block = block(reader);
        if is_meant(&block) {
            return block;
        }
    }
}

/// All that somebody is sent until the end, however that comes.
fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn who_is_slow_to_log_in_is_cut_off() {
    let mut besieged = Besieged::new("authtimeout = 1\nauthlimit = 30");
    let mut slow: Vec<TcpStream> = (0..20).map(|_| besieged.connect()).collect();
    let (start, login) = (Instant::now(), b"Action: Login\r\nUsername: other\r\nSecret: 9vTqq2Lm\r\nX: ".iter());
    for byte in login.chain(std::iter::repeat(&b'x')) {
        let written = slow.iter_mut().filter_map(|stream| stream.write_all(&[*byte]).ok()).count();
        if written == 0 {
            break;
        }
        assert!(start.elapsed() < LONG, "{written} are still there");
        besieged.is_served();
        thread::sleep(Duration::from_millis(25));
    }
    for stream in slow {
        let said = rest(stream);
        assert!(said.is_empty() || said == "Asterisk Call Manager/11.0.0\r\n", "{said}");
    }
    besieged.holds();
}

#[test]
fn floods_of_connections_stop_at_the_limit() {
    let mut besieged = Besieged::new("authtimeout = 2\nauthlimit = 150");
    let flood: Vec<TcpStream> = (0..MANY).map(|_| besieged.connect()).collect();
    besieged.is_served();
    let said: Vec<String> = flood.into_iter().map(rest).collect();
    let greeted = said.iter().filter(|said| said.starts_with("Asterisk")).count();
    assert_eq!((greeted, said.iter().filter(|said| said.is_empty()).count()), (150, MANY - 150));
    // Half closes, and resets: what was sent was not read.
    for number in 0..2 * MANY {
        let stream = besieged.connect();
        if number % 2 == 0 {
            let _ = stream.shutdown(Shutdown::Write);
        }
        if number % 100 == 0 {
            besieged.is_served();
        }
    }
    besieged.holds();
}

#[test]
fn whatever_bytes_come_memory_has_an_end() {
    let mut besieged = Besieged::new("authlimit = 100");
    let mut long = besieged.connect();
    for _ in 0..64 {
        long.write_all(&[b'x'; 1 << 17]).unwrap();
        besieged.is_served();
    }
    long.write_all(b"x\r\n\r\nAction: Logoff\r\n\r\n").unwrap();
    let said = rest(long);
    assert!(said.contains("line too long\r\n\r\nResponse: Goodbye\r\n"), "{said}");
    let mut seed = Seed::new(7);
    for number in 0..40 {
        let mut stream = besieged.connect();
        let mut junk: Vec<u8> = (0..1 << 15).map(|_| seed.number().to_be_bytes()[0]).collect();
        (0..20).for_each(|_| junk.extend(soup(&mut seed)));
        // Who does not read its answers is cut off.
        let _ = stream.write_all(&junk).and_then(|()| stream.shutdown(Shutdown::Write));
        if number % 8 == 0 {
            besieged.is_served();
        }
        let said = rest(stream);
        assert!(!said.contains("Success") && !said.contains("Event:"), "{said}");
    }
    besieged.holds();
}

/// The lines of a message have these names and no others.
fn has_only(block: &str, names: &[&str]) {
    for line in block.trim_end_matches("\r\n").split("\r\n") {
        assert!(names.contains(&line.split(':').next().unwrap()), "{block:?}");
        assert!(!line.contains('\n'), "{block:?}");
    }
}

#[test]
fn nobody_forges_a_header() {
    const SECURITY: [&str; 12] = [
        "Event",
        "Privilege",
        "EventTV",
        "Severity",
        "Service",
        "EventVersion",
        "AccountID",
        "SessionID",
        "LocalAddress",
        "RemoteAddress",
        "RequestType",
        "SessionTV",
    ];
    let mut besieged = Besieged::new("authlimit = 100");
    for inside in ["a\rForged: b", "a\0\r\nX: Forged: b", "a\r\rForged: b", "a\u{85}Forged: b", "a\u{2028}Forged: b"] {
        let mut stream = besieged.connect();
        write!(stream, "Action: Login\r\nActionID: {inside}\r\nUsername: {inside}\r\nSecret: {inside}\r\n\r\n")
            .unwrap();
        let said = rest(stream);
        let answer = said.strip_prefix("Asterisk Call Manager/11.0.0\r\n").unwrap();
        has_only(answer, &["Response", "ActionID", "Message"]);
        let told = until(&mut besieged.witness, |block| block.contains("InvalidAccountID"));
        has_only(&told, &SECURITY);
        let mut stream = besieged.connect();
        write!(stream, "Action: {inside}\r\n\r\nAction: Logoff\r\n\r\n").unwrap();
        drop(rest(stream));
        let told = until(&mut besieged.witness, |block| block.contains("RequestNotAllowed"));
        has_only(&told, &SECURITY);
        let sender = besieged.witness.get_mut();
        write!(sender, "Action: UserEvent\r\nUserEvent: {inside}\r\nActionID: {inside}\r\n\r\n").unwrap();
        let answer = until(&mut besieged.witness, |block| block.contains("Event Sent"));
        has_only(&answer, &["Response", "ActionID", "Message"]);
        let event = until(&mut besieged.witness, |block| block.starts_with("Event: UserEvent"));
        has_only(&event, &["Event", "Privilege", "UserEvent", "ActionID", "X"]);
        assert!(event.starts_with("Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: a"), "{event:?}");
    }
    // What it sends as lines of its own is sent on, behind what the event says of itself.
    write!(besieged.witness.get_mut(), "Action: UserEvent\r\nPrivilege: x\r\nEvent: y\r\nUserEvent: a\r\n\r\n")
        .unwrap();
    let event = until(&mut besieged.witness, |block| block.starts_with("Event: UserEvent"));
    assert_eq!(event, "Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: a\r\nPrivilege: x\r\nEvent: y\r\n\r\n");
    besieged.holds();
}

#[test]
fn secrets_are_not_guessed() {
    let mut besieged = Besieged::new(&format!("authlimit = {}", MANY + 10));
    for round in 0..2 {
        let start = Instant::now();
        let guess = |number: usize| {
            let mut stream = besieged.connect();
            let text = format!("Action: Login\r\nUsername: other\r\nSecret: {round}{number}\r\n\r\n");
            // Behind a wrong guess not even the right one is looked at.
            let right = "Action: Login\r\nUsername: other\r\nSecret: 9vTqq2Lm\r\n\r\nAction: Ping\r\n\r\n";
            stream.write_all(format!("{}{right}", text.repeat(20)).as_bytes()).unwrap();
            stream
        };
        let guesses: Vec<TcpStream> = (0..MANY).map(guess).collect();
        besieged.is_served();
        assert_eq!(besieged.inside(), 1);
        for stream in guesses {
            let said = rest(stream);
            let refusal = "Response: Error\r\nMessage: Authentication failed\r\n\r\n";
            assert_eq!(said.strip_prefix("Asterisk Call Manager/11.0.0\r\n"), Some(refusal));
            assert!(start.elapsed() >= Duration::from_millis(990), "answered at once");
        }
    }
    besieged.holds();
}

#[test]
fn who_does_not_read_delays_nobody() {
    let mut besieged = Besieged::new("");
    let deaf = login(&besieged.server, "other", "9vTqq2Lm");
    assert_eq!(besieged.inside(), 2);
    let padding = "x".repeat(1000);
    for number in 0..12_000 {
        let body = format!("UserEvent: flood\r\nNumber: {number}\r\nX: {padding}\r\n").into_bytes();
        besieged.server.publish(Event { name: b"UserEvent".to_vec(), classes: b"user".to_vec(), body });
    }
    for number in 0..12_000 {
        let event = until(&mut besieged.witness, |block| block.starts_with("Event: UserEvent"));
        assert!(event.contains(&format!("\r\nNumber: {number}\r\n")), "not number {number}: {event}");
    }
    while besieged.inside() > 1 {
        thread::sleep(Duration::from_millis(20));
    }
    drop(deaf);
    besieged.holds();
}

/// What it sent and nobody read is no fault: it gets what is on its way, and then the end.
#[test]
fn who_is_cut_off_is_told_of_an_end() {
    let mut besieged = Besieged::with("", "[slow]\nsecret = 9vTqq2Lm\nread = user\nwritetimeout = 1000\n");
    let mut slow = login(&besieged.server, "slow", "9vTqq2Lm");
    let padding = "x".repeat(1000);
    for number in 0..12_000 {
        let body = format!("UserEvent: flood\r\nNumber: {number}\r\nX: {padding}\r\n").into_bytes();
        besieged.server.publish(Event { name: b"UserEvent".to_vec(), classes: b"user".to_vec(), body });
    }
    until(&mut besieged.witness, |block| block.contains("\r\nNumber: 11999\r\n"));
    // Nothing is read of a client that is written to.
    slow.get_mut().write_all(b"Action: Ping\r\n\r\n").unwrap();
    while besieged.inside() > 1 {
        thread::sleep(Duration::from_millis(20));
    }
    slow.read_to_end(&mut Vec::new()).unwrap();
    besieged.holds();
}

#[test]
fn who_asks_for_megabytes_is_served_as_fast_as_it_reads() {
    let many: String =
        (0..1_000).map(|number| format!("[user{number}]\nread = call,user,agent\nwrite = originate\n")).collect();
    let mut besieged = Besieged::with("", &many);
    let ask = |number: usize| format!("Action: GetConfig\r\nActionID: {number}\r\nFilename: manager.conf\r\n\r\n");
    let asked: String = (0..250).map(ask).collect();
    // It may ask for more than is ever kept for it, if it reads.
    let mut reader = login(&besieged.server, "other", "9vTqq2Lm");
    reader.get_mut().write_all(asked.as_bytes()).unwrap();
    let mut length = 0;
    for number in 0..250 {
        let answer = until(&mut reader, |block| block.starts_with("Response:"));
        assert!(answer.contains(&format!("\r\nActionID: {number}\r\nCategory-000000")), "not number {number}");
        length += answer.len();
        if number % 50 == 0 {
            besieged.is_served();
        }
    }
    assert!(length > 16 << 20, "{length}");
    drop(reader);
    let mut deaf = login(&besieged.server, "other", "9vTqq2Lm");
    deaf.get_ref().set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let _ = deaf.get_mut().write_all(format!("{asked}{}", "Action: ListCommands\r\n\r\n".repeat(20_000)).as_bytes());
    besieged.is_served();
    while besieged.inside() > 1 {
        thread::sleep(Duration::from_millis(20));
    }
    besieged.holds();
}

#[test]
fn filters_and_waits_have_their_price_and_no_more() {
    let mut besieged = Besieged::new("");
    let mut other = login(&besieged.server, "other", "9vTqq2Lm");
    let filter = |number: usize| {
        format!(
            "Action: Filter\r\nOperation: Add\r\nFilter: !UserEvent: no{number}\r\n\r\n\
             Action: UserEvent\r\nUserEvent: no{}\r\n\r\n",
            number / 2
        )
    };
    let mut sender = other.get_ref().try_clone().unwrap();
    let writer = thread::spawn(move || {
        let filters: String = (0..1_000).map(filter).collect();
        sender.write_all(filters.as_bytes()).unwrap();
        let wait = |number: usize| format!("Action: WaitEvent\r\nTimeout: {}\r\n\r\n", 1_000_000 + number);
        let waits: String = (0..20_000).map(wait).collect();
        sender.write_all(format!("{waits}Action: Ping\r\n\r\n").as_bytes()).unwrap();
        // What was read with a wait is looked at when that is over: the last ones end with this.
        sender.shutdown(Shutdown::Write).unwrap();
    });
    let mut said = 0;
    // A thousand are more than anybody has; where memory is at stake it ends sooner.
    for number in 0..2_000 + 20_000 {
        let answer = block(&mut other);
        said += usize::from(answer.starts_with("Response: Success"));
        // Each event that it sends is one that it does not want to see, and each wait ends with the next.
        assert!(!answer.starts_with("Event: UserEvent"), "{answer}");
        if answer.contains("Waiting for Event completed") {
            assert_eq!(block(&mut other), "Event: WaitEventComplete\r\n\r\n");
        }
        if number % 4_000 == 0 {
            write!(besieged.witness.get_mut(), "Action: Ping\r\nActionID: {number}\r\n\r\n").unwrap();
            until(&mut besieged.witness, |block| block.contains(&format!("ActionID: {number}\r\nPing: Pong")));
        }
    }
    assert_eq!(said, 22_000);
    until(&mut other, |block| block.contains("Ping: Pong"));
    writer.join().unwrap();
    drop(other);
    besieged.holds();
}

#[test]
fn expressions_that_need_memory_are_refused() {
    let mut besieged = Besieged::new("");
    let mut other = login(&besieged.server, "other", "9vTqq2Lm");
    let mut add = |pattern: &str| {
        write!(other.get_mut(), "Action: Filter\r\nOperation: Add\r\nFilter: {pattern}\r\n\r\n").unwrap();
        until(&mut other, |block| block.starts_with("Response:")).contains("Success")
    };
    let taken = (0..40).take_while(|number| add(&format!("{number}(a{{1,100}}b){{1,20}}"))).count();
    assert!((1..40).contains(&taken), "{taken} of megabytes each");
    besieged.is_served();
    let taken = (0..2_000).take_while(|number| add(&format!("!no{number}"))).count();
    assert!((10..1_100).contains(&taken), "{taken} small ones beside them");
    drop(other);
    // What refers back to its groups may take long with every event: a few of these are all that anybody has.
    let mut other = login(&besieged.server, "other", "9vTqq2Lm");
    let mut add = |pattern: &str| {
        write!(other.get_mut(), "Action: Filter\r\nOperation: Add\r\nFilter: {pattern}\r\n\r\n").unwrap();
        until(&mut other, |block| block.starts_with("Response:")).contains("Success")
    };
    let taken = (0..40).take_while(|number| add(&format!("^(.*)(.*)(.*)(.*)\\1\\2\\3\\4x{number}"))).count();
    assert_eq!(taken, 4);
    write!(other.get_mut(), "Action: UserEvent\r\nUserEvent: {}\r\n\r\n", "ab".repeat(450)).unwrap();
    until(&mut other, |block| block.contains("Event Sent"));
    besieged.is_served();
    drop(other);
    besieged.holds();
}
