//! What the actions of the server answer: what Asterisk 16.28.0 and 22.10.1 were seen to, word by word.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use amictl::config::Place;
use amictl::host::Memory;
use amictl::release::Release;
use amictl::server::observe::{Observation, Observer, What};
use amictl::server::{Extras, Hub, Id, Loaded, Peer};
use amictl::text::Secrets;

const CONF: &str = "\
[general]
enabled = yes
bindaddr = 127.0.0.1
channelvars = FOO,BAR
[tmpl](!)
read = system,call
write = system
[joe]
secret = j0e&Secret
read = all
write = all
[bob](tmpl)
secret = b0b&Secret
deny = 0.0.0.0/0
permit = 10.0.0.0/8
acl = inside
setvar = A=1
setvar = PASSWORD=pw&Secret
[nosec]
read = call
";

const TEST: &str = "\
[general]
x=1

[t](!)
a=1
[b](t)
b => 2
same=1
same=2
[b]
c=3
d=a\"q\\\\uote
[e]
";

/// Writes down what would crash an Asterisk.
struct Crashes(Rc<RefCell<Vec<String>>>);

impl Observer for Crashes {
    fn observe(&mut self, observation: &Observation<'_>) {
        if let (What::WouldCrash(request), Some(client)) = (observation.what, observation.client) {
            let [action, user] = [request.action(), client.user.unwrap()].map(|it| it.escape_ascii().to_string());
            self.0.borrow_mut().push(format!("{action} of {user}"));
        }
    }
}

/// A server with the files of a folder, one session of a user who may do everything, and the time.
struct Server {
    hub: Hub,
    now: Duration,
    joe: Id,
    log: Rc<RefCell<Vec<String>>>,
}

fn loaded(files: &[(&str, &str)], release: &str) -> Loaded {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.add(Path::new("/etc/asterisk").join(name), *text);
    }
    let place = Place { etc: "/etc/asterisk".into(), root: None, complete: true };
    let path = PathBuf::from("/etc/asterisk/manager.conf");
    Loaded::read(Arc::new(memory), path, place, Release::parse(release).unwrap()).unwrap()
}

impl Server {
    fn new(release: &str) -> Server {
        let files = [
            ("manager.conf", CONF),
            ("acl.conf", "[inside]\npermit=192.168.0.0/16\n"),
            ("test.conf", TEST),
            ("bad.conf", "[a\nx=1\n"),
            ("empty.conf", ""),
            ("onlytmpl.conf", "[t](!)\na=1\n"),
            ("sub/x.conf", "[s]\ny=1\n"),
            ("../outside.conf", "[o]\nz=1\n"),
        ];
        Server::of(loaded(&files, release), Extras { reloads: true, ..Extras::default() }, "joe", "j0e&Secret")
    }

    fn of(loaded: Loaded, extras: Extras, user: &str, secret: &str) -> Server {
        let now = Duration::from_millis(1_795_380_459_300);
        let log = Rc::new(RefCell::new(Vec::new()));
        let told = Rc::clone(&log);
        let extras = Extras { observers: vec![Box::new(Crashes(told))], ..extras };
        let hub = Hub::new(Rc::new(loaded), Box::new(|| 7 << 16), now).with(extras);
        let mut server = Server { hub, now, joe: 0, log };
        server.joe = server.login(user, secret, "off");
        server
    }

    fn login(&mut self, user: &str, secret: &str, events: &str) -> Id {
        let [remote, local] = ["127.0.0.1:40000", "127.0.0.1:5038"].map(|it| it.parse().unwrap());
        let id = self.hub.connect(Peer { remote, local, is_tls: false, session: 0 }).unwrap();
        let said = self.say(id, &format!("Action: Login\nUsername: {user}\nSecret: {secret}\nEvents: {events}"));
        assert!(said.contains("Response: Success\nMessage: Authentication accepted\n\n"), "{said}");
        id
    }

    fn say(&mut self, id: Id, text: &str) -> String {
        self.hub.received(id, format!("{text}\n\n").replace('\n', "\r\n").as_bytes());
        self.read(id)
    }

    fn read(&mut self, id: Id) -> String {
        let bytes = self.hub.due(id).unwrap().bytes;
        assert!(!bytes.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r'), "a line without CRLF");
        bytes.iter().copied().filter(|&byte| byte != b'\r').map(char::from).collect()
    }

    fn joe(&mut self, text: &str) -> String {
        self.say(self.joe, text)
    }

    /// What a command prints, with what comes before it.
    fn command(&mut self, line: &str) -> String {
        self.joe(&format!("Action: Command\nCommand: {line}"))
    }

    fn later(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.hub.tick(self.now);
        self.hub.wake();
    }
}

fn error(why: &str) -> String {
    format!("Response: Error\nActionID: 9\nMessage: {why}\n\n")
}

#[test]
fn the_core_tells_of_itself_header_for_header() {
    let mut server = Server::new("22.10.1");
    let common = "SystemName: \nCoreMaxCalls: 0\nCoreMaxLoadAvg: 0.000000\nCoreRunUser: \nCoreRunGroup: \n\
        CoreMaxFilehandles: 0\nCoreRealTimeEnabled: No\nCoreCDRenabled: Yes\nCoreHTTPenabled: No\n";
    let said = server.joe("Action: CoreSettings\nActionID: 1");
    let seen = format!(
        "Response: Success\nActionID: 1\nAMIversion: 11.0.0\nAsteriskVersion: 22.10.1\n{common}SoundsSearchCustomDir: No\n\n"
    );
    assert_eq!(said, seen);
    server.later(60_000);
    let again = loaded(&[("manager.conf", CONF)], "22.10.1");
    server.hub.reload(Rc::new(again));
    server.hub.tell_reload(b"All", "0");
    let times = "CoreStartupDate: 2026-11-22\nCoreStartupTime: 20:47:39\nCoreReloadDate: 2026-11-22\n";
    let said = server.joe("Action: CoreStatus");
    let seen = "CoreReloadTime: 20:48:39\nCoreCurrentCalls: 0\nCoreProcessedCalls: 0\n\n";
    assert_eq!(said, format!("Response: Success\n{times}{seen}"));
    let mut old = Server::new("16.28.0");
    let said = old.joe("Action: CoreSettings");
    assert_eq!(said, format!("Response: Success\nAMIversion: 5.0.4\nAsteriskVersion: 16.28.0\n{common}\n"));
    let said = old.joe("Action: CoreStatus");
    assert!(said.ends_with("CoreReloadTime: 20:47:39\nCoreCurrentCalls: 0\n\n"), "{said}");
}

#[test]
fn files_are_listed_as_asterisk_lists_them() {
    let mut server = Server::new("22.10.1");
    let mut get = |rest: &str| server.joe(&format!("Action: GetConfig\nActionID: 9{rest}"));
    let ok = |rest: &str| format!("Response: Success\nActionID: 9\n{rest}\n");
    let b = |n: u32| {
        format!(
            "Category-00000{n}: b\nTemplates-00000{n}: t\nLine-00000{n}-000000: a=1\nLine-00000{n}-000001: b=2\n\
                Line-00000{n}-000002: same=1\nLine-00000{n}-000003: same=2\n"
        )
    };
    let second =
        |n: u32| format!("Category-00000{n}: b\nLine-00000{n}-000000: c=3\nLine-00000{n}-000001: d=a\"q\\\\uote\n");
    let general = "Category-000000: general\nLine-000000-000000: x=1\n";
    let t = |n: u32| format!("Category-00000{n}: t\nIsTemplate-00000{n}: 1\nLine-00000{n}-000000: a=1\n");
    let all = ok(&format!("{general}{}{}Category-000003: e\n", b(1), second(2)));
    let with_templates = ok(&format!("{general}{}{}{}Category-000004: e\n", t(1), b(2), second(3)));
    for (asks, answer) in [
        ("", error("Filename not specified")),
        ("\nFilename: nope.conf", error("Config file not found")),
        ("\nFilename: sub", error("Config file not found")),
        ("\nFilename: .", error("Config file not found")),
        ("\nFilename: ../outside.conf", error("File requires escalated privileges")),
        ("\nFilename: /etc/outside.conf", error("File requires escalated privileges")),
        ("\nFilename: sub/../../outside.conf", error("File requires escalated privileges")),
        ("\nFilename: bad.conf", error("Config file has invalid format")),
        ("\nFilename: /etc/asterisk/test.conf", all.clone()),
        ("\nFilename: sub/../test.conf\nCategory: ", all),
        ("\nFilename: test.conf\nFilter: TEMPLATES=include", with_templates),
        ("\nFilename: test.conf\nFilter: TEMPLATES=restrict", ok(&t(0))),
        ("\nFilename: test.conf\nFilter: TEMPLATES=bogus", ok("")),
        ("\nFilename: test.conf\nFilter: c=3", ok(&second(0))),
        ("\nFilename: test.conf\nFilter: TEMPLATES=include,c=3", ok(&second(0))),
        ("\nFilename: test.conf\nFilter: same=9", ok("")),
        ("\nFilename: test.conf\nFilter: [[", ok("")),
        ("\nFilename: test.conf\nCategory: B", ok(&format!("{}{}", b(0), second(1)))),
        ("\nFilename: test.conf\nCategory: zz", ok("No categories found\n")),
        ("\nFilename: test.conf\nCategory: t", ok("No categories found\n")),
        ("\nFilename: test.conf\nCategory: t\nFilter: TEMPLATES=include", ok(&t(0))),
        ("\nFilename: empty.conf", ok("")),
        ("\nFilename: onlytmpl.conf", ok("")),
        ("\nFilename: sub/x.conf", ok("Category-000000: s\nLine-000000-000000: y=1\n")),
    ] {
        assert_eq!(get(asks), answer, "{asks}");
    }
}

#[test]
fn files_are_given_as_json_and_by_their_categories() {
    let mut server = Server::new("22.10.1");
    let ok = |rest: &str| format!("Response: Success\nActionID: 9\n{rest}\n\n");
    let [b, second, t] = [
        r#""b":{"templates":"t","a":"1","b":"2","same":"1","same":"2"}"#,
        r#""b":{"c":"3","d":"a\"q\\\\uote"}"#,
        r#""t":{"istemplate":1,"a":"1"}"#,
    ];
    let general = r#""general":{"x":"1"}"#;
    for (asks, answer) in [
        ("", error("Filename not specified")),
        // As measured: this one does not tell the two apart.
        ("\nFilename: nope.conf", error("File requires escalated privileges")),
        ("\nFilename: bad.conf", error("Config file has invalid format")),
        ("\nFilename: empty.conf", ok("JSON: {}")),
        ("\nFilename: test.conf", ok(&format!(r#"JSON: {{{general},{b},{second},"e":{{}}}}"#))),
        ("\nFilename: test.conf\nCategory: b", ok(&format!("JSON: {{{b},{second}}}"))),
        ("\nFilename: test.conf\nCategory: zz", ok("JSON: {}")),
        (
            "\nFilename: test.conf\nFilter: TEMPLATES=include",
            ok(&format!(r#"JSON: {{{general},{t},{b},{second},"e":{{}}}}"#)),
        ),
    ] {
        assert_eq!(server.joe(&format!("Action: GetConfigJSON\nActionID: 9{asks}")), answer, "{asks}");
    }
    for (asks, answer) in [
        ("", error("Filename not specified")),
        ("\nFilename: nope.conf", error("Config file not found")),
        ("\nFilename: bad.conf", error("Config file has invalid format")),
        ("\nFilename: onlytmpl.conf", ok("Error: no categories found")),
        (
            "\nFilename: test.conf\nCategory: b",
            ok("Category-000000: general\nCategory-000001: b\nCategory-000002: b\nCategory-000003: e"),
        ),
    ] {
        assert_eq!(server.joe(&format!("Action: ListCategories\nActionID: 9{asks}")), answer, "{asks}");
    }
}

/// No secret of the files is in any answer, unless whoever runs the server wants that.
#[test]
fn secrets_are_masked() {
    let asks = [
        "Action: GetConfig\nFilename: manager.conf",
        "Action: GetConfig\nFilename: manager.conf\nFilter: TEMPLATES=include",
        "Action: GetConfigJSON\nFilename: manager.conf",
        "Action: Command\nCommand: manager show user bob",
        "Action: Command\nCommand: manager show user joe",
    ];
    let mut server = Server::new("22");
    for asks in asks {
        let said = server.joe(asks);
        assert!(said.starts_with("Response: Success") && !said.contains("&Secret"), "{asks}: {said}");
    }
    assert!(server.joe(asks[0]).contains("secret=***\n"));
    // Nor may a filter ask for a secret letter by letter.
    let guesses = ["secret=^b0b", "setvar=pw.Sec", ".*=&Sec"];
    let guess = |filter: &str| format!("{}\nFilter: {filter}", asks[0]);
    for filter in guesses {
        assert_eq!(server.joe(&guess(filter)), "Response: Success\n\n", "{filter}");
    }
    assert!(server.joe(&guess("secret=^[*]{3}$")).contains(": bob\n"), "what is shown is looked at");
    let extras = Extras { secrets: Secrets::Revealed, ..Extras::default() };
    let mut server = Server::of(loaded(&[("manager.conf", CONF)], "22"), extras, "joe", "j0e&Secret");
    assert!(server.joe(asks[0]).contains("secret=j0e&Secret\n"));
    for filter in guesses {
        assert!(server.joe(&guess(filter)).contains(": bob\n"), "{filter}");
    }
}

#[test]
fn the_console_is_about_the_manager() {
    let mut server = Server::new("22.10.1");
    assert_eq!(server.joe("Action: Command\nActionID: 9"), error("No command provided"));
    assert_eq!(server.joe("Action: Command\nActionID: 9\nCommand: module load x"), error("Command blacklisted"));
    let ok = |lines: &str| {
        let lines: String = lines.lines().map(|line| format!("Output: {line}\n")).collect();
        format!("Response: Success\nMessage: Command output follows\n{lines}\n")
    };
    let users = ok("\nusername\n--------\njoe\nbob\nnosec\n-------------------\n3 manager users configured.");
    for line in ["manager show users", "MANAGER SHOW USERS", "manager\tshow \"users\"", "  manager  show users  "] {
        assert_eq!(server.command(line), users, "{line}");
    }
    let bob = "\n          username: bob\n            secret: <Set>\n               ACL: yes\n         read perm: system,call\n        \
        write perm: system\n   displayconnects: yes\nallowmultiplelogin: yes\n         Variables: \n                 \
        PASSWORD = ***\n                 A = 1\nACL: (unnamed)\n---------------------------------------------\n  0:  deny - 0.0.0.0/0.0.0.0\n  \
        1: allow - 10.0.0.0/255.0.0.0\nACL: inside\n---------------------------------------------\n  \
        0: allow - 192.168.0.0/255.255.0.0";
    assert_eq!(server.command("manager show user \"BOB\""), ok(bob));
    assert_eq!(server.command("manager show user nobody"), ok("There is no manager called nobody"));
    let settings = server.command("manager show settings");
    assert!(
        settings.contains("Output:   TCP Bindaddress:           127.0.0.1:5038 \nOutput:   HTTP Timeout"),
        "{settings}"
    );
    assert!(settings.contains("Output:   Channel vars:              FOO,BAR\n"), "{settings}");
    server.login("joe", "j0e&Secret", "system,call");
    server.later(6_000);
    let heading = format!(
        "  Username         IP Address{}Start       Elapsed     FileDes   HttpCnt   ReadPerms   WritePerms",
        " ".repeat(47)
    );
    let connected = server.command("manager show connected");
    assert!(connected.contains(&heading) && connected.contains("Output: 2 users connected.\n"), "{connected}");
    assert!(connected.contains("1795380459  6           1         0         2147483647  2147483647"), "{connected}");
    let commands = server.command("manager show commands");
    assert!(commands.contains("Output:   Originate  ") && !commands.contains("SIPpeers "), "{commands}");
    let command = server.command("manager show command originate");
    assert!(
        command.contains("Manager Command 'Originate'") && command.contains("Output: originate,all\n"),
        "{command}"
    );
    assert_eq!(server.command("manager show command Frob"), ok("\n"));
    assert!(server.command("core show version").contains("Output: Asterisk 22.10.1, "));
    let wrong = |line: &str| format!("Response: Error\nMessage: Command output follows\nOutput: {line}\n\n");
    assert_eq!(server.command("manager show user"), wrong("Usage: manager show user <user>"));
    for (line, near) in [
        ("frobnicate", "frobnicate"),
        ("frobnicate a b", "frobnicate a"),
        ("manager", "manager"),
        ("manager show nosuch", "manager show nosuch"),
        ("manager sh users", "manager sh users"),
        ("man show users", "man show"),
    ] {
        let text = format!("No such command '{line}' (type 'core show help {near}' for other possible commands)");
        assert_eq!(server.command(line), wrong(&text));
    }
}

#[test]
fn a_reload_is_asked_for_and_told() {
    let mut server = Server::new("22.10.1");
    let watcher = server.login("joe", "j0e&Secret", "system");
    server.read(watcher);
    for (asks, module) in
        [("", "All"), ("\nModule: ", "All"), ("\nModule: MANAGER", "MANAGER"), ("\nModule: acl", "acl")]
    {
        assert!(!server.hub.wants_reload());
        let said = server.joe(&format!("Action: Reload\nActionID: 9{asks}\n\nAction: Ping"));
        assert_eq!(said, "", "it comes first");
        assert!(server.hub.wants_reload() && !server.hub.due(server.joe).unwrap().listens);
        server.hub.reloaded();
        let said = server.read(server.joe);
        assert_eq!(said, "Response: Success\nActionID: 9\nMessage: Module Reloaded\n\n");
        server.hub.go_on(server.joe);
        assert!(server.read(server.joe).contains("Pong"));
        let event = format!("Event: Reload\nPrivilege: system,all\nModule: {module}\nStatus: 0\n\n");
        assert_eq!(server.read(watcher), event);
    }
    for module in ["nope", "no", "chan_sip.so"] {
        let said = server.joe(&format!("Action: Reload\nActionID: 9\nModule: {module}"));
        assert_eq!(said, error("No such module"));
        let event = format!("Event: Reload\nPrivilege: system,all\nModule: {module}\nStatus: 2\n\n");
        assert_eq!(server.read(watcher), event);
        assert!(!server.hub.wants_reload());
    }
    for (command, printed, told) in [
        ("manager reload", "Output: \n\n", ""),
        ("core reload", "Output: \n\n", "Module: All\n"),
        (
            "module reload manager",
            "Output: Module 'manager' reloaded successfully.\n\n",
            "Module: manager\nStatus: 0\n",
        ),
    ] {
        assert_eq!(server.command(command), "");
        assert!(server.hub.wants_reload());
        server.hub.reloaded();
        assert!(server.read(server.joe).ends_with(printed));
        let event = server.read(watcher);
        assert!(event.contains(told) && event.is_empty() == told.is_empty(), "{event}");
    }
    assert!(server.command("module reload nope").ends_with("Output: No such module 'nope'\n\n"));
    assert!(!server.hub.wants_reload() && server.read(watcher).contains("Module: nope\nStatus: 2\n"));
}

/// As long as it says now, counted from when it came.
#[test]
fn a_reload_changes_the_time_to_log_in() {
    let mut server = Server::new("22.10.1");
    let [remote, local] = ["127.0.0.1:40000", "127.0.0.1:5038"].map(|it| it.parse().unwrap());
    let stranger = server.hub.connect(Peer { remote, local, is_tls: false, session: 0 }).unwrap();
    server.later(5_000);
    assert!(!server.hub.is_over(stranger));
    let again = loaded(&[("manager.conf", &CONF.replace("[general]", "[general]\nauthtimeout = 2"))], "22.10.1");
    server.hub.reload(Rc::new(again));
    server.later(0);
    assert!(server.hub.is_over(stranger) && !server.hub.is_over(server.joe));
}

/// Asterisk 22 is gone after this; the server tells the client what is wrong, and its log what would have been.
#[test]
fn what_crashes_asterisk_does_not_end_the_server() {
    let mut server = Server::new("22.10.1");
    let filter = "Action: Filter\nActionID: 9\nOperation: Add\nMatchCriteria: name\nFilter: x";
    let malformed = error("Filter was formatted incorrectly.  Check the syntax of the filter given.");
    assert_eq!(server.joe(filter), malformed);
    assert_eq!(server.joe(&filter.replace("name", "bogus(x)")), malformed, "as of one that it only refuses");
    assert_eq!(*server.log.borrow(), ["Filter of joe"]);
    assert!(server.joe("Action: Ping").contains("Pong"));
    let mut old = Server::new("16.28.0");
    let said = old.joe(filter);
    assert_eq!(said, "Response: Success\nActionID: 9\nMessage: Success\n\n", "16 knows no MatchCriteria");
    assert!(old.log.borrow().is_empty());
    // Nor does a wait that is longer than time.
    let said = server.joe(&format!("Action: WaitEvent\nTimeout: {}", u64::MAX));
    assert_eq!(said, "");
}

/// What GetConfig says of every recorded file is what Asterisk said of it.
#[cfg(unix)]
#[test]
fn recorded_files_are_listed_as_recorded() {
    use amictl::testing::answer::{Answer, Recorded};
    use amictl::testing::judge::Recording;
    use amictl::testing::scenario::{self, Ask};

    // The folder of the recorder: some answers depend on how long its name is.
    const ETC: &str = "/tmp/amictl-0000000-0/etc";
    let root = crate::support::root();
    let tables = scenario::load(&root.join("fixtures/scenarios"), &[]).unwrap();
    let mut compared = 0;
    for release in ["13.12.2", "16.28.0", "22.10.1", "23.4.1"] {
        for table in &tables {
            let path = root.join("fixtures/oracle").join(release).join(&table.topic).with_extension("json");
            let Some(recording) = Recording::read(&path).unwrap() else { continue };
            for scenario in table.scenarios.iter().filter(|it| it.ask == Ask::Parse) {
                let Some(Recorded::One(recorded)) = recording.answers.get(&scenario.name) else { continue };
                let mut memory = scenario.in_memory(ETC).unwrap();
                memory.add("/home/manager.conf", "[judge]\nsecret = judge\nwrite = all\n");
                let place = Place { etc: ETC.into(), root: None, complete: true };
                let release = Release::parse(release).unwrap();
                let loaded = Loaded::read(Arc::new(memory), "/home/manager.conf".into(), place, release).unwrap();
                let extras = Extras { secrets: Secrets::Revealed, ..Extras::default() };
                let mut server = Server::of(loaded, extras, "judge", "judge");
                let ask = "Action: GetConfig\r\nFilename: case.conf\r\nFilter: TEMPLATES=include\r\n\r\n";
                server.hub.received(server.joe, ask.as_bytes());
                let said = server.hub.due(server.joe).unwrap().bytes;
                match recorded {
                    Answer::Sections(sections) => assert_eq!(&listed(&said), sections, "{} ({release})", scenario.name),
                    Answer::Refused(_) => assert!(ends(&said, "Config file has invalid format"), "{}", scenario.name),
                    Answer::Missing(_) => assert!(ends(&said, "Config file not found"), "{}", scenario.name),
                    _ => assert!(said.starts_with(b"Response: Error\r\n"), "{}", scenario.name),
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 1_000, "only {compared} answers were compared");
}

#[cfg(unix)]
fn ends(said: &[u8], message: &str) -> bool {
    said == format!("Response: Error\r\nMessage: {message}\r\n\r\n").as_bytes()
}

/// The sections of an answer.
#[cfg(unix)]
fn listed(said: &[u8]) -> Vec<amictl::testing::answer::Section> {
    use amictl::testing::answer::Section;

    let said = said.strip_prefix(b"Response: Success\r\n").unwrap().strip_suffix(b"\r\n").unwrap();
    let mut sections: Vec<Section> = Vec::new();
    let mut rest = said;
    while let Some(end) = memchr::memmem::find(rest, b"\r\n") {
        let line = &rest[..end];
        rest = &rest[end + 2..];
        let at = memchr::memmem::find(line, b": ").unwrap();
        let (label, value) = (String::from_utf8_lossy(&line[..at]), &line[at + 2..]);
        if label.starts_with("Category-") {
            let templates = b""[..].into();
            sections.push(Section { name: value.into(), template: false, templates, entries: Vec::new() });
            continue;
        }
        let section = sections.last_mut().unwrap();
        if label.starts_with("IsTemplate-") {
            section.template = value == b"1";
        } else if label.starts_with("Templates-") {
            section.templates = value.into();
        } else {
            // A name is never empty, and its first byte may be a `=`.
            let equals = 1 + memchr::memchr(b'=', &value[1..]).unwrap();
            section.entries.push((value[..equals].into(), value[equals + 1..].into()));
        }
    }
    sections
}
