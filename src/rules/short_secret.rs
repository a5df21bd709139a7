//! Secrets that are short.

use super::prelude::*;
use super::well_known_secret::{Reach, is_well_known};
use crate::config::manager::{Manager, SecretState};
use crate::text::is_placeholder;

pub(super) static RULE: Rule = Rule {
    name: "short-secret",
    summary: "a secret has fewer than 8 characters",
    severity: Severity::Warning,
    doc: "\
The secret is so short that it can be found by trying. Asterisk makes a client that fails wait for a second, but not the \
next connection: with the 50 that `authlimit` lets be open at once, some millions are tried in a day. And whoever has \
overheard a login by MD5 (Challenge and Key) tries at home, as many as his machine can: seven letters take minutes.

Give the user a long random secret, such as `openssl rand -hex 24` makes; only programs type it. The secret is not printed \
here.

Many files in use have such a secret, most of them behind a firewall: this rule is silent without `--strict`. It is silent \
when only this machine can log in, and words that everybody tries first are the matter of `well-known-secret`.",
    source: "main/manager.c, authenticate; recorded on 13.12.2 to 23.4.1",
    check: Check::Strict(check),
    examples: &[
        bad("[general]\nenabled = yes\n[bob]\nsecret = x7Gh2p\n^^^^^^^^^^^^^^^ whoever tries long enough\n"),
        bad("[general]\nenabled = yes\n[staff](!)\nsecret = x7Gh2p\n^^^^^^^^^^^^^^^ long random\n[bob](staff)\n[eve](staff)\n")
            .because("it is told once, where it stands"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x7Gh2p9q\n"),
        good("[general]\nenabled = yes\nbindaddr = 127.0.0.1\n[bob]\nsecret = x7Gh2p\n"),
        good("[general]\nenabled = yes\n[bob]\nsecret = 1234\n").because("that is one of those that are tried first"),
        good("[general]\nenabled = yes\n[bob]\nsecret = $AMI\n[eve]\nsecret =\n").because("neither is a short one"),
    ],
};

/// With fewer characters than this it is short.
const LEAST: usize = 8;

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    let mut reach = Reach::by_any_way(manager);
    if reach.is_near() {
        return;
    }
    let mut seen = Set::default();
    for user in manager.accounts.users.iter().filter(|user| !is_placeholder(user.name) && !is_well_known(user)) {
        let secret = &user.secret.value;
        let Some(at) = user.secret.at.filter(|_| secret.state() == SecretState::Set && secret.is_shorter(LEAST)) else {
            continue;
        };
        let written = manager.accounts.effective(context.effective, at.part).written(at.line);
        let is_filled = written.is_none_or(|it| is_placeholder(it.value.bytes));
        if is_filled || !reach.is_open(user) || !seen.insert(at) {
            continue;
        }
        findings
            .at(
                manager.accounts.span(context.effective, at),
                format!("the secret has fewer than {LEAST} characters"),
                "lets in whoever tries long enough, or has overheard a login",
            )
            .help("give it a long random secret, such as `openssl rand -hex 24` makes");
    }
}
