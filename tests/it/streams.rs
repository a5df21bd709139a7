//! What real Asterisks sent to a crowd of sessions while calls went on, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use amictl::capture::{Capture, Message};
use amictl::config::manager::filter::FilterReader;
use amictl::release::Release;
use amictl::testing::streams::{Added, Crowd, Plan, Recording, SEES_ALL, Session, events};
use serde_json::Value;

use crate::support::{self, root};

/// The folders of fixtures/streams with a plan: one a crowd.
pub(crate) fn crowds() -> Vec<PathBuf> {
    let folders = fs::read_dir(root().join("fixtures/streams")).unwrap().map(|entry| entry.unwrap().path());
    folders.filter(|path| path.join("capture.toml").is_file()).collect()
}

/// The recordings of a crowd.
pub(crate) fn recordings(crowd: &Path) -> Vec<Recording> {
    let paths = fs::read_dir(crowd).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|it| it == "json"));
    paths.map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
}

#[test]
fn a_crowd_is_sent_what_asterisk_sent_it() {
    let (mut compared, mut releases) = (0, BTreeSet::new());
    for folder in crowds() {
        let manager_conf = fs::read(folder.join("manager.conf")).unwrap();
        for recording in recordings(&folder) {
            let stream = fs::read(folder.join(format!("{}.ami", recording.release))).unwrap();
            let crowd = Crowd { manager_conf: &manager_conf, release: Release::parse(&recording.release).unwrap() };
            let sessions: Vec<_> = recording.sessions.iter().map(|it| it.session.clone()).collect();
            let said = crowd.sends(&sessions, &stream[..]).unwrap();
            for (received, said) in recording.sessions.iter().zip(said) {
                let (name, sent) = (&received.session.name, received.of(&stream).unwrap());
                let (crowd, release) = (folder.display(), &recording.release);
                assert!(said == sent, "{crowd}: {release} sends {name} {} bytes, not {}", sent.len(), said.len());
            }
            compared += sessions.len() * events(&stream).unwrap().len();
            releases.insert(recording.release);
        }
    }
    assert!(compared > 150_000 && releases.len() > 1, "only {compared} events of {releases:?} were compared");
}

/// The program itself says so, too.
#[test]
fn the_command_sends_a_crowd_what_asterisk_sent_it() {
    for folder in crowds() {
        for recording in recordings(&folder) {
            let (release, capture) = (&recording.release, format!("{}.ami", recording.release));
            let stream = fs::read(folder.join(&capture)).unwrap();
            let mut reader = FilterReader::new(Release::parse(release).unwrap());
            for received in &recording.sessions {
                let Session { name, user, events, then, filters } = &received.session;
                let mut args = vec!["simulate", "events", "manager.conf", "--events", &capture, "--format", "ami"];
                args.extend(["--asterisk", release, "--user", user]);
                args.extend(then.iter().chain(events).take(1).flat_map(|mask| ["--mask", mask]));
                // The command does not take what Asterisk refuses.
                let mut taken = |it: &&Added| {
                    reader.of_session(it.criteria.as_deref().map(str::as_bytes), it.pattern.as_bytes()).is_ok()
                };
                let written = |it: &Added| match &it.criteria {
                    Some(criteria) => format!("{criteria}={}", it.pattern),
                    None => it.pattern.clone(),
                };
                let filters: Vec<String> = filters.iter().filter(&mut taken).map(written).collect();
                args.extend(filters.iter().flat_map(|filter| ["--session-filter", filter]));
                let said = support::bytes(&folder, &args);
                assert!(said == received.of(&stream).unwrap(), "{}: {release}, {name}", folder.display());
            }
        }
    }
}

/// Nobody was left out.
#[test]
fn everybody_in_a_crowd_was_recorded() {
    for folder in crowds() {
        let manager_conf = fs::read(folder.join("manager.conf")).unwrap();
        let plan = Plan::read(&folder.join("capture.toml")).unwrap();
        for recording in recordings(&folder) {
            let crowd = Crowd { manager_conf: &manager_conf, release: Release::parse(&recording.release).unwrap() };
            let users = crowd.users().unwrap();
            assert!(users.iter().any(|user| user == SEES_ALL.as_bytes()));
            let crowd = plan.crowd(users.iter().map(Vec::as_slice));
            let recorded: Vec<_> = recording.sessions.into_iter().map(|it| it.session).collect();
            assert!(crowd == recorded, "{}: record the crowd again", folder.display());
        }
    }
}

/// A recording holds many kinds of events.
#[test]
fn much_happened_to_the_crowd() {
    for release in recordings(&root().join("fixtures/streams/crowd")).iter().map(|it| &it.release) {
        let stream = fs::read(root().join(format!("fixtures/streams/crowd/{release}.ami"))).unwrap();
        let (mut capture, mut names, mut classes) = (Capture::new(&stream[..]), BTreeSet::new(), BTreeSet::new());
        while let Some(Message::Event(event)) = capture.message().unwrap() {
            names.insert(event.name().to_vec());
            classes.insert(event.classes().to_vec());
        }
        assert!(names.len() > 70 && classes.len() >= 10, "{release}: {} kinds, {} classes", names.len(), classes.len());
    }
}

/// The files of an archive of the folder that `AMICTL_RECORDED_CASES` names, by their paths.
pub(crate) fn archive(name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let path = PathBuf::from(std::env::var_os("AMICTL_RECORDED_CASES")?).join(name);
    let reader = lzma_rust2::XzReader::new(BufReader::new(File::open(path).unwrap()), true);
    let mut archive = tar::Archive::new(reader);
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(entry.path().unwrap().display().to_string(), content);
        }
    }
    Some(files)
}

/// A session of the archive: a header of its login, and the actions that it sent.
pub(crate) fn session(user: &str, told: &Value) -> Session {
    let mut filters = Vec::new();
    for action in told["actions"].as_array().unwrap() {
        let header = |wanted: &str| {
            let mut pairs = action.as_array().unwrap().iter();
            pairs.find(|pair| pair[0] == wanted).map(|pair| pair[1].as_str().unwrap().to_owned())
        };
        assert_eq!(header("Action").as_deref(), Some("Filter"), "{user} does what this test does not know");
        filters.push(Added { criteria: header("MatchCriteria"), pattern: header("Filter").unwrap() });
    }
    let events = told["login_events"].as_str().map(str::to_owned);
    Session { name: user.to_owned(), user: user.to_owned(), events, then: None, filters }
}

/// The part of a file that was captured.
pub(crate) fn part<'f>(file: &'f [u8], told: &Value) -> &'f [u8] {
    let offset = |name: &str| usize::try_from(told[name].as_u64().unwrap()).unwrap();
    &file[offset("start_offset")..offset("end_offset")]
}

#[test]
fn a_crowd_of_the_archive_is_sent_what_asterisk_sent_it() {
    let Some(files) = archive("delivery.tar.xz") else { return };
    let (mut users, mut bytes) = (0, 0);
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with("/sessions.json")) {
        let folder = path.strip_suffix("sessions.json").unwrap();
        let told: Value = serde_json::from_slice(text).unwrap();
        let release = Release::parse(told["asterisk"].as_str().unwrap()).unwrap();
        let told = told["users"].as_object().unwrap();
        let crowd = Crowd { manager_conf: &files[&format!("{folder}manager.conf")], release };
        let sessions: Vec<Session> = told.iter().map(|(user, told)| session(user, told)).collect();
        let stream = part(&files[&format!("{folder}admin.ami")], &told["admin"]);
        let said = crowd.sends(&sessions, stream).unwrap();
        for (session, said) in sessions.iter().zip(said) {
            let sent = part(&files[&format!("{folder}{}.ami", session.name)], &told[&session.user]);
            assert!(said == sent, "{release} sends {} {} bytes, not {}", session.name, sent.len(), said.len());
            (users, bytes) = (users + 1, bytes + sent.len());
        }
    }
    assert!(users > 110 && bytes > 50_000_000, "only {users} users with {bytes} bytes");
}

/// Cuts a session without amictl: a greeting, and messages that end in an empty line or more of them.
fn messages(session: &[u8]) -> Vec<&[u8]> {
    let ends = |text: &[u8], from: usize| memchr::memmem::find(&text[from..], b"\r\n\r\n").map(|at| from + at + 4);
    let greeting = memchr::memchr(b'\n', session).unwrap() + 1;
    let (mut rest, mut messages) = (&session[greeting..], Vec::new());
    while let Some(mut end) = ends(rest, 0) {
        while rest[end..].starts_with(b"\r\n") {
            end += 2;
        }
        messages.push(&rest[..end]);
        rest = &rest[end..];
    }
    assert!(rest.is_empty(), "a session of the archive ends within a message");
    messages
}

#[test]
fn sessions_of_the_archive_are_cut_into_all_their_messages() {
    let Some(files) = archive("captures.tar.xz") else { return };
    let mut seen = 0;
    for (path, session) in &files {
        let messages = messages(session);
        let mut capture = Capture::new(&session[..]);
        for (at, &whole) in messages.iter().enumerate() {
            let message = capture.message().unwrap().unwrap_or_else(|| panic!("{path} is cut into {at} messages"));
            let first = whole.split(|&byte| byte == b'\n').take(2).collect::<Vec<_>>();
            let is_event = first[0].starts_with(b"Event: ")
                && first.get(1).is_some_and(|it| it.starts_with(b"Privilege: ") && it.ends_with(b",all\r"));
            match message {
                Message::Event(event) => assert!(event.text == whole, "{path}: message {at} is cut off"),
                // What comes right after the login is for the session alone.
                Message::Reply => assert!(!is_event || at == 1, "{path}: message {at} is an event"),
            }
        }
        assert!(capture.message().unwrap().is_none() && capture.tail() == 0, "{path} has more messages");
        seen += messages.len();
    }
    assert!(seen > 15_000, "only {seen} messages");
}
