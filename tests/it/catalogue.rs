//! The catalogue of events and actions: against what real Asterisks sent and listed, and its pages.

use amictl::catalog::{self, Delivery, EventDef, Header};
use amictl::config::{Place, World};
use amictl::host::Memory;
use amictl::release::Release;
use amictl::rules::{self, All, Role};
use amictl::text::Files;
use serde_json::Value;

use crate::support::{amictl, root};

fn observed() -> Value {
    let text = std::fs::read_to_string(root().join("fixtures/catalogue/observed.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn release(name: &str) -> Release {
    Release::parse(name).unwrap()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

/// The mask of some classes.
fn mask(names: &[&str]) -> u32 {
    names.iter().map(|name| catalog::class(name.as_bytes()).unwrap().mask()).sum()
}

#[test]
fn events_are_those_that_were_seen_on_the_wire() {
    let observed = observed();
    let rows = observed["events"].as_array().unwrap();
    assert!(rows.len() > 300);
    for row in rows {
        let (on, name) = (release(row["release"].as_str().unwrap()), row["event"].as_str().unwrap());
        let event = catalog::event(on, name.as_bytes()).unwrap_or_else(|| panic!("{on} sends {name}"));
        if row["classes"].is_null() {
            assert_ne!(event.delivery(), Delivery::Broadcast, "{name} came as a reply from {on}");
            continue;
        }
        assert!(event.is_broadcast(), "{name} came to all from {on}");
        let sent = mask(&strings(&row["classes"]));
        assert!(event.masks(on).contains(&sent), "{name} came from {on} with {}", row["classes"]);
        let known: Vec<&str> = event.headers(on).map(Header::name).collect();
        for header in strings(&row["headers"]) {
            assert!(known.contains(&header), "{name} came from {on} with {header}");
        }
    }
}

/// No rule takes what was seen for a mistake: neither a name nor a header.
#[test]
fn rules_know_what_was_seen_on_the_wire() {
    let observed = observed();
    for on in [release("16.28.0"), release("22.10.1")] {
        let rows = || observed["events"].as_array().unwrap().iter();
        let seen: Vec<&Value> = rows().filter(|row| release(row["release"].as_str().unwrap()) == on).collect();
        let names: Vec<&str> = seen.iter().map(|row| row["event"].as_str().unwrap()).collect();
        let mut conf = format!("[general]\ndisabledevents = {}\n[bob]\nsecret = x\nread = all\n", names.join(","));
        for (row, name) in seen.iter().zip(names) {
            conf += &format!("eventfilter = !^Event: {name}[[:space:]]\neventfilter(name({name})) =\n");
            // No filter is asked for a reply.
            let headers = if row["classes"].is_null() { Vec::new() } else { strings(&row["headers"]) };
            for header in headers {
                conf +=
                    &format!("eventfilter(name({name}),header({header})) =\neventfilter = Event: {name}.*{header}: \n");
            }
        }
        let (files, memory) = (Files::default(), Memory::default());
        let file = files.add("manager.conf".into(), "/manager.conf".into(), conf.into_bytes()).id();
        let world = World::new(&files, &memory, Place { complete: true, ..Place::default() });
        let findings = rules::check(&world, file, Role::Manager, &[on], &All);
        assert!(seen.len() > 100 && !findings.is_empty());
        for finding in findings {
            assert!(!finding.rule.starts_with("unknown-"), "{on}: {}", finding.message);
            assert_ne!(finding.rule, "filter-without-class", "{on}: {}", finding.message);
        }
    }
}

#[test]
fn actions_are_those_that_were_listed_for_each_class() {
    let observed = observed();
    let everything = mask(&catalog::classes().map(catalog::ClassDef::name).collect::<Vec<_>>());
    for row in observed["actions"].as_array().unwrap() {
        let write = match row["write"].as_str().unwrap() {
            "none" => 0,
            "all" => everything,
            class => mask(&[class]),
        };
        let listed = strings(&row["actions"]);
        for on in strings(&row["releases"]).into_iter().map(release) {
            for name in &listed {
                let action = catalog::action(on, name.as_bytes()).unwrap_or_else(|| panic!("{on} lists {name}"));
                assert!(action.may_be_run_by(on, write), "{on} lists {name} for {}", row["write"]);
            }
            // Nobody can leave the core out.
            for action in catalog::actions(on).filter(|action| action.module().is_none()) {
                let may = action.may_be_run_by(on, write);
                assert_eq!(listed.contains(&action.name()), may, "{on}, {}, {}", row["write"], action.name());
            }
        }
    }
}

#[test]
fn names_of_events_have_a_case_and_those_of_actions_have_none() {
    let on = release("22");
    assert!(catalog::event(on, b"Newexten").is_some() && catalog::event(on, b"NewExten").is_none());
    assert!(catalog::action(on, b"originate").is_some() && catalog::action(on, b"ORIGINATE").is_some());
    assert_eq!(catalog::nearest_event(on, b"NewExten"), Some("Newexten"));
    assert_eq!(catalog::nearest_event(on, b"NewChannel"), Some("Newchannel"));
    assert_eq!(catalog::nearest_event(on, b"Hangupp"), Some("Hangup"));
    assert_eq!(catalog::nearest_event(on, b"Zebra"), None);
    assert_eq!(catalog::nearest_action(on, b"Orignate"), Some("Originate"));
    for (asked, name) in
        [(&b"VARSET"[..], "VarSet"), (b"Hangupp", "Hangup"), (b"QueueMemberPaused", "QueueMemberPause")]
    {
        assert!(catalog::is_slip(asked, name), "{name}");
    }
    // What other modules send is near some names, and no slip.
    let others =
        ["DongleStatus", "DongleNewSMS", "DongleCallStateChange", "QuectelStatus", "SCCPDeviceEntry", "KhompEvent"];
    for other in others {
        assert!(!catalog::all_events().any(|event| catalog::is_slip(other.as_bytes(), event.name())), "{other}");
    }
    let hangup = catalog::event(on, b"Hangup");
    assert_eq!(catalog::nearest_header(on, hangup, b"cause-txt"), Some("Cause-txt"));
    assert_eq!(catalog::nearest_header(on, hangup, b"Chanel"), Some("Channel"));
    assert_eq!(catalog::nearest_header(on, None, b"DestChannl"), Some("DestChannel"));
}

#[test]
fn a_release_has_what_it_has() {
    let event = |on: &str, name: &str| catalog::event(release(on), name.as_bytes());
    let action = |on: &str, name: &str| catalog::action(release(on), name.as_bytes());
    assert!(event("18.20.0", "VoicemailPasswordChange").is_none());
    let password = event("18.21.0", "VoicemailPasswordChange").unwrap();
    let seen = |mask: u32| password.is_seen_by(release("22"), mask);
    assert!(seen(mask(&["system", "user"])) && !seen(mask(&["user"])) && !seen(mask(&["system"])));
    assert!(event("20", "MonitorStart").is_some() && event("21", "MonitorStart").is_none());
    assert!(action("20", "SIPpeers").is_some() && action("22", "SIPpeers").is_none());
    assert!(action("certified/22.8-cert3", "PJSIPSetMaintenance").is_none());
    assert!(action("certified/22.8-cert4", "PJSIPSetMaintenance").is_some());
    let classes = |on: &str| event(on, "Newexten").unwrap().masks(release(on)).to_vec();
    assert_eq!((classes("13"), classes("16")), (vec![mask(&["call"])], vec![mask(&["dialplan"])]));
    let has = |on: &str, name: &str| event(on, "Newchannel").unwrap().headers(release(on)).any(|it| it.name() == name);
    assert!(has("16", "Channel") && has("22", "Tenantid") && !has("16", "Tenantid") && !has("18.24.0", "Tenantid"));
    // A reply asks for nothing, and only what is broadcast has classes.
    for event in catalog::all_events() {
        assert_eq!(event.masks(release("22")).is_empty(), event.delivery() == Delivery::Reply, "{}", event.name());
    }
}

#[test]
fn pages_of_names_are_these() {
    let page = |name: &str| amictl(root(), &["explain", name]).out;
    assert_eq!(page("VoicemailPasswordChange"), EVENT);
    assert_eq!(page("QueueWithdrawCaller"), ACTION);
    assert_eq!(page("command"), CLASS);
    assert_eq!(page("QueueSummary"), BOTH);
}

const EVENT: &str = "\
VoicemailPasswordChange (event)

A mailbox has a new password, which is in it in clear text.
Needs all of: system, user
Every session gets it that has these classes in `read` and in its mask and
whose filters let it through, unless `disabledevents` names it.
Releases: 18 from 18.21.0, 20 from 20.6.0, 21 from 21.1.0, 22, 23; certified
  20.7, 22.8
Module: app_voicemail
Headers: Event, Privilege, Context, Mailbox, NewPassword
Sometimes: Timestamp, SequenceNumber, File, Line, Func, SystemName
Source: apps/app_voicemail.c; documented; seen on 22.10.1
";

const ACTION: &str = "\
QueueWithdrawCaller (action)

Needs no class: everybody who is logged in may run it, whatever `write` is.
Danger: places, moves, records or ends calls: takes a caller out of a queue;
  open to everybody who is logged in
Parameters: ActionID, Queue, Caller, WithdrawInfo
Releases: 16 from 16.25.0, 18 from 18.11.0, 19 from 19.3.0, 20 to 23; certified
  20.7, 22.8
Module: app_queue
Source: apps/app_queue.c; listed by ListCommands on 16.28.0 and 22.10.1
";

const CLASS: &str = "\
command (class of rights)

commands of the CLI

In `read` it is needed for these events: none

In `write` it is enough for these actions: Command

As good as a shell on the switch: Command

Source: main/manager.c, perms, and include/asterisk/manager.h; recorded on
  13.12.2 to 23.4.1

See also: `Command` (action)
";

const BOTH: &str = "\
QueueSummary (event)

A reply to QueueSummary: only the session that ran the action gets it, and
neither classes nor filters are asked.
Releases: 13 to 23
Module: app_queue
Headers: Event, Queue, LoggedIn, Available, Callers, HoldTime, TalkTime,
  LongestHoldTime
Sometimes: ActionID
Source: apps/app_queue.c; seen on 16.28.0 and 22.10.1

QueueSummary (action)

Needs no class: everybody who is logged in may run it, whatever `write` is.
Parameters: ActionID, Queue
Answered with: QueueSummary, QueueSummaryComplete
Releases: 13 to 23
Module: app_queue
Source: apps/app_queue.c; listed by ListCommands on 16.28.0 and 22.10.1
";

#[test]
fn pages_fit_eighty_columns() {
    let events = catalog::all_events().map(EventDef::name);
    let actions = catalog::all_actions().map(catalog::ActionDef::name);
    let names = events.chain(actions).step_by(9).chain(catalog::classes().map(catalog::ClassDef::name));
    for name in names.chain(["AttendedTransfer"]) {
        let ran = amictl(root(), &["explain", name]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        for line in ran.out.lines() {
            assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
        }
    }
}

#[test]
fn letter_case_decides_between_kinds() {
    let page = |name: &str| amictl(root(), &["explain", name]).out;
    assert!(page("command").starts_with("command (class of rights)\n"));
    assert!(page("command").ends_with("See also: `Command` (action)\n"));
    assert!(page("Command").starts_with("Command (action)\n"));
    let both = page("Hangup");
    assert!(both.starts_with("Hangup (event)\n") && both.contains("\n\nHangup (action)\n"), "{both}");
    assert!(page("NEWCHANNEL").starts_with("Newchannel (event)\n"));
    assert!(page("NewExten").starts_with("Newexten (event)\n"));
    let unknown = amictl(root(), &["explain", "originat"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean `Originate` or `originate`?"), "{}", unknown.err);
    assert!(amictl(root(), &["explain", "--help"]).out.contains("letter case decides"));
}
