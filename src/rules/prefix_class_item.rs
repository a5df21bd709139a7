//! An item of a list of classes that is only the beginning of a class, and stands before a comma.

use super::empty_class_item::odd_lists;
use super::prelude::*;
use crate::config::manager::Manager;
use crate::config::manager::classes::items;

pub(super) static RULE: Rule = Rule {
    name: "prefix-class-item",
    summary: "an item of `read` or `write` stands for every class that begins with it",
    severity: Severity::Error,
    doc: "\
An item of `read` or `write` that is followed by a comma need not be the name of a class: it stands for every class \
whose name begins with it. `c,log` grants `call`, `command`, `config`, `cdr` and `cc`. And since `all` is a word like \
the others, `a,agi` and `al,cdr` grant everything: with `write` that is a shell on the switch. The same word at the \
end of the list grants nothing. Nothing is logged; `manager show user` has it.

Write each class out. The finding is an error when more than one class is granted, else a warning: `orig,call` does \
what was meant until somebody puts `orig` last.",
    source: "main/manager.c, get_perm and ast_instring; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = a,agi
       ^ grants every class, as `all` does
write = c,log
        ^ grants `call`, `command`, `config`, `cdr` and `cc`
"),
        bad("[bob]\nread = orig,call\n       ^^^^ write `originate`\n").because("it works, but only before a comma"),
        bad("[staff](!)\nread = call,al,cdr\n            ^^ grants every class\n[bob](staff)\n[eve](staff)\n"),
        bad("[bob]\nread = co,log,co,call\n       ^^ `command` and `config`\n"),
        good("[bob]\nread = call,cdr,all\nwrite = agent,\n").because("no class begins with the name of another one"),
        good("[bob]\nread = agi,a\n").because("the last item must be a class, and grants nothing here"),
        good("[bob]\nread = all,c,d\nwrite = none,no,call\n").because("nothing more is granted by it"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    for list in odd_lists(context, manager) {
        let word = |item: &std::ops::Range<usize>| &list.value[item.clone()];
        if items(&list.value).any(|item| word(&item.range) == b"all") {
            continue;
        }
        let mut told = Vec::new();
        for item in items(&list.value).filter(|item| item.is_prefix && !item.range.is_empty()) {
            let (text, names) = (word(&item.range), item.grants.names().collect::<Vec<_>>());
            // A class by its own name, or nothing.
            let [first, others @ ..] = &names[..] else { continue };
            if first.as_bytes() == text || told.contains(&text) {
                continue;
            }
            told.push(text);
            let shown = show(text);
            let effect = match () {
                () if item.grants.is_all() => "grants every class, as `all` does, which begins with it".to_owned(),
                () => format!("grants {}, and would grant nothing at the end of the list", listed(&names)),
            };
            let message = format!("`{shown}` before a comma stands for every class that begins with it");
            let finding = findings.at(list.span(item.range.clone()), message, effect);
            match others.is_empty() {
                true => finding.severity(Severity::Warning).help(format!("write `{first}`")),
                false => finding.help("write out the classes that are meant"),
            };
            if list.is_written() {
                let granted = if item.grants.is_all() { "all".to_owned() } else { names.join(",") };
                let alike = items(&list.value).filter(|other| other.is_prefix && word(&other.range) == text);
                let written = |range| Edit { span: list.span(range), text: granted.clone().into_bytes() };
                let edits = alike.map(|other| written(other.range)).collect();
                finding.fix_all(list.graded(context, Safety::Safe), format!("write out what it grants: `{granted}`"), edits);
            }
        }
    }
}

/// Names in a sentence.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
