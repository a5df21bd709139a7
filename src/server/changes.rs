//! What another configuration changes, in terms of access.

use super::loaded::Loaded;
use crate::config::manager::User;
use crate::config::manager::classes::Classes;
use crate::text::show;

/// Who may log in no more, who may, and of whom what is different: a line each. No secret is in it.
pub fn changes(old: &Loaded, new: &Loaded) -> Vec<String> {
    let (old, new) = (&old.manager().accounts, &new.manager().accounts);
    let gone = old.users.iter().filter(|user| new.find(user.name).is_none());
    let without = |user: &User<'_>| match user.has_secret() {
        true => format!("{} can log in no more", show(user.name)),
        false => format!("{} is no user any more", show(user.name)),
    };
    let mut lines: Vec<String> = gone.map(without).collect();
    for user in &new.users {
        let name = show(user.name);
        let before = old.find(user.name);
        match (before.is_some_and(User::has_secret), user.has_secret()) {
            (false, true) => lines.push(format!("{name} can log in")),
            (true, false) => lines.push(format!("{name} can log in no more: it has no secret")),
            (false, false) if before.is_none() => {
                lines.push(format!("{name} is a user, but cannot log in: it has no secret"))
            }
            _ => {}
        }
        let Some(before) = before else { continue };
        let parts = different(before, user);
        if !parts.is_empty() {
            lines.push(format!("{name}: {}", parts.join("; ")));
        }
        let kept = kept(before, user);
        if !kept.is_empty() {
            let lost = kept.join(", ");
            lines.push(format!("{name}: no line gives {lost} now; Asterisk keeps what it was until it is restarted"));
        }
    }
    lines
}

/// What a line gave, and none does any more. A reload of Asterisk leaves that as it was; here the file is read as at a start.
///
/// Source: `__init_manager` in main/manager.c, which changes of a user that it knows what there is a line for; measured on
/// 16.28.0 and 22.10.1.
fn kept(before: &User<'_>, after: &User<'_>) -> Vec<&'static str> {
    let is_gone = |before: Option<_>, after: Option<_>| before.is_some() && after.is_none();
    [
        ("secret", is_gone(before.secret.at, after.secret.at)),
        ("read", is_gone(before.read.at, after.read.at)),
        ("write", is_gone(before.write.at, after.write.at)),
    ]
    .into_iter()
    .filter_map(|(what, is_gone)| is_gone.then_some(what))
    .collect()
}

/// In words, what is different.
fn different(before: &User<'_>, after: &User<'_>) -> Vec<String> {
    let more_or_less = |more: bool, less: bool, what: &str| match (more, less) {
        (true, true) => Some(format!("other {what}")),
        (true, false) => Some(format!("more {what}")),
        (false, true) => Some(format!("fewer {what}")),
        (false, false) => None,
    };
    let both_have_secrets = before.has_secret() && after.has_secret();
    let is_other_secret = both_have_secrets && before.secret.value != after.secret.value;
    let sessions = (before.allowmultiplelogin.value, after.allowmultiplelogin.value);
    [
        is_other_secret.then(|| "another secret".to_owned()),
        classes("read", *before.read.value, *after.read.value),
        classes("write", *before.write.value, *after.write.value),
        more_or_less(after.lets_in_more_than(before), before.lets_in_more_than(after), "addresses may log in"),
        more_or_less(after.is_sent_more_than(before), before.is_sent_more_than(after), "events pass the filters"),
        (sessions == (true, false)).then(|| "one session only".to_owned()),
        (sessions == (false, true)).then(|| "more than one session".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn classes(option: &str, before: Classes, after: Classes) -> Option<String> {
    let of = |these: Classes, others: Classes| {
        let names: Vec<&str> = these.names().filter(|name| !others.names().any(|other| other == *name)).collect();
        names.join(",")
    };
    let [gained, lost] = [of(after, before), of(before, after)];
    let text = match (&gained[..], &lost[..]) {
        ("", "") => return None,
        (gained, "") => format!("gains {gained}"),
        ("", lost) => format!("loses {lost}"),
        (gained, lost) => format!("gains {gained} and loses {lost}"),
    };
    Some(format!("{option} {text}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Place;
    use crate::host::Memory;
    use crate::release::Release;

    fn loaded(users: &str) -> Loaded {
        let mut memory = Memory::default();
        memory.add("/etc/asterisk/manager.conf", format!("[general]\nenabled = yes\n{users}"));
        let place = Place { etc: "/etc/asterisk".into(), root: None, complete: true };
        let path = place.etc.join("manager.conf");
        Loaded::read(Arc::new(memory), path, place, Release::newest_lts()).expect("a file")
    }

    fn told(old: &str, new: &str) -> Vec<String> {
        changes(&loaded(old), &loaded(new))
    }

    #[test]
    fn who_can_log_in_is_told() {
        let (joe, nobody) = ("[joe]\nsecret = x\n", "[joe]\n");
        assert_eq!(told("", joe), ["joe can log in"]);
        assert_eq!(told("", nobody), ["joe is a user, but cannot log in: it has no secret"]);
        assert_eq!(told(joe, ""), ["joe can log in no more"]);
        assert_eq!(told(nobody, ""), ["joe is no user any more"]);
        assert_eq!(told(nobody, joe), ["joe can log in"]);
        assert_eq!(told(joe, "[joe]\nsecret = y\n"), ["joe: another secret"]);
        let kept = "joe: no line gives secret now; Asterisk keeps what it was until it is restarted";
        assert_eq!(told(joe, nobody), ["joe can log in no more: it has no secret", kept]);
        assert!(told(joe, joe).is_empty() && told(nobody, nobody).is_empty());
    }

    #[test]
    fn what_a_user_may_is_told() {
        let joe = "[joe]\nsecret = x\nread = call\n";
        let is = |more: &str, said: &str| {
            assert_eq!(told(joe, &format!("{joe}{more}")), [format!("joe: {said}")]);
        };
        is("write = system\n", "write gains system");
        is("deny = 0.0.0.0/0\npermit = 10.0.0.0/8\n", "fewer addresses may log in");
        is("eventfilter = !x\n", "fewer events pass the filters");
        is("allowmultiplelogin = no\n", "one session only");
        let other = joe.replace("call", "cdr").replace("= x", "= y");
        assert_eq!(told(joe, &other), ["joe: another secret; read gains cdr and loses call"]);
        let (from, to) = (format!("{joe}deny = 0.0.0.0/0\npermit = 10.1.0.0/16\n"), "permit = 10.2.0.0/16");
        assert_eq!(told(&from, &from.replace("permit = 10.1.0.0/16", to)), ["joe: other addresses may log in"]);
        assert!(told(joe, &format!("{joe}permit = 0.0.0.0/0\n")).is_empty(), "another line, and nothing else");
    }
}
