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
        let Some(before) = old.find(user.name) else {
            lines.push(format!("{name} can log in"));
            continue;
        };
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
