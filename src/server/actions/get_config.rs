//! GetConfig, GetConfigJSON and ListCategories: a file as Asterisk reads it, now.
//!
//! Source: `action_getconfig`, `action_getconfigjson` and `action_listcategories` in main/manager.c; measured on 16.28.0
//! and 22.10.1.

use super::super::hub::{Hub, Id};
use super::super::loaded::Unread;
use super::super::session::action_id;
use super::super::wire::Request;
use crate::config::{Effective, Outcome, Section, fitting};
use crate::release::Quirk;
use crate::text::Secrets;

/// More entries than this are not listed: templates can multiply them without bounds.
const MOST_ENTRIES: u64 = 200_000;

pub(super) fn lines(hub: &mut Hub, id: Id, request: &Request) {
    let category = request.header("Category");
    let text = read(hub, request, |effective, sections, secrets| {
        if sections.is_empty() && !category.is_empty() {
            // Without a colon, as it is.
            return b"No categories found\r\n".to_vec();
        }
        let numbered = sections.iter().enumerate();
        numbered.flat_map(|(number, section)| section_lines(number, section, effective, secrets)).collect()
    });
    give(hub, id, request, text);
}

fn section_lines(number: usize, section: &Section<'_>, effective: &Effective<'_>, secrets: Secrets) -> Vec<u8> {
    let mut text = Vec::new();
    let mut add = |label: String, parts: &[&[u8]]| {
        text.extend([label.as_bytes(), b": ", &parts.concat(), b"\r\n"].concat());
    };
    add(format!("Category-{number:06}"), &[section.name]);
    if section.template {
        add(format!("IsTemplate-{number:06}"), &[b"1"]);
    }
    if !section.bases.is_empty() {
        add(format!("Templates-{number:06}"), &[&templates(section, effective)]);
    }
    for (line, entry) in section.content.iter().enumerate() {
        let value = secrets.shown(entry.name, &entry.value);
        add(format!("Line-{number:06}-{line:06}"), &[entry.name, b"=", &value]);
    }
    text
}

/// The names of the sections that one inherits from.
fn templates(section: &Section<'_>, effective: &Effective<'_>) -> Vec<u8> {
    let names: Vec<&[u8]> = section.bases.iter().map(|&base| effective.section(base).name).collect();
    names.join(&b","[..])
}

/// Names stand there as often as they do in the file: what a reader of JSON makes of that is its own affair.
pub(super) fn json(hub: &mut Hub, id: Id, request: &Request) {
    let text = read(hub, request, |effective, sections, secrets| {
        let member = |section: &&Section<'_>| {
            let mut members = Vec::new();
            if section.template {
                members.push(b"\"istemplate\":1".to_vec());
            }
            if !section.bases.is_empty() {
                members.push([b"\"templates\":", &quoted(&templates(section, effective))[..]].concat());
            }
            let pair = |name: &[u8], value: &[u8]| [&quoted(name)[..], b":", &quoted(value)].concat();
            members.extend(section.content.iter().map(|it| pair(it.name, &secrets.shown(it.name, &it.value))));
            [&quoted(section.name)[..], b":{", &members.join(&b","[..]), b"}"].concat()
        };
        let members: Vec<Vec<u8>> = sections.iter().map(member).collect();
        [b"JSON: {", &members.join(&b","[..])[..], b"}\r\n"].concat()
    });
    give(hub, id, request, text);
}

/// A string of JSON; bytes that are no UTF-8 stay as they are.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\t' => out.extend(b"\\t"),
            0..=31 => out.extend(format!("\\u{byte:04x}").into_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}

/// Neither a category nor a filter is asked for here.
pub(super) fn categories(hub: &mut Hub, id: Id, request: &Request) {
    let text = read(hub, request, |effective, _, _| {
        let shown = effective.sections.iter().filter(|section| !section.template).enumerate();
        let line = |(number, section): (usize, &Section<'_>)| {
            [format!("Category-{number:06}: ").as_bytes(), section.name, b"\r\n"].concat()
        };
        let lines: Vec<u8> = shown.flat_map(line).collect();
        if lines.is_empty() { b"Error: no categories found\r\n".to_vec() } else { lines }
    });
    give(hub, id, request, text);
}

/// What `list` makes of the sections of the file that is asked for, or why there is nothing to list.
fn read(
    hub: &mut Hub,
    request: &Request,
    list: impl FnOnce(&Effective<'_>, &[&Section<'_>], Secrets) -> Vec<u8>,
) -> Result<Vec<u8>, &'static str> {
    let file = request.header("Filename");
    if file.is_empty() {
        return Err("Filename not specified");
    }
    let release = hub.loaded.release();
    let look = |effective: &Effective<'_>| match effective.outcome {
        Outcome::Loads => {
            let (category, filter) = (request.header("Category"), request.header("Filter"));
            let sections = fitting(effective, category, filter, release, hub.secrets());
            if sections.iter().map(|section| section.content.len()).fold(0, u64::saturating_add) > MOST_ENTRIES {
                return Err("amictl serve does not list so many lines");
            }
            Ok(list(effective, &sections, hub.secrets()))
        }
        Outcome::Refused(_) => Err("Config file has invalid format"),
        Outcome::Hangs(_) | Outcome::Limit(_) => Err("amictl serve does not read this file to its end"),
    };
    // This one takes a file that is not there for one that may not be read.
    let is_strict = request.action().eq_ignore_ascii_case(b"GetConfigJSON") && release.has(Quirk::ConfigFolderOnly);
    let looked = hub.loaded.look(file, look).map(|(text, read)| {
        // To read it is work, whatever becomes of it.
        hub.load.add(read);
        text
    });
    match looked {
        Err(Unread::Missing) if is_strict => Err(RESTRICTED),
        Err(Unread::Missing) => Err("Config file not found"),
        // Before there was a limit Asterisk gave away any file; this server is not to be asked for that.
        Err(Unread::Outside) => Err(RESTRICTED),
        Ok(text) => text,
    }
}

const RESTRICTED: &str = "File requires escalated privileges";

fn give(hub: &mut Hub, id: Id, request: &Request, text: Result<Vec<u8>, &'static str>) {
    match text {
        Ok(text) => {
            let answer = [b"Response: Success\r\n", &action_id(request)[..], &text, b"\r\n"].concat();
            hub.send(id, &answer);
        }
        Err(why) => hub.error(id, request, why),
    }
}
