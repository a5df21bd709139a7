//! Blanks between the items of a list of classes.

use super::empty_class_item::odd_lists;
use super::prefix_class_item::listed;
use super::prelude::*;
use crate::catalog;
use crate::config::manager::Manager;
use crate::config::manager::classes::{Classes, items};
use crate::text::is_blank;

pub(super) static RULE: Rule = Rule {
    name: "blank-in-class-list",
    summary: "a class with a blank beside it in `read` or `write` is lost",
    severity: Severity::Warning,
    doc: "\
The items of `read` and `write` are divided by commas alone, and a blank beside a comma belongs to the item: in \
`system, call` the second item is ` call`, which is no class. The user gets `system` only, and nothing is logged. \
Where blanks stand instead of commas, as in `system call`, nothing at all is granted. A tab does the same. Blanks \
before and behind the whole value do no harm.

What is lost shows late: an action answers `Permission denied`, or events never come. Write the list without blanks. \
Look at it before you do: the user then gets classes that it never had. A class that another item grants anyway is \
not spoken of.",
    source: "main/manager.c, get_perm and ast_instring; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = system, call, log
               ^^^^^^^^^ `call` and `log` are lost
write = system ,call
        ^^^^^^ write it without blanks: `write = system,call`
"),
        bad("[bob]\nread = system call\n       ^^^^^^^^^^^ commas between them\n").because("that is one item"),
        bad("[staff](!)\nread = log,\tall\n            ^^^ `all` is lost\n[bob](staff)\n[eve](staff)\n"),
        good("[bob]\nread =   system,call   \nwrite = all, call\n").because("nothing is lost"),
        good("[bob]\nread = call, call, none\n").because("`call` is granted, and there is nothing to lose in `none`"),
        good("[bob]\nread = system, calls\n").because("that is no class: a matter of `unknown-class`"),
        good("[bob]\nread = system, call\nread = system,call\n").because("the last line counts"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    for list in odd_lists(context, manager).into_iter().filter(super::empty_class_item::ClassList::is_written) {
        let granted = Classes::parse(&list.value);
        if granted.is_all() || !list.value.iter().copied().any(is_blank) {
            continue;
        }
        let mut lost: Vec<&str> = Vec::new();
        let mut edits = Vec::new();
        let mut span: Option<std::ops::Range<usize>> = None;
        let mut spaced = false;
        for item in items(&list.value) {
            let Some(classes) = between_blanks(&list.value[item.range.clone()]) else { continue };
            let new: Vec<&str> =
                classes.iter().copied().filter(|name| !granted.has(name) && !lost.contains(name)).collect();
            if new.is_empty() {
                continue;
            }
            lost.extend(new);
            edits.push(Edit { span: list.span(item.range.clone()), text: classes.join(",").into_bytes() });
            let word = crate::text::trim(&list.value, item.range);
            spaced |= list.value[word.clone()].iter().copied().any(is_blank);
            span = Some(span.map_or(word.start, |span| span.start)..word.end);
        }
        let Some(span) = span else { continue };
        let words = list.value.split(|&byte| byte == b',' || is_blank(byte)).filter(|word| !word.is_empty());
        let clean = words.collect::<Vec<_>>().join(&b","[..]);
        let (key, names) = (list.key, listed(&lost));
        let are = if lost.len() == 1 { "is" } else { "are" };
        let way = if spaced { "with commas between them, and" } else { "it" };
        findings
            .at(
                list.span(span),
                format!("blanks stand beside classes of `{key}`: {names} {are} lost"),
                format!("takes a blank for a part of the class, finds none of that name, and does not grant {names}"),
            )
            .help(format!("write {way} without blanks: `{key} = {}`", show(&clean)))
            .fix_all(Safety::Widening, "take the blanks out", edits);
    }
}

/// The classes of an item that is nothing else than classes and at least one blank.
pub(super) fn between_blanks(item: &[u8]) -> Option<Vec<&'static str>> {
    if !item.iter().copied().any(is_blank) {
        return None;
    }
    let words = item.split(|&byte| is_blank(byte)).filter(|word| !word.is_empty() && *word != b"none");
    words.map(class).collect()
}

/// The class of this very name, `all` included.
pub(super) fn class(word: &[u8]) -> Option<&'static str> {
    catalog::classes().map(catalog::ClassDef::name).chain(["all"]).find(|name| name.as_bytes() == word)
}
