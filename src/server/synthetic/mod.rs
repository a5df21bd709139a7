//! Calls that nobody makes: events as Asterisk sends them for one telephone that dials another.
//!
//! The order of the events is that of a dialplan that runs `Dial`, as captured from 16.28.0 and 22.10.1; which classes and
//! headers an event has is the catalogue's to say.

mod parties;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use self::parties::{Bridge, Channel, Facts, Party};
use super::source::{Cue, Source};
use crate::capture::CaptureError;
use crate::host::timestamp;
use crate::release::Release;

/// Calls without end: so many begin in a second, on average, and some of them are not answered.
pub struct Calls {
    release: Release,
    /// The time at which the first one may begin.
    epoch: Duration,
    /// Seconds from one call to the next, on average.
    gap: f64,
    random: Random,
    next_call: Duration,
    /// The calls that there are, by when something happens to them next.
    agenda: BTreeMap<(Duration, u64), Call>,
    /// What happened last.
    happened: VecDeque<Cue>,
    calls: u64,
    channels: u64,
}

/// A call, from one channel to another.
struct Call {
    number: u64,
    phase: Phase,
    began: Duration,
    answered: Option<Duration>,
    outcome: Outcome,
    caller: Channel,
    callee: Channel,
    bridge: Bridge,
}

/// What happens to a call next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Dials,
    Rings,
    Ends,
    Answers,
}

/// What comes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Answer,
    NoAnswer,
    Busy,
}

impl Outcome {
    /// As events of dialling, and as records of calls have it; the cause of the hangup, and its name.
    fn words(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Outcome::Answer => ("ANSWER", "ANSWERED", "16", "Normal Clearing"),
            Outcome::NoAnswer => ("NOANSWER", "NO ANSWER", "19", "User alerting, no answer"),
            Outcome::Busy => ("BUSY", "BUSY", "17", "User busy"),
        }
    }
}

impl Calls {
    /// Calls on a release, `per_second` of them. The same seed and epoch give the same events.
    pub fn new(release: Release, per_second: f64, seed: u64, epoch: Duration) -> Calls {
        let (agenda, happened, next_call) = (BTreeMap::new(), VecDeque::new(), Duration::ZERO);
        let (gap, random) = (per_second.recip(), Random(seed));
        Calls { release, epoch, gap, random, next_call, agenda, happened, calls: 0, channels: 0 }
    }

    /// Does what happens next, and notes the events of that.
    fn advance(&mut self) {
        let first = self.agenda.first_key_value().map(|(&(at, _), _)| at);
        if first.is_none_or(|at| self.next_call <= at) {
            let at = self.next_call;
            self.next_call += self.random.around(self.gap);
            let call = self.call(at);
            return self.step(at, call);
        }
        if let Some(((at, _), call)) = self.agenda.pop_first() {
            self.step(at, call);
        }
    }

    /// A call that begins.
    fn call(&mut self, at: Duration) -> Call {
        self.calls += 1;
        let caller = Party::of(self.random.next());
        let callee = Party::other_than(&caller, self.random.next());
        let seconds = (self.epoch + at).as_secs();
        let mut channel = |own: &Party, other: &Party, linked: Option<&str>| {
            self.channels += 1;
            Channel::new(own, other, &callee.number, seconds, self.channels, linked)
        };
        let first = channel(&caller, &callee, None);
        let second = channel(&callee, &caller, Some(&first.unique));
        let outcome = match self.random.next() % 10 {
            0 => Outcome::Busy,
            1 | 2 => Outcome::NoAnswer,
            _ => Outcome::Answer,
        };
        let bridge = Bridge { unique: self.random.uuid(), channels: 0 };
        let (number, phase, answered) = (self.calls, Phase::Dials, None);
        Call { number, phase, began: at, answered, outcome, caller: first, callee: second, bridge }
    }

    /// One phase of a call.
    fn step(&mut self, at: Duration, mut call: Call) {
        let mut told = Told { release: self.release, at, cues: &mut self.happened };
        let (next, wait) = match call.phase {
            Phase::Dials => {
                call.dials(&mut told);
                (Phase::Rings, self.random.around(0.1))
            }
            Phase::Rings => {
                call.rings(&mut told);
                match call.outcome {
                    Outcome::Answer => (Phase::Answers, self.random.around(4.0)),
                    Outcome::Busy => (Phase::Ends, self.random.around(0.2)),
                    Outcome::NoAnswer => (Phase::Ends, Duration::from_secs(20)),
                }
            }
            Phase::Answers => {
                call.answered = Some(at);
                call.answers(&mut told);
                (Phase::Ends, self.random.around(15.0))
            }
            Phase::Ends => return call.ends(&mut told, self.epoch),
        };
        call.phase = next;
        self.agenda.insert((at + wait, call.number), call);
    }
}

impl Source for Calls {
    fn next(&mut self) -> Result<Option<Cue>, CaptureError> {
        loop {
            if let Some(cue) = self.happened.pop_front() {
                return Ok(Some(cue));
            }
            self.advance();
        }
    }
}

/// Takes the events of a phase.
struct Told<'c> {
    release: Release,
    at: Duration,
    cues: &'c mut VecDeque<Cue>,
}

impl Told<'_> {
    /// An event, if the release has it.
    fn tell(&mut self, name: &'static str, facts: &Facts<'_>) {
        let event = facts.event(self.release, name);
        self.cues.extend(event.map(|event| Cue::made(self.at, event)));
    }

    fn of(&mut self, name: &'static str, channel: &Channel, own: &[(&str, &str)]) {
        self.tell(name, &Facts { own, channel: Some(channel), ..Facts::default() });
    }

    fn device(&mut self, channel: &Channel, state: &str) {
        self.tell(
            "DeviceStateChange",
            &Facts { own: &[("Device", channel.device()), ("State", state)], ..Facts::default() },
        );
    }

    fn bridge(&mut self, name: &'static str, bridge: &Bridge, channel: Option<&Channel>) {
        self.tell(name, &Facts { bridge: Some(bridge), channel, ..Facts::default() });
    }
}

impl Call {
    fn dials(&mut self, told: &mut Told<'_>) {
        self.caller.state = 4;
        let peer = self.callee.device().to_owned();
        told.of("Newchannel", &self.caller, &[]);
        told.device(&self.caller, "INUSE");
        let exten = self.caller.exten.clone();
        let step = |application, data| [("Extension", &*exten), ("Application", application), ("AppData", data)];
        let peer_set = format!("PEER={peer}");
        told.of("Newexten", &self.caller, &step("Set", &peer_set));
        told.of("VarSet", &self.caller, &[("Variable", "PEER"), ("Value", &peer)]);
        self.caller.priority = 2;
        told.of("Newexten", &self.caller, &step("Dial", &format!("{peer},20")));
        told.of("Newchannel", &self.callee, &[]);
        let number = peer.trim_start_matches("PJSIP/");
        self.dial("DialBegin", &[("DialString", number)], told);
    }

    fn rings(&mut self, told: &mut Told<'_>) {
        if self.outcome != Outcome::Busy {
            self.callee.state = 5;
            told.of("Newstate", &self.callee, &[]);
            told.device(&self.callee, "RINGING");
        }
    }

    fn answers(&mut self, told: &mut Told<'_>) {
        self.callee.state = 6;
        told.of("Newstate", &self.callee, &[]);
        told.device(&self.callee, "INUSE");
        self.dial("DialEnd", &[("DialStatus", self.outcome.words().0)], told);
        self.caller.state = 6;
        told.of("Newstate", &self.caller, &[]);
        told.bridge("BridgeCreate", &self.bridge, None);
        for channel in [&self.callee, &self.caller] {
            self.bridge.channels += 1;
            told.bridge("BridgeEnter", &self.bridge, Some(channel));
        }
    }

    fn ends(&mut self, told: &mut Told<'_>, epoch: Duration) {
        let (dialled, _, cause, cause_text) = self.outcome.words();
        let hangup = [("Cause", cause), ("Cause-txt", cause_text)];
        if self.answered.is_some() {
            for channel in [&self.callee, &self.caller] {
                self.bridge.channels -= 1;
                told.bridge("BridgeLeave", &self.bridge, Some(channel));
            }
            told.bridge("BridgeDestroy", &self.bridge, None);
        } else {
            self.dial("DialEnd", &[("DialStatus", dialled)], told);
        }
        told.of("Hangup", &self.callee, &hangup);
        told.device(&self.callee, "NOT_INUSE");
        told.of("VarSet", &self.caller, &[("Variable", "DIALSTATUS"), ("Value", dialled)]);
        told.of("Hangup", &self.caller, &hangup);
        told.device(&self.caller, "NOT_INUSE");
        self.record(told, epoch);
    }

    fn dial(&self, name: &'static str, own: &[(&str, &str)], told: &mut Told<'_>) {
        told.tell(name, &Facts { own, channel: Some(&self.caller), dest: Some(&self.callee), bridge: None });
    }

    /// The record of the call.
    fn record(&self, told: &mut Told<'_>, epoch: Duration) {
        let (caller, callee, end) = (&self.caller, &self.callee, told.at);
        let time = |at: Duration| {
            let text = timestamp(epoch + at);
            format!("{} {}", &text[..10], &text[11..19])
        };
        let seconds = |since: Duration| end.saturating_sub(since).as_secs().to_string();
        let own: [(&str, &str); 17] = [
            ("Source", &caller.party.number),
            ("Destination", &caller.exten),
            ("DestinationContext", parties::CONTEXT),
            ("CallerID", &format!("\"{}\" <{}>", caller.party.name, caller.party.number)),
            ("Channel", &caller.name),
            ("DestinationChannel", &callee.name),
            ("LastApplication", "Dial"),
            ("LastData", &format!("{},20", callee.device())),
            ("StartTime", &time(self.began)),
            ("AnswerTime", &self.answered.map(time).unwrap_or_default()),
            ("EndTime", &time(end)),
            ("Duration", &seconds(self.began)),
            ("BillableSeconds", &self.answered.map_or("0".to_owned(), seconds)),
            ("Disposition", self.outcome.words().1),
            ("AMAFlags", "DOCUMENTATION"),
            ("UniqueID", &caller.unique),
            ("UserField", ""),
        ];
        told.tell("Cdr", &Facts { own: &own, ..Facts::default() });
    }
}

/// Numbers that only look random: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A time as there is between things that happen by themselves: `mean` seconds on average.
    fn around(&mut self, mean: f64) -> Duration {
        let part = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        Duration::from_secs_f64(-(1.0 - part).ln() * mean)
    }

    fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        let (high, middle, low) = (a >> 32, a >> 16 & 0xffff, a & 0xfff);
        format!("{high:08x}-{middle:04x}-4{low:03x}-{:04x}-{:012x}", b >> 48 & 0x3fff | 0x8000, b & 0xffff_ffff_ffff)
    }
}
