//! Events that are raised here: what the configuration adds to each.
//!
//! Source: `__manager_event_sessions_va` in main/manager.c; measured on 16.28.0 and 22.10.1.

use super::channels::Variables;
use super::event::Event;
use super::hub::Hub;

impl Hub {
    /// Sends an event to whoever may see it.
    pub fn publish(&mut self, event: &Event) {
        self.publish_with(event.clone(), &Variables::new());
    }

    /// The same; `variables`: those that its channel begins with.
    pub(super) fn publish_with(&mut self, mut event: Event, variables: &Variables) {
        // What clients send is theirs.
        if !self.general().channelvars.value.is_empty() && event.name != b"UserEvent" {
            let names = self.general().channel_variables();
            self.channels.tell(&mut event, &names, variables);
        }
        let more = self.stamps(&event);
        // What is told to nobody has no number, and nothing has while nobody is told of numbers.
        let is_told = !self.crowd.is_disabled(&event.name) && !self.sessions.is_empty();
        self.sequence += u64::from(is_told && self.general().debug.value);
        self.deliver(&event.text(&more), &event.name, &event.classes);
    }

    /// What the configuration adds to every event.
    fn stamps(&self, event: &Event) -> Vec<u8> {
        let general = self.general();
        let mut text = String::new();
        if general.timestampevents.value {
            text += &format!("Timestamp: {}.{:06}\r\n", self.now.as_secs(), self.now.subsec_micros());
        }
        if general.debug.value {
            text += &format!("SequenceNumber: {}\r\n{}", self.sequence, event.raised(self.loaded.release()));
        }
        let mut text = text.into_bytes();
        if !self.system_name.is_empty() {
            text.extend([b"SystemName: ", &self.system_name[..], b"\r\n"].concat());
        }
        text
    }
}
