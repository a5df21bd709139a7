//! Who calls whom, and what events say of channels and bridges.

use crate::catalog;
use crate::catalog::ClassDef;
use crate::release::Release;
use crate::server::event::Event;

/// Where all calls are in the dialplan.
pub(super) const CONTEXT: &str = "from-internal";

const NAMES: [&str; 12] = [
    "Reception",
    "Ada Novak",
    "Ben Okafor",
    "Chiara Rossi",
    "Dmitri Petrov",
    "Elif Kaya",
    "Farid Amini",
    "Greta Lind",
    "Hugo Martin",
    "Ines Silva",
    "Jonas Weber",
    "Kim Park",
];

/// Somebody with a telephone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Party {
    pub(super) number: String,
    pub(super) name: &'static str,
}

impl Party {
    /// Some party; there are 900.
    pub(super) fn of(random: u64) -> Party {
        let seat = random % 900;
        let name = NAMES[usize::try_from(seat).unwrap_or(0) % NAMES.len()];
        Party { number: (100 + seat).to_string(), name }
    }

    /// Another: nobody calls themselves.
    pub(super) fn other_than(party: &Party, random: u64) -> Party {
        let other = Party::of(random);
        if other == *party { Party::of(random % 900 + 1) } else { other }
    }
}

/// One end of a call.
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) state: usize,
    pub(super) party: Party,
    pub(super) exten: String,
    pub(super) priority: u32,
    pub(super) unique: String,
    connected: Party,
    linked: String,
}

impl Channel {
    /// A channel of `own` that is to be connected with `other`. It is the first of its call if it is not `linked` to one.
    pub(super) fn new(
        own: &Party,
        other: &Party,
        exten: &str,
        seconds: u64,
        number: u64,
        linked: Option<&str>,
    ) -> Channel {
        let unique = format!("{seconds}.{number}");
        Channel {
            name: format!("PJSIP/{}-{number:08x}", own.number),
            state: 0,
            party: own.clone(),
            exten: exten.to_owned(),
            priority: 1,
            linked: linked.unwrap_or(&unique).to_owned(),
            unique,
            connected: other.clone(),
        }
    }

    /// Its device: the name without what tells this call from others.
    pub(super) fn device(&self) -> &str {
        self.name.split_once('-').map_or(&self.name, |(device, _)| device)
    }

    fn header(&self, name: &str) -> Option<String> {
        const STATES: [&str; 7] = ["Down", "Rsrvd", "OffHook", "Dialing", "Ring", "Ringing", "Up"];
        Some(match name {
            "Channel" => self.name.clone(),
            "ChannelState" => self.state.to_string(),
            "ChannelStateDesc" => STATES[self.state].to_owned(),
            "CallerIDNum" => self.party.number.clone(),
            "CallerIDName" => self.party.name.to_owned(),
            "ConnectedLineNum" => self.connected.number.clone(),
            "ConnectedLineName" => self.connected.name.to_owned(),
            "Language" => "en".to_owned(),
            "AccountCode" => String::new(),
            "Context" => CONTEXT.to_owned(),
            "Exten" => self.exten.clone(),
            "Priority" => self.priority.to_string(),
            "Uniqueid" => self.unique.clone(),
            "Linkedid" => self.linked.clone(),
            _ => return None,
        })
    }
}

/// What joins channels.
pub(super) struct Bridge {
    pub(super) unique: String,
    pub(super) channels: u32,
}

impl Bridge {
    fn header(&self, name: &str) -> Option<String> {
        Some(match name {
            "BridgeUniqueid" => self.unique.clone(),
            "BridgeType" => "basic".to_owned(),
            "BridgeTechnology" => "simple_bridge".to_owned(),
            "BridgeCreator" | "BridgeName" => "<unknown>".to_owned(),
            "BridgeNumChannels" => self.channels.to_string(),
            "BridgeVideoSourceMode" => "none".to_owned(),
            _ => return None,
        })
    }
}

/// What an event is about.
#[derive(Default)]
pub(super) struct Facts<'f> {
    /// Headers of its own.
    pub(super) own: &'f [(&'f str, &'f str)],
    pub(super) channel: Option<&'f Channel>,
    /// The channel that is dialled.
    pub(super) dest: Option<&'f Channel>,
    pub(super) bridge: Option<&'f Bridge>,
}

impl Facts<'_> {
    /// The event: its classes, and its headers in their order, are what the catalogue has for the release.
    pub(super) fn event(&self, release: Release, name: &str) -> Option<Event> {
        let about = catalog::event(release, name.as_bytes())?;
        let classes: Vec<&str> = about.classes(release).next()?.into_iter().map(ClassDef::name).collect();
        let mut body = String::new();
        for header in about.headers(release).filter(|header| !matches!(header.name(), "Event" | "Privilege")) {
            let known = self.header(header.name());
            if known.is_some() || header.is_always() {
                body.extend([header.name(), ": ", &known.unwrap_or_default(), "\r\n"]);
            }
        }
        Some(Event { name: name.into(), classes: classes.join(",").into_bytes(), body: body.into_bytes() })
    }

    fn header(&self, name: &str) -> Option<String> {
        let own = self.own.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        own.or_else(|| self.dest?.header(name.strip_prefix("Dest")?))
            .or_else(|| self.bridge?.header(name))
            .or_else(|| self.channel?.header(name))
    }
}
