//! Classes in `write` that are as good as a shell on the switch.

use super::empty_class_item::lists;
use super::prefix_class_item::listed;
use super::prelude::*;
use crate::config::manager::classes::{Classes, Grant};
use crate::config::manager::{Manager, User};

pub(super) static RULE: Rule = Rule {
    name: "write-gives-shell",
    summary: "`write` grants a class that is as good as a shell on the switch",
    severity: Severity::Warning,
    doc: "\
Four classes of `write` give whoever has the secret all of the switch, and with it what Asterisk's own user may do on \
the machine:

- `command` runs any command of the console. `module load`, `module unload` and `restart gracefully` are refused, but \
not with a tab between the words or quotes around one; `dialplan add extension` and `core stop gracefully` are not \
refused at all.
- `system` loads modules, writes the database and the dialplan, and takes the bounds of `originate` away: a dialplan \
extension may be one that calls `System()`.
- `config` writes Asterisk's configuration files with UpdateConfig, extensions.conf and manager.conf among them, and \
reloads them.
- `originate` runs dialplan. Without `system` in the list too, System, Exec, AGI, MixMonitor, ExternalIVR, Originate and \
whatever has SHELL or EVAL in its data are refused; from 18.24.2, 20.9.2, 21.4.2 and 22.0 on also DBdeltree, Reload, \
Queue with an AGI, and CURL, DB, FILE, ODBC and REALTIME, which older releases let through: FILE writes files. A call \
sent to a context and an extension is not looked at on any release, nor are the variables that come with it, and they \
run what the dialplan has there.

`all` is these four, and whatever class a later release brings. Nearly every file in use grants one of them, so this \
rule is silent without `--strict`. Grant what the client's actions need and no more; a client that only places calls \
needs `originate`, one that only watches needs an empty `write`. Even that leaves the actions that ask for no class, \
BridgeDestroy, BridgeKick and BridgeTechnologySuspend among them. Where a class must stay, hold the user to its \
addresses with `deny` and `permit`.",
    source: "main/manager.c: action_command, action_updateconfig, action_originate; recorded on 16.28.0 to 23.4.1",
    check: Check::Strict(check),
    examples: &[
        bad("\
[general]
enabled = yes
[bob]
secret = x
write = system,call,command
        ^^^^^^^^^^^^^^^^^^^ `system` loads modules
[eve]
secret = y
write = all
        ^^^ every action there is
"),
        bad("\
[general]
enabled = yes
[staff](!)
write = call,originate
        ^^^^^^^^^^^^^^ runs dialplan, any context
[bob](staff)
secret = x
[eve](staff)
secret = y
")
        .because("it is told once, where it stands"),
        bad("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = con,call\n        ^^^^^^^^ configuration files\n")
            .because("before a comma the beginning of a class is enough"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nread = all\nwrite = call,reporting,user\n"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = Command, originate\n")
            .because("neither of these grants anything"),
        good("[general]\nenabled = yes\n[bob]\nwrite = all\n").because("without a secret nobody logs in"),
        good("[general]\nenabled = no\n[bob]\nsecret = x\nwrite = all\n").because("AMI is closed"),
        good("[general]\nenabled = yes\n[bob]\nsecret = x\nwrite = ${WRITE},all\n").because("a tool fills it in"),
    ],
};

/// The classes, and what each gives.
const SHELLS: [(&str, &str); 4] = [
    ("command", "runs any command of the console, those that load modules too"),
    ("system", "loads modules, writes the database, and frees `originate` of its bounds"),
    ("config", "writes configuration files and reloads them"),
    ("originate", "runs dialplan, any context, for whoever asks"),
];

fn check(context: &Context<'_>, manager: &Manager<'_>, findings: &mut Findings<'_>) {
    if manager.is_closed() {
        return;
    }
    let shells = Classes::of(SHELLS.map(|(class, _)| class));
    let gives = |user: &User<'_>, key: &str, grant: &Grant<'_>| {
        key == "write" && grant.meets(shells) && user.has_secret()
    };
    for list in lists(context, manager, gives) {
        let granted = Classes::parse(&list.value);
        let given: Vec<(&str, &str)> = SHELLS.into_iter().filter(|(class, _)| granted.has(class)).collect();
        let names: Vec<&str> = given.iter().map(|(class, _)| *class).collect();
        let (message, effect) = match &given[..] {
            [] => continue,
            _ if granted.is_all() => (
                "`write` grants everything, which is a shell on the switch".to_owned(),
                "runs every action there is: commands, modules, configuration files, dialplan".to_owned(),
            ),
            _ => {
                let effects: Vec<String> = given.iter().map(|(class, what)| format!("`{class}` {what}")).collect();
                (
                    format!("`write` grants {}, as good as a shell on the switch", listed(&names)),
                    format!("for this user {}", effects.join("; ")),
                )
            }
        };
        let span = list.span(0..list.value.len());
        findings.at(span, message, effect).help("grant only the classes that the client's actions need");
    }
}
