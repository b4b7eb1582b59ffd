//! What Meta's answers mean. PURE. `code` and `error_subcode` decide; `type` is the same for nearly everything. One bad event has the
//! whole call refused, and the place that the words name is not always the culprit's: it must be found by halving.
//! https://developers.facebook.com/docs/graph-api/guides/error-handling

use super::error_of;
use crate::model::{HOUR, Millis};
use crate::server::networks::answers;
use crate::server::networks::contract::{Answer, Events, Outcome, Verdict};
use serde_json::Value;
use std::ops::RangeInclusive;

/// An action that is “temporarily blocked”: Meta names no end.
const BLOCKED_WAIT: Millis = HOUR;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Refused for what an event says: the others of the call are good.
    Content,
    Credentials,
    Permission,
    /// Too much was asked of it.
    Throttled,
    /// Not taken; may work later.
    Later(Option<Millis>),
    /// It broke inside; Meta may have taken the events.
    Unknown,
}

/// Meta's codes, each in one row; `OBJECT_MISSING` is a subcode of its own.
#[rustfmt::skip]
pub const CODES: &[(RangeInclusive<i64>, Means)] = &[
    (i64::MIN..=-1, Means::Unknown),
    (1..=2, Means::Unknown),                         // unknown, service
    (3..=3, Means::Permission),                      // the app may not use this method
    (4..=4, Means::Throttled),                       // calls of the app
    (10..=10, Means::Permission),
    (17..=17, Means::Throttled),                     // calls of the user or ad account
    (32..=32, Means::Throttled),                     // calls of the page
    (100..=100, Means::Content),                     // invalid parameter
    (102..=102, Means::Credentials),                 // session
    (104..=104, Means::Credentials),                 // no token, or a wrong proof of the app's secret
    (190..=190, Means::Credentials),                 // expired, revoked, password changed …
    (200..=299, Means::Permission),
    (341..=341, Means::Throttled),                   // application limit
    (368..=368, Means::Later(Some(BLOCKED_WAIT))),   // blocked for a time, by policy
    (613..=613, Means::Throttled),                   // custom rate limit
    (5000..=5000, Means::Unknown),
    (80000..=80014, Means::Throttled),               // business use case limits
];

/// `100` with this: the dataset does not exist, or the token may not see it.
const OBJECT_MISSING: i64 = 33;

pub fn read(answer: &Answer, sent: usize) -> Verdict {
    let body = answer.json();
    match error_of(&body) {
        Some(error) => refused(answer, error, sent),
        None if answer.success() && body["events_received"].as_u64().is_some_and(|received| received > 0) => accepted(&body, sent),
        None => answer.verdict_by_status(sent, answer.prose().filter(|_| body.is_null())),
    }
}

/// `{"events_received":2,"messages":[],"fbtrace_id":"…"}`
fn accepted(body: &Value, sent: usize) -> Verdict {
    let messages: Vec<String> = body["messages"].as_array().into_iter().flatten().filter_map(answers::words).collect();
    let received = body["events_received"].as_u64().unwrap_or_default();
    let fewer = (received != sent as u64).then(|| format!("Meta says that it received {received} of {sent} events."));
    let notes: Vec<String> = fewer.into_iter().chain(messages).collect();
    let note = (!notes.is_empty()).then(|| notes.join(" "));
    Verdict { events: Events::All(Outcome::Accepted { note }), code: None, words: None }
}

fn refused(answer: &Answer, error: &Value, sent: usize) -> Verdict {
    let by_status = || answer.verdict_by_status(sent, None).events;
    let later = |wait: Option<Millis>, unknown| Events::All(Outcome::Transient { wait: answer.retry_after.or(wait), unknown });
    let events = match means(error) {
        Some(Means::Credentials) => Events::All(Outcome::Credentials),
        Some(Means::Permission) => Events::All(Outcome::Permission),
        Some(Means::Throttled) => Events::All(Outcome::Throttled { wait: answer.retry_after }),
        Some(Means::Later(wait)) => later(wait, false),
        Some(Means::Unknown) => later(None, true),
        // Whatever the body says, a server that broke may do better next time.
        Some(Means::Content) if answer.status < 500 => answers::refused_content(sent),
        Some(Means::Content) | None => by_status(),
    };
    Verdict { events, code: code_of(error), words: words_of(error) }
}

/// What the code means; None for one that is not listed: the status decides.
pub fn means(error: &Value) -> Option<Means> {
    let listed = number(&error["code"]).and_then(|code| CODES.iter().find(|(codes, _)| codes.contains(&code))).map(|(_, means)| *means);
    match listed {
        Some(Means::Content) if number(&error["error_subcode"]) == Some(OBJECT_MISSING) => Some(Means::Permission),
        None | Some(Means::Content) if error["is_transient"] == Value::Bool(true) => Some(Means::Unknown),
        listed => listed,
    }
}

/// `100/2804003`; without a subcode `190`.
pub fn code_of(error: &Value) -> Option<String> {
    let code = answers::id(&error["code"])?;
    Some(answers::id(&error["error_subcode"]).map_or_else(|| code.clone(), |subcode| format!("{code}/{subcode}")))
}

/// What Meta says to a person, where it does; else to the developer.
pub fn words_of(error: &Value) -> Option<String> {
    ["error_user_msg", "message", "error_user_title"].into_iter().find_map(|name| answers::words(&error[name]))
}

pub fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
