//! Logins, against what real Asterisks answered: addresses, named ACLs, secrets, sessions, users.conf.

use amictl::access::{Check, Outcome, Trace, Verdict};
use amictl::posix::Answer;
use serde_json::Value;

use crate::accounts::{Loaded, each, each_of_more, folder, with};
use crate::support;

/// The families of the recorded cases that ask for logins.
const FAMILIES: [&str; 11] = [
    "acl",
    "nacl",
    "login",
    "md5",
    "section",
    "dupsection",
    "usersconf",
    "usersconf2",
    "multilogin",
    "general",
    "bind",
];

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn is_in(trace: &Trace) -> bool {
    trace.verdict() == Verdict::Accepted
}

/// The lines of users.conf as one case has them: in words, not as a file.
fn in_words(text: &str) -> String {
    text.trim_start_matches("(users.conf) ").replace(';', " ").split_whitespace().collect::<Vec<_>>().join("\n")
}

fn compare(case: &Value, version: &str) {
    let id = text(&case["id"]).split('@').next().unwrap();
    let family = id.split('.').next().unwrap();
    let (probe, result) = (&case["probe"], &case["result"]);
    if !FAMILIES.contains(&family) || result.get("lines").is_some() {
        return;
    }
    let mut files = vec![("manager.conf", text(&case["manager_conf"]).as_bytes().to_vec())];
    if let Some(acl) = case["acl_conf"].as_str() {
        files.push(("acl.conf", acl.as_bytes().to_vec()));
    }
    if let Some(users) = probe["users_conf"].as_str() {
        let users = if users.contains('\n') { users.to_owned() } else { in_words(users) };
        files.push(("users.conf", users.into_bytes()));
    }
    if family == "usersconf" {
        files[0].1 = b"[general]\nenabled = yes\n".to_vec();
        files.push(("users.conf", in_words(text(&case["manager_conf"])).into_bytes()));
    }
    with(&folder(&files), version, |loaded| {
        let about = format!("{id} ({version})");
        match family {
            "acl" | "nacl" => addresses(loaded, probe, result, &about),
            "login" | "md5" => secrets(loaded, probe, result, &about),
            "multilogin" => sessions(loaded, id, result, &about),
            "usersconf" | "usersconf2" => users_conf(loaded, probe, result, &about),
            _ => others(loaded, family, probe, result, &about),
        }
    });
}

fn addresses(loaded: &Loaded<'_>, probe: &Value, result: &Value, about: &str) {
    if let Some(accepted) = result["o1"].as_bool() {
        assert_eq!(is_in(&loaded.login(b"o1", None, "127.0.0.1", &[])), accepted, "{about}");
        assert_eq!(is_in(&loaded.login(b"o2", None, "127.0.0.1", &[])), result["o2"].as_bool().unwrap(), "{about}");
        return;
    }
    let user = text(&probe["user"]).as_bytes();
    if let Some(exists) = result["user_exists"].as_bool() {
        assert_eq!(loaded.accounts.find(user).is_some(), exists, "{about}");
    }
    if let Some(shown) = result["acl_shown"].as_str() {
        let acls = &loaded.accounts.find(user).unwrap().acls;
        assert_eq!(if acls.is_empty() { "no" } else { "(unnamed)" }, shown, "{about}");
    }
    for (from, answer) in result["accepted"].as_object().unwrap() {
        let trace = loaded.login(user, Some(text(&probe["secret"]).as_bytes()), from, &[]);
        assert_eq!(is_in(&trace), answer == "Y", "{about}: from {from}: {:#?}", trace.steps());
    }
}

fn secrets(loaded: &Loaded<'_>, probe: &Value, result: &Value, about: &str) {
    if let Some(login) = probe["login"].as_array() {
        // A denied address with a wrong secret: only the ACL is told.
        let trace = loaded.login(text(&login[0]).as_bytes(), Some(text(&login[1]).as_bytes()), "127.0.0.1", &[]);
        let last = &trace.steps()[trace.steps().len() - 2];
        assert!(text(&result["log"][0]).contains("failed to pass IP ACL"), "{about}");
        assert_eq!((last.check, last.outcome), (Check::Acl, Outcome::Denies), "{about}");
        return;
    }
    let Some(user) = probe["user"].as_str() else { return };
    let secret = probe["secret"].as_str().unwrap_or_default().as_bytes();
    let trace = loaded.login(user.as_bytes(), Some(secret), probe["src"].as_str().unwrap_or("127.0.0.1"), &[]);
    assert!(text(&result["response"]).contains(trace.answer()), "{about}: {:#?}", trace.steps());
}

fn sessions(loaded: &Loaded<'_>, id: &str, result: &Value, about: &str) {
    let is = |key: &str, trace: &Trace| {
        let response = text(result.get(key).unwrap_or_else(|| panic!("{about}: no {key}")));
        assert!(response.contains(trace.answer()), "{about}: {key}: {:#?}", trace.steps());
    };
    if id == "multilogin.oracle" {
        let from = |user: &str, sessions: &[&str]| loaded.login(user.as_bytes(), Some(b"wrong"), "127.0.0.2", sessions);
        is("no_session", &from("s", &[]));
        is("session_open", &from("s", &["s"]));
        is("unknown", &from("nobody", &["s"]));
        return;
    }
    let user = id.rsplit('.').next().unwrap();
    // The case's file leaves the user `over` out.
    let user = if loaded.accounts.find(user.as_bytes()).is_some() { user } else { return };
    let again = |name: &str, secret: &[u8]| loaded.login(name.as_bytes(), Some(secret), "127.0.0.1", &[user]);
    for (key, trace) in [
        ("same", again(user, b"x")),
        ("other_case", again(&user.to_uppercase(), b"x")),
        ("wrong_secret", again(user, b"wrong")),
    ] {
        let recorded = &result[key];
        let response = recorded.as_str().or_else(|| recorded["response"].as_str()).unwrap();
        assert!(response.contains(trace.answer()), "{about}: {key}: {:#?}", trace.steps());
    }
}

fn users_conf(loaded: &Loaded<'_>, probe: &Value, result: &Value, about: &str) {
    if let Some(users) = result["users"].as_array() {
        let mine = loaded.accounts.users.iter().map(|user| String::from_utf8_lossy(user.name).into_owned());
        // The recorder's own account, and the lines around the list.
        let names = users.iter().map(text).filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(mine.collect::<Vec<_>>(), names.collect::<Vec<_>>(), "{about}");
        for user in &loaded.accounts.users {
            let recorded = &result[String::from_utf8_lossy(user.name).as_ref()];
            assert_eq!(recorded["read perm"], user.read.value.to_string(), "{about}");
            assert_eq!(recorded["write perm"], user.write.value.to_string(), "{about}");
        }
        return;
    }
    let Some(login) = probe["login"].as_array() else {
        assert_eq!(is_sent(loaded, b"6001", "Alpha"), result["UserEvent_received"], "{about}");
        return;
    };
    let name = text(&login[0]).as_bytes();
    match (loaded.accounts.find(name), text(&result["read"])) {
        (None, recorded) => assert_eq!(recorded, "", "{about}: there is no such user"),
        (Some(user), _) => {
            // The recorder cut long lists.
            let starts = |classes: String, recorded: &Value| classes.starts_with(text(recorded)) && recorded != "";
            assert!(starts(user.read.value.to_string(), &result["read"]), "{about}: {}", *user.read.value);
            assert!(starts(user.write.value.to_string(), &result["write"]), "{about}: {}", *user.write.value);
            assert_eq!(if user.acls.is_empty() { "no" } else { "(unnamed)" }, text(&result["acl"]), "{about}");
        }
    }
    let trace = loaded.login(name, Some(text(&login[1]).as_bytes()), "127.0.0.1", &[]);
    assert!(text(&result["login"]).contains(trace.answer()), "{about}: {:#?}", trace.steps());
}

/// Is a user sent the UserEvent of a name?
fn is_sent(loaded: &Loaded<'_>, user: &[u8], name: &str) -> bool {
    let event = format!("Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: {name}\r\nActionID: 1\r\n\r\n");
    let user = loaded.accounts.find(user).unwrap();
    user.read.value.has("user") && user.filters.pass(event.as_bytes(), b"UserEvent") == Answer::Yes
}

fn others(loaded: &Loaded<'_>, family: &str, probe: &Value, result: &Value, about: &str) {
    match family {
        "section" => {
            let Some(users) = result["users"].as_array() else {
                let trace = loaded.login(b"zz_admin", None, "127.0.0.1", &[]);
                assert_eq!((trace.verdict(), trace.answer()), (Verdict::Denied, "no connection"), "{about}");
                return;
            };
            let user = loaded.accounts.find(b"u");
            assert_eq!(user.is_some(), users.iter().any(|name| name == "u"), "{about}");
            assert_eq!(user.map(|user| user.read.value.to_string()).as_deref(), result["show"].as_str(), "{about}");
            assert_eq!(is_in(&loaded.login(b"u", Some(b"x"), "127.0.0.1", &[])), result["login_u"], "{about}");
        }
        "dupsection" => {
            let trace = loaded.login(text(&probe["user"]).as_bytes(), Some(b"x"), "127.0.0.2", &[]);
            assert_eq!(is_in(&trace), result["login_from_127.0.0.2"], "{about}: {:#?}", trace.steps());
            let user = text(&probe["user"]).as_bytes();
            let sent: Vec<_> = ["Alpha", "Beta"].into_iter().filter(|name| is_sent(loaded, user, name)).collect();
            assert_eq!(result["delivered"], serde_json::json!(sent), "{about}");
        }
        "general" => {
            assert_eq!(is_in(&loaded.login(b"u", Some(b"x"), "127.0.0.2", &[])), result["accepted"], "{about}")
        }
        "bind" => {
            for (key, from) in [
                ("127.0.0.1->127.0.0.1", "127.0.0.1"),
                ("127.0.0.2->127.0.0.1", "127.0.0.2"),
                ("127.0.0.1->::1", "::1"),
            ] {
                let trace = loaded.login(b"u", Some(b"x"), from, &[]);
                assert_eq!(is_in(&trace), result[key] == true, "{about}: {key}: {:#?}", trace.steps());
                assert_eq!(trace.answer() == "no connection", result[key].is_string(), "{about}: {key}");
            }
        }
        other => panic!("{other} is no family"),
    }
}

#[test]
fn logins_end_as_they_did() {
    let count = each("access/logins.json", compare);
    assert!(count > 1_000, "only {count} cases");
    each_of_more(&["cases-access.jsonl", "cases-access-more.jsonl"], compare);
}

const GENERAL: &str = "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n";

#[test]
fn the_command_tells_each_step_with_its_line() {
    let users =
        "[bob]\nsecret = HUNTER2\ndeny = 0.0.0.0/0\npermit = 127.0.0.1\nacl = lan\n[eve]\nallowmultiplelogin = no\n";
    let at = support::folder(&[
        ("manager.conf", &format!("{GENERAL}{users}")),
        ("acl.conf", "[lan]\ndeny = 127.0.0.0/30\npermit = 127.0.0.1\n"),
    ]);
    let login = |args: &[&str], secret: &str| {
        let args = [&["simulate", "login", "manager.conf"], args].concat();
        support::with_input(at.path(), &args, secret.as_bytes())
    };
    let ran = login(&["--user", "BOB", "--from", "127.0.0.1:4000"], "");
    let lines: Vec<&str> = ran.out.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "Asterisk 22.10.1: BOB from 127.0.0.1:4000",
            "listener passes  the plain listener is on 127.0.0.1:5038 (manager.conf:3)",
            "user     passes  the user is [bob] (manager.conf:4)",
            "rule     matches deny 0.0.0.0/0.0.0.0 (manager.conf:6)",
            "rule     matches permit 127.0.0.1/255.255.255.255 (manager.conf:7)",
            "acl      passes  the user's own rules let 127.0.0.1 in (manager.conf:7)",
            "rule     matches deny 127.0.0.0/255.255.255.252 (acl.conf:2)",
            "rule     matches permit 127.0.0.1/255.255.255.255 (acl.conf:3)",
            "acl      passes  the ACL `lan` lets 127.0.0.1 in (acl.conf:3)",
            "secret   passes  taken as right (manager.conf:5)",
            "accepted: Authentication accepted",
        ],
        "{}",
        ran.err
    );
    assert_eq!(ran.code, 0);
    for (args, secret, code, says) in [
        (&["--user", "bob", "--from", "127.0.0.1", "--secret-stdin"][..], "HUNTER2\n", 0, "accepted"),
        (&["--user", "bob", "--from", "127.0.0.1", "--secret-stdin"], "hunter2", 1, "denied: Authentication failed"),
        (&["--user", "bob", "--from", "127.0.0.2"], "", 1, "own rules keep 127.0.0.2 out"),
        (&["--user", "bob", "--from", "::1"], "", 1, "where ::1 cannot come"),
        (&["--user", "bob", "--from", "192.0.2.1"], "", 1, "denied: no connection"),
        (&["--user", "bob", "--from", "127.0.0.1", "--tls"], "", 1, "the TLS listener is closed"),
        (&["--user", "eve", "--from", "127.0.0.1", "--session", "EVE"], "", 1, "denied: Login Already In Use"),
        (&["--user", "eve", "--from", "127.0.0.1"], "", 1, "no secret"),
        (&["--user", "nobody", "--from", "127.0.0.1", "--asterisk", "13,16,22"], "", 1, "there is no user `nobody`"),
        (&["--user", "bob", "--from", "localhost"], "", 2, "`localhost` is no address"),
    ] {
        let ran = login(args, secret);
        let all = format!("{}{}", ran.out, ran.err);
        assert!(ran.code == code && (ran.words() + &all).contains(says), "{args:?}: {code}, {says}\n{all}");
        assert!(!all.contains("HUNTER2"), "{args:?} shows a secret:\n{all}");
    }
    let ran =
        login(&["--user", "bob", "--from", "[::ffff:127.0.0.2]:9", "--asterisk", "16,22", "--format", "json"], "");
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, json["format"].as_u64()), (1, Some(1)));
    let [first, second] = json["answers"].as_array().unwrap().as_slice() else { panic!("{}", ran.out) };
    assert_eq!((&first["release"], &second["verdict"]), (&"16.28.0".into(), &"denied".into()));
    let steps = first["steps"].as_array().unwrap();
    assert_eq!(
        steps[2],
        serde_json::json!({
            "check": "rule", "outcome": "matches", "text": "deny 0.0.0.0/0.0.0.0", "file": "manager.conf", "line": 6
        })
    );
    assert_eq!(steps.last().unwrap()["check"], "verdict");
}

/// Off the switch a file that is not here is unknown, and on it absent: then its ACLs restrict nobody.
#[test]
fn what_is_not_here_is_not_guessed() {
    let users = "[bob]\nsecret = x\nacl = lan\n[eve]\nsecret = x\nacl = lan\ndeny = 127.0.0.1\n";
    let at = support::folder(&[
        ("manager.conf", &format!("{GENERAL}{users}")),
        ("more/manager.conf", &format!("{GENERAL}{users}#include users.d/*.conf\n")),
        ("bad/manager.conf", &format!("{GENERAL}{users}")),
        ("bad/acl.conf", "[lan]\ndeny = 0.0.0.0/0\n[wan]\npermit = 10.0.0.0/8, 127.0.0.1\n"),
    ]);
    for (file, user, more, says) in [
        ("manager.conf", "bob", "--asterisk=22", "unknown: that depends on what is not here"),
        ("manager.conf", "eve", "--asterisk=22", "denied: Authentication failed"),
        ("manager.conf", "bob", "--complete", "accepted: Authentication accepted"),
        ("more/manager.conf", "ann", "--asterisk=22", "unknown: that depends on what is not here"),
        ("bad/manager.conf", "bob", "--asterisk=13", "the ACL `lan` restricts nobody: acl.conf is absent or refused"),
    ] {
        let ran = support::amictl(at.path(), &["simulate", "login", file, "--user", user, "--from", "127.0.0.1", more]);
        assert!(ran.words().contains(says), "{file} {user}: {says}\n{}{}", ran.out, ran.err);
        assert_eq!(ran.code, i32::from(!ran.out.contains("\naccepted")), "{}", ran.out);
    }
}

#[test]
fn the_manager_is_dumped_as_the_contract_says() {
    let users = "[t](!)\nread = a,agi\n[bob](t)\nsecret = HUNTER2\nwrite = call, log\ndeny = 0.0.0.0/0\nacl = lan,nope\n\
                 setvar = PASSWORD=HUNTER2\nsetvar = A=1\n\
                 eventfilter(name(Cdr),header(Channel),method(exact)) = !X\n[eve]\npermit = any\n";
    let at = support::folder(&[
        ("manager.conf", &format!("{GENERAL}{users}")),
        ("acl.conf", "[lan]\npermit = 10.0.0.0/8\n"),
        ("broken/manager.conf", "[bob](nobody)\n"),
    ]);
    let dump =
        |file: &str, more: &[&str]| support::amictl(at.path(), &[&["dump", file, "--stage", "manager"], more].concat());
    let ran = dump("manager.conf", &["--format", "json"]);
    assert!(ran.code == 0 && !ran.out.contains("HUNTER2"), "{}{}", ran.out, ran.err);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&json["format"], &json["release"], &json["loads"]), (&1.into(), &"22.10.1".into(), &true.into()));
    assert_eq!(json["general"]["bind"], "127.0.0.1:5038");
    assert_eq!(json["listen"][0]["state"], "listens");
    assert_eq!(json["files"], serde_json::json!({"acl.conf": "loaded", "users.conf": "unknown"}));
    let [bob] = json["users"].as_array().unwrap().as_slice() else { panic!("{}", ran.out) };
    assert_eq!((&bob["name"], &bob["source"], &bob["secret"]), (&"bob".into(), &"manager.conf".into(), &"set".into()));
    assert_eq!(bob["read"].as_array().unwrap().last().unwrap(), "all");
    assert_eq!(bob["write"], serde_json::json!(["call"]));
    assert_eq!(bob["setvar"], serde_json::json!([["A", "1"], ["PASSWORD", "***"]]));
    let acls: Vec<_> = bob["acl"].as_array().unwrap().iter().map(|acl| (&acl["name"], &acl["state"])).collect();
    assert_eq!(
        acls,
        [(&Value::Null, &"ok".into()), (&"lan".into(), &"ok".into()), (&"nope".into(), &"undefined".into()),]
    );
    assert_eq!(bob["acl"][0]["rules"][0]["network"], "0.0.0.0/0.0.0.0");
    assert_eq!(
        json["dropped"][0],
        serde_json::json!({
            "user": "eve", "why": "an item is no numeric address in `permit = any`", "file": "manager.conf", "line": 15
        })
    );
    assert_eq!(json["ignored"][0]["why"], "a blank beside a class is part of it");
    assert_eq!((&json["hazards"][0]["kind"], &json["hazards"][0]["when"]), (&"corruption".into(), &"reload".into()));
    let ran = dump("manager.conf", &["--asterisk", "13"]);
    assert!(ran.code == 0 && ran.out.contains("[eve]") && !ran.out.contains("HUNTER2"), "{}{}", ran.out, ran.err);
    let ran = dump("broken/manager.conf", &["--format", "json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &json["loads"], &json["users"]), (1, &false.into(), &serde_json::json!([])));
    let ran = dump("manager.conf", &["--reveal-secrets"]);
    assert!(ran.out.contains("PASSWORD=HUNTER2"), "{}", ran.out);
}

/// Where nothing is loaded, the line that is to blame is named.
#[test]
fn the_line_that_refuses_the_file_is_named() {
    let at = support::folder(&[("manager.conf", "[general]\nenabled = yes\n[bob\nsecret = x\n")]);
    let who = ["manager.conf", "--user", "bob"];
    for more in [&["login", "--from", "127.0.0.1"][..], &["action", "--action", "Ping"]] {
        let ran = support::amictl(at.path(), &[&["simulate", more[0]], &who[..], &more[1..]].concat());
        assert!(ran.words().contains("the section header has no `]` (manager.conf:3)"), "{}", ran.out);
    }
}
