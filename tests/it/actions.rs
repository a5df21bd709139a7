//! Actions, against what real Asterisks answered to sessions of users with few classes.

use std::collections::BTreeSet;

use amictl::access::{self, Request, Trace, Verdict};
use amictl::release::Release;
use serde_json::Value;

use crate::accounts::{Loaded, each, each_of_more, folder, with};

/// The families of the recorded cases that ask for actions.
const FAMILIES: [&str; 7] = ["act", "listcommands", "orig", "cmd", "getset", "filteract", "writenone"];

/// What the crash of an Asterisk is called.
const CRASH: &str = "no answer: Asterisk crashes";

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The users of the cases that name theirs in their id, and have no lines of theirs beside them.
fn write_of(user: &str) -> &'static str {
    match user {
        "w_originate" => "originate",
        "w_oc" => "originate,call",
        "w_ocs" => "originate,call,system",
        other => panic!("{other} is no user of the cases"),
    }
}

struct Case<'c> {
    loaded: &'c Loaded<'c>,
    release: Release,
    user: String,
    about: String,
}

impl Case<'_> {
    fn trace(&self, action: &str, headers: &[(String, String)]) -> Trace {
        let headers: Vec<_> =
            headers.iter().map(|(key, value)| (key.clone().into_bytes(), value.clone().into_bytes())).collect();
        let request = Request { user: self.user.as_bytes(), action: action.as_bytes(), headers: &headers };
        access::action(self.loaded.configuration, self.release, request)
    }

    /// `recorded` is what came: `Response: Error | Message: …`, `Error / …` or `DENIED`.
    fn check(&self, action: &str, headers: &[(String, String)], recorded: &str, crashed: bool) {
        let message = recorded.split(" / ").nth(1).or_else(|| recorded.split("Message: ").nth(1)).unwrap_or_default();
        let refusal = match recorded {
            "DENIED" => Some("Permission denied"),
            _ if crashed => Some(CRASH),
            _ => Some(message).filter(|message| is_decision(message)),
        };
        let trace = self.trace(action, headers);
        let about = format!("{}: {action} {headers:?}: {recorded}: {:#?}", self.about, trace.steps());
        match refusal {
            Some(refusal) => assert_eq!((trace.verdict(), trace.answer()), (Verdict::Denied, refusal), "{about}"),
            None => assert_eq!(trace.verdict(), Verdict::Accepted, "{about}"),
        }
    }
}

/// Does an error say that a client may not, and not that something cannot be done?
fn is_decision(message: &str) -> bool {
    let starts = ["Invalid/unknown command: ", "Filter did not compile.", "Filter was formatted incorrectly."];
    ["Permission denied", "Command blacklisted", "Unknown operation"].contains(&message)
        || message.contains(" Access Forbidden: ")
        || starts.iter().any(|start| message.starts_with(start))
}

fn pairs(list: &Value) -> Vec<(String, String)> {
    let pair = |pair: &Value| (text(&pair[0]).to_owned(), text(&pair[1]).to_owned());
    list.as_array().into_iter().flatten().map(pair).collect()
}

/// The headers of a probe that has them as keys beside `action`.
fn keyed(probe: &Value) -> Vec<(String, String)> {
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let keys = probe.as_object().unwrap().iter().filter(|(key, _)| *key != "action");
    keys.map(|(key, it)| (key.clone(), value(it))).collect()
}

fn compare(case: &Value, version: &str) -> usize {
    let id = text(&case["id"]).split('@').next().unwrap();
    let family = id.split('.').next().unwrap();
    if !FAMILIES.contains(&family) {
        return 0;
    }
    let mut file = text(&case["manager_conf"]).to_owned();
    let user = match file.split("[general]").nth(1).and_then(|rest| rest.split('[').nth(1)) {
        Some(section) => section.split(']').next().unwrap().to_owned(),
        None => {
            let user = id.split('.').nth(1).unwrap();
            file.push_str(&format!("[{user}]\nwrite = {}\n", write_of(user)));
            user.to_owned()
        }
    };
    let (probe, result) = (&case["probe"], &case["result"]);
    with(&folder(&[("manager.conf", file.into_bytes())]), version, |loaded| {
        let release = Release::parse(version).unwrap();
        let case = Case { loaded, release, user, about: format!("{id} ({version})") };
        let crashed = result["asterisk_rc"].as_i64().is_some_and(|code| code < 0);
        let response = || text(&result["response"]);
        match family {
            "act" => {
                for probe in probe["actions"].as_array().unwrap() {
                    let action = text(&probe[0]);
                    case.check(action, &pairs(&probe[1]), text(&result[action]), false);
                }
            }
            "listcommands" => list(&case, result),
            "writenone" => {
                for (action, answer) in result.as_object().unwrap() {
                    if let Some(answer) = answer.as_str().filter(|answer| answer.starts_with("Response: ")) {
                        case.check(action, &[], answer, false);
                    }
                }
            }
            "orig" if probe["Data"].is_array() => {
                for data in probe["Data"].as_array().unwrap() {
                    let headers = [("Application", text(&probe["Application"])), ("Data", text(data))];
                    let headers = headers.map(|(key, value)| (key.to_owned(), value.to_owned()));
                    case.check("Originate", &headers, text(&result[text(data)]), false);
                }
            }
            "orig" => case.check("Originate", &keyed(probe), response(), crashed),
            "cmd" => case.check("Command", &keyed(probe), response(), crashed),
            _ => case.check(text(&probe["action"]), &pairs(&probe["headers"]), response(), crashed),
        }
    });
    1
}

/// ListCommands names what a user may run, as far as the modules were there.
fn list(case: &Case<'_>, result: &Value) {
    let (trace, may) = access::rights(case.loaded.configuration, case.release, case.user.as_bytes());
    assert_eq!(trace.verdict(), Verdict::Accepted, "{}", case.about);
    let recorded: BTreeSet<&str> = result["actions"].as_array().unwrap().iter().map(text).collect();
    let ours: BTreeSet<&str> = may.iter().map(|action| action.name()).collect();
    let missing: Vec<_> = recorded.difference(&ours).collect();
    assert!(missing.is_empty(), "{}: {missing:?} are not listed", case.about);
    let more = may.iter().filter(|action| !recorded.contains(action.name()) && action.module().is_none());
    let more: Vec<_> = more.map(|action| action.name()).collect();
    assert!(more.is_empty(), "{}: {more:?} are listed", case.about);
}

#[test]
fn actions_are_let_run_as_they_were() {
    let mut count = 0;
    each("access/actions.json", |case, version| count += compare(case, version));
    assert_eq!(count, 1_112);
    let mut count = 0;
    each_of_more(&["cases-access.jsonl", "cases-access-more.jsonl"], |case, version| count += compare(case, version));
    assert!(count == 0 || count == 1_112, "{count} cases");
}
