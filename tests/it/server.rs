//! The server without sockets: what Asterisk was seen to do on the wire, fact by fact.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use amictl::config::Place;
use amictl::host::Memory;
use amictl::release::Release;
use amictl::server::{Hub, Id, Loaded, Peer};

const CONF: &str = "\
[general]
enabled = yes
bindaddr = 127.0.0.1
authlimit = 3
authtimeout = 5
disabledevents = Nothing
[joe]
secret = joe
read = all
write = system,call,user
[aclu]
secret = x
deny = 0.0.0.0/0
permit = 10.0.0.0/8
read = call
[users]
secret = u
read = user
write = none
eventfilter = !Secret
[single]
secret = s
allowmultiplelogin = no
read = user
[nosecret]
read = all
[open]
secret =
read = user
";

/// A server and the time.
struct Server {
    hub: Hub,
    now: Duration,
}

impl Server {
    fn new(conf: &str, release: &str) -> Server {
        let mut memory = Memory::default();
        memory.add("/etc/asterisk/manager.conf", conf);
        Server::of(memory, release)
    }

    fn of(memory: Memory, release: &str) -> Server {
        let place = Place { etc: "/etc/asterisk".into(), root: None, complete: true };
        let release = Release::parse(release).unwrap();
        let loaded =
            Loaded::read(Arc::new(memory), PathBuf::from("/etc/asterisk/manager.conf"), place, release).unwrap();
        let now = Duration::from_millis(1_795_380_459_300);
        let mut number = 0;
        let random = move || {
            number += 1_000_003;
            number << 16
        };
        Server { hub: Hub::new(Rc::new(loaded), Box::new(random), now), now }
    }

    /// A client from an address, its greeting taken.
    fn client(&mut self, from: &str) -> Id {
        let [remote, local]: [SocketAddr; 2] = [from, "127.0.0.1:5038"].map(|it| it.parse().unwrap());
        let id = self.hub.connect(Peer { remote, local, is_tls: false, session: 0 }).unwrap();
        assert!(self.read(id).starts_with("Asterisk Call Manager/"));
        id
    }

    /// Sends lines and takes what comes at once.
    fn say(&mut self, id: Id, text: &str) -> String {
        self.hub.received(id, text.replace('\n', "\r\n").as_bytes());
        self.read(id)
    }

    fn read(&mut self, id: Id) -> String {
        let due = self.hub.due(id).unwrap();
        assert!(!due.bytes.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r'), "a line without CRLF");
        String::from_utf8(due.bytes).unwrap().replace("\r\n", "\n")
    }

    fn is_closed(&mut self, id: Id) -> bool {
        self.hub.due(id).unwrap().closes
    }

    fn later(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.hub.tick(self.now);
        self.hub.wake();
    }

    fn login(&mut self, user: &str, secret: &str) -> Id {
        let id = self.client("127.0.0.1:40000");
        let said = self.say(id, &format!("Action: Login\nUsername: {user}\nSecret: {secret}\n\n"));
        assert!(said.starts_with("Response: Success\nMessage: Authentication accepted\n\n"), "{said}");
        id
    }
}

#[test]
fn who_logs_in_is_answered_in_the_order_that_was_seen() {
    let mut server = Server::new(CONF, "22.10.1");
    let id = server.client("127.0.0.1:60185");
    server.later(37_000 - 36_000);
    let said = server.say(id, "Action: Login\nActionID: x\nUsername: JOE\nSecret: joe\n\n");
    let seen = "Response: Success\nActionID: x\nMessage: Authentication accepted\n\nEvent: FullyBooted\nPrivilege: system,all\nUptime: 1\n\
        LastReload: 1\nStatus: Fully Booted\n\nEvent: SuccessfulAuth\nPrivilege: security,all\nEventTV: 2026-11-22T20:47:40.300+0000\n\
        Severity: Informational\nService: AMI\nEventVersion: 1\nAccountID: JOE\nSessionID: 0xf4243\nLocalAddress: IPV4/TCP/127.0.0.1/5038\n\
        RemoteAddress: IPV4/TCP/127.0.0.1/60185\nUsingPassword: 0\nSessionTV: 2026-11-22T20:47:40.300+0000\n\n";
    assert_eq!(said, seen);
    let said = server.say(id, "Action: Login\nUsername: nobody\n\n");
    assert_eq!(said, "Response: Success\nMessage: Already authenticated\n\n");
    let mut old = Server::new(CONF, "13");
    let id = old.client("127.0.0.1:1");
    let said = old.say(id, "Action: Login\nUsername: joe\nSecret: joe\n\n");
    assert!(
        said.contains("Event: FullyBooted\nPrivilege: system,all\nStatus: Fully Booted\n\n"),
        "13 has no Uptime: {said}"
    );
}

#[test]
fn every_refusal_is_the_same_after_a_second() {
    let mut server = Server::new(CONF, "16");
    let watcher = server.login("joe", "joe");
    server.read(watcher);
    for (login, from, event) in [
        ("Username: joe\nSecret: no", "127.0.0.1:9", Some("InvalidPassword")),
        ("Username: joe\nSecret: joe ", "127.0.0.1:9", Some("InvalidPassword")),
        ("Username: joe", "127.0.0.1:9", Some("InvalidPassword")),
        ("Username: nobody\nSecret: x", "127.0.0.1:9", Some("InvalidAccountID")),
        ("Username: aclu\nSecret: x", "127.0.0.1:9", Some("FailedACL")),
        ("Username: general\nSecret: x", "127.0.0.1:9", Some("InvalidAccountID")),
        ("Username: nosecret\nSecret: ", "127.0.0.1:9", None),
        ("Secret: x", "127.0.0.1:9", None),
        ("AuthType: MD5\nUsername: joe\nKey: 0", "127.0.0.1:9", None),
    ] {
        let id = server.client(from);
        assert_eq!(server.say(id, &format!("Action: Login\nActionID: 7\n{login}\n\nAction: Ping\n\n")), "", "{login}");
        let told = server.read(watcher);
        let name = told.lines().next().map(|line| line.trim_start_matches("Event: ").to_owned());
        assert_eq!(name.as_deref(), event, "{login}: {told}");
        assert!(!server.hub.due(id).unwrap().listens, "what it sends meanwhile is not read");
        server.later(999);
        assert_eq!(server.read(id), "");
        server.later(1);
        assert_eq!(server.read(id), "Response: Error\nActionID: 7\nMessage: Authentication failed\n\n", "{login}");
        assert!(server.is_closed(id));
        server.hub.gone(id, None);
    }
    // An empty secret lets in whoever gives none, and an ACL is a matter of the address alone.
    server.login("open", "");
    let id = server.client("10.1.2.3:9");
    assert!(server.say(id, "Action: Login\nUsername: aclu\nSecret: x\n\n").starts_with("Response: Success"));
}

#[test]
fn strangers_may_only_log_in() {
    let mut server = Server::new(CONF, "22");
    let id = server.client("127.0.0.1:9");
    for action in ["Ping", "ListCommands", "Frobnicate"] {
        let said = server.say(id, &format!("Action: {action}\nActionID: 1\n\n"));
        assert_eq!(said, "Response: Error\nActionID: 1\nMessage: Permission denied\n\n");
    }
    assert_eq!(server.say(id, "\n"), "Response: Error\nMessage: Missing action in request\n\n");
    let said = server.say(id, "Action: Challenge\n\n");
    assert_eq!(said, "Response: Error\nMessage: Must specify AuthType\n\n");
    let said = server.say(id, "Action: Challenge\nAuthType: md5\n\n");
    assert_eq!(server.say(id, "Action: Challenge\nAuthType: MD5\n\n"), said, "the same as long as it lasts");
    let challenge = said.trim_end().rsplit(' ').next().unwrap().to_owned();
    use md5::{Digest as _, Md5};
    let key: String = Md5::digest(format!("{challenge}joe")).iter().map(|byte| format!("{byte:02x}")).collect();
    let said = server.say(id, &format!("Action: Login\nAuthType: MD5\nUsername: joe\nKey: {key}\n\n"));
    assert!(said.starts_with("Response: Success\nMessage: Authentication accepted"), "{said}");
    // In upper case it is another answer, and readers of security events are told the right one.
    let other = server.client("127.0.0.1:9");
    let said = server.say(other, "Action: Challenge\nAuthType: MD5\n\n");
    let challenge = said.trim_end().rsplit(' ').next().unwrap().to_owned();
    let key: String = Md5::digest(format!("{challenge}joe")).iter().map(|byte| format!("{byte:02x}")).collect();
    let upper = key.to_uppercase();
    server.say(other, &format!("Action: Login\nAuthType: MD5\nUsername: joe\nKey: {upper}\n\n"));
    let told = server.read(id);
    assert!(
        told.contains(&format!("Challenge: {challenge}\nResponse: {upper}\nExpectedResponse: {key}\nSessionTV")),
        "{told}"
    );
    assert_eq!(
        server.say(id, "Action: Logoff\n\nAction: Ping\n\n"),
        "Response: Goodbye\nMessage: Thanks for all the fish.\n\n"
    );
    assert!(server.is_closed(id));
}

#[test]
fn events_reach_who_may_see_them_and_answers_come_first() {
    let mut server = Server::new(CONF, "22");
    let [joe, users] = [server.login("joe", "joe"), server.login("users", "u")];
    server.read(joe);
    let said = server.say(joe, "Action: UserEvent\nActionID: 5\nUserEvent: A\nX:  y \nno colon\nPrivilege: z\n\n");
    let event = "Event: UserEvent\nPrivilege: user,all\nUserEvent: A\nActionID: 5\nX:  y \nno colon\nPrivilege: z\n\n";
    assert_eq!(said, format!("Response: Success\nActionID: 5\nMessage: Event Sent\n\n{event}"));
    assert_eq!(server.read(users), event);
    server.say(joe, "Action: UserEvent\nUserEvent: Secret\n\n");
    assert_eq!(server.read(users), "", "its filter holds it back");
    // Masks, by numbers and words.
    for (mask, answer) in [("off", "Off"), ("system", "On"), ("64", "On"), ("bogus", "Off"), ("on", "On")] {
        let said = server.say(users, &format!("Action: Events\nEventMask: {mask}\n\n"));
        assert_eq!(said, format!("Response: Success\nEvents: {answer}\n\n"), "{mask}");
        server.say(joe, "Action: UserEvent\nUserEvent: B\n\n");
        assert_eq!(server.read(users).contains("UserEvent: B"), ["64", "on"].contains(&mask), "{mask}");
    }
    assert_eq!(server.say(users, "Action: Events\n\n"), "Response: Error\nMessage: Invalid event mask\n\n");
    // A filter of the session, for this one only.
    let said = server.say(joe, "Action: Filter\nOperation: Add\nFilter: UserEvent: C\n\n");
    assert_eq!(said, "Response: Success\nMessage: Success\n\n");
    assert!(!server.say(joe, "Action: UserEvent\nUserEvent: D\n\n").contains("Event: UserEvent"));
    assert!(server.read(users).contains("UserEvent: D"));
    let said = server.say(joe, "Action: Filter\nOperation: Add\nFilter: (\n\n");
    assert_eq!(said, "Response: Error\nMessage: Filter did not compile.  Check the syntax of the filter given.\n\n");
}

#[test]
fn rights_are_the_evaluator_s() {
    let mut server = Server::new(CONF, "22");
    let [joe, users] = [server.login("joe", "joe"), server.login("users", "u")];
    server.read(joe);
    let said = server.say(joe, "Action: Frobnicate\n\n");
    assert!(
        said.starts_with("Response: Error\nMessage: Invalid/unknown command: Frobnicate. Use Action: ListCommands"),
        "{said}"
    );
    assert!(
        said.contains("Event: RequestBadFormat") && said.contains("RequestType: Action: Frobnicate\nSessionTV:"),
        "{said}"
    );
    let said = server.say(users, "Action: UserEvent\nUserEvent: x\n\n");
    assert_eq!(said, "Response: Error\nMessage: Permission denied\n\n");
    assert!(server.read(joe).contains("Event: RequestNotAllowed"));
    let said = server.say(users, "Action: ListCommands\n\n");
    assert!(said.contains("\nPing: ") && said.contains("  (Priv: <none>)") && !said.contains("Originate"), "{said}");
    assert!(server.say(joe, "Action: ListCommands\n\n").contains("(Priv: system,call,all)"));
}

#[test]
fn connections_and_sessions_have_limits() {
    let mut server = Server::new(CONF, "22");
    let single = server.login("single", "s");
    for text in
        ["Action: Login\nUsername: SINGLE\nSecret: wrong\n\n", "Action: Challenge\nAuthType: MD5\nUsername: single\n\n"]
    {
        let id = server.client("127.0.0.1:9");
        assert_eq!(server.say(id, text), "");
        server.later(1000);
        assert_eq!(server.read(id), "Response: Error\nMessage: Login Already In Use\n\n");
        server.hub.gone(id, None);
    }
    server.hub.gone(single, None);
    server.login("single", "s");
    // Three may be there that have not logged in; a fourth is closed at once.
    let strangers: Vec<Id> = (0..3).map(|_| server.client("127.0.0.1:9")).collect();
    let peer = Peer {
        remote: "127.0.0.1:9".parse().unwrap(),
        local: "127.0.0.1:5038".parse().unwrap(),
        is_tls: false,
        session: 0,
    };
    assert_eq!(server.hub.connect(peer), None);
    server.hub.gone(strangers[0], None);
    assert!(server.hub.connect(peer).is_some());
    // Nothing that they send gives them more time.
    server.say(strangers[1], "Action: Ping\n\n");
    server.later(4_900);
    assert!(!server.is_closed(strangers[1]));
    server.later(1_100);
    assert!(server.is_closed(strangers[1]) && server.read(strangers[1]).is_empty());
}

#[test]
fn who_waits_for_events_is_woken() {
    let mut server = Server::new(CONF, "22");
    let [joe, users] = [server.login("joe", "joe"), server.login("users", "u")];
    let over = "Response: Success\nActionID: w\nMessage: Waiting for Event completed.\n\n";
    let complete = "Event: WaitEventComplete\nActionID: w\n\n";
    assert_eq!(server.say(users, "Action: WaitEvent\nActionID: w\nTimeout: 2\n\n"), "");
    server.later(1_999);
    assert_eq!(server.read(users), "");
    server.later(1);
    assert_eq!(server.read(users), format!("{over}{complete}"));
    assert_eq!(server.say(users, "Action: WaitEvent\nActionID: w\n\n"), "");
    server.say(joe, "Action: UserEvent\nUserEvent: A\n\n");
    assert_eq!(server.read(users), format!("{over}Event: UserEvent\nPrivilege: user,all\nUserEvent: A\n\n{complete}"));
    server.say(users, "Action: WaitEvent\nActionID: w\n\n");
    assert!(
        server.say(users, "Action: Ping\n\n").starts_with(&format!("{over}{complete}Response: Success\nPing: Pong\n"))
    );
}

/// Measured: fact 58 of the order of what is added, and that a wait is over when input arrives, whatever it is.
#[test]
fn events_tell_which_system_they_are_of() {
    let mut memory = Memory::default();
    memory.add("/etc/asterisk/manager.conf", CONF.replace("enabled = yes", "enabled = yes\ntimestampevents = yes"));
    memory.add("/etc/asterisk/asterisk.conf", "[options]\nsystemname = other\nsystemname = sysA\n");
    let mut server = Server::of(memory, "22.10.1");
    let joe = server.login("joe", "joe");
    server.read(joe);
    let said = server.say(joe, "Action: UserEvent\nUserEvent: a\n\n");
    let event =
        "Event: UserEvent\nPrivilege: user,all\nTimestamp: 1795380459.300000\nSystemName: sysA\nUserEvent: a\n\n";
    assert_eq!(said, format!("Response: Success\nMessage: Event Sent\n\n{event}"));
    assert!(server.say(joe, "Action: CoreSettings\n\n").contains("\nSystemName: sysA\n"));
    assert_eq!(server.say(joe, "Action: WaitEvent\nTimeout: 9\n\n"), "");
    let over = "Response: Success\nMessage: Waiting for Event completed.\n\nEvent: WaitEventComplete\n\n";
    assert_eq!(server.say(joe, "Act"), over);
    assert!(server.say(joe, "ion: Ping\n\n").contains("Pong"));
}

/// By source of 13.12.2: there is none here to ask.
#[test]
fn a_13_prints_what_a_command_does_as_it_is() {
    let mut server = Server::new("[general]\nenabled = yes\n[joe]\nsecret = joe\nwrite = command\n", "13");
    let id = server.login("joe", "joe");
    server.hub.received(id, b"Action: Command\r\nActionID: 5\r\nCommand: nonsense\r\n\r\n");
    let said = server.hub.due(id).unwrap().bytes;
    let text = "Response: Follows\r\nPrivilege: Command\r\nActionID: 5\r\n\
                No such command 'nonsense' (type 'core show help nonsense' for other possible commands)\n--END COMMAND--\r\n\r\n";
    assert!(said.ends_with(text.as_bytes()), "{}", said.escape_ascii());
}
