//! An include of a file that is not there.

use super::prelude::*;
use crate::config::{Note, Origin};

pub(super) static RULE: Rule = Rule {
    name: "include-missing",
    summary: "an include finds no file",
    severity: Severity::Error,
    doc: "\
`#include` must bring at least one file, and a pattern such as `users.d/*.conf` at least one that fits it. Otherwise \
Asterisk refuses the file in which the directive stands: at a start there is no AMI at all, at a reload the old \
configuration silently stays. In an included file the reading of that file ends at the directive, without its last \
users or half of one, and the load succeeds.

A directory is no file: `#include users.d` is written `#include users.d/*.conf`. Relative names are taken from \
Asterisk's configuration directory, never from the folder of the file with the directive. `\"…\"` and `<…>` are taken \
off the name, `'…'` is not, and there is no `~` and no `${…}`.

`#tryinclude` goes on without a word when there is nothing. Use it for files that may not exist, and for patterns.

That a file is missing is only known on the switch, or with `--complete`.",
    source: "main/config.c, config_text_file_load and process_text_line; recorded on 13.12.2 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("[general]\n#include users.conf\n         ^^^^^^^^^^ no file `users.conf`\n").complete(),
        bad("[general]\n#include \"users.d/*.conf\"\n         ^^^^^^^^^^^^^^^^ no file fits `users.d/*.conf`\n")
            .complete(),
        bad("[general]\n#include more.conf\n[bob]\nsecret = 7Qm3kd\n")
            .beside(&[("more.conf", "#include sub/a.conf\n         ^^^^^^^^^^ the rest of this file is not read\n")])
            .complete(),
        bad("[general]\n#include 'a.conf'\n         ^^^^^^^^ are part of the name\n")
            .beside(&[("a.conf", "")])
            .complete(),
        bad("[general]\n#include users.d\n         ^^^^^^^ `#include users.d/*.conf`\n")
            .beside(&[("users.d/bob.conf", "[bob]\nsecret = 7Qm3kd\n")]),
        good("[general]\n#include users.conf\n").because("the file may be on the switch"),
        good("[general]\n#tryinclude users.conf\n#tryinclude users.d/*.conf\n").complete(),
        good("[general]\n#include users.d/*\n")
            .beside(&[("users.d/bob.conf", "[bob]\n"), ("users.d/old/x.conf", "")])
            .complete()
            .because("the folder is passed over, and a file is found"),
        good(";#include users.conf\n").complete(),
    ],
};

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    // A directory, or a level that is too deep, is noted first, and what the include comes to then.
    let mut folder: Option<Origin> = None;
    let mut deep: Option<Origin> = None;
    for (note, _) in context.notes() {
        let is_folder = folder == Some(note.at);
        match note.what {
            What::NotRegular { name } if !is_pattern(name) => folder = Some(note.at),
            What::IncludeTooDeep => deep = Some(note.at),
            _ if deep == Some(note.at) => {}
            What::IncludeUnknown { name } | What::TryIncludeMissing { name } if is_folder => {
                no_file(context, findings, note, name);
            }
            What::IncludeMissing { name } if is_folder || name.is_empty() => no_file(context, findings, note, name),
            What::IncludeMissing { name } => missing(context, findings, note, name),
            _ => {}
        }
    }
}

/// Does a name stand for any number of files?
pub(super) fn is_pattern(name: &[u8]) -> bool {
    name.iter().any(|byte| b"*?[{".contains(byte))
}

/// What the name stands for is a directory, or something else that is no file.
fn no_file(context: &Context<'_>, findings: &mut Findings<'_>, note: &Note<'_>, name: &[u8]) {
    let Node::Directive(directive) = context.effective.line(note.at).node() else { return };
    let span = context.span(note.at, directive.argument.range);
    let word = if is_try(directive.keyword.bytes) { "tryinclude" } else { "include" };
    let effect = match word {
        "tryinclude" => "nothing is included",
        _ => context.refusal(note),
    };
    if name.is_empty() {
        findings.at(span, "there is no name between the quotes", effect).help("name a file");
        return;
    }
    let finding = findings.at(span, format!("`{}` is no regular file", show(name)), effect);
    let folder = name.strip_suffix(b"/").unwrap_or(name);
    finding.help(format!("for the files of a folder write `#{word} {}/*.conf`", show(folder)));
    if word == "tryinclude" {
        finding.severity(Severity::Warning);
    }
}

fn missing(context: &Context<'_>, findings: &mut Findings<'_>, note: &Note<'_>, name: &[u8]) {
    let Node::Directive(directive) = context.effective.line(note.at).node() else { return };
    let message = match is_pattern(name) {
        true => format!("no file fits `{}`", show(name)),
        false => format!("there is no file `{}`", show(name)),
    };
    let finding = findings.at(context.span(note.at, directive.argument.range), message, context.refusal(note));
    match name {
        [b'\'' | b'"' | b'<', ..] | [.., b'\'' | b'"' | b'>'] => {
            finding.help("these quotes are part of the name; only a pair of `\"` or of `<` and `>` is taken off")
        }
        [b'~', ..] => finding.help("`~` is part of the name: write the whole path"),
        _ if is_pattern(name) => {
            finding.help("`#tryinclude` may find nothing; for `#include` an empty file that fits is enough")
        }
        [b'/', ..] => finding.help("put the file there, or write `#tryinclude` if it may be absent"),
        _ => finding.help(
            "put the file there, or write `#tryinclude` if it may be absent; \
             relative names are taken from Asterisk's configuration directory",
        ),
    };
}

fn is_try(keyword: &[u8]) -> bool {
    keyword.eq_ignore_ascii_case(b"tryinclude")
}
