//! The server as the releases that are not at hand: their greetings, and how sessions begin with them, as recorded.

use std::fs;
use std::time::Duration;

use amictl::release::Release;
use amictl::testing::wire::Wire as _;
use serde_json::Value;

use super::server_wire::Clients;
use crate::support::root;

fn recorded() -> Value {
    serde_json::from_slice(&fs::read(root().join("fixtures/access/sessions.json")).unwrap()).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

/// What a client is sent that says this, message for message; before its first words comes the greeting.
fn say(clients: &mut Clients, text: &str) -> Vec<Vec<String>> {
    clients.send("a", text.replace('\n', "\r\n").as_bytes());
    clients.settle(Duration::ZERO);
    let said = String::from_utf8(clients.take("a").0).unwrap();
    let messages = said.split_terminator("\r\n\r\n");
    messages.map(|message| message.split("\r\n").map(str::to_owned).collect()).collect()
}

fn greeted(conf: &str, release: &str) -> (Clients, String) {
    let mut clients = Clients::new(conf, Release::parse(release).unwrap());
    clients.connect("a", false).unwrap();
    clients.settle(Duration::ZERO);
    let greeting = String::from_utf8(clients.take("a").0).unwrap();
    (clients, greeting)
}

#[test]
fn every_recorded_release_has_its_greeting() {
    let recorded = recorded();
    let greetings = recorded["greetings"].as_object().unwrap();
    assert!(greetings.len() >= 8);
    for (release, greeting) in greetings {
        let (_, said) = greeted("[general]\nenabled = yes\n", release);
        assert_eq!(said, format!("{}\r\n", greeting.as_str().unwrap()), "{release}");
    }
}

#[test]
fn strangers_are_answered_as_recorded() {
    let recorded = recorded();
    for release in texts(&recorded["strangers"]["releases"]) {
        let (mut clients, _) = greeted("[general]\nenabled = yes\n[ok]\nsecret = x\n", release);
        for step in recorded["strangers"]["steps"].as_array().unwrap() {
            let lines = step["action"].as_array().unwrap().iter().map(|header| texts(header).join(": "));
            let action: String = lines.map(|line| line + "\n").collect();
            let mut said = say(&mut clients, &format!("{action}\n"));
            for line in said.iter_mut().flatten().filter(|line| line.starts_with("Challenge: ")) {
                assert!(line["Challenge: ".len()..].parse::<u32>().is_ok(), "{line}");
                "Challenge: {challenge}".clone_into(line);
            }
            assert_eq!(said, [texts(&step["answer"])], "{release}: {action}");
        }
    }
}

#[test]
fn fully_booted_is_sent_to_whom_it_was() {
    let recorded = recorded();
    let about = &recorded["fully_booted"];
    for login in about["logins"].as_array().unwrap() {
        for release in texts(&login["releases"]) {
            let (mut clients, _) = greeted(about["manager_conf"].as_str().unwrap(), release);
            let user = login["user"].as_str().unwrap();
            let events = login["events"].as_str().map_or(String::new(), |events| format!("Events: {events}\n"));
            let said = say(&mut clients, &format!("Action: Login\nUsername: {user}\nSecret: x\n{events}\n"));
            assert_eq!(said[0], ["Response: Success", "Message: Authentication accepted"]);
            let sent: Vec<&str> = said[1..].iter().map(|message| message[0].as_str()).collect();
            assert_eq!(sent, texts(&login["sent"]), "{release}: {login}");
        }
    }
}

/// A line of a recording is the whole line, or the name of a header whose value is another each time.
#[test]
fn the_session_of_a_13_is_the_same_header_for_header() {
    let recorded = recorded();
    let about = &recorded["login_13"];
    let (mut clients, _) = greeted(about["manager_conf"].as_str().unwrap(), about["release"].as_str().unwrap());
    let said = say(&mut clients, "Action: Login\nUsername: joe\nSecret: joe\n\n");
    let sent = about["sent"].as_array().unwrap();
    assert_eq!(said.len(), sent.len(), "{said:?}");
    for (said, sent) in said.iter().zip(sent) {
        let sent = texts(sent);
        assert_eq!(said.len(), sent.len(), "{said:?} and {sent:?}");
        for (line, expected) in said.iter().zip(sent) {
            let name = line.split(": ").next().unwrap();
            assert!(line == expected || name == expected, "{line} and {expected}");
        }
    }
}
