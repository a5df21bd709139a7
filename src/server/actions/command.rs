//! Command: the console, as far as it is about the manager.
//!
//! Source: `action_command` in main/manager.c and `find_best` in main/cli.c; measured on 16.28.0 and 22.10.1.

use super::super::hub::{Hub, Id};
use super::super::session::{Reloading, action_id, answer};
use super::super::show;
use super::super::wire::Request;
use super::{about, reload};
use crate::catalog;
use crate::config::manager::show::{self as held, Lines};
use crate::release::{Quirk, Release};

use Does::{Prints, Reloads};

/// The modules that are told of as reloaded, and with which status.
type Modules = Vec<(Vec<u8>, &'static str)>;

/// What a command does, with the words behind its own.
#[derive(Clone, Copy)]
enum Does {
    /// It prints lines.
    Prints(fn(&mut Hub, &[Vec<u8>]) -> Lines),
    /// It has modules reloaded, and prints lines then.
    Reloads(fn(&[Vec<u8>]) -> (Lines, Modules)),
}

/// A command of the console.
struct Command {
    /// Its words.
    words: &'static [&'static str],
    /// How it is used, in the way in which Asterisk tells it; and how many words may follow, at least and at most.
    usage: (&'static str, usize, usize),
    does: Does,
}

/// All commands that there are. Of two that begin alike the longer one stands first.
const COMMANDS: [Command; 11] = [
    Command { words: &["core", "reload"], usage: ("core reload", 0, 0), does: Reloads(reload_all) },
    Command { words: &["core", "show", "version"], usage: ("core show version", 0, 0), does: Prints(version) },
    Command { words: &["manager", "reload"], usage: ("manager reload", 0, 0), does: Reloads(reload_manager) },
    Command {
        words: &["manager", "show", "command"],
        usage: ("manager show command <actionname>", 1, 64),
        does: Prints(of_command),
    },
    Command { words: &["manager", "show", "commands"], usage: ("manager show commands", 0, 0), does: Prints(commands) },
    Command {
        words: &["manager", "show", "connected"],
        usage: ("manager show connected", 0, 0),
        does: Prints(connected),
    },
    Command { words: &["manager", "show", "eventq"], usage: ("manager show eventq", 0, 0), does: Prints(event_queue) },
    Command { words: &["manager", "show", "settings"], usage: ("manager show settings", 0, 0), does: Prints(settings) },
    Command { words: &["manager", "show", "user"], usage: ("manager show user <user>", 1, 1), does: Prints(of_user) },
    Command { words: &["manager", "show", "users"], usage: ("manager show users", 0, 0), does: Prints(users) },
    Command {
        words: &["module", "reload"],
        usage: ("module reload [module ...]", 0, 64),
        does: Reloads(reload_modules),
    },
];

pub(super) fn command(hub: &mut Hub, id: Id, request: &Request) {
    let line = request.header("Command");
    if line.is_empty() {
        return hub.error(id, request, "No command provided");
    }
    let (kind, lines, modules) = match find(line) {
        Ok((Prints(print), words)) => ("Success", print(hub, &words), None),
        Ok((Reloads(plan), words)) => {
            let (lines, modules) = plan(&words);
            ("Success", lines, Some(modules))
        }
        Err(lines) => ("Error", lines, None),
    };
    let answer = printed(hub.loaded.release(), kind, request, &lines);
    match modules {
        None => hub.send(id, &answer),
        Some(modules) => hub.reload_first(id, Reloading { answer, modules }),
    }
}

/// What a command prints, as a release sends it.
fn printed(release: Release, kind: &str, request: &Request, lines: &Lines) -> Vec<u8> {
    if !release.has(Quirk::CommandOutputHeaders) {
        let head = [b"Response: Follows\r\nPrivilege: Command\r\n", &action_id(request)[..]].concat();
        let text = lines.iter().flat_map(|line| [&line[..], b"\n"]).collect::<Vec<_>>().concat();
        return [&head[..], &text, b"--END COMMAND--\r\n\r\n"].concat();
    }
    let mut headers: Vec<(&str, &[u8])> = vec![("Message", b"Command output follows")];
    headers.extend(lines.iter().map(|line| ("Output", &line[..])));
    answer(kind, request, &headers)
}

/// The command that a line is, and the words behind its own; or what is printed in its place.
fn find(line: &[u8]) -> Result<(Does, Lines), Lines> {
    let mut words = words(line);
    if words.is_empty() {
        return Err(vec![Vec::new()]);
    }
    let begins = |command: &&Command| {
        let mut pairs = command.words.iter().zip(&words);
        command.words.len() <= words.len() && pairs.all(|(known, word)| word.eq_ignore_ascii_case(known.as_bytes()))
    };
    let Some(command) = COMMANDS.iter().find(begins) else { return Err(vec![unknown(line, &words)]) };
    let (usage, least, most) = command.usage;
    words.drain(..command.words.len());
    match (least..=most).contains(&words.len()) {
        true => Ok((command.does, words)),
        false => Err(vec![format!("Usage: {usage}").into_bytes()]),
    }
}

/// The words of a line: blanks part them, but not within quotes, and a backslash takes what follows as it is.
fn words(line: &[u8]) -> Lines {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<Vec<u8>>, false);
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            b' ' | b'\t' if !quoted => words.extend(word.take()),
            // At the end it is nothing.
            b'\\' => word = bytes.next().map(|next| [word.take().unwrap_or_default(), vec![next]].concat()).or(word),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}

/// What is said of a line that is no command: help is offered on it up to the word behind the first that fits none.
fn unknown(line: &[u8], words: &[Vec<u8>]) -> Vec<u8> {
    let fits = |count: usize| {
        let is = |command: &Command| {
            let mut pairs = command.words.iter().zip(&words[..count]);
            command.words.len() >= count && pairs.all(|(known, word)| word.eq_ignore_ascii_case(known.as_bytes()))
        };
        COMMANDS.iter().any(is)
    };
    let good = (0..=words.len()).rev().find(|&count| fits(count)).unwrap_or(0);
    let near = words[..words.len().min(good + 2)].join(&b" "[..]);
    [b"No such command '", line, b"' (type 'core show help ", &near, b"' for other possible commands)"].concat()
}

fn reload_all(_: &[Vec<u8>]) -> (Lines, Modules) {
    (vec![Vec::new()], vec![(reload::ALL.to_vec(), "0")])
}

/// This one is told of to nobody.
fn reload_manager(_: &[Vec<u8>]) -> (Lines, Modules) {
    (vec![Vec::new()], Modules::new())
}

fn reload_modules(modules: &[Vec<u8>]) -> (Lines, Modules) {
    if modules.is_empty() {
        return reload_all(modules);
    }
    let each = |module: &Vec<u8>| match reload::is_known(module) {
        true => ([b"Module '", &module[..], b"' reloaded successfully."].concat(), (module.clone(), "0")),
        false => ([b"No such module '", &module[..], b"'"].concat(), (module.clone(), "2")),
    };
    modules.iter().map(each).unzip()
}

fn version(hub: &mut Hub, _: &[Vec<u8>]) -> Lines {
    let own = env!("CARGO_PKG_VERSION");
    vec![format!("Asterisk {}, as amictl {own} serves it", about::version(hub.loaded.release())).into_bytes()]
}

fn users(hub: &mut Hub, _: &[Vec<u8>]) -> Lines {
    show::users(hub.loaded.manager())
}

fn of_user(hub: &mut Hub, rest: &[Vec<u8>]) -> Lines {
    match hub.loaded.manager().accounts.find(&rest[0]) {
        Some(user) => held::user(user, hub.secrets()),
        None => vec![[b"There is no manager called ", &rest[0][..]].concat()],
    }
}

fn settings(hub: &mut Hub, _: &[Vec<u8>]) -> Lines {
    held::settings(hub.loaded.manager(), hub.loaded.release())
}

fn connected(hub: &mut Hub, _: &[Vec<u8>]) -> Lines {
    show::connected(&hub.sessions, hub.now)
}

/// Events are not queued here: each is sent as it comes.
fn event_queue(_: &mut Hub, _: &[Vec<u8>]) -> Lines {
    vec![Vec::new()]
}

fn commands(hub: &mut Hub, _: &[Vec<u8>]) -> Lines {
    show::commands(hub.loaded.release())
}

fn of_command(hub: &mut Hub, rest: &[Vec<u8>]) -> Lines {
    let release = hub.loaded.release();
    // In the order of the list of actions, whatever theirs is.
    let mut found: Vec<_> = rest.iter().filter_map(|name| catalog::action(release, name)).collect();
    found.sort_by_key(|action| action.name().to_ascii_lowercase());
    found.dedup_by_key(|action| action.name());
    let lines: Lines = found.into_iter().flat_map(|action| show::command(action, release)).collect();
    if lines.is_empty() { vec![Vec::new()] } else { lines }
}
