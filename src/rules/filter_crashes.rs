//! An `eventfilter` of which Asterisk dies.

use super::prelude::*;
use crate::config::manager::{Manager, Why};

pub(super) static RULE: Rule = Rule {
    name: "filter-crashes",
    summary: "an event filter of which Asterisk dies at the start",
    severity: Severity::Error,
    doc: "\
In the brackets of an advanced filter, `name`, `header` or `method` without a `(` right behind it makes Asterisk read \
memory that is not there: it dies with signal 11 when it loads the line, at every start. A blank before the `(`, a \
`:` or a `[` instead of it are enough. Releases that have advanced filters (18.26, 20.11, 21.6, 22.1 and later) all \
do so; older ones ignore the line.

Write `name(Hangup)`, with no blank before the bracket. Nothing but the mended line helps: there is no Asterisk to \
log in to until then.",
    source: "main/manager.c, manager_add_filter; recorded on 16.28.0 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
read = all
eventfilter(name Hangup) =
^^^^^^^^^^^^^^^^^^^^^^^^ dies when it loads this line
")
        .on("16,18,20,22"),
        bad("\
[quiet](!)
eventfilter(header (Channel),method(contains)) = x
^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write `name(…)`
[bob](quiet)
[eve](quiet)
")
        .on("22"),
        good("[bob]\neventfilter(name(Hangup),header(Channel),method(contains)) = x\n"),
        good("[bob]\neventfilter(name Hangup) =\n").on("13,16,20.9").because("they do not know such a key"),
        good("[quiet](!)\neventfilter(name) =\n").because("a template that nobody inherits from is not loaded"),
        good("[bob]\neventfilter(action exclude) = x\n").because("this one is only refused"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    for fact in &manager.accounts.facts {
        if fact.why != Why::CriterionWithoutBracket {
            continue;
        }
        let Some(written) = context.effective.written(fact.at) else { continue };
        findings
            .at(
                context.span(fact.at, written.name.range),
                "this filter kills Asterisk: a criterion without a `(` right behind it",
                "dies when it loads this line, with signal 11, at every start",
            )
            .help("write `name(…)`, `header(…)`, `method(…)`, with no blank before the `(`");
    }
}
