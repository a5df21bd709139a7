//! What `amictl serve` tells whoever runs it, over HTTP.

use std::fs;
use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::schemas::fits;
use crate::serve::{Served, connect, login, until};
use crate::support::folder;

const CONF: &str = "\
[general]
enabled = yes
bindaddr = 127.0.0.1
[joe]
secret = x7Qmk2vv
deny = 0.0.0.0/0
permit = 127.0.0.1
read = user
write = user
";

/// The head and the body of an answer.
fn get(at: &str, request: &str) -> (String, String) {
    let mut stream = connect(at);
    write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    let (head, body) = all.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

/// Asks until a page has a text: what happened on one socket may be told on another a moment later.
fn metrics(at: &str, text: &str) -> String {
    for _ in 0..200 {
        let (_, page) = get(at, "GET /metrics");
        if page.contains(text) {
            return page;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("`{text}` is not in {}", get(at, "GET /metrics").1);
}

#[test]
fn what_happens_is_counted() {
    let at = folder(&[("manager.conf", CONF)]);
    let served = Served::new(at.path(), 1, &["--port", "0", "--admin", "0"]);
    let admin = served.line().strip_prefix("metrics and health at http://").unwrap().to_owned();
    assert!(admin.starts_with("127.0.0.1:"), "loopback only, unless an address is named");
    let mut joe = connect(&served.at[0]);
    assert!(login(&mut joe, "x7Qmk2vv").contains("accepted"));
    write!(joe, "Action: UserEvent\r\nUserEvent: a\r\n\r\nAction: CoreStatus\r\n\r\nAction: Made\"up\r\n\r\n").unwrap();
    until(&mut joe, "Invalid/unknown command");
    assert!(login(&mut connect(&served.at[0]), "wrong").contains("failed"));
    let page = metrics(&admin, "why=\"refused\"");
    for line in [
        "amictl_connections_total 2",
        "amictl_connections_open 1",
        "amictl_sessions 1",
        "amictl_logins_total{result=\"accepted\",failed=\"\"} 1",
        "amictl_logins_total{result=\"refused\",failed=\"secret\"} 1",
        "amictl_actions_total{action=\"UserEvent\",result=\"run\"} 1",
        "amictl_actions_total{action=\"CoreStatus\",result=\"refused\"} 1",
        "amictl_actions_total{action=\"unknown\",result=\"refused\"} 1",
        "amictl_events_delivered_total 1",
        "amictl_disconnects_total{why=\"refused\"} 1",
        "# EOF",
    ] {
        assert!(page.lines().any(|it| it == line), "{line}: {page}");
    }
    drop(joe);
    metrics(&admin, "amictl_sessions 0");
}

#[test]
fn health_tells_of_the_last_reload() {
    let at = folder(&[("manager.conf", CONF)]);
    let served = Served::new(at.path(), 1, &["--port", "0", "--admin", "127.0.0.1:0"]);
    let admin = served.line().strip_prefix("metrics and health at http://").unwrap().to_owned();
    let health = || -> Value {
        let (head, body) = get(&admin, "GET /health");
        assert!(head.starts_with("http/1.1 200") && head.contains("application/json"), "{head}");
        fits("serve-health", &body);
        serde_json::from_str(&body).unwrap()
    };
    let fresh = json!({"format": 1, "status": "ok", "release": "22.10.1", "connections": 0, "sessions": 0, "last_reload": null});
    assert_eq!(health(), fresh);
    fs::write(at.path().join("manager.conf"), "[general\n").unwrap();
    served.signal("-HUP");
    metrics(&admin, "amictl_reloads_total{result=\"refused\"} 1");
    assert_eq!(health()["last_reload"], "refused");
    fs::write(at.path().join("manager.conf"), CONF).unwrap();
    served.signal("-HUP");
    metrics(&admin, "amictl_reloads_total{result=\"taken\"} 1");
    assert_eq!(health()["last_reload"], "taken");
    assert!(get(&admin, "GET /").0.starts_with("http/1.1 404"));
    assert!(get(&admin, "POST /metrics").0.starts_with("http/1.1 405"));
    assert_eq!(get(&admin, "HEAD /health").1, "");
}
