//! An expression that the C library takes gigabytes to compile.

use std::collections::HashSet;

use super::prelude::*;
use crate::config::manager::Manager;
use crate::posix::Beyond;
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "expression-too-costly",
    summary: "an event filter whose expression takes gigabytes to compile",
    severity: Severity::Warning,
    doc: "\
The C library compiles an expression by writing out its repetitions: `(x{100}){100}` is ten thousand `x`. A `+` doubles \
what it stands behind, and nested ones double it each time. And where many things in a row may be left out, as in \
`x{0,9000}`, it lists for each of them all that follow. Asterisk compiles each filter of each user when it starts and \
at every reload, and nothing else of the manager goes on until then; when there is no memory left the filter is refused, \
and the user sent everything, or the system kills Asterisk.

The finding is a warning from 500 MB on and an error from 3 GB on, by amictl's estimate. It is a note where an \
expression nests so deep that there is none.

Say less: an expression is looked for anywhere in the event, so that a repetition at its beginning or end can go, and \
`x{0,9000}` within it is nearly always `x*`. A `+` within a `+` says nothing that one of them does not.",
    source: "main/manager.c, manager_add_filter (regcomp); measured with glibc 2.36: up to 500 MB took less than half a \
             second, `a{0,10000}` 770 MB and 2.6 s, `a{0,20000}` 3.1 GB and 10 s, 22 nested `+` 3.4 GB and 6 s",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
eventfilter = Exten: [0-9]{0,9000}#
              ^^^^^^^^^^^^^^^^^^^^^ about 600 MB
"),
        bad("\
[bob]
eventfilter = !((a{1,255}){1,255}){1,30}
               ^^^^^^^^^^^^^^^^^^^^^^^^^ GB
")
        .because("repetitions in repetitions multiply"),
        bad("\
[quiet](!)
eventfilter = ((((((((((((((((((((((((x)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ GB
[bob](quiet)
[eve](quiet)
")
        .because("it is told once, where it stands"),
        good("[bob]\neventfilter = ([a-z]{1,255}:){1,255}\n").because("glibc takes 150 MB and a moment"),
        good("[bob]\neventfilter = (a{255}){255}\n").because("nothing in it may be left out"),
        good("[bob]\neventfilter = Exten: [0-9]{1,20}\neventfilter = !Channel: (SIP|PJSIP)/.*-[0-9a-f]{8}\n"),
        good("[bob]\neventfilter = a{0,40000}\n").because("it does not compile at all"),
        good("[bob]\neventfilter(header(Exten),method(contains)) = a{0,30000}\n")
            .because("that is no expression")
            .on("22"),
        good("[quiet](!)\neventfilter = a{0,20000}\n").because("a template that nobody inherits from is not loaded"),
    ],
};

/// From here on it is worth a word.
const MUCH: u64 = 500_000_000;
/// From here on many machines have not enough.
const TOO_MUCH: u64 = 3_000_000_000;

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    let users = manager.accounts.users.iter();
    for filter in users.flat_map(|user| user.filters.includes.iter().chain(&user.filters.excludes)) {
        let Some(expression) = filter.expression().filter(|_| seen.insert(filter.at)) else { continue };
        let (severity, message, effect) = match expression.memory() {
            Some(bytes) if bytes < MUCH => continue,
            Some(bytes) => {
                let severity = if bytes < TOO_MUCH { Severity::Warning } else { Severity::Error };
                let effect = format!("takes {} of memory to compile it, at the start and at each reload", about(bytes));
                (severity, "this expression is too costly to compile".to_owned(), effect)
            }
            None => {
                let Some(why) = expression.undecided().filter(|why| *why == Beyond::TooDeep) else { continue };
                let effect = "compiles it when it starts; what that takes cannot be told from here";
                (Severity::Info, format!("what this costs is not known: {why}"), effect.to_owned())
            }
        };
        let Some(written) = context.effective.written(filter.at) else { continue };
        if is_placeholder(written.value.bytes) {
            continue;
        }
        // Of a value with escapes or comments in it, or one that several lines make, no part can be pointed at.
        let value = written.value.range;
        let start = value.end.saturating_sub(filter.pattern.len());
        let is_written = context.files.bytes(context.span(filter.at, value.clone())).ends_with(&filter.pattern);
        let span = context.span(filter.at, if is_written { start..value.end } else { value });
        findings
            .at(span, message, effect)
            .severity(severity)
            .help("nest fewer repetitions, and write `x*` for a long `x{0,…}`");
    }
}

/// A size in words: it is an estimate.
fn about(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("about {} MB", bytes / 100_000_000 * 100),
        1_000_000_000..100_000_000_000 => format!("about {} GB", bytes / 1_000_000_000),
        _ => "more than 100 GB".to_owned(),
    }
}
