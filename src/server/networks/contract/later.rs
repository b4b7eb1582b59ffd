//! Networks whose yes is a receipt: what became of the events is told later, for the request and not event by event.

use super::{Answer, Destination, Outcome, Request, Settings};
use crate::model::Millis;

pub trait Later: Send + Sync {
    /// What the network calls the request whose events it took; None where it names none, so that nothing will be told.
    fn receipt(&self, answer: &Answer) -> Option<String>;
    /// How long after the receipt it is asked for the first time, and how long after each question for the next. After the last of them
    /// nothing more is expected.
    fn waits(&self) -> &'static [Millis];
    /// The call that asks what became of a request.
    fn ask(&self, settings: &Settings, of: &Destination, receipt: &str) -> Request;
    /// What was told of a request of so many events. Pure; never panics on any bytes.
    fn told(&self, answer: &Answer, events: usize) -> Told;
    /// Calls of events that the network takes. While there is room a call carries one event, so that what is told is told of that one.
    fn sending(&self) -> Quota;
    /// Questions that it answers.
    fn asking(&self) -> Quota;
}

/// Calls that a network takes of this instance's app, whichever connection makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub a_minute: i64,
    pub a_day: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub word: Word,
    /// The network's own code.
    pub code: Option<String>,
    /// What that code means, in a sentence for a marketer.
    pub says: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// It is still at work on them, or gave no usable answer; `wait` where it names a time.
    Nothing { wait: Option<Millis> },
    /// It refuses the token that asks.
    Credentials,
    /// Every event of the request is counted.
    Counted,
    /// They were read and credited to no ad: nothing is wrong, and sending them again changes nothing.
    NotCredited,
    /// None of them is counted; what follows is what would have followed from this as the first answer. Never `Accepted`.
    Uncounted(Outcome),
    /// Some of several are not counted, and the network does not say which: each is sent again alone, under the same id.
    Some,
}
