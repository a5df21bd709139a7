//! What real Asterisks sent to a crowd of sessions while calls went on, byte for byte.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use amictl::capture::{Capture, Message};
use amictl::release::Release;
use amictl::testing::streams::{Crowd, Plan, Recording, SEES_ALL, events};

use crate::support::root;

/// The folders of fixtures/streams with a plan: one a crowd.
fn crowds() -> Vec<PathBuf> {
    let folders = fs::read_dir(root().join("fixtures/streams")).unwrap().map(|entry| entry.unwrap().path());
    folders.filter(|path| path.join("capture.toml").is_file()).collect()
}

/// The recordings of a crowd.
fn recordings(crowd: &PathBuf) -> Vec<Recording> {
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
    assert!(compared > 100_000 && releases.len() > 1, "only {compared} events of {releases:?} were compared");
}

/// Nobody was left out, and everybody differs from the others in something.
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
        assert!(names.len() > 60 && classes.len() >= 10, "{release}: {} kinds, {} classes", names.len(), classes.len());
    }
}
