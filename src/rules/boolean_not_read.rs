//! A yes-or-no option with a word that is neither.

use super::prelude::*;
use crate::catalog::{self, SectionKind};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "boolean-not-read",
    summary: "a yes-or-no option with a word that Asterisk does not know",
    severity: Severity::Warning,
    doc: "\
`yes`, `true`, `y`, `t`, `1` and `on`, in any letter case, are yes. Everything else is no, without a word: `enabled`, \
`enable`, `ok`, `2`, `\"yes\"`. No value keeps the default: `displayconnects = maybe` switches it off. So \
`enabled = enable` is a manager that does not listen, and `tlsdisablev1 = true!` leaves TLS 1.0 on.

Write `yes` or `no`. The words `no`, `false`, `n`, `f`, `0` and `off` raise nothing, and an empty value neither.",
    source: "main/utils.c, ast_true, which main/manager.c asks; recorded on 16.28.0 to 23.4.1",
    check: Check::Config(check),
    examples: &[
        bad("\
[general]
enabled = enable
          ^^^^^^ takes it as no
webenabled = \"yes\"
             ^^^^^ takes it as no
[bob]
allowmultiplelogin = 2
                     ^ takes it as no
"),
        bad("\
[general]
sslenable = yes!
            ^^^^ write `yes` or `no`
"),
        good("[general]\nenabled = YES\nwebenabled = off\ndebug = F\ntimestampevents =\n"),
        good("[general]\nenabled = {{ ami_enabled }}\n").because("a tool fills this in"),
        good("[general]\nport = 5038\n[bob]\nenabled = enable\n").because("a user has no such option"),
    ],
};

const GENERAL: [&str; 12] = [
    "enabled",
    "webenabled",
    "brokeneventsaction",
    "allowmultiplelogin",
    "displayconnects",
    "timestampevents",
    "debug",
    "tlsenable",
    "tlsservercipherorder",
    "tlsdisablev1",
    "tlsdisablev11",
    "tlsdisablev12",
];
const USER: [&str; 2] = ["allowmultiplelogin", "displayconnects"];

/// The words that are read as they are meant.
const KNOWN: [&str; 12] = ["yes", "true", "y", "t", "1", "on", "no", "false", "n", "f", "0", "off"];

fn check(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (entry, kinds) in context.options() {
        let is_boolean = kinds.iter().any(|&kind| {
            let name = catalog::option(kind, entry.name).map(catalog::OptionDef::name);
            name.is_some_and(|name| match kind {
                SectionKind::User => USER.contains(&name),
                SectionKind::General => GENERAL.contains(&name),
            })
        });
        let value = &entry.value[..];
        if !is_boolean || value.is_empty() || is_placeholder(value) {
            continue;
        }
        if KNOWN.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes())) {
            continue;
        }
        let Some(written) = context.effective.written(entry.origin) else { continue };
        let message = format!("`{}` is neither yes nor no", show(value));
        let span = context.span(entry.origin, written.value.range);
        let finding = findings.at(span, message, "takes it as no, without a word").help("write `yes` or `no`");
        if mend::in_value(context, entry.origin, 0..value.len(), b"").is_some() {
            match meant(value) {
                Some(true) => finding.fix(Safety::Widening, "write `yes`", span, "yes"),
                Some(false) => finding.fix(Safety::Safe, "write `no`", span, "no"),
                None => finding,
            };
        }
    }
}

/// What a value plainly says: a known word in quotes, or another form of it.
fn meant(value: &[u8]) -> Option<bool> {
    let lower = value.to_ascii_lowercase();
    let inner = match &lower[..] {
        [first @ (b'"' | b'\''), inner @ .., last] if first == last => inner,
        all => all,
    };
    match inner {
        b"yes" | b"true" | b"on" | b"1" | b"enable" | b"enabled" => Some(true),
        b"no" | b"false" | b"off" | b"0" | b"disable" | b"disabled" => Some(false),
        _ => None,
    }
}
