//! An `eventfilter` of which Asterisk dies.

use super::prelude::*;
use crate::config::Origin;
use crate::config::manager::filter::FilterReader;
use crate::config::manager::{Manager, Why};
use crate::release::Quirk;

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
read = all
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
            .help("write `name(…)`, `header(…)`, `method(…)`, with no blank before the `(`")
            .fix_by(Safety::Widening, "write the criteria with brackets", mend(context, fact.at));
    }
}

/// The key with `name (X)` and `name X` written as `name(X)`, if that makes it a filter.
fn mend(context: &Context<'_>, at: Origin) -> Option<Edit> {
    let entry = mend::plain(context.effective, at)?;
    let key = entry.name.bytes;
    let open = memchr::memchr(b'(', key)?;
    let inner = key[open + 1..].strip_suffix(b")")?;
    let criteria: Vec<Vec<u8>> = inner.split(|&byte| byte == b',').map(|it| bracketed(it.trim_ascii())).collect();
    let criteria = criteria.join(&b","[..]);
    // To a release without criteria it is none before and after.
    let is_filter = |&release| FilterReader::new(release).of_session(Some(&criteria), entry.value.bytes).is_ok();
    if !context.asked.iter().all(|release| release.has(Quirk::EventFilterPrefix) && is_filter(release)) {
        return None;
    }
    let text = [&key[..=open], &criteria, b")"].concat();
    (text != key).then(|| Edit { span: context.span(at, entry.name.range), text })
}

fn bracketed(criterion: &[u8]) -> Vec<u8> {
    let length = criterion.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, rest) = criterion.split_at(length);
    let rest = rest.trim_ascii();
    let is_word = [&b"name"[..], b"header", b"method", b"action"].contains(&word);
    match rest {
        [b'(', ..] if is_word => [word, rest].concat(),
        [_, ..] if is_word && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') => {
            [word, b"(", rest, b")"].concat()
        }
        _ => criterion.to_vec(),
    }
}
