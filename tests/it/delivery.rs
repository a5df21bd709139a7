//! Which events users are sent, against what real Asterisks sent them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use amictl::access::{Delivery, Fate, Watcher, mask};
use amictl::capture::{Capture, Message};
use amictl::config::manager::Manager;
use amictl::config::manager::classes::Classes;
use amictl::config::{self, Place, World};
use amictl::finding::{Finding, Severity};
use amictl::host::{Disk, Host as _, Memory};
use amictl::posix::Answer;
use amictl::release::{Quirk, Release};
use amictl::rules::{self, All, Role};
use amictl::text::Files;
use serde_json::Value;

use crate::support::{self, root};

/// The folders of fixtures/captures: one a release.
fn captures() -> Vec<(String, PathBuf)> {
    let folders = fs::read_dir(root().join("fixtures/captures")).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// The text, the name and the classes of each event.
fn events(folder: &Path) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let mut capture = Capture::new(Disk.stream(&folder.join("events.ami")).unwrap());
    let mut events = Vec::new();
    while let Some(message) = capture.message().unwrap() {
        let Message::Event(event) = message else { panic!("a capture of events has a reply") };
        events.push((event.text.to_vec(), event.name().to_vec(), event.classes().to_vec()));
    }
    assert_eq!(capture.tail(), 0);
    events
}

#[test]
fn users_are_sent_what_asterisk_sent_them() {
    let mut compared = 0;
    for (release, folder) in captures() {
        let events = events(&folder);
        let told: Value = serde_json::from_slice(&fs::read(folder.join("delivered.json")).unwrap()).unwrap();
        for (user, told) in told["users"].as_object().unwrap() {
            let mut args = vec!["simulate", "events", "manager.conf", "--events", "events.ami", "--format", "ami"];
            args.extend(["--asterisk", &release, "--user", user]);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let mask = told.get("mask").map(text);
            let filters: Vec<String> = told["filters"].as_array().into_iter().flatten().map(text).collect();
            args.extend(mask.iter().flat_map(|mask| ["--mask", mask]));
            args.extend(filters.iter().flat_map(|filter| ["--session-filter", filter]));
            let ran = support::bytes(&folder, &args);
            let numbers = told["delivered"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize);
            let sent: Vec<u8> = numbers.flat_map(|number| events[number].0.clone()).collect();
            assert!(ran == sent, "{user} of {release} is sent {} bytes, not {}", ran.len(), sent.len());
            compared += events.len();
        }
    }
    assert!(compared > 25_000, "only {compared} events were compared");
}

/// All users at once are told what each is told alone.
#[test]
fn all_at_once_is_each_alone() {
    for (release, folder) in captures() {
        let release = Release::parse(&release).unwrap();
        let (files, path) = (Files::default(), folder.join("manager.conf"));
        let file = files.add("manager.conf".into(), path.clone(), Disk.read(&path).unwrap()).id();
        let world = World::new(&files, &Disk, Place { etc: folder.clone(), root: None, complete: true });
        let effective = config::load(&world, file, release);
        let manager = Manager::load(&world, &effective, release);
        let masks = [Classes::ALL, mask(b"call,user").unwrap(), mask(b"off").unwrap()];
        let mut watchers = Vec::new();
        for (number, user) in manager.accounts.users.iter().enumerate() {
            let mask = masks[usize::from(number % 5 == 0) + usize::from(number % 25 == 0)];
            watchers.push(Watcher::of(user, mask));
        }
        let mut delivery = Delivery::new(&watchers, vec![b"Newexten".to_vec()]);
        let groups = delivery.groups().to_vec();
        for (text, name, classes) in events(&folder) {
            let fates = delivery.judge(&text, &name, &classes).to_vec();
            let needs = Classes::named(&classes).unwrap();
            for ((user, watcher), &group) in manager.accounts.users.iter().zip(&watchers).zip(&groups) {
                let alone = match user.filters.pass(&text, &name) {
                    _ if !watcher.read.covers(needs) => Fate::Class,
                    _ if !watcher.mask.covers(needs) => Fate::Mask,
                    Answer::No => Fate::Filter,
                    Answer::Yes if name == b"Newexten" => Fate::Disabled,
                    Answer::Yes => Fate::Delivered,
                    Answer::Undecided(why) => Fate::Undecided(why),
                };
                let said = fates[group];
                assert_eq!(said, alone, "{} of {release}: {}", user.name.escape_ascii(), text.escape_ascii());
            }
        }
    }
}

/// What rules say of filters beside what the filters let through.
#[test]
fn filters_that_rules_call_vain_include_nothing() {
    const RULES: [&str; 5] =
        ["filter-on-reply", "filter-overruled", "filter-without-class", "unknown-event", "unknown-header"];
    let (mut vain, mut fair) = (0, 0);
    for (release, folder) in captures() {
        let release = Release::parse(&release).unwrap();
        let events = events(&folder);
        let has_criteria = release.has(Quirk::EventFilterPrefix);
        let conf = questions(&events, has_criteria);
        let (files, memory) = (Files::default(), Memory::default());
        let file = files.add("manager.conf".into(), "/etc/asterisk/manager.conf".into(), conf.into_bytes()).id();
        let world = World::new(&files, &memory, Place { etc: "/etc/asterisk".into(), root: None, complete: true });
        let findings = rules::check(&world, file, Role::Manager, &[release], &All);
        let is_vain = |finding: &&Finding| finding.severity >= Severity::Warning && RULES.contains(&finding.rule);
        let line = |finding: &Finding| files.get(file).position(finding.span.start as usize).line;
        let told: HashMap<usize, &Finding> = findings.iter().filter(is_vain).map(|it| (line(it), it)).collect();

        let effective = config::load(&world, file, release);
        let manager = Manager::load(&world, &effective, release);
        let users = &manager.accounts.users;
        let watchers: Vec<Watcher<'_>> = users.iter().map(|user| Watcher::of(user, Classes::ALL)).collect();
        let mut delivery = Delivery::new(&watchers, Vec::new());
        let mut is_sent = vec![false; delivery.groups().iter().max().unwrap() + 1];
        // A UserEvent may have a header `Event: Hangup`, which no rule counts on.
        let is_plain = |text: &[u8]| memchr::memmem::find(text, b"\r\nEvent: ").is_none();
        for (text, name, classes) in events.iter().filter(|(text, ..)| is_plain(text)) {
            let fates = delivery.judge(text, name, classes);
            is_sent.iter_mut().zip(fates).for_each(|(sent, fate)| *sent |= *fate == Fate::Delivered);
        }
        for (user, &group) in users.iter().zip(delivery.groups()) {
            let Some(filter) = user.filters.includes.first() else { continue };
            let at = effective.line(filter.at).number();
            match told.get(&(at + 1)) {
                Some(finding) if is_sent[group] => {
                    panic!("{release}, {}: {}", filter.pattern.escape_ascii(), finding.message)
                }
                told => *(if told.is_some() { &mut vain } else { &mut fair }) += 1,
            }
        }
    }
    assert!(vain > 2_000 && fair > 500, "{vain} are called vain, {fair} are not");
}

/// Users with one filter each: for events that were sent, and for others of nearly the same name.
fn questions(events: &[(Vec<u8>, Vec<u8>, Vec<u8>)], has_criteria: bool) -> String {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (text, name, _) in events {
        let headers = seen.entry(String::from_utf8_lossy(name).into_owned()).or_default();
        let text = String::from_utf8_lossy(text).into_owned();
        let names = text.lines().filter_map(|line| Some(line.split_once(": ")?.0.to_owned()));
        headers.extend(
            names.filter(|name| {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            }),
        );
    }
    let mut conf = "[general]\nenabled = yes\n".to_owned();
    let mut ask = |read: &str, filter: &str| {
        let number = conf.len();
        conf += &format!("[u{number}]\nsecret = x\nread = {read}\n{filter}\n");
    };
    for (at, (name, headers)) in seen.iter().enumerate() {
        let names = [name.clone(), name.to_lowercase(), name[..name.len() - 1].to_owned(), format!("{name}Event")];
        for (number, name) in names.iter().enumerate() {
            for read in ["all", "call", "user", "dialplan", "system,agent,security"] {
                ask(read, &format!("eventfilter = Event: {name}"));
                if has_criteria {
                    ask(read, &format!("eventfilter(name({name})) ="));
                }
                for header in headers.iter().skip((at + number) % 6).step_by(6) {
                    for header in [header.clone(), header.to_lowercase(), header[1..].to_owned(), format!("X{header}")]
                    {
                        ask(read, &format!("eventfilter = Event: {name}[[:space:]].*{header}: "));
                        if has_criteria {
                            ask(read, &format!("eventfilter(header({header}),name({name})) ="));
                        }
                    }
                }
            }
        }
    }
    conf
}

#[test]
fn the_command_says_what_it_judged() {
    let conf =
        "[general]\nenabled = yes\ntimestampevents = yes\n[bob]\nsecret = x\nread = call\neventfilter = !Hangup\n";
    let reply = "Response: Success\r\nMessage: Authentication accepted\r\n\r\n";
    let event = |name: &str, class: &str| format!("Event: {name}\r\nPrivilege: {class},all\r\nX: 1\r\n\r\n");
    let capture = [reply, &event("FullyBooted", "system"), &event("Newchannel", "call"), &event("Hangup", "call")];
    let capture = [&capture.concat(), &event("Cdr", "cdr"), &event("New", "later"), "Event: cut"].concat();
    let at = support::folder(&[("manager.conf", conf), ("a.ami", &capture)]);
    let run = |more: &[&str]| {
        let args = [&["simulate", "events", "manager.conf", "--events", "a.ami"], more].concat();
        support::amictl(at.path(), &args)
    };
    let ran = run(&["--format", "json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &json["format"], &json["events"], &json["replies"]), (0, &1.into(), &4.into(), &2.into()));
    let blocked = serde_json::json!({"class": 1, "mask": 0, "filter": 1, "disabled": 0});
    let bob = &json["users"][0];
    assert_eq!((&bob["delivered"], &bob["blocked"], &bob["undecided"]), (&1.into(), &blocked, &1.into()));
    for says in ["the last 10 bytes of the capture", "adds Timestamp lines, and the capture does not have them"] {
        assert!(ran.err.contains(says), "{says}\n{}", ran.err);
    }
    let ran = run(&["--mask", "off"]);
    assert!(ran.code == 0 && ran.out.contains("bob          0"), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    for (more, code, says) in [
        (&["--user", "bop"][..], 2, "did you mean `bob`?"),
        (&["--format", "ami", "--user", "bob", "--user", "bob"], 2, "is for one user"),
        (&["--session-filter", "[x"], 2, "Asterisk refuses the session filter"),
        (&["--asterisk", "16,22"], 2, "for one release"),
        (&["--events", "none.ami"], 2, "cannot be used multiple times"),
    ] {
        let ran = run(more);
        assert!(ran.code == code && ran.err.contains(says), "{more:?}: {} {}", ran.code, ran.err);
    }
    let ran = support::amictl(at.path(), &["simulate", "events", "manager.conf", "--events", "none.ami"]);
    assert!(ran.code == 3 && ran.err.contains("cannot read `none.ami`"), "{}", ran.err);
}
