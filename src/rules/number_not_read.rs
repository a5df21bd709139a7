//! A number that Asterisk does not take, or of which it reads a part.


use super::prelude::*;
use crate::config::Origin;
use crate::config::manager::{Manager, Part, Why};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "number-not-read",
    summary: "a number that Asterisk does not take, or of which it reads a part",
    severity: Severity::Warning,
    doc: "\
Of `authtimeout`, `authlimit`, `httptimeout` and `writetimeout` Asterisk reads the digits at the beginning and \
nothing behind them: `authtimeout = 1m` is one second, in which nobody logs in, and `1.9` is 1. There are no units: \
the timeouts are in seconds, `writetimeout` in milliseconds. A number that is too big wraps around.

A value that is then below 1, of `writetimeout` below 100, is not taken: what an earlier line said stays, else the \
default (30 seconds, 50 connections, 100 milliseconds); a `httptimeout` below 1 is 60 without a word.

Write the number alone. A unit that is the right one anyhow (`30s`) is not told.",
    source: "main/manager.c, __init_manager (atoi); recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[general]
authtimeout = 1m
              ^^ `1m` is read as 1; takes 1 second, and does not look at the rest
"),
        bad("\
[general]
authlimit = none
            ^^^^ `none` is no number for `authlimit`; does not take it: `none` is read as 0, which is below 1: authlimit stays at 50
"),
        bad("\
[general]
httptimeout = 0
              ^ `0` is too small for `httptimeout`; does not take it: 0 is below 1: it is 60
"),
        bad("\
[general]
httptimeout = 99999999999
              ^^^^^^^^^^^ `99999999999` is read as 1215752191
"),
        bad("\
[bob]
writetimeout = 5s
               ^^ `5s` is read as 5, which is too small for `writetimeout`
[eve]
writetimeout = 1000sec
               ^^^^^^^ takes 1000 milliseconds, and does not look at the rest
[dan]
writetimeout = 50
               ^^ `50` is too small for `writetimeout`
"),
        good("[general]\nauthtimeout = 30s\nauthlimit = 010\nhttptimeout = +60\n[bob]\nwritetimeout = 100ms\n"),
        good("[general]\nauthtimeout = {{ timeout }}\n").because("a tool fills this in"),
        good("[general]\nwritetimeout = 200\n[bob]\nauthtimeout = 5\n").because("these are no options there"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let general = &manager.general;
    for fact in general.facts.iter().chain(&manager.accounts.facts) {
        let key = match fact.why {
            Why::BelowOne { key, .. } => key,
            Why::HttpTimeoutBelowOne { .. } => "httptimeout",
            Why::ShortWriteTimeout => "writetimeout",
            _ => continue,
        };
        let effect = format!("does not take it: {}", fact.why);
        tell(context, findings, fact.at, key, effect, None);
    }
    let numbers =
        [("authtimeout", general.authtimeout), ("authlimit", general.authlimit), ("httptimeout", general.httptimeout)];
    for (key, number) in numbers {
        if let Some(at) = number.at {
            whole(context, findings, at, key, number.value);
        }
    }
    let mut seen = Set::default();
    for user in &manager.accounts.users {
        let timeout = user.writetimeout;
        let at = timeout.at.filter(|at| at.part == Part::Manager && seen.insert(at.line));
        if let Some(at) = at {
            whole(context, findings, at.line, "writetimeout", timeout.value);
        }
    }
}

/// Says so when a number is not all of its line.
fn whole(context: &Context<'_>, findings: &mut Findings<'_>, at: Origin, key: &str, number: i32) {
    let Some(written) = context.effective.written(at) else { return };
    let text = written.value.bytes.trim_ascii();
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at(length);
    let unit: &[&[u8]] = match key {
        "writetimeout" => &[b"ms", b"msec"],
        "authlimit" => &[],
        _ => &[b"s", b"sec", b"seconds"],
    };
    let told = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<i32>().ok());
    let rest = rest.trim_ascii_start();
    // What stands behind a `#` is told as a comment that is none.
    let is_remark = rest.is_empty() || rest.starts_with(b"#");
    if told == Some(number) && (is_remark || unit.iter().any(|unit| rest.eq_ignore_ascii_case(unit))) {
        return;
    }
    // Several lines with `+=` make a value that is not the one of this line.
    if told != Some(number) && rest.is_empty() && told.is_some() {
        return;
    }
    let unit = match key {
        "writetimeout" => "millisecond",
        "authlimit" => "connection",
        _ => "second",
    };
    let several = if number == 1 { "" } else { "s" };
    let effect = match told {
        Some(_) => format!("takes {number} {unit}{several}, and does not look at the rest"),
        None => format!("wraps around what is too big: {number} {unit}{several}"),
    };
    tell(context, findings, at, key, effect, Some(number));
}

fn tell(
    context: &Context<'_>,
    findings: &mut Findings<'_>,
    at: Origin,
    key: &str,
    effect: String,
    taken: Option<i32>,
) {
    let Some(written) = context.effective.written(at) else { return };
    let value = written.value.bytes;
    if is_placeholder(value) {
        return;
    }
    let (range, message) = match value {
        [] => (written.name.range, format!("`{key}` is empty")),
        _ => (written.value.range, message(value, key, taken)),
    };
    let help = match key {
        "writetimeout" => "write a number of milliseconds, 100 or more",
        "authlimit" => "write a number of connections, 1 or more",
        _ => "write a number of seconds, 1 or more",
    };
    let finding = findings.at(context.span(at, range), message, effect).help(help);
    if let Some(number) = taken {
        let edit = mend::in_value(context, at, 0..value.len(), number.to_string().as_bytes());
        finding.fix_by(Safety::Show, format!("write `{number}`, as it is read"), edit);
    }
}

/// What is wrong with a value: of one that is taken, the number as which it is.
fn message(value: &[u8], key: &str, taken: Option<i32>) -> String {
    let shown = show(value);
    if let Some(number) = taken {
        return format!("`{shown}` is read as {number}");
    }
    let sign = value.iter().take_while(|byte| matches!(byte, b'+' | b'-')).count().min(1);
    let digits = value[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = value.split_at(sign + digits);
    let read = std::str::from_utf8(number).ok().and_then(|number| number.parse::<i32>().ok());
    match read {
        _ if digits == 0 => format!("`{shown}` is no number for `{key}`"),
        None => format!("`{shown}` is too big for `{key}`, and wraps around"),
        Some(_) if rest.is_empty() => format!("`{shown}` is too small for `{key}`"),
        Some(read) => format!("`{shown}` is read as {read}, which is too small for `{key}`"),
    }
}
