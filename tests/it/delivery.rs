//! Which events users are sent, against what real Asterisks sent them.

use std::fs;
use std::path::{Path, PathBuf};

use amictl::access::{Delivery, Fate, Watcher, mask};
use amictl::capture::{Capture, Message};
use amictl::config::manager::Manager;
use amictl::config::manager::classes::Classes;
use amictl::config::{self, Place, World};
use amictl::host::{Disk, Host as _};
use amictl::posix::Answer;
use amictl::release::Release;
use amictl::text::Files;
use serde_json::Value;

use crate::support::{self, root};

/// The folders of fixtures/captures: one a release.
pub(crate) fn captures() -> Vec<(String, PathBuf)> {
    let folders = fs::read_dir(root().join("fixtures/captures")).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// The text, the name and the classes of each event.
pub(crate) fn events(folder: &Path) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
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

/// A file, or a pipe, in any form: the same answer.
#[test]
fn a_compressed_capture_is_judged_like_a_plain_one() {
    let at = root().join("fixtures/configs/clean");
    let args = |capture: &'static str, format: &'static str| {
        let simulate = ["simulate", "events", "manager.conf", "--user", "crm", "--format", format, "--events", capture];
        simulate.to_vec()
    };
    for format in ["table", "json", "ami"] {
        let plain = support::amictl(&at, &args("session.ami", format));
        assert!(plain.code == 0 && plain.out.len() > 80, "{}{}", plain.out, plain.err);
        for name in ["session.ami.gz", "session.ami.xz"] {
            let ran = support::amictl(&at, &args(name, format));
            assert_eq!((ran.code, &ran.out, &ran.err), (0, &plain.out, &plain.err), "{name}");
            let ran = support::with_input(&at, &args("-", format), &fs::read(at.join(name)).unwrap());
            assert_eq!((ran.code, &ran.out, &ran.err), (0, &plain.out, &plain.err), "{name} from a pipe");
        }
    }
    for (name, form) in [("session.ami.gz", "gzip"), ("session.ami.xz", "xz")] {
        let packed = fs::read(at.join(name)).unwrap();
        let ran = support::with_input(&at, &args("-", "table"), &packed[..packed.len() - 1]);
        let says = format!("cannot read the capture: its {form} data ends too early, after {} bytes", packed.len() - 1);
        assert!(ran.code == 3 && ran.err.contains(&says) && ran.out.is_empty(), "{}{}", ran.out, ran.err);
    }
    let ran = support::with_input(&at, &args("-", "table"), b"\x28\xb5\x2f\xfd\x04");
    assert!(ran.code == 3 && ran.err.contains("compressed with zstd"), "{}", ran.err);
}

#[test]
fn variables_that_a_capture_has_otherwise_are_said() {
    let says = |general: &str, capture: &Path| {
        let conf = format!("[general]\nenabled = yes\n{general}\n[bob]\nsecret = x\nread = all\n");
        let at = support::folder(&[("manager.conf", &conf)]);
        let capture = capture.to_str().unwrap();
        let ran = support::amictl(at.path(), &["simulate", "events", "manager.conf", "--events", capture]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let lines =
            ran.err.lines().filter_map(|line| line.strip_prefix("amictl: `channelvars` of this configuration "));
        lines.map(|line| line.strip_suffix(": judged as captured").unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (_, folder) in captures() {
        let capture = folder.join("events.ami");
        let has = "and the capture has ChanVariable lines of FOO, INH";
        assert_eq!(says("", &capture), [format!("adds no ChanVariable lines, {has}")]);
        assert_eq!(says("channelvars = FOO", &capture), [format!("adds ChanVariable lines of FOO, {has}")]);
        assert!(says("channelvars = FOO,INH", &capture).is_empty());
    }
    let event = |name: &str, rest: &str| format!("Event: {name}\r\nPrivilege: call,all\r\n{rest}\r\n\r\n");
    let events = |text: &str| support::folder(&[("a.ami", text)]);
    let channel = events(&event("Newchannel", "Uniqueid: 1.0\r\nLinkedid: 1.0"));
    let has = "adds ChanVariable lines of A, B, and the capture has no ChanVariable lines";
    assert_eq!(says("channelvars = A,B", &channel.path().join("a.ami")), [has]);
    assert!(says("", &channel.path().join("a.ami")).is_empty());
    let none = events(&[event("Reload", "Module: All"), event("UserEvent", "Linkedid: 1.0")].concat());
    assert!(says("channelvars = A", &none.path().join("a.ami")).is_empty(), "no event tells of a channel");
}

/// What a program has had in memory at most, in KiB.
#[cfg(target_os = "linux")]
fn most_memory(child: &std::process::Child) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Runs the program on pieces of nearly 9 kB of events each, first 8 MB of them and then 64 MB.
#[cfg(target_os = "linux")]
fn assert_memory_stays(form: &str, piece: impl Fn(usize) -> Vec<u8>) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let mut child = Command::new(env!("CARGO_BIN_EXE_amictl"))
        .args(["simulate", "events", "manager.conf", "--format", "json", "--events", "-"])
        .current_dir(root().join("fixtures/configs/clean"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut write = |mut numbers: std::ops::Range<usize>| numbers.try_for_each(|at| input.write_all(&piece(at)));
    write(0..900).unwrap();
    let early = most_memory(&child);
    write(900..7_200).unwrap();
    let late = most_memory(&child);
    drop(input);
    let ran = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(json["bytes"].as_u64().unwrap() > 60_000_000, "{form}: {json}");
    assert!(late < early + 2_048, "{form}: {early} KiB become {late} KiB");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_capture() {
    for form in ["session.ami", "session.ami.gz", "session.ami.xz"] {
        let bytes = fs::read(root().join("fixtures/configs/clean").join(form)).unwrap();
        assert_memory_stays(form, |_| bytes.clone());
    }
    // No two lists of classes are the same: what is known of one must not be kept for ever.
    let event = |at| format!("Event: A\r\nPrivilege: call,odd{at},all\r\nX: {}\r\n\r\n", "x".repeat(400));
    let piece = |number| (number * 20..number * 20 + 20).map(event).collect::<String>().into_bytes();
    assert_memory_stays("odd classes", piece);
}
