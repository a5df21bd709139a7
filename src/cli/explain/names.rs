//! The pages of what Asterisk knows by name: options, classes, events and actions.

use std::io::{self, Write};

use super::text::{field, wrapped};
use crate::catalog::{self, ActionDef, ClassDef, Delivery, EventDef, Header, OptionDef, SectionKind};
use crate::release::{Release, Span, phrase};

pub(super) fn option(option: OptionDef, out: &mut dyn Write) -> io::Result<()> {
    let section = match option.section() {
        SectionKind::General => "[general]",
        SectionKind::User => "a user's section",
    };
    writeln!(out, "{} (option of {section})\n", option.name())?;
    wrapped(option.doc(), "", out)?;
    if !option.default().is_empty() {
        writeln!(out, "Default: {}", option.default())?;
    }
    if !option.aliases().is_empty() {
        field("Also written", &option.aliases().join(", "), out)?;
    }
    if let Some(quirk) = option.quirk() {
        field("Only on some releases", quirk.source(), out)?;
    }
    field("Source", option.source(), out)
}

pub(super) fn event(event: EventDef, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} (event)\n", event.name())?;
    if !event.doc().is_empty() {
        wrapped(&format!("{}.", sentence(event.doc())), "", out)?;
    }
    for name in event.mistaken() {
        wrapped(&format!("It is also written `{name}`; a filter for that name matches nothing."), "", out)?;
    }
    if event.is_broadcast() {
        needs("all", |release| sets(event, release), event.span(), out)?;
    }
    wrapped(&delivery(event), "", out)?;
    field("Releases", &event.span().to_string(), out)?;
    if let Some(module) = event.module() {
        field("Module", module, out)?;
    }
    headers(event, out)?;
    field("Source", event.source(), out)
}

/// Who gets it.
fn delivery(event: EventDef) -> String {
    const ALL: &str = "Every session gets it that has these classes in `read` and in its mask and whose filters let it \
                       through, unless `disabledevents` names it.";
    let actions = event.answers().join(", ");
    let alone = "only the session that ran the action gets it, and neither classes nor filters are asked.";
    match event.delivery() {
        Delivery::Broadcast => ALL.to_owned(),
        Delivery::Reply if actions.is_empty() => format!("A reply: {alone}"),
        Delivery::Reply => format!("A reply to {actions}: {alone}"),
        Delivery::Both if actions.is_empty() => format!("{ALL} It also comes to one session alone, past its filters."),
        Delivery::Both => format!("{ALL} In the answer to {actions} {alone}"),
    }
}

fn headers(event: EventDef, out: &mut dyn Write) -> io::Result<()> {
    let list = |of: &[Header]| of.iter().map(|header| header.name()).collect::<Vec<_>>().join(", ");
    let (always, sometimes): (Vec<Header>, Vec<Header>) = event.all_headers().partition(|header| header.is_always());
    let (sometimes, late): (Vec<Header>, Vec<Header>) =
        sometimes.into_iter().partition(|header| header.span().is_everywhere());
    field("Headers", &list(&always), out)?;
    if !sometimes.is_empty() {
        field("Sometimes", &list(&sometimes), out)?;
    }
    let mut rest = late.as_slice();
    while let [first, ..] = rest {
        let span = first.span().to_string();
        let same = rest.iter().take_while(|header| header.span().to_string() == span).count();
        field("Sometimes", &format!("{} (releases {span})", list(&rest[..same])), out)?;
        rest = &rest[same..];
    }
    if event.has_free_headers() {
        writeln!(out, "And others, whose names are up to whoever sends or configures it.")?;
    }
    Ok(())
}

pub(super) fn action(action: ActionDef, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} (action)\n", action.name())?;
    needs("any", |release| names(action.any_of(release)), action.span(), out)?;
    if let Some(danger) = action.danger() {
        field("Danger", &format!("{}: {}", danger.what(), action.gives()), out)?;
    }
    if !action.parameters().is_empty() {
        field("Parameters", &format!("ActionID, {}", action.parameters().join(", ")), out)?;
    }
    let replies: Vec<&str> =
        catalog::all_events().filter(|event| event.answers().contains(&action.name())).map(EventDef::name).collect();
    if !replies.is_empty() {
        field("Answered with", &replies.join(", "), out)?;
    }
    field("Releases", &action.span().to_string(), out)?;
    if let Some(module) = action.module() {
        field("Module", module, out)?;
    }
    field("Source", action.source(), out)
}

/// What is needed, release by release where that differs.
fn needs(how: &str, of: impl Fn(Release) -> String, span: Span, out: &mut dyn Write) -> io::Result<()> {
    let series: Vec<Release> = Release::all_series().into_iter().filter(|&release| span.has(release)).collect();
    for (classes, releases) in grouped(&series, |&release| of(release)) {
        let on = if releases.len() == series.len() {
            String::new()
        } else {
            format!(" on {}", phrase(&releases, &Release::all_series()))
        };
        if classes.is_empty() {
            wrapped(
                &format!("Needs no class{on}: everybody who is logged in may run it, whatever `write` is."),
                "",
                out,
            )?;
        } else {
            field(&format!("Needs {how} of{on}"), &classes, out)?;
        }
    }
    Ok(())
}

/// Things in groups with the same key, in the order of the first of each.
fn grouped<T: Copy, K: PartialEq>(things: &[T], key: impl Fn(&T) -> K) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for thing in things {
        let key = key(thing);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(*thing),
            None => groups.push((key, vec![*thing])),
        }
    }
    groups
}

fn names(classes: impl Iterator<Item = ClassDef>) -> String {
    classes.map(ClassDef::name).collect::<Vec<_>>().join(", ")
}

/// The classes of an event; alternatives are rare.
fn sets(event: EventDef, release: Release) -> String {
    event.classes(release).map(|set| names(set.into_iter())).collect::<Vec<_>>().join(", or all of: ")
}

pub(super) fn class(class: ClassDef, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} (class of rights)\n", class.name())?;
    wrapped(class.doc(), "", out)?;
    let with = |event: EventDef, release: Release| {
        event.span().has(release) && event.masks(release).iter().any(|mask| mask & class.mask() != 0)
    };
    let events: Vec<EventDef> = catalog::all_events().collect();
    let seen = |event: &EventDef| Release::all_series().into_iter().filter(|&r| with(*event, r)).collect::<Vec<_>>();
    writeln!(out)?;
    by_release("In `read` it is needed for these events", &events, seen, |event| together(*event, class), out)?;
    let actions: Vec<ActionDef> = catalog::all_actions().collect();
    let may = |action: &ActionDef| {
        let runs = |r: &Release| action.span().has(*r) && action.mask(*r) & class.mask() != 0;
        Release::all_series().into_iter().filter(runs).collect::<Vec<_>>()
    };
    writeln!(out)?;
    by_release("In `write` it is enough for these actions", &actions, may, |action| action.name().to_owned(), out)?;
    let mut dangers: Vec<&ActionDef> = actions.iter().filter(|a| a.danger().is_some() && !may(a).is_empty()).collect();
    dangers.sort_by_key(|action| action.danger());
    if !dangers.is_empty() {
        writeln!(out)?;
    }
    for (danger, actions) in grouped(&dangers, |action| action.danger()) {
        let Some(danger) = danger else { continue };
        let list: Vec<&str> = actions.iter().map(|action| action.name()).collect();
        field(&sentence(danger.what()), &list.join(", "), out)?;
    }
    writeln!(out)?;
    field("Source", class.source(), out)
}

/// The name of an event, and the other classes that it needs.
fn together(event: EventDef, class: ClassDef) -> String {
    let needed = event.classes(Release::newest_lts()).find(|set| set.iter().any(|one| one.mask() == class.mask()));
    let others = names(needed.into_iter().flatten().filter(|one| one.mask() != class.mask()));
    if others.is_empty() { event.name().to_owned() } else { format!("{} (with {others})", event.name()) }
}

/// Lists of names: first those of every series, then those that only some have.
fn by_release<T>(
    title: &str,
    things: &[T],
    on: impl Fn(&T) -> Vec<Release>,
    name: impl Fn(&T) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    let all = Release::all_series();
    let numbers: Vec<usize> = (0..things.len()).filter(|&at| !on(&things[at]).is_empty()).collect();
    let mut groups = grouped(&numbers, |&at| on(&things[at]));
    groups.sort_by_key(|(releases, _)| releases.len() != all.len());
    if groups.is_empty() {
        return writeln!(out, "{title}: none");
    }
    for (releases, group) in groups {
        let label =
            if releases.len() == all.len() { title.to_owned() } else { format!("Only on {}", phrase(&releases, &all)) };
        let list: Vec<String> = group.iter().map(|&at| name(&things[at])).collect();
        field(&label, &list.join(", "), out)?;
    }
    Ok(())
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
