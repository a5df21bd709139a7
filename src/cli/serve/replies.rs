//! The file of `amictl serve --replies`: answers that somebody wrote down.

use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::document::Document;
use super::super::exit::Failure;
use crate::catalog;
use crate::config::manager::classes::Classes;
use crate::host::Host;
use crate::posix::{self, Units};
use crate::release::{Quirk, Release};
use crate::server::replies::{Headers, List, Raised, Replies, Reply, Template, Wanted, is_name};

/// Longer than this nobody waits.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What these do to a session no text can do.
const OWN: [&str; 6] = ["Challenge", "Events", "Filter", "Login", "Logoff", "WaitEvent"];

type Value<'t> = Spanned<DeValue<'t>>;

/// Reads a file of replies, for a server that speaks as `release`.
pub(super) fn read(host: &dyn Host, path: &Path, release: Release) -> Result<Replies, Failure> {
    let name = path.display().to_string();
    let bytes = host.read(path).map_err(|error| Failure::input(format!("cannot read `{name}`: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{name} is not UTF-8")))?;
    let reader = Reader { document: Document { name, text: &text }, release };
    let mut replies = Vec::new();
    for (key, value) in reader.document.table()?.get_ref() {
        match &**key.get_ref() {
            "reply" => replies = reader.tables(value, |table| reader.reply(table))?,
            other => return Err(reader.document.unknown(key, "key", other, ["reply"].into_iter())),
        }
    }
    Ok(Replies(replies))
}

struct Reader<'t> {
    document: Document<'t>,
    release: Release,
}

impl<'t> Reader<'t> {
    fn reply(&self, table: &Spanned<&DeTable<'t>>) -> Result<Reply, Failure> {
        const KEYS: [&str; 7] = ["action", "when", "delay", "response", "headers", "list", "event"];
        let mut action = None;
        let mut reply = Reply {
            action: String::new(),
            when: Vec::new(),
            delay: Duration::ZERO,
            response: "Success".to_owned(),
            headers: Vec::new(),
            list: None,
            events: Vec::new(),
        };
        for (key, value) in *table.get_ref() {
            match &**key.get_ref() {
                "action" => action = Some(self.action(value)?),
                "when" => reply.when = self.when(value)?,
                "delay" => reply.delay = self.duration(value)?,
                "response" => reply.response = self.name(value)?,
                "headers" => reply.headers = self.headers(value)?,
                "list" => reply.list = Some(self.list(value)?),
                "event" => reply.events = self.tables(value, |table| self.raised(table))?,
                other => return Err(self.document.unknown(key, "key", other, KEYS.into_iter())),
            }
        }
        reply.action = action.ok_or_else(|| self.without(table, "action", "name the action that it answers"))?;
        Ok(reply)
    }

    fn action(&self, value: &Value<'t>) -> Result<String, Failure> {
        let name = self.text(value)?;
        let Some(action) = catalog::action(self.release, name.as_bytes()) else {
            let known: Vec<&str> = catalog::actions(self.release).map(|action| action.name()).collect();
            return Err(self.document.unknown(value, "action", name, known.into_iter()));
        };
        if OWN.contains(&action.name()) {
            let at = self.document.place(value.span().start);
            let failure = Failure::usage(format!("{at}: {} is answered by amictl itself", action.name()));
            return Err(failure.help("it changes the session: leave it out"));
        }
        Ok(action.name().to_owned())
    }

    fn when(&self, value: &Value<'t>) -> Result<Vec<(String, Wanted)>, Failure> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.document.wrong(value, "headers and what they say, as `{ Channel = \"PJSIP/100\" }`"));
        };
        let mut wanted = Vec::new();
        for (key, value) in table {
            let name = key.get_ref();
            if !is_name(name) {
                return Err(self.document.wrong(key, "the name of a header"));
            }
            wanted.push((name.to_string(), self.wanted(value)?));
        }
        Ok(wanted)
    }

    fn wanted(&self, value: &Value<'t>) -> Result<Wanted, Failure> {
        let DeValue::Table(table) = value.get_ref() else {
            let DeValue::String(text) = value.get_ref() else {
                return Err(self.document.wrong(value, "text in quotes, or `{ regex = \"…\" }`"));
            };
            return Ok(Wanted::Exactly(text.as_bytes().to_vec()));
        };
        let mut pattern = None;
        for (key, value) in table {
            match &**key.get_ref() {
                "regex" => pattern = Some((value, self.text(value)?)),
                other => return Err(self.document.unknown(key, "key", other, ["regex"].into_iter())),
            }
        }
        let Some((value, text)) = pattern else { return Err(self.document.wrong(value, "`{ regex = \"…\" }`")) };
        let at = || self.document.place(value.span().start);
        let units = if self.release.has(Quirk::RegexInCharacters) { Units::Characters } else { Units::Bytes };
        let pattern = posix::compile(text.as_bytes(), units).map_err(|why| {
            Failure::usage(format!("{}: not an expression: {why}", at()))
                .help("it is a POSIX extended one, as in `eventfilter`")
        })?;
        match pattern.undecided() {
            Some(_) => Err(Failure::usage(format!("{}: amictl cannot match this expression", at()))
                .help("leave out back-references and the like")),
            None => Ok(Wanted::Matching(pattern)),
        }
    }

    fn list(&self, value: &Value<'t>) -> Result<List, Failure> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.document.wrong(value, "a table with `complete` and events"));
        };
        let (mut complete, mut events) = (None, Vec::new());
        for (key, value) in table {
            match &**key.get_ref() {
                "complete" => complete = Some(self.name(value)?),
                "event" => events = self.tables(value, |table| self.item(table))?,
                other => return Err(self.document.unknown(key, "key", other, ["complete", "event"].into_iter())),
            }
        }
        let complete = complete.ok_or_else(|| {
            self.without(value, "complete", "name the event that ends it, as CoreShowChannelsComplete")
        })?;
        Ok(List { events, complete })
    }

    fn item(&self, table: &Spanned<&DeTable<'t>>) -> Result<(String, Headers), Failure> {
        let (mut name, mut headers) = (None, Vec::new());
        for (key, value) in *table.get_ref() {
            match &**key.get_ref() {
                "name" => name = Some(self.name(value)?),
                "headers" => headers = self.headers(value)?,
                other => return Err(self.document.unknown(key, "key", other, ["name", "headers"].into_iter())),
            }
        }
        Ok((name.ok_or_else(|| self.without(table, "name", "name the event"))?, headers))
    }

    fn raised(&self, table: &Spanned<&DeTable<'t>>) -> Result<Raised, Failure> {
        const KEYS: [&str; 4] = ["name", "class", "after", "headers"];
        let (mut name, mut classes, mut after, mut headers) = (None, None, Duration::ZERO, Vec::new());
        for (key, value) in *table.get_ref() {
            match &**key.get_ref() {
                "name" => name = Some(self.name(value)?),
                "class" => classes = Some(self.classes(value)?),
                "after" => after = self.duration(value)?,
                "headers" => headers = self.headers(value)?,
                other => return Err(self.document.unknown(key, "key", other, KEYS.into_iter())),
            }
        }
        let name = name.ok_or_else(|| self.without(table, "name", "name the event"))?;
        let classes =
            classes.ok_or_else(|| self.without(table, "class", "`amictl explain EVENT` tells which it has"))?;
        Ok(Raised { after, name, classes, headers })
    }

    fn classes(&self, value: &Value<'t>) -> Result<String, Failure> {
        let list = self.text(value)?;
        match list.split(',').find(|name| Classes::named(name.as_bytes()).is_none()) {
            Some(name) => {
                let known: Vec<&str> = catalog::classes().map(|class| class.name()).collect();
                Err(self.document.unknown(value, "class", name, known.into_iter()))
            }
            None => Ok(list.to_owned()),
        }
    }

    fn headers(&self, value: &Value<'t>) -> Result<Headers, Failure> {
        const WANTED: &str = "pairs of names and values, as `[[\"Message\", \"Done\"]]`";
        let DeValue::Array(list) = value.get_ref() else { return Err(self.document.wrong(value, WANTED)) };
        let pair = |value: &Value<'t>| {
            let DeValue::Array(pair) = value.get_ref() else { return Err(self.document.wrong(value, WANTED)) };
            let [name, text] = &pair[..] else { return Err(self.document.wrong(value, WANTED)) };
            let template = Template::parse(self.text(text)?)
                .map_err(|why| Failure::usage(format!("{}: {why}", self.document.place(text.span().start))))?;
            Ok((self.name(name)?, template))
        };
        list.iter().map(pair).collect()
    }

    fn duration(&self, value: &Value<'t>) -> Result<Duration, Failure> {
        let DeValue::String(text) = value.get_ref() else { return Err(self.no_duration(value)) };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = text.split_at(digits);
        let count = count.parse::<u64>().ok();
        let duration = match (count, unit) {
            (Some(count), "ms") => Some(Duration::from_millis(count)),
            (Some(count), "s") => Some(Duration::from_secs(count)),
            _ => None,
        };
        duration.filter(|it| *it <= LONGEST).ok_or_else(|| self.no_duration(value))
    }

    fn no_duration(&self, value: &Value<'t>) -> Failure {
        self.document.wrong(value, "a time of up to a day, as \"200ms\" or \"2s\"")
    }

    /// A word that stands in a line of its own.
    fn name(&self, value: &Value<'t>) -> Result<String, Failure> {
        let text = self.text(value)?;
        if is_name(text) { Ok(text.to_owned()) } else { Err(self.document.wrong(value, "one word")) }
    }

    fn text<'v>(&self, value: &'v Value<'t>) -> Result<&'v str, Failure> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.document.wrong(value, "text in quotes")),
        }
    }

    /// What `read` makes of each table of a list.
    fn tables<T>(
        &self,
        value: &Value<'t>,
        read: impl Fn(&Spanned<&DeTable<'t>>) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let DeValue::Array(list) = value.get_ref() else { return Err(self.document.wrong(value, "a list of tables")) };
        let table = |value: &Value<'t>| match value.get_ref() {
            DeValue::Table(table) => read(&Spanned::new(value.span(), table)),
            _ => Err(self.document.wrong(value, "a table")),
        };
        list.iter().map(table).collect()
    }

    fn without<T>(&self, at: &Spanned<T>, key: &str, help: &str) -> Failure {
        Failure::usage(format!("{}: there is no `{key}` here", self.document.place(at.span().start))).help(help)
    }
}
