//! A `permit` or `deny` that Asterisk cannot read.

use std::collections::{BTreeMap, HashSet};

use super::address_lists::is_template;
use super::prelude::*;
use crate::config::Origin;
use crate::config::manager::acl::{self, Fault, Sense};
use crate::config::manager::{AclFault, At, FactKind, Manager, Part, Why};
use crate::text::Span;

pub(super) static RULE: Rule = Rule {
    name: "invalid-acl",
    summary: "a `permit` or `deny` that Asterisk cannot read",
    severity: Severity::Error,
    doc: "\
The value of `permit` and `deny` is a list of addresses with commas between them, and without blanks: `10.0.0.1`, \
`10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `::1`, `fd00::/8`. A blank beside an address, a port, the name of a host, an empty \
item (a comma at the end), a prefix out of range, or an address and a mask of different families is none.

- From 16 on, Asterisk deletes the whole user because of one such item. The client is told that authentication \
failed; only the log says why.
- Asterisk 13 drops the item and all that follows it on the line, and keeps the user. Where this was the `deny` that \
closes the account, it is open to every address.

Names are never looked up: write numeric addresses.",
    source: "main/manager.c, __init_manager, and main/acl.c, ast_append_ha; recorded on 13.12.2 to 23.4.1",
    check: Check::Manager(check),
    examples: &[
        bad("\
[bob]
secret = x
deny = 0.0.0.0/0
permit = 10.0.0.0/8, 192.168.0.0/16
                    ^^^^^^^^^^^^^^^ deletes the user `bob`
")
        .on("16,22"),
        bad("\
[bob]
secret = x
deny = any
       ^^^ whom this line was to keep out gets in
permit = 10.0.0.1
")
        .on("13"),
        bad("[bob]\nsecret = x\npermit = localhost\n         ^^^^^^^^^ names are not looked up\n").on("22"),
        bad("[bob]\nsecret = x\npermit = 10.0.0.300\n         ^^^^^^^^^^ `10.0.0.300` is no numeric address\n").on("22"),
        bad("[bob]\nsecret = x\ndeny = 0.0.0.0/0,10.0.0.300/24\n                 ^^^^^^^^^^^^^ may be above 255\n").on("22"),
        bad("\
[bob]
secret = x
permit = 10.0.0.1,lan
                  ^^^ this `permit` is not read from here on
                  ^^^ this `permit` cannot be read
")
        .on("13,22"),
        bad("[bob]\nsecret = x\npermit = 10.0.0.1:5038\n         ^^^^^^^^^^^^^ take the port out\n").on("22"),
        bad("[bob]\nsecret = x\npermit = 10.0.0.1,\n         ^^^^^^^^^ an item is empty\n").on("22"),
        bad("[bob]\nsecret = x\npermit =\n^^^^^^^^ an item is empty\n").on("22"),
        bad("[bob]\nsecret = x\ndeny = 10.0.0.0/33\n       ^^^^^^^^^^^ a prefix of 0 to 32\n").on("22"),
        bad("[bob]\nsecret = x\ndeny = ::/0.0.0.0\n       ^^^^^^^^^^ of different families\n").on("22"),
        bad("\
[net](!)
deny = all
       ^^^ deletes the user `bob`, and 1 more
[bob](net)
[alice](net)
")
        .on("22"),
        good("[bob]\nsecret = x\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8,!10.0.0.1,127.0.0.1/255.255.255.0,[::1]\n"),
        good("[bob]\nsecret = x\npermit = ${NETWORK}/255.255.255.0\n").because("a tool fills it in"),
        good("[general]\npermit = localhost\n").because("it is no option there"),
    ],
};

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut deleted: BTreeMap<Origin, (&[u8], usize)> = BTreeMap::new();
    let mut kept = HashSet::new();
    for fact in &manager.accounts.facts {
        match (&fact.kind, &fact.why) {
            (FactKind::Dropped { user }, Why::BadAclDeletes { fault: AclFault::Item(_), .. }) => {
                deleted.entry(fact.at).or_insert((user, 0)).1 += 1;
            }
            (_, Why::BadAclSkipped { fault: AclFault::Item(_) }) if kept.insert(fact.at) => {
                if let Some((bad, span, is_deny)) = bad_item(context, fact.at) {
                    let open = if is_deny { ": whom this line was to keep out gets in" } else { "" };
                    let effect = format!(
                        "drops the line from this item on, and keeps the user, with the rules that are left{open}"
                    );
                    let message = format!("this {} is not read from here on: {}", key(is_deny), bad.what());
                    findings.at(span, message, effect).help(bad.help()).fix_by(Safety::Widening, bad.title(), bad.mend(context));
                }
            }
            _ => {}
        }
    }
    for (at, (first, count)) in deleted {
        let Some((bad, span, is_deny)) = bad_item(context, at) else { continue };
        let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
        let effect = format!("deletes the user `{}`{more}: every login fails", show(first));
        let message = format!("this {} cannot be read: {}", key(is_deny), bad.what());
        findings.at(span, message, effect).help(bad.help()).fix_by(Safety::Widening, bad.title(), bad.mend(context));
    }
}

/// An item that is none, and its text.
struct Bad<'t> {
    fault: Fault,
    item: &'t [u8],
    at: Origin,
    range: std::ops::Range<usize>,
}

/// The item of a `permit` or `deny` that is none, where to show it, and whether it is a `deny`. Nothing where a tool is
/// to fill in the value.
fn bad_item<'t>(context: &Context<'t>, at: Origin) -> Option<(Bad<'t>, Span, bool)> {
    let written = context.effective.written(at)?;
    let is_deny = written.name.bytes.eq_ignore_ascii_case(b"deny");
    if !is_deny && !written.name.bytes.eq_ignore_ascii_case(b"permit") || is_template(written.value.bytes) {
        return None;
    }
    let place = At { part: Part::Manager, line: at };
    let bad = acl::append(Sense::Permit, written.value.bytes, place, &mut Vec::new()).err()?;
    let value = written.value.range;
    let span = match bad.range.is_empty() {
        true if value.is_empty() => context.effective.text(at),
        true => context.span(at, value),
        false if value.len() != written.value.bytes.len() => context.span(at, value),
        false => context.span(at, value.start + bad.range.start..value.start + bad.range.end),
    };
    Some((Bad { fault: bad.fault, item: &written.value.bytes[bad.range.clone()], at, range: bad.range }, span, is_deny))
}

fn key(is_deny: bool) -> &'static str {
    if is_deny { "`deny`" } else { "`permit`" }
}

impl Bad<'_> {
    fn what(&self) -> String {
        let item = show(self.item);
        match self.fault {
            Fault::Empty => "an item is empty".to_owned(),
            Fault::Blank => format!("a blank stands beside the address in `{item}`"),
            Fault::Port => format!("`{item}` has a port"),
            Fault::NoAddress => format!("`{item}` is no numeric address"),
            Fault::Mask => format!("the mask of `{item}` cannot be read"),
            Fault::Families => format!("address and mask of `{item}` are of different families"),
        }
    }

    fn title(&self) -> &'static str {
        match self.fault {
            Fault::Blank => "take the blank out",
            Fault::Port => "take the port out",
            _ => "take the empty item out",
        }
    }

    /// What makes it an item, where that is plain.
    fn mend(&self, context: &Context<'_>) -> Option<Edit> {
        let text = match self.fault {
            Fault::Blank => self.item.trim_ascii(),
            Fault::Port => self.item.split(|&byte| byte == b':').next().filter(|it| it.contains(&b'.'))?,
            Fault::Empty => return self.without_comma(context),
            _ => return None,
        };
        let mut rules = Vec::new();
        acl::append(Sense::Permit, text, At { part: Part::Manager, line: self.at }, &mut rules).ok()?;
        mend::in_value(context, self.at, self.range.clone(), text)
    }

    /// Takes one of two commas out, or one at an end.
    fn without_comma(&self, context: &Context<'_>) -> Option<Edit> {
        let value = context.effective.written(self.at)?.value.bytes;
        let at = self.range.start;
        let comma = if value.get(at) == Some(&b',') { at } else { at.checked_sub(1)? };
        (value.len() > 1).then(|| mend::in_value(context, self.at, comma..comma + 1, b""))?
    }

    fn help(&self) -> &'static str {
        let mut parts = self.item.strip_prefix(b"!").unwrap_or(self.item).split(|&byte| byte == b'/');
        let is_big = match self.fault {
            Fault::NoAddress => parts.next().is_some_and(is_beyond),
            Fault::Mask => parts.nth(1).is_some_and(is_beyond),
            _ => false,
        };
        match self.fault {
            Fault::NoAddress | Fault::Mask if is_big => "none of the four numbers may be above 255",
            Fault::Empty => "write an address, and no comma at the end",
            Fault::Blank => "write the list without blanks: `10.0.0.1,10.0.0.2`",
            Fault::Port => "take the port out: a rule is for addresses",
            Fault::NoAddress => "write a numeric address: names are not looked up; everybody is `0.0.0.0/0`",
            Fault::Mask => "write a prefix of 0 to 32 (IPv6: 0 to 128), or a mask such as `255.255.255.0`",
            Fault::Families => "write a mask of the address's own family, or a prefix",
        }
    }
}

/// Is it four numbers of which one is too big?
fn is_beyond(text: &[u8]) -> bool {
    let number = |part: &[u8]| {
        let text = std::str::from_utf8(part).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        text.parse::<u32>().ok()
    };
    let numbers: Option<Vec<u32>> = text.split(|&byte| byte == b'.').map(number).collect();
    numbers.is_some_and(|numbers| numbers.len() == 4 && numbers.iter().any(|&number| number > 255))
}
