//! Which events sessions are sent, by class, mask, filter and `disabledevents`, against what real Asterisks sent them.

use amictl::access::{Delivery, Fate, Verdict, Watcher, mask};
use amictl::capture::{Capture, Message};
use amictl::config::manager::classes::Classes;
use serde_json::Value;

use crate::accounts::{Loaded, each, each_of_more, folder, with};

/// The families of the recorded cases that ask for events.
const FAMILIES: [&str; 7] = ["events", "multiclass", "bypass", "disabled", "class", "fullybooted", "shutdown"];

/// What each Asterisk was made to send in the cases about classes.
const STIMULI: [(&str, &str); 7] = [
    ("FullyBooted", "system"),
    ("SuccessfulAuth", "security"),
    ("UserEvent", "user"),
    ("Newchannel", "call"),
    ("Newexten", "dialplan"),
    ("Reload", "system"),
    ("Cdr", "cdr"),
];

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A session of a user.
struct Session<'c> {
    loaded: &'c Loaded<'c>,
    user: &'c str,
    mask: Classes,
}

impl Session<'_> {
    fn watcher(&self) -> Watcher<'_> {
        Watcher::of(self.loaded.accounts.find(self.user.as_bytes()).unwrap(), self.mask)
    }

    fn is_sent(&self, name: &str, classes: &str) -> bool {
        let disabled = self.loaded.general.disabled_events().into_iter().map(<[u8]>::to_vec).collect();
        let event = format!("Event: {name}\r\nPrivilege: {classes},all\r\n\r\n");
        judge(&self.watcher(), disabled, &event)
    }

    /// Neither filters nor `disabledevents` are asked for the FullyBooted that follows a login.
    fn is_told_of_boot(&self) -> bool {
        let bare = Watcher { includes: Vec::new(), excludes: Vec::new(), ..self.watcher() };
        judge(&bare, Vec::new(), "Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n")
    }

    /// The letters of the cases: U is a UserEvent, S a Reload.
    fn received(&self) -> String {
        let letters = [("U", "UserEvent", "user"), ("S", "Reload", "system")];
        letters.iter().filter(|(_, name, class)| self.is_sent(name, class)).map(|(letter, ..)| *letter).collect()
    }
}

fn judge(watcher: &Watcher<'_>, disabled: Vec<Vec<u8>>, event: &str) -> bool {
    let mut capture = Capture::new(event.as_bytes());
    let Some(Message::Event(event)) = capture.message().unwrap() else { panic!("{event} is no event") };
    let mut delivery = Delivery::new(std::slice::from_ref(watcher), disabled);
    delivery.judge(&event.text, event.name(), event.classes())[0] == Fate::Delivered
}

/// The action Events, sent by a session that has asked for everything or, in one case, for nothing.
fn compare_action(session: &Session<'_>, asked: &str, result: &Value, about: &str) {
    let (before, asked) = match asked {
        "<missing>" => (Classes::ALL, ""),
        "off then empty" => (Classes::NONE, ""),
        asked => (Classes::ALL, asked),
    };
    let set = mask(asked.as_bytes());
    let response = match set {
        None => "Response: Error | Message: Invalid event mask",
        Some(set) if set.is_none() => "Response: Success | Events: Off",
        Some(_) => "Response: Success | Events: On",
    };
    let session = Session { mask: set.unwrap_or(before), ..*session };
    assert_eq!((response, &*session.received()), (text(&result["response"]), text(&result["received"])), "{about}");
}

/// The header Events of a login; B is the FullyBooted that follows it.
fn compare_login(loaded: &Loaded<'_>, asked: &str, result: &Value, about: &str) {
    let (user, asked) = match asked {
        "<empty>" => ("ev", ""),
        asked => asked.strip_prefix("uo ").map_or(("ev", asked), |asked| ("uo", asked)),
    };
    let trace = loaded.login(user.as_bytes(), Some(b"x"), "127.0.0.1", &[]);
    assert_eq!(trace.verdict(), Verdict::Accepted, "{about}: {:#?}", trace.steps());
    let session = Session { loaded, user, mask: mask(asked.as_bytes()).unwrap_or(Classes::ALL) };
    let booted = if session.is_told_of_boot() { "B" } else { "" };
    assert_eq!(session.received() + booted, text(&result["received"]), "{about}");
}

/// `disabledevents`, with what `manager show settings` shows of it in some cases.
fn compare_disabled(session: &Session<'_>, result: &Value, about: &str) {
    let general = session.loaded.general;
    for (key, sent) in [
        ("UserEvent", session.is_sent("UserEvent", "user")),
        ("Reload", session.is_sent("Reload", "system")),
        ("FullyBooted_at_login", session.is_told_of_boot()),
    ] {
        assert!(result.get(key).is_none_or(|recorded| *recorded == sent), "{about}: {key}");
    }
    for line in result["show"].as_array().into_iter().flatten() {
        let Some(shown) = text(line).strip_prefix("Disabled events:") else { continue };
        assert_eq!(shown.trim().as_bytes(), general.disabledevents.value, "{about}");
    }
}

/// What reading rights make of an event that was captured.
fn compare_rights(conf: &str, result: &Value, version: &str) {
    let event = format!("{}\r\n\r\n", text(&result["event"]));
    for (read, sent) in result["delivered_by_read"].as_object().unwrap() {
        let conf = conf.replace("(varies)", read);
        with(&folder(&[("manager.conf", conf.into_bytes())]), version, |loaded| {
            let watcher = Session { loaded, user: "u", mask: Classes::ALL };
            assert_eq!(judge(&watcher.watcher(), Vec::new(), &event), *sent, "{event} for {read} ({version})");
        });
    }
}

fn compare(case: &Value, version: &str) -> usize {
    let id = text(&case["id"]).split('@').next().unwrap();
    let mut words = id.split('.');
    let (family, kind) = (words.next().unwrap(), words.next().unwrap_or_default());
    // What a reload leaves behind, and a list of events as such, are no decisions.
    if !FAMILIES.contains(&family) || ["removed_after_set", "eventnames"].contains(&kind) {
        return 0;
    }
    let (mut conf, probe, result) = (text(&case["manager_conf"]).to_owned(), &case["probe"], &case["result"]);
    if family == "multiclass" {
        compare_rights(&conf, result, version);
        return 1;
    }
    if !conf.contains("[u") {
        conf.push_str("[u]\nread = all\n");
    }
    let about = format!("{id} ({version})");
    with(&folder(&[("manager.conf", conf.into_bytes())]), version, |loaded| {
        let of = |user| Session { loaded, user, mask: Classes::ALL };
        match (family, kind) {
            ("events", "action") => compare_action(&of("ev"), text(&probe["EventMask"]), result, &about),
            ("events", _) => compare_login(loaded, text(&probe["Events"]), result, &about),
            ("bypass", user) => {
                // Its lists are answers: nobody is asked whether they are sent.
                let is_none = |key: &str| result[key].as_array().unwrap().is_empty();
                assert_ne!(of(user).is_sent("UserEvent", "user"), is_none("own_userevent"), "{about}");
                assert_ne!(of(user).is_sent("OriginateResponse", "call"), is_none("originate_async_events"), "{about}");
            }
            ("disabled", _) => compare_disabled(&of("u"), result, &about),
            ("class", _) => {
                let recorded = result["events"].as_object().unwrap();
                for (name, classes) in recorded {
                    assert!(of("u").is_sent(name, text(classes).trim_end_matches(",all")), "{about}: {name}");
                }
                for (name, class) in STIMULI {
                    assert_eq!(of("u").is_sent(name, class), recorded.contains_key(name), "{about}: {name}");
                }
            }
            ("fullybooted", user) => {
                let mask = probe["Events"].as_str().and_then(|asked| mask(asked.as_bytes()));
                let session = Session { mask: mask.unwrap_or(Classes::ALL), ..of(user) };
                let recorded = !result["events_at_login"].as_array().unwrap().is_empty();
                assert_eq!(session.is_told_of_boot(), recorded, "{about}");
            }
            (_, user) => {
                let recorded = text(&result["messages"][0]).starts_with("Event: Shutdown");
                assert_eq!(of(user).is_sent("Shutdown", "system"), recorded, "{about}");
            }
        }
    });
    1
}

#[test]
fn sessions_are_sent_what_they_were() {
    let mut count = 0;
    each("access/events.json", |case, version| count += compare(case, version));
    assert_eq!(count, 792);
    let mut count = 0;
    each_of_more(&["cases-access.jsonl", "cases-access-more.jsonl"], |case, version| count += compare(case, version));
    assert!(count == 0 || count == 792, "{count} cases");
}
