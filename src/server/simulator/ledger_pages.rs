//! The ledger over HTTP, a page at a time.
//!
//! `GET /simulator/ledger?network=&target=&event=&dedup_id=&outcome=&test=&after=&limit=&wait_ms=` answers
//! `{"events": […], "next": n, "more": bool, "last": n, "dropped": {…}}`, oldest first: ask again with `after=next`.
//! With `wait_ms` it waits so long for a first event that fits. `GET /simulator/calls` is the same for whole calls,
//! `GET /simulator/counts` the totals, which forget nothing.

use super::control::problem;
use super::ledger::{Call, Dropped, Entry, Ledger, Outcome};
use super::role;
use super::state::State;
use crate::model::Millis;
use axum::Json as Reply;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use std::time::Duration;

const USUAL: usize = 100;
const MOST: usize = 1_000;
/// Longest wait for an event, in milliseconds.
const LONGEST: u64 = 30_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    network: Option<String>,
    target: Option<String>,
    event: Option<String>,
    dedup_id: Option<String>,
    outcome: Option<Outcome>,
    test: Option<bool>,
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
    #[serde(default)]
    wait_ms: u64,
}

impl Asked {
    fn fits_call(&self, call: &Call) -> bool {
        self.network.as_deref().is_none_or(|network| network == call.network.slug)
            && self.target.as_deref().is_none_or(|target| *target == *call.target)
            && self.test.is_none_or(|test| test == call.test)
    }

    fn fits(&self, entry: &Entry) -> bool {
        self.fits_call(&entry.call)
            && self.event.as_deref().is_none_or(|event| *event == *entry.name)
            && self.dedup_id.as_deref().is_none_or(|id| *id == *entry.dedup_id)
            && self.outcome.is_none_or(|outcome| outcome == entry.outcome)
    }

    fn check(&self) -> Result<usize, String> {
        if let Some(network) = self.network.as_deref().filter(|slug| role::of(slug).is_none()) {
            return Err(format!("network: no network `{network}` here"));
        }
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit),
            _ => Err(format!("limit: from 1 to {MOST}")),
        }
    }
}

#[derive(Serialize)]
struct Events<'a> {
    events: Vec<EventLine<'a>>,
    next: u64,
    more: bool,
    last: u64,
    dropped: Dropped,
}

#[derive(Serialize)]
struct Calls<'a> {
    calls: Vec<CallLine<'a>>,
    next: u64,
    more: bool,
    last: u64,
    dropped: Dropped,
}

#[derive(Serialize)]
struct EventLine<'a> {
    n: u64,
    call: u64,
    network: &'static str,
    target: &'a str,
    event: &'a str,
    dedup_id: &'a str,
    received_at: Millis,
    test: bool,
    outcome: Outcome,
    /// Why this event was refused, or a remark on one that was taken.
    words: Option<&'a str>,
    answer: AnswerLine<'a>,
    fault: Option<u64>,
    /// The event as sent; null once it is no longer kept.
    body: Option<Box<RawValue>>,
}

/// `status` is null where the connection was left without an answer.
#[derive(Serialize)]
struct AnswerLine<'a> {
    status: Option<u16>,
    code: Option<i64>,
    message: &'a str,
}

#[derive(Serialize)]
struct CallLine<'a> {
    n: u64,
    network: &'static str,
    target: &'a str,
    received_at: Millis,
    test: bool,
    events: usize,
    answer: AnswerLine<'a>,
    fault: Option<u64>,
    user_agent: Option<&'a str>,
    /// The body as sent: JSON, or text where it was none; null once it is no longer kept.
    body: Option<Box<RawValue>>,
}

pub async fn events(Shared(state): Shared<State>, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let (asked, limit) = match understood(asked) {
        Ok(understood) => understood,
        Err(words) => return problem(StatusCode::BAD_REQUEST, &words),
    };
    if asked.wait_ms > 0 {
        let patience = Duration::from_millis(asked.wait_ms.min(LONGEST));
        tokio::time::timeout(patience, first_that_fits(&state, &asked)).await.ok();
    }
    let ledger = state.ledger();
    let mut found = ledger.events_after(asked.after).filter(|entry| asked.fits(entry));
    let page: Vec<_> = found.by_ref().take(limit).collect();
    let more = found.next().is_some();
    drop(found);
    let next = page.last().filter(|_| more).map_or(ledger.last().0.max(asked.after), |entry| entry.n);
    let events = lines(&ledger, &page);
    Reply(Events { events, next, more, last: ledger.last().0, dropped: ledger.dropped() }).into_response()
}

async fn first_that_fits(state: &State, asked: &Asked) {
    let mut newest = state.newest();
    loop {
        newest.mark_unchanged();
        let there = state.ledger().events_after(asked.after).any(|entry| asked.fits(entry));
        if there || newest.changed().await.is_err() {
            return;
        }
    }
}

pub async fn calls(Shared(state): Shared<State>, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let (asked, limit) = match understood(asked) {
        Ok(understood) => understood,
        Err(words) => return problem(StatusCode::BAD_REQUEST, &words),
    };
    let ledger = state.ledger();
    let mut found = ledger.calls_after(asked.after).filter(|(call, _)| asked.fits_call(call));
    let calls: Vec<_> = found.by_ref().take(limit).map(|(call, body)| call_line(call, body)).collect();
    let more = found.next().is_some();
    drop(found);
    let next = calls.last().filter(|_| more).map_or(ledger.last().1.max(asked.after), |call| call.n);
    Reply(Calls { calls, next, more, last: ledger.last().1, dropped: ledger.dropped() }).into_response()
}

pub async fn counts(Shared(state): Shared<State>) -> Response {
    let ledger = state.ledger();
    let by_network: serde_json::Map<_, _> =
        role::ALL.iter().map(|role| (role.slug.to_owned(), json!(ledger.counts().get(role.slug).copied().unwrap_or_default()))).collect();
    Reply(json!({"networks": by_network, "dropped": ledger.dropped()})).into_response()
}

fn understood(asked: Result<Query<Asked>, QueryRejection>) -> Result<(Asked, usize), String> {
    let Query(asked) = asked.map_err(|error| error.body_text())?;
    let limit = asked.check()?;
    Ok((asked, limit))
}

/// The lines of a page; a call's body is opened once for all of its events.
fn lines<'a>(ledger: &'a Ledger, page: &[&'a Entry]) -> Vec<EventLine<'a>> {
    let mut opened = (0, None);
    let mut line = |entry: &&'a Entry| {
        let call = &*entry.call;
        if opened.0 != call.n {
            opened = (call.n, ledger.body(call.n).and_then(call.network.events));
        }
        let body = opened
            .1
            .as_ref()
            .and_then(|events| events.get(entry.index))
            .and_then(|event| RawValue::from_string(event.raw().to_owned()).ok());
        EventLine {
            n: entry.n,
            call: call.n,
            network: call.network.slug,
            target: &call.target,
            event: &entry.name,
            dedup_id: &entry.dedup_id,
            received_at: call.at,
            test: call.test,
            outcome: entry.outcome,
            words: entry.words.as_deref(),
            answer: answer_line(call),
            fault: call.fault,
            body,
        }
    };
    page.iter().map(&mut line).collect()
}

fn call_line<'a>(call: &'a Call, body: Option<&[u8]>) -> CallLine<'a> {
    let shown = |body: &[u8]| {
        let text = String::from_utf8_lossy(body);
        RawValue::from_string(text.clone().into_owned()).or_else(|_| to_raw_value(&text)).ok()
    };
    CallLine {
        n: call.n,
        network: call.network.slug,
        target: &call.target,
        received_at: call.at,
        test: call.test,
        events: call.events,
        answer: answer_line(call),
        fault: call.fault,
        user_agent: call.user_agent.as_deref(),
        body: body.and_then(shown),
    }
}

fn answer_line(call: &Call) -> AnswerLine<'_> {
    AnswerLine { status: call.status, code: call.code, message: &call.words }
}
