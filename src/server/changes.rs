//! What another configuration changes, in terms of access.

use super::loaded::Loaded;
use crate::config::manager::User;
use crate::text::show;

/// Who may log in no more, who may, and of whom what is different: a line each. No secret is in it.
pub fn changes(old: &Loaded, new: &Loaded) -> Vec<String> {
    let (old, new) = (&old.manager().accounts, &new.manager().accounts);
    let gone = old.users.iter().filter(|user| new.find(user.name).is_none());
    let mut lines: Vec<String> = gone.map(|user| format!("{} can log in no more", show(user.name))).collect();
    for user in &new.users {
        let name = show(user.name);
        match old.find(user.name) {
            None => lines.push(format!("{name} can log in")),
            Some(before) => match different(before, user) {
                parts if parts.is_empty() => {}
                parts => lines.push(format!("{name}: {} changed", parts.join(", "))),
            },
        }
    }
    lines
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
        ("secret", before.secret.value != after.secret.value),
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
