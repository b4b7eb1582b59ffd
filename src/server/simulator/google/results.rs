//! What became of the requests that were taken (wire page G1.4): `GET /v1/requestStatus:retrieve?requestId=`. Counts per destination, never
//! which event.

use super::answer::{ok, refusal};
use super::token::{DATA_MANAGER, authorise};
use crate::model::{MINUTE, Millis};
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Requests remembered; the oldest go first.
const KEPT: usize = 100_000;
/// Before that long Google is at work on it.
const PROCESSING: Millis = 30 * MINUTE;

/// A request that was taken.
#[derive(Debug, Clone)]
struct Taken {
    id: String,
    at: Millis,
    /// Each destination as it was sent, with its number of events.
    destinations: Vec<(Value, usize)>,
}

#[derive(Debug, Default)]
pub struct Results(Mutex<VecDeque<Taken>>);

impl Results {
    /// Takes a request; its id.
    pub fn take(&self, number: u64, destinations: Vec<(Value, usize)>, now: Millis) -> String {
        let id = format!("req-{number:012}");
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(Taken { id: id.clone(), at: now, destinations });
        id
    }

    fn find(&self, id: &str) -> Option<Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|taken| taken.id == id).cloned()
    }
}

pub async fn retrieve(Shared(state): Shared<State>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    if let Err(refused) = authorise(&state, &headers, DATA_MANAGER) {
        return refused.answer();
    }
    let query = query.unwrap_or_default();
    let id = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "requestId").map(|(_, id)| id.into_owned());
    let Some(taken) = id.and_then(|id| state.results().find(&id)) else {
        return refusal(400, "INVALID_ARGUMENT", "There was a problem with the request.")
            .reason("datamanager.googleapis.com", "INVALID_REQUEST_ID", json!({}))
            .answer();
    };
    let status = if state.now() < taken.at + PROCESSING { "PROCESSING" } else { "SUCCESS" };
    let of = |(destination, count): &(Value, usize)| json!({"destination": destination, "requestStatus": status, "eventsIngestionStatus": {"recordCount": count.to_string()}});
    ok(&json!({"requestStatusPerDestination": taken.destinations.iter().map(of).collect::<Vec<_>>()}))
}
