//! Actions, against what real Asterisks answered to sessions of users with few classes.

use std::collections::BTreeSet;

use amictl::access::{self, Request, Trace, Verdict};
use amictl::release::Release;
use serde_json::Value;

use crate::accounts::{Loaded, each, each_of_more, folder, with};
use crate::support;

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

const FILE: &str = "[general]\nenabled = yes\n[ann]\nsecret = HUNTER2\nwrite = call,originate\n[ops]\nwrite = all\n\
                    [bad]\npermit = any\n[none]\n";

fn run(args: &[&str]) -> support::Ran {
    let at = support::folder(&[("manager.conf", FILE), ("broken/manager.conf", "[ann](nobody)\n")]);
    support::amictl(at.path(), &[&["simulate", "action"], args].concat())
}

#[test]
fn the_command_tells_each_step_and_the_refusal() {
    let ran = run(&["manager.conf", "--user", "ANN", "--action", "originate", "--header", "application: TrySystem"]);
    let lines: Vec<&str> = ran.out.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "Asterisk 22.10.1: ANN sends originate",
            "user     passes  the user is [ann] (manager.conf:3)",
            "action   passes  Originate is known",
            "class    passes  it needs class `originate`; `write` grants `originate`",
            "(manager.conf:5)",
            "headers  denies  the name TrySystem has `system` in it, which needs class",
            "`system`",
            "denied: Originate Access Forbidden: app or data blacklisted",
        ],
        "{}",
        ran.err
    );
    assert_eq!(ran.code, 1);
    let long = "x".repeat(600);
    let crash = ["--header", "Operation: add", "--header", "MatchCriteria: name"];
    for (user, action, more, code, says) in [
        ("ann", "getvar", &[][..], 0, "\nallowed by class `call`\n"),
        ("ann", "Getvar", &["--header", "Variable: SHELL(x)"], 1, "denied: GetVar Access Forbidden: Variable\n"),
        ("ops", "getvar", &["--header", "Variable: SHELL(x)"], 0, "allowed by classes `call`, `reporting`"),
        ("none", "ping", &[], 0, "allowed: it needs no class"),
        ("none", "command", &[], 1, "it needs class `command`; there is no `write`\n"),
        ("ops", "Filter", &crash, 1, "denied: no answer: Asterisk crashes"),
        ("ops", "Filter", &[crash[0], crash[1], crash[2], crash[3], "--asterisk=16"], 0, "allowed by class `system`"),
        ("ops", "Comand", &[], 1, "did you mean `Command`?"),
        ("ops", "sippeers", &[], 1, "SIPpeers is one of 13 to 20"),
        ("ops", "SIPpeers", &["--asterisk", "18"], 0, "where chan_sip is loaded"),
        ("ops", &long, &[], 1, "denied: Invalid/unknown command: xxxx"),
        ("ops", "", &[], 1, "denied: Missing action in request"),
        ("bad", "Ping", &["--asterisk", "13,22"], 1, "the user was deleted"),
        ("an", "Ping", &[], 2, "did you mean `ann`?"),
        ("ann", "Ping", &["--header", "x"], 2, "`x` is no header"),
        ("ann", "Ping", &["--all"], 2, "cannot be used with"),
    ] {
        let ran = run(&[&["manager.conf", "--user", user, "--action", action], more].concat());
        let all = format!("{}{}", ran.out, ran.err);
        assert!(ran.code == code && all.contains(says), "{user} {action} {more:?}: {code}, {says}\n{all}");
        assert!(!all.contains("HUNTER2"), "{all}");
        // A message that a client sees is given whole; it is cut at 511 bytes by Asterisk itself.
        let told = ran.out.lines().last().unwrap_or_default().strip_prefix("denied: ").unwrap_or_default();
        assert!(action.len() < 600 || told.len() == 511, "{told}");
    }
    assert_eq!(run(&["broken/manager.conf", "--user", "ann", "--action", "Ping"]).code, 1);
}

#[test]
fn a_certified_release_has_the_list_of_its_own() {
    let asks = |release: &str, application: &str| {
        let header = format!("Application: {application}");
        run(&["manager.conf", "--user", "ann", "--action", "Originate", "--header", &header, "--asterisk", release]).out
    };
    for (release, application, says) in [
        ("certified/18.9-cert10", "Reload", "allowed by"),
        ("certified/18.9-cert11", "Reload", "app or data blacklisted"),
        ("certified/20.7-cert1", "System", "Forbidden: Application"),
        ("certified/20.7-cert2", "System", "app or data blacklisted"),
        ("16.6.1", "Originate", "allowed by"),
        ("16.6.2", "Originate", "Forbidden: Application"),
        ("certified/13.21-cert4", "Originate", "allowed by"),
        ("certified/13.21-cert5", "Originate", "Forbidden: Application"),
    ] {
        let out = asks(release, application);
        assert!(out.contains(says) && out.contains("(by source, not run)"), "{release} {application}: {says}\n{out}");
    }
}

#[test]
fn everything_is_listed_with_the_dangerous_first() {
    let ran = run(&["manager.conf", "--user", "ops", "--all", "--asterisk", "16,22"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let place = |text: &str| ran.out.find(text).unwrap_or_else(|| panic!("{text}\n{}", ran.out));
    assert!(place("as good as a shell on the switch:\n  Command [command]: ") < place("Originate [originate]: "));
    assert!(place("Originate [originate]: ") < place("BridgeDestroy [no class needed]: "));
    assert!(place("\nall others:\n") < place("Asterisk 22.10.1: ops may run\n"));
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    assert_eq!(run(&["broken/manager.conf", "--user", "ann", "--all"]).code, 1);
}

#[test]
fn answers_in_json_have_the_shape_of_those_about_logins() {
    let json = |args: &[&str]| -> Value {
        let ran = run(&[&["manager.conf", "--format", "json", "--user", "ann"], args].concat());
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
    };
    let one = json(&["--action", "Setvar", "--asterisk", "16,22"]);
    assert_eq!((&one["format"], &one["user"], &one["action"]), (&1.into(), &"ann".into(), &"Setvar".into()));
    let answer = &one["answers"][0];
    assert_eq!((&answer["release"], &answer["recorded"]), (&"16.28.0".into(), &true.into()));
    assert_eq!((&answer["verdict"], &answer["answer"]), (&"allowed".into(), &"allowed by class `call`".into()));
    assert_eq!(
        answer["steps"][2],
        serde_json::json!({
            "check": "class", "outcome": "passes", "text": "it needs class `call`; `write` grants `call`",
            "file": "manager.conf", "line": 5
        })
    );
    assert_eq!(answer["steps"][3]["check"], "verdict");
    let all = json(&["--all"]);
    let first = &all["answers"][0]["actions"][0];
    assert!(all.get("action").is_none());
    assert_eq!((&first["action"], &first["danger"]), (&"Originate".into(), &"shell".into()));
    assert_eq!(first["classes"], serde_json::json!(["originate"]));
}
