//! The ledger: every call of conversion events and every event in it, with what became of it. It also plays the
//! networks' own recognition of repeated ids, so that a test can ask whether an event counted once.

use super::role::{Answer, Role, Ruling, Sighting};
use crate::model::{Millis, words};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

words! {
    /// What became of an event.
    Outcome {
        Accepted = "accepted",
        /// Answered like an accepted one, counted once: its id was seen within the network's window.
        Duplicate = "duplicate",
        Refused = "refused",
        /// The connection broke before the network read it.
        Lost = "lost",
    }
}

/// How much is remembered; beyond it the oldest goes first, and the ledger says how much went.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Events, and as many calls.
    pub events: usize,
    /// Bytes of request bodies, over all calls. An event whose body went keeps its line.
    pub body_bytes: usize,
    /// Ids watched for repetition.
    pub ids: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 200_000, body_bytes: 128 << 20, ids: 1_000_000 }
    }
}

/// One call, without its body.
#[derive(Debug)]
pub struct Call {
    pub n: u64,
    pub network: &'static Role,
    pub target: Arc<str>,
    pub at: Millis,
    pub test: bool,
    pub events: usize,
    /// None when the connection was left without an answer.
    pub status: Option<u16>,
    pub code: Option<i64>,
    pub words: Box<str>,
    /// The scripted fault that struck.
    pub fault: Option<u64>,
    pub user_agent: Option<Box<str>>,
}

#[derive(Debug)]
pub struct Entry {
    pub n: u64,
    pub call: Arc<Call>,
    /// Where it stood in the call.
    pub index: usize,
    pub name: Box<str>,
    pub dedup_id: Box<str>,
    pub outcome: Outcome,
    /// Why this event, of all in the call, was refused; or what the real network would have spoiled in silence.
    pub words: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub calls: u64,
    pub accepted: u64,
    pub duplicate: u64,
    pub refused: u64,
    pub lost: u64,
    /// Of the accepted and duplicate ones, those sent as tests.
    pub test: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Dropped {
    pub events: u64,
    pub calls: u64,
    pub bodies: u64,
}

/// A call as it is handed in.
pub struct Report<'a> {
    pub role: &'static Role,
    pub at: Millis,
    pub body: &'a [u8],
    pub user_agent: Option<&'a str>,
    pub sighting: Sighting,
    pub ruling: Heard,
    /// None: left without an answer.
    pub answer: Option<&'a Answer>,
    pub fault: Option<u64>,
}

/// Whether the network got to read the call.
pub enum Heard {
    Ruled(Ruling),
    Never,
}

/// A call with its body, as long as that is kept.
type Kept = (Arc<Call>, Option<Box<[u8]>>);

#[derive(Debug)]
pub struct Ledger {
    limits: Limits,
    entries: VecDeque<Entry>,
    calls: VecDeque<Kept>,
    body_bytes: usize,
    /// The number of the oldest call that may still have its body.
    bodies_from: u64,
    last_event: u64,
    last_call: u64,
    first_seen: HashMap<u64, Millis>,
    watched: VecDeque<u64>,
    hasher: RandomState,
    counts: BTreeMap<&'static str, Counts>,
    dropped: Dropped,
}

impl Ledger {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: VecDeque::new(),
            calls: VecDeque::new(),
            body_bytes: 0,
            bodies_from: 1,
            last_event: 0,
            last_call: 0,
            first_seen: HashMap::new(),
            watched: VecDeque::new(),
            hasher: RandomState::new(),
            counts: BTreeMap::new(),
            dropped: Dropped::default(),
        }
    }

    /// Writes down a call and its events.
    pub fn record(&mut self, report: Report) {
        self.last_call += 1;
        let Sighting { target, test, events } = report.sighting;
        let call = Arc::new(Call {
            n: self.last_call,
            network: report.role,
            target,
            at: report.at,
            test,
            events: events.len(),
            status: report.answer.map(|answer| answer.status),
            code: report.answer.and_then(|answer| answer.code),
            words: report.answer.map_or("", |answer| &answer.words).into(),
            fault: report.fault,
            user_agent: report.user_agent.map(Into::into),
        });
        let mut counts = self.counts.get(report.role.slug).copied().unwrap_or_default();
        counts.calls += 1;
        for (index, seen) in events.into_iter().enumerate() {
            let (outcome, words) = match &report.ruling {
                Heard::Never => (Outcome::Lost, None),
                Heard::Ruled(Ruling::Refused(blamed)) => {
                    (Outcome::Refused, blamed.iter().find(|(at, _)| *at == index).map(|(_, words)| words.as_str().into()))
                }
                Heard::Ruled(Ruling::Partly(refused)) if refused.iter().any(|(at, _)| *at == index) => {
                    (Outcome::Refused, refused.iter().find(|(at, _)| *at == index).map(|(_, words)| words.as_str().into()))
                }
                Heard::Ruled(Ruling::Taken | Ruling::Partly(_)) => {
                    let compared = seen.compared.as_deref().unwrap_or(&seen.dedup_id);
                    let repeated = !compared.is_empty() && self.seen_before(&call, &seen.name, compared);
                    (if repeated { Outcome::Duplicate } else { Outcome::Accepted }, seen.remark.map(Into::into))
                }
            };
            match outcome {
                Outcome::Accepted => counts.accepted += 1,
                Outcome::Duplicate => counts.duplicate += 1,
                Outcome::Refused => counts.refused += 1,
                Outcome::Lost => counts.lost += 1,
            }
            counts.test += u64::from(test && matches!(outcome, Outcome::Accepted | Outcome::Duplicate));
            self.last_event += 1;
            let (n, call) = (self.last_event, call.clone());
            self.entries.push_back(Entry { n, call, index, name: seen.name, dedup_id: seen.dedup_id, outcome, words });
        }
        self.counts.insert(report.role.slug, counts);
        self.body_bytes += report.body.len();
        self.calls.push_back((call, Some(report.body.into())));
        self.forget();
    }

    /// Whether the id is known to the network, without taking note of it.
    pub fn knows(&self, network: &Role, target: &str, test: bool, name: &str, id: &str, now: Millis) -> bool {
        let first = self.first_seen.get(&self.key(network, target, test, name, id));
        first.is_some_and(|first| now - *first <= network.dedup_window)
    }

    fn key(&self, network: &Role, target: &str, test: bool, name: &str, id: &str) -> u64 {
        self.hasher.hash_one((network.slug, target, test, name, id))
    }

    /// Whether the id was there within the window before; the first sighting starts the window.
    fn seen_before(&mut self, call: &Call, name: &str, id: &str) -> bool {
        let key = self.key(call.network, &call.target, call.test, name, id);
        match self.first_seen.get_mut(&key) {
            Some(first) if call.at - *first <= call.network.dedup_window => true,
            Some(first) => {
                *first = call.at;
                false
            }
            None => {
                if self.watched.len() >= self.limits.ids
                    && let Some(oldest) = self.watched.pop_front()
                {
                    self.first_seen.remove(&oldest);
                }
                self.first_seen.insert(key, call.at);
                self.watched.push_back(key);
                false
            }
        }
    }

    fn forget(&mut self) {
        while self.entries.len() > self.limits.events {
            self.entries.pop_front();
            self.dropped.events += 1;
        }
        while self.calls.len() > self.limits.events {
            if let Some((_, Some(body))) = self.calls.pop_front() {
                self.body_bytes -= body.len();
                self.dropped.bodies += 1;
            }
            self.dropped.calls += 1;
        }
        while self.body_bytes > self.limits.body_bytes {
            let first = self.calls.front().map_or(self.last_call, |(call, _)| call.n);
            self.bodies_from = self.bodies_from.max(first);
            let Some((_, body)) = self.calls.get_mut((self.bodies_from - first) as usize) else { break };
            if let Some(body) = body.take() {
                self.body_bytes -= body.len();
                self.dropped.bodies += 1;
            }
            self.bodies_from += 1;
        }
    }

    /// Events after that number, oldest first.
    pub fn events_after(&self, after: u64) -> impl DoubleEndedIterator<Item = &Entry> {
        let start = self.entries.partition_point(|entry| entry.n <= after);
        self.entries.range(start..)
    }

    /// Calls after that number with their bodies, oldest first.
    pub fn calls_after(&self, after: u64) -> impl Iterator<Item = (&Call, Option<&[u8]>)> {
        let start = self.calls.partition_point(|(call, _)| call.n <= after);
        self.calls.range(start..).map(|(call, body)| (&**call, body.as_deref()))
    }

    pub fn body(&self, call: u64) -> Option<&[u8]> {
        let first = self.calls.front()?.0.n;
        self.calls.get(usize::try_from(call.checked_sub(first)?).ok()?)?.1.as_deref()
    }

    pub fn counts(&self) -> &BTreeMap<&'static str, Counts> {
        &self.counts
    }

    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Numbers of the newest event and call; 0 when there is none.
    pub fn last(&self) -> (u64, u64) {
        (self.last_event, self.last_call)
    }
}
