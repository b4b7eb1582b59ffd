//! Faults as they are scripted: what goes wrong, where, how often. Choosing one is pure but for the count that it spends.

use super::role::Seen;
use super::tells;
use crate::model::words;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Faults that can be set at once.
const MOST: usize = 100;
/// The longest scripted silence or drip, in milliseconds.
const LONGEST: u64 = 600_000;

words! {
    /// Which of a network's calls a fault strikes.
    Door {
        Conversions = "conversions",
        /// Those over the import of the Google Ads API alone.
        Imports = "imports",
        /// The consent page.
        Consent = "consent",
        /// Token exchange and revocation.
        Token = "token",
        /// Lists of accounts and pixels.
        Lists = "lists",
    }
}

/// A fault as it is asked for: `POST /simulator/faults`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    /// Every network where unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Only calls for this pixel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Which calls; conversion events where unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<Door>,
    /// Answer with this HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Seconds in `Retry-After` of that answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Answer with the network's own code; over HTTP 200 where `status` is unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Answer with this body, word for word (a string) or as JSON (anything else).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Never answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hang: bool,
    /// Answer only after so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hang_ms: Option<u64>,
    /// Let the answer's body drip over so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_ms: Option<u64>,
    /// Reset the connection without an answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
    /// Expire the token that the call shows, and answer accordingly.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expire_token: bool,
    /// Refuse one event of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad_event: Option<BadEvent>,
    /// Refuse later what the call brings, where the network's yes is a receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<Later>,
    /// Strike after the network has done its work: the events are taken, the answer is lost.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub after: bool,
    /// Share of calls struck, 0 to 1; all where unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// How often it strikes; until cleared where unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// Which event a network refuses: all that is said must fit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BadEvent {
    /// Place in the call, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl BadEvent {
    const WORDS: &str = "refused by a scripted fault";

    fn find(&self, events: &[Seen]) -> Option<(usize, String)> {
        let wanted = (self.index, self.dedup_id.as_deref(), self.event.as_deref());
        let found = events.iter().enumerate().find(|(index, seen)| fits(wanted, *index, seen))?.0;
        Some((found, self.message.clone().unwrap_or_else(|| Self::WORDS.to_owned())))
    }
}

/// What becomes later of events that were taken. Which of them: all that is said must fit; every one where nothing is said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Later {
    /// By the network's own name for it; where unset they count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The network is at work on the call for so long, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_work_ms: Option<u64>,
    /// Place in the call, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

impl Later {
    fn fits(&self, index: usize, seen: &Seen) -> bool {
        fits((self.index, self.dedup_id.as_deref(), self.event.as_deref()), index, seen)
    }

    /// Why this event is refused later, if it is.
    pub fn reason(&self, index: usize, seen: &Seen) -> Option<&str> {
        self.reason.as_deref().filter(|_| self.fits(index, seen))
    }
}

/// Whether the event is the wanted one, by its place in the call, its id and its name.
fn fits((place, id, name): (Option<usize>, Option<&str>, Option<&str>), index: usize, seen: &Seen) -> bool {
    place.is_none_or(|place| place == index) && id.is_none_or(|id| *id == *seen.dedup_id) && name.is_none_or(|name| *name == *seen.name)
}

/// A fault in force.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    pub id: u64,
    /// How often it has struck.
    pub struck: u64,
    #[serde(flatten)]
    pub wanted: Wanted,
}

/// A fault that strikes this very call.
#[derive(Debug, Clone)]
pub struct Strike {
    pub id: u64,
    pub wanted: Wanted,
    /// The event to refuse, and the words.
    pub bad: Option<(usize, String)>,
}

#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    last: u64,
}

impl Faults {
    /// Sets a fault; an error is a sentence for whoever asked.
    pub fn set(&mut self, wanted: Wanted, networks: &[&str]) -> Result<Fault, String> {
        wanted.check(networks)?;
        if self.list.len() >= MOST {
            return Err(format!("{MOST} faults are set already; clear some first"));
        }
        self.last += 1;
        let fault = Fault { id: self.last, struck: 0, wanted };
        self.list.push(fault.clone());
        Ok(fault)
    }

    pub fn list(&self) -> &[Fault] {
        &self.list
    }

    /// Clears one fault, or all; says how many.
    pub fn clear(&mut self, id: Option<u64>) -> usize {
        let before = self.list.len();
        self.list.retain(|fault| id.is_some_and(|id| id != fault.id));
        before - self.list.len()
    }

    /// The oldest fault that strikes the call, counted as struck; one that has struck often enough is gone.
    /// `dice` is from 0 to below 1; `events` is asked only where a fault waits for a certain event.
    pub fn strike(&mut self, network: &str, door: Door, target: &str, dice: f64, events: impl Fn() -> Vec<Seen>) -> Option<Strike> {
        let mut bad = None;
        let at = self.list.iter().position(|Fault { wanted, .. }| {
            let meant = wanted.network.as_deref().is_none_or(|wanted| wanted == network)
                && wanted.strikes(door)
                && wanted.target.as_deref().is_none_or(|wanted| wanted == target)
                && dice < wanted.probability.unwrap_or(1.0);
            if let (true, Some(event)) = (meant, &wanted.bad_event) {
                bad = event.find(&events());
                return bad.is_some();
            }
            if let (true, Some(later)) = (meant, &wanted.later) {
                return events().iter().enumerate().any(|(index, seen)| later.fits(index, seen));
            }
            meant
        })?;
        let fault = &mut self.list[at];
        fault.struck += 1;
        let strike = Strike { id: fault.id, wanted: fault.wanted.clone(), bad };
        if fault.wanted.times.is_some_and(|times| fault.struck >= times) {
            self.list.remove(at);
        }
        Some(strike)
    }
}

impl Wanted {
    /// Whether it is meant for calls at the door; what is meant for conversions is meant for every way of sending them.
    fn strikes(&self, door: Door) -> bool {
        let on = self.on.unwrap_or(Door::Conversions);
        on == door || (on == Door::Conversions && door == Door::Imports)
    }

    /// Whether it sets an answer of its own.
    pub fn answers(&self) -> bool {
        self.status.is_some() || self.code.is_some() || self.body.is_some()
    }

    fn check(&self, networks: &[&str]) -> Result<(), String> {
        if let Some(network) = self.network.as_deref().filter(|network| !networks.contains(network)) {
            return Err(format!("network: `{network}` is none of {}", networks.join(", ")));
        }
        let silent = self.hang || self.reset;
        let set = [silent, self.answers(), self.expire_token, self.bad_event.is_some(), self.later.is_some()];
        let effects = set.iter().filter(|set| **set).count();
        let rule = |broken: bool, says: &str| if broken { Err(says.to_owned()) } else { Ok(()) };
        rule(
            effects == 0 && self.slow_ms.is_none() && self.hang_ms.is_none(),
            "say what goes wrong: status, code, body, hang, hang_ms, slow_ms, reset, expire_token, bad_event or later",
        )?;
        rule(
            effects > 1 || (self.hang && self.reset),
            "one thing goes wrong at a time: an answer (status, code, body), hang, reset, expire_token, bad_event or later",
        )?;
        rule(silent && self.slow_ms.is_some(), "slow_ms needs an answer: not together with hang or reset")?;
        rule(self.status.is_some_and(|status| !(200..=599).contains(&status)), "status: from 200 to 599")?;
        rule(self.retry_after.is_some() && !self.answers(), "retry_after goes with status, code or body")?;
        rule(self.message.is_some() && !self.answers(), "message goes with status or code")?;
        rule(self.message.is_some() && self.body.is_some(), "message or body, not both")?;
        rule(self.after && (self.expire_token || self.bad_event.is_some()), "after goes with an answer, hang, reset or slow_ms")?;
        let conversions = self.on.is_none_or(|door| matches!(door, Door::Conversions | Door::Imports));
        rule(self.bad_event.is_some() && !conversions, "bad_event goes with conversions and imports")?;
        self.later.as_ref().map_or(Ok(()), |later| self.check_later(later))?;
        rule(self.hang_ms.max(self.slow_ms) > Some(LONGEST), "hang_ms, slow_ms: at most 600000")?;
        rule(self.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)), "probability: from 0 to 1")?;
        rule(self.times == Some(0), "times: at least 1")
    }
    fn check_later(&self, later: &Later) -> Result<(), String> {
        let tells = tells(self.network.as_deref().unwrap_or_default());
        match &later.reason {
            _ if tells.is_empty() => Err("later goes with a network whose yes is a receipt".to_owned()),
            _ if self.after || self.on.is_some_and(|door| door != Door::Conversions) => {
                Err("later goes with conversions that are taken".to_owned())
            }
            Some(reason) if !tells.contains(&reason.as_str()) => Err(format!("later: `{reason}` is none of {}", tells.join(", "))),
            None if later.at_work_ms.is_none() => Err("later: a reason, at_work_ms or both".to_owned()),
            _ => Ok(()),
        }
    }
}
