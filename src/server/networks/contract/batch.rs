//! The body of a call of events.

use std::fmt;

/// A JSON object with events in it. Each event is put into text once: what the log keeps of it is, byte for byte, what was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    /// The object with an empty list where the events stand.
    envelope: String,
    /// The place between that list's brackets.
    at: usize,
    events: Vec<String>,
}

impl Batch {
    /// `at` is the place of the events in the envelope, in bytes.
    pub fn new(envelope: String, at: usize, events: Vec<String>) -> Self {
        assert_eq!(envelope.get(at - 1..=at), Some("[]"), "an empty list is there");
        Self { envelope, at, events }
    }

    /// The whole body.
    pub fn text(&self) -> String {
        let length = self.envelope.len() + self.events.iter().map(|event| event.len() + 1).sum::<usize>();
        let (before, after) = self.envelope.split_at(self.at);
        let mut text = String::with_capacity(length);
        text.push_str(before);
        for (index, event) in self.events.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(event);
        }
        text.push_str(after);
        text
    }

    /// The body without its events, and each of them, in their order.
    pub fn apart(self) -> (String, Vec<String>) {
        (self.envelope, self.events)
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}
