//! What became of the requests that were taken (wire page G1.4): `GET /v1/requestStatus:retrieve?requestId=`. Counts per destination and
//! reason, never which event.

use super::answer::{ok, refusal};
use super::token::{DATA_MANAGER, authorise};
use crate::model::{DAY, MINUTE, Millis};
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Requests remembered; the oldest go first.
const KEPT: usize = 100_000;
/// Ids remembered as counted; beyond it all are forgotten.
const KEPT_IDS: usize = 1_000_000;
/// Before that long Google is at work on it.
const AT_WORK: Millis = 30 * MINUTE;
/// Google forgets a request.
const FORGOTTEN: Millis = 50 * DAY;

/// `ProcessingErrorReason`, as they go over the wire.
pub const REASONS: &[&str] = &[
    "PROCESSING_ERROR_REASON_CUSTOM_VARIABLE_NOT_ENABLED",
    "PROCESSING_ERROR_REASON_EVENT_TOO_OLD",
    "PROCESSING_ERROR_REASON_DENIED_CONSENT",
    "PROCESSING_ERROR_REASON_NO_CONSENT",
    "PROCESSING_ERROR_REASON_UNKNOWN_CONSENT",
    "PROCESSING_ERROR_REASON_DUPLICATE_GCLID",
    DUPLICATE,
    "PROCESSING_ERROR_REASON_INVALID_GBRAID",
    "PROCESSING_ERROR_REASON_INVALID_GCLID",
    "PROCESSING_ERROR_REASON_INVALID_WBRAID",
    "PROCESSING_ERROR_REASON_INTERNAL_ERROR",
    "PROCESSING_ERROR_REASON_DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
    "PROCESSING_ERROR_REASON_INVALID_EVENT",
    "PROCESSING_ERROR_REASON_INVALID_FORMAT",
    "PROCESSING_ERROR_OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER",
    "PROCESSING_ERROR_REASON_ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID",
    "PROCESSING_ERROR_REASON_USER_ID_NOT_FOUND_FOR_GCLID",
    "PROCESSING_ERROR_REASON_INVALID_AD_IDENTIFIERS",
    "PROCESSING_ERROR_REASON_USER_ID_NOT_FOUND",
    "PROCESSING_ERROR_REASON_CONVERSION_PRECEDES_CLICK",
    "PROCESSING_ERROR_REASON_TOO_RECENT_CLICK",
    "PROCESSING_ERROR_REASON_INVALID_CLICK",
    "PROCESSING_ERROR_REASON_INVALID_OPERATING_ACCOUNT_FOR_CLICK",
    "PROCESSING_ERROR_REASON_CLICK_NOT_FOUND",
    "PROCESSING_ERROR_REASON_EXTERNAL_ATTRIBUTION_DATA_MISSING",
];
const DUPLICATE: &str = "PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID";

/// What a request brings to one destination.
pub struct Destined {
    /// As it was sent.
    pub sent: Value,
    pub action: String,
    /// Ids, each with the scripted reason for which it will not count.
    pub events: Vec<(String, Option<String>)>,
}

/// A request that was taken.
#[derive(Debug, Clone)]
struct Taken {
    id: String,
    at: Millis,
    work: Option<Millis>,
    destinations: Vec<Settled>,
}

/// What becomes of the events for one destination.
#[derive(Debug, Clone)]
struct Settled {
    sent: Value,
    events: usize,
    errors: BTreeMap<String, usize>,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<Taken>,
    /// Action and transactionId of everything that counts.
    counted: HashSet<(String, String)>,
}

#[derive(Debug)]
pub struct Results {
    kept: Mutex<Kept>,
    at_work: AtomicI64,
}

impl Default for Results {
    fn default() -> Self {
        Self { kept: Mutex::default(), at_work: AtomicI64::new(AT_WORK) }
    }
}

impl Results {
    pub fn at_work_for(&self, time: Millis) {
        self.at_work.store(time, Ordering::Relaxed);
    }

    /// Takes a request; its id. An event that counts already does not count again.
    pub fn take(&self, number: u64, destinations: Vec<Destined>, now: Millis, work: Option<Millis>) -> String {
        let id = format!("req-{number:012}");
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.requests.len() >= KEPT {
            kept.requests.pop_front();
        }
        if kept.counted.len() >= KEPT_IDS {
            kept.counted.clear();
        }
        let destinations = destinations.into_iter().map(|one| settle(&mut kept.counted, one)).collect();
        kept.requests.push_back(Taken { id: id.clone(), at: now, work, destinations });
        id
    }

    fn find(&self, id: &str) -> Option<Taken> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).requests.iter().find(|taken| taken.id == id).cloned()
    }
}

fn settle(counted: &mut HashSet<(String, String)>, Destined { sent, action, events }: Destined) -> Settled {
    let count = events.len();
    let mut errors = BTreeMap::new();
    for (id, reason) in events {
        let reason = reason.or_else(|| (!counted.insert((action.clone(), id))).then(|| DUPLICATE.to_owned()));
        if let Some(reason) = reason {
            *errors.entry(reason).or_default() += 1;
        }
    }
    Settled { sent, events: count, errors }
}

impl Settled {
    fn status(&self) -> &'static str {
        match self.errors.values().sum::<usize>() {
            0 => "SUCCESS",
            failed if failed >= self.events => "FAILED",
            _ => "PARTIAL_SUCCESS",
        }
    }

    /// int64 goes as text.
    fn told(&self, at_work: bool) -> Value {
        let status = if at_work { "PROCESSING" } else { self.status() };
        let mut told =
            json!({"destination": self.sent, "requestStatus": status, "eventsIngestionStatus": {"recordCount": self.events.to_string()}});
        if !at_work && !self.errors.is_empty() {
            let counts: Vec<Value> =
                self.errors.iter().map(|(reason, count)| json!({"recordCount": count.to_string(), "reason": reason})).collect();
            told["errorInfo"] = json!({ "errorCounts": counts });
        }
        told
    }
}

pub async fn retrieve(Shared(state): Shared<State>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    if let Err(refused) = authorise(&state, &headers, DATA_MANAGER) {
        return refused.answer();
    }
    let query = query.unwrap_or_default();
    let id = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "requestId").map(|(_, id)| id.into_owned());
    let unknown = |reason: &str| {
        let refusal = refusal(400, "INVALID_ARGUMENT", "There was a problem with the request.");
        refusal.reason("datamanager.googleapis.com", reason, json!({})).answer()
    };
    let Some(taken) = id.and_then(|id| state.results().find(&id)) else { return unknown("INVALID_REQUEST_ID") };
    let age = state.now() - taken.at;
    if age >= FORGOTTEN {
        return unknown("REQUEST_TOO_OLD");
    }
    let at_work = age < taken.work.unwrap_or_else(|| state.results().at_work.load(Ordering::Relaxed));
    ok(&json!({"requestStatusPerDestination": taken.destinations.iter().map(|one| one.told(at_work)).collect::<Vec<_>>()}))
}
