//! What another configuration changes, in terms of access.

use super::loaded::Loaded;
use crate::config::manager::{SecretState, User};
use crate::text::show;

/// Who may log in no more, who may, and of whom what is different: a line each. No secret is in it.
pub fn changes(old: &Loaded, new: &Loaded) -> Vec<String> {
    let (old, new) = (&old.manager().accounts, &new.manager().accounts);
    let gone = old.users.iter().filter(|user| new.find(user.name).is_none());
    let without = |user: &User<'_>| match has_secret(user) {
        true => format!("{} can log in no more", show(user.name)),
        false => format!("{} is no user any more", show(user.name)),
    };
    let mut lines: Vec<String> = gone.map(without).collect();
    for user in &new.users {
        let name = show(user.name);
        let before = old.find(user.name);
        match (before.is_some_and(has_secret), has_secret(user)) {
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
            lines.push(format!("{name}: {} changed", parts.join(", ")));
        }
        let kept = kept(before, user);
        if !kept.is_empty() {
            let lost = kept.join(", ");
            lines.push(format!("{name}: no line gives {lost} now; Asterisk keeps what it was until it is restarted"));
        }
    }
    lines
}

/// One without a secret lets nobody in.
fn has_secret(user: &User<'_>) -> bool {
    user.secret.value.state() != SecretState::Missing
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

fn different(before: &User<'_>, after: &User<'_>) -> Vec<&'static str> {
    let rules = |user: &User<'_>| -> Vec<_> {
        let acl = |acl: &crate::config::manager::Acl<'_>| {
            let rules: Vec<_> = acl.rules.iter().map(|rule| (rule.sense, rule.network)).collect();
            (acl.name.to_vec(), acl.state, rules)
        };
        user.acls.iter().map(acl).collect()
    };
    let filters = |user: &User<'_>| -> Vec<_> {
        let all =
            user.filters.includes.iter().map(|it| (false, it)).chain(user.filters.excludes.iter().map(|it| (true, it)));
        all.map(|(excludes, filter)| format!("{excludes} {:?}", filter.question())).collect()
    };
    [
        ("secret", has_secret(before) && has_secret(after) && before.secret.value != after.secret.value),
        ("read", *before.read.value != *after.read.value),
        ("write", *before.write.value != *after.write.value),
        ("ACL", rules(before) != rules(after)),
        ("filters", filters(before) != filters(after)),
        ("allowmultiplelogin", before.allowmultiplelogin.value != after.allowmultiplelogin.value),
    ]
    .into_iter()
    .filter_map(|(what, is_different)| is_different.then_some(what))
    .collect()
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
        assert_eq!(told(joe, "[joe]\nsecret = y\n"), ["joe: secret changed"]);
        let kept = "joe: no line gives secret now; Asterisk keeps what it was until it is restarted";
        assert_eq!(told(joe, nobody), ["joe can log in no more: it has no secret", kept]);
        assert!(told(joe, joe).is_empty() && told(nobody, nobody).is_empty());
    }

    #[test]
    fn what_a_user_may_is_told() {
        let joe = "[joe]\nsecret = x\nread = call\n";
        assert_eq!(told(joe, &format!("{joe}write = system\n")), ["joe: write changed"]);
        assert_eq!(told(joe, &format!("{joe}deny = 0.0.0.0/0\neventfilter = !x\n")), ["joe: ACL, filters changed"]);
        assert_eq!(told(joe, &joe.replace("call", "call,cdr")), ["joe: read changed"]);
    }
}
