//! An empty item in a list of classes. And the lists of classes, for the rules that look at them.


use super::prelude::*;
use crate::config::manager::classes::{Grant, items};
use crate::config::manager::{At, Manager, User};
use crate::text::{Span, is_placeholder};

pub(super) static RULE: Rule = Rule {
    name: "empty-class-item",
    summary: "an empty item in `read` or `write`, which grants every class",
    severity: Severity::Error,
    doc: "\
An item of `read` or `write` that is followed by a comma stands for every class whose name begins with it, and every \
name begins with nothing. So `call,,cdr` grants all classes, as `,call` and a lone `,` do. With `write` the user may \
run any action there is, `Command` and `Originate` with `System` among them, which is a shell on the switch; with \
`read` it sees every event, whoever the call belongs to. Nothing is logged; `manager show user` has it.

An empty item comes from a class that was taken out and its comma left, or from a template with an empty variable. \
Take the comma out. One comma at the very end does no harm.",
    source: "main/manager.c, get_perm and ast_instring; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = call,,cdr
            ^ grants every class, as `read = all` would; take the comma out: `read = call,cdr`
write = ,call
        ^ as `write = all` would
"),
        bad("[bob]\nread = ,\n       ^ name the classes\n"),
        bad("\
[staff](!)
read = call,,
            ^ grants every class
[bob](staff)
[eve](staff)
")
        .because("of two commas at the end, the first one ends an empty item"),
        bad("[bob]\nread = call,\n^^^^^^^^^^^^ a `+=` makes it `call,,cdr`\nread +=,cdr\n")
            .because("`+=` makes `call,,cdr`"),
        bad("[bob]\nread = ,,call,,,\n       ^ grants every class\n"),
        good("[bob]\nread = call,\nwrite =\n").because("a comma at the end, or an empty list, grants nothing more"),
        good("[bob]\nread = call,,cdr\nread = call\n").because("the last line counts"),
        good("[bob]\nread = all,,cdr\n").because("everything is granted anyway"),
        good("[bob]\nread = {{ base }},,{{ more }}\n").because("a tool fills this in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    for list in odd_lists(context, manager) {
        if items(&list.value).any(|item| list.value[item.range] == *b"all") {
            continue;
        }
        let Some(item) = items(&list.value).find(|item| item.is_prefix && item.range.is_empty()) else { continue };
        let comma = list.span(item.range.start..item.range.start + 1);
        let key = list.key;
        let message = format!("an item of `{key}` is empty");
        let finding = findings.at(comma, message, format!("grants every class, as `{key} = all` would"));
        let rest: Vec<&[u8]> = list.value.split(|&byte| byte == b',').filter(|word| !word.is_empty()).collect();
        match rest.is_empty() {
            true => finding.help(format!("name the classes, or write `{key} =` for none")),
            false if list.is_written() => {
                let empty = items(&list.value).filter(|item| item.is_prefix && item.range.is_empty());
                let comma = |at: usize| Edit { span: list.span(at..at + 1), text: Vec::new() };
                let edits = empty.map(|item| comma(item.range.start)).collect();
                finding
                    .help(format!("take the comma out: `{key} = {}`", show(&rest.join(&b","[..]))))
                    .fix_all(list.graded(context, Safety::Hardening), "take the empty item out", edits)
            }
            false => finding.help(format!("a `+=` makes it `{}`: leave out one comma", show(&list.value))),
        };
    }
}

/// A `read` or a `write` that counts for some account.
pub(super) struct ClassList {
    /// `read` or `write`.
    pub(super) key: &'static str,
    /// The value, as held in memory.
    pub(super) value: Vec<u8>,
    /// Where the value begins in its file, if it is there as it is in memory.
    start: Option<usize>,
    line: Span,
}

impl ClassList {
    /// Does the value stand in the file as it is, not joined by a `+=`?
    pub(super) fn is_written(&self) -> bool {
        self.start.is_some()
    }

    /// What a fix may be called: where something looks for the value while it is read, nothing is certain.
    pub(super) fn graded(&self, context: &Context<'_>, safety: Safety) -> Safety {
        if mend::is_looked_for(context, self.key.as_bytes()) { Safety::Widening } else { safety }
    }

    /// The span of a part of the value; of the whole line where the value is not written as it is.
    pub(super) fn span(&self, part: std::ops::Range<usize>) -> Span {
        self.start.map_or(self.line, |start| Span::new(self.line.file, start + part.start..start + part.end))
    }
}

/// The lists that count, each once for all the accounts that inherit it, in which something is not the name of a class.
/// Not those that a tool fills in.
pub(super) fn odd_lists(context: &Context<'_>, manager: &Manager<'_>) -> Vec<ClassList> {
    lists(context, manager, |_, _, grant| !grant.is_plain)
}

/// Of the lists that count those that are asked for.
pub(super) fn lists(
    context: &Context<'_>,
    manager: &Manager<'_>,
    is_asked_for: impl Fn(&User<'_>, &str, &Grant<'_>) -> bool,
) -> Vec<ClassList> {
    let mut seen = Set::default();
    let mut lists = Vec::new();
    for user in &manager.accounts.users {
        for (key, given) in [("read", &user.read), ("write", &user.write)] {
            let value = &given.value.text[..];
            let Some(at) = given.at.filter(|_| is_asked_for(user, key, &given.value)) else { continue };
            let effective = manager.accounts.effective(context.effective, at.part);
            let Some(written) = effective.written(at.line).filter(|_| seen.insert((at, value))) else { continue };
            if value.split(|&byte| byte == b',').any(is_placeholder) {
                continue;
            }
            let has_room = mend::has_room(effective.line(at.line));
            let is_exact = written.value.bytes == value && written.value.range.len() == value.len() && has_room;
            let start = is_exact.then_some(written.value.range.start);
            lists.push(ClassList { key, value: value.to_vec(), start, line: place(context, manager, at) });
        }
    }
    lists
}

fn place(context: &Context<'_>, manager: &Manager<'_>, at: At) -> Span {
    manager.accounts.span(context.effective, at)
}
