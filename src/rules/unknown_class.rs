//! Words in a list of classes that are no classes.

use super::blank_in_class_list::{between_blanks, class};
use super::empty_class_item::odd_lists;
use super::prelude::*;
use crate::catalog::{self, nearest};
use crate::config::manager::Manager;
use crate::config::manager::classes::{Classes, items};
use crate::finding::Finding;
use crate::text::trim;

pub(super) static RULE: Rule = Rule {
    name: "unknown-class",
    summary: "a word in `read` or `write` is no class",
    severity: Severity::Warning,
    doc: "\
Asterisk looks for each item of `read` and `write` among its classes, which are written in lower case, and takes no \
notice of one that it does not find. A misspelt class is not granted, and nothing is logged: an action answers \
`Permission denied`, or events never come.

`All` and `System` are no classes, nor are `yes`, `*` or numbers. Nor is there a negation: `-call` and `!call` grant \
nothing and take nothing away, so that `all,-command` is `all`: everything.

The classes of all releases are `system`, `call`, `log`, `verbose`, `command`, `agent`, `user`, `config`, `dtmf`, \
`reporting`, `cdr`, `dialplan`, `originate`, `agi`, `cc`, `aoc`, `test`, `security` and `message`; `all` is all of \
them, and `none` is nothing.",
    source: "main/manager.c, get_perm and ast_instring; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = System,calls,hold
       ^^^^^^ write `system`
              ^^^^^ did you mean `call`?
                    ^^^^ takes no notice of it
write = yes
        ^^^ write `all` for every class
"),
        bad("[bob]\nread = call.log,cdr\n       ^^^^^^^^ put commas between the classes: `call,log`\n"),
        bad("[bob]\nread = all # everything\n       ^^^^^^^^^^^^^^^^ write `all`\n"),
        bad("\
[bob]
write = all,-command
            ^^^^^^^^ takes nothing away
")
        .because("there is no negation"),
        bad("[staff](!)\nread = log, calls\n            ^^^^^ did you mean `call`?\n[bob](staff)\n[eve](staff)\n"),
        good("[bob]\nread = none\nwrite = no,call,\n").because("`none` is a word of its own"),
        good("[bob]\nread = system, call\n").because("a blank is a matter of `blank-in-class-list`"),
        good("[bob]\nread = all,everything\nwrite = calls\nwrite = call\n")
            .because("nothing is lost: `all` grants the rest, and the last line counts"),
        good("[bob]\nread = @CLASSES@\nwrite = {{ write }},call\n").because("a tool fills this in"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    for list in odd_lists(context, manager).into_iter().filter(super::empty_class_item::ClassList::is_written) {
        let granted = Classes::parse(&list.value);
        for item in items(&list.value).filter(|item| item.grants.is_none()) {
            let range = trim(&list.value, item.range.clone());
            let word = &list.value[range.clone()];
            let is_none = word == b"none" || item.is_prefix && b"none".starts_with(word);
            let is_split = between_blanks(&list.value[item.range.clone()]).is_some();
            if word.is_empty() || is_none || is_split {
                continue;
            }
            let negated = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"!")).and_then(class);
            if granted.is_all() && negated.is_none() {
                continue;
            }
            let key = list.key;
            let (message, effect) = match negated {
                Some(name) => (
                    format!("`{}` does not take a class away: there is no negation", show(word)),
                    match granted.has(name) {
                        true => format!("takes nothing away: `{name}` is granted"),
                        false => "takes no notice of it".to_owned(),
                    },
                ),
                None => (format!("`{}` in `{key}` is no class", show(word)), "takes no notice of it".to_owned()),
            };
            let span = list.span(item.range);
            let finding = findings.at(list.span(range), message, effect);
            let write = |finding: &mut Finding, text: &str| {
                finding.fix(Safety::Widening, format!("write `{text}`"), span, text);
            };
            let lower = word.to_ascii_lowercase();
            let names = || catalog::classes().map(catalog::ClassDef::name).chain(["all"]);
            match (class(&lower).or(before_remark(&lower)), nearest(&lower, names())) {
                _ if negated.is_some() => finding.help("name the classes that are meant, and leave this one out"),
                (Some(name), _) if class(&lower).is_none() => finding.help(format!("write `{name}`")),
                (Some(name), _) => {
                    write(finding, name);
                    finding.help(format!("write `{name}`, in lower case"))
                }
                _ if [&b"yes"[..], b"on", b"true", b"*", b"any", b"-1", b"1"].contains(&&lower[..]) => {
                    finding.help("name the classes, or write `all` for every class")
                }
                (_, Some(near)) => {
                    write(finding, near);
                    finding.help(format!("did you mean `{near}`?"))
                }
                _ => match parts(word) {
                    Some(names) => {
                        write(finding, &names.join(","));
                        finding.help(format!("put commas between the classes: `{}`", names.join(",")))
                    }
                    None => finding.help("take it out, or name the class that is meant"),
                },
            };
        }
    }
}

/// The class in front of a `#`, which was to begin a remark.
fn before_remark(word: &[u8]) -> Option<&'static str> {
    let end = word.iter().position(|&byte| byte == b'#')?;
    class(word[..end].trim_ascii())
}

/// The classes of a word that is several of them with something else than commas between.
fn parts(word: &[u8]) -> Option<Vec<&'static str>> {
    word.split(|byte| !byte.is_ascii_alphabetic())
        .map(class)
        .collect::<Option<Vec<_>>>()
        .filter(|names| names.len() > 1)
}
