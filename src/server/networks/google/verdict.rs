//! What the Data Manager API's answers mean. PURE. 200 is a receipt; one bad event has the whole call refused, and the field of a
//! violation names it. https://developers.google.com/data-manager/api/devguides/concepts/understand-errors

use super::error_of;
use crate::model::{HOUR, MINUTE, Millis};
use crate::server::networks::answers;
use crate::server::networks::contract::{Answer, ConnectError, Events, Outcome, Verdict};
use serde_json::Value;

/// A new conversion action takes events after four to six hours.
const YOUNG_ACTION_WAIT: Millis = 6 * HOUR;
/// Quotas of a minute and of a day, both of the Cloud project.
/// https://developers.google.com/data-manager/api/devguides/limits
const MINUTE_QUOTA_WAIT: Millis = MINUTE;
const DAY_QUOTA_WAIT: Millis = HOUR;

/// What a reason means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Refused for what an event says: the others of the call are good.
    Event,
    /// The call carries too much: less at once.
    Size,
    /// Refused for the action that all events of the call count under.
    Action,
    /// The account may not be sent to as it is: somebody has to accept or allow something.
    Account,
    Credentials,
    /// A quota is used up.
    Throttled,
    Later(Option<Millis>),
    /// It broke inside; Google may have taken the events.
    Unknown,
}

/// `ErrorReason` of the API, and the reasons of Google's front end for the call as such. What is not listed is about the event.
#[rustfmt::skip]
pub const REASONS: &[(&str, Means)] = &[
    ("TOO_MANY_EVENTS", Means::Size),
    ("TOO_MANY_DESTINATIONS", Means::Size),
    ("INVALID_DESTINATION", Means::Action),
    ("INVALID_CONVERSION_ACTION_ID", Means::Action),
    ("INVALID_CONVERSION_ACTION_TYPE", Means::Action),
    ("EVENT_SOURCE_AND_DESTINATION_MISMATCH", Means::Action),
    ("CUSTOM_VARIABLE_NOT_ENABLED", Means::Action),
    ("CUSTOM_VARIABLE_NOT_FOUND", Means::Action),
    ("CONVERSION_ACTION_TOO_RECENTLY_CREATED", Means::Later(Some(YOUNG_ACTION_WAIT))),
    ("TERMS_AND_CONDITIONS_NOT_SIGNED", Means::Account),
    ("DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS", Means::Account),
    ("DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS", Means::Account),
    ("DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED", Means::Account),
    ("OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH", Means::Account),
    ("NOT_ALLOWLISTED", Means::Account),
    ("PERMISSION_DENIED", Means::Account),
    ("SERVICE_DISABLED", Means::Account),
    ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", Means::Credentials),
    ("ACCESS_TOKEN_EXPIRED", Means::Credentials),
    ("CREDENTIALS_MISSING", Means::Credentials),
    ("RESOURCE_EXHAUSTED", Means::Throttled),
    ("RATE_LIMIT_EXCEEDED", Means::Throttled),
    ("INTERNAL_ERROR", Means::Unknown),
    ("DEADLINE_EXCEEDED", Means::Unknown),
];

pub fn read(answer: &Answer, sent: usize) -> Verdict {
    let body = answer.json();
    match error_of(&body) {
        Some(error) => refused(answer, error, sent),
        None if answer.success() && answers::words(&body["requestId"]).is_some() => accepted(&body),
        None => answer.verdict_by_status(sent, answer.prose().filter(|_| body.is_null())),
    }
}

/// What is only validated is not received, so that no request is named.
pub fn read_of_test(answer: &Answer, sent: usize) -> Verdict {
    let body = answer.json();
    let known = body.as_object().is_some_and(|body| body.keys().all(|name| matches!(name.as_str(), "requestId" | "fieldWarnings")));
    if answer.success() && known { accepted(&body) } else { read(answer, sent) }
}

/// `{"requestId":"…","fieldWarnings":[{"field":"…","description":"…","reason":"…"}]}`
fn accepted(body: &Value) -> Verdict {
    let warning = |warning: &Value| answers::words(&warning["description"]).or_else(|| answers::words(&warning["reason"]));
    let warnings: Vec<String> = body["fieldWarnings"].as_array().into_iter().flatten().filter_map(warning).collect();
    let note = (!warnings.is_empty()).then(|| warnings.join(" "));
    Verdict { events: Events::All(Outcome::Accepted { note }), code: None, words: None }
}

/// One of `fieldViolations`.
struct Violation {
    reason: Option<String>,
    means: Means,
    /// Which event it is about.
    event: Option<usize>,
    words: Option<String>,
}

fn refused(answer: &Answer, error: &Value, sent: usize) -> Verdict {
    let violations = violations(error, sent);
    let front = front_reason(error);
    let front_means = front.as_deref().and_then(means);
    // What holds all of the call goes before what one event says.
    let worst = violations.iter().filter(|one| one.means != Means::Event).max_by_key(|one| weight(one.means));
    let (what, named, words) = match (worst, violations.first()) {
        (Some(one), _) => (Some(one.means), one.reason.clone(), one.words.clone()),
        (None, Some(first)) => (Some(Means::Event), first.reason.clone(), first.words.clone()),
        (None, None) => (front_means, front, None),
    };
    let code = named.filter(|reason| *reason != "INVALID_ARGUMENT").or_else(|| answers::words(&error["status"]));
    let words = words.or_else(|| answers::words(&error["message"]));
    let later = |wait: Option<Millis>, unknown| Events::All(Outcome::Transient { wait: answer.retry_after.or(wait), unknown });
    let throttled = || Events::All(Outcome::Throttled { wait: answer.retry_after.or_else(|| quota_wait(answer, error)) });
    let events = match what {
        // Whatever the body says, a server that broke may do better next time, and a throttle is one.
        _ if answer.status >= 500 => later(None, true),
        _ if answer.status == 429 => throttled(),
        Some(Means::Throttled) => throttled(),
        Some(Means::Later(wait)) => later(wait, false),
        Some(Means::Unknown) => later(None, true),
        Some(Means::Credentials) => Events::All(Outcome::Credentials),
        Some(Means::Account) => Events::All(Outcome::Permission),
        Some(Means::Action) => Events::All(Outcome::Payload),
        Some(Means::Size) => answers::refused_content(sent),
        Some(Means::Event) => bad(violations, sent),
        None => answer.verdict_by_status(sent, None).events,
    };
    Verdict { events, code, words }
}

/// The events that the violations name, else nobody knows which.
fn bad(violations: Vec<Violation>, sent: usize) -> Events {
    let mut named: Vec<(usize, String)> = Vec::new();
    for Violation { event, words, reason, .. } in violations {
        let words = words.or(reason).unwrap_or_default();
        match event {
            None => {}
            Some(at) => match named.iter_mut().find(|(known, _)| *known == at) {
                Some((_, said)) => *said = format!("{said} {words}"),
                None => named.push((at, words)),
            },
        }
    }
    named.sort_by_key(|(at, _)| *at);
    match named.is_empty() {
        true => answers::refused_content(sent),
        false if sent == 1 => Events::All(Outcome::Payload),
        false => Events::Bad(named),
    }
}

fn violations(error: &Value, sent: usize) -> Vec<Violation> {
    let of_detail = |detail: &Value| detail["fieldViolations"].as_array().cloned().unwrap_or_default();
    let violation = |violation: Value| {
        let reason = answers::words(&violation["reason"]);
        let field = answers::words(&violation["field"]).unwrap_or_default();
        let words = answers::words(&violation["description"]).map(|words| format!("{words} ({field})"));
        let means = reason.as_deref().and_then(means).unwrap_or(Means::Event);
        Violation { event: event_at(&field).filter(|at| *at < sent), means, words, reason }
    };
    details(error).iter().flat_map(of_detail).map(violation).collect()
}

fn details(error: &Value) -> &[Value] {
    error["details"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// `reason` of `ErrorInfo`.
pub fn front_reason(error: &Value) -> Option<String> {
    details(error).iter().find_map(|detail| answers::words(&detail["reason"]))
}

/// `2` of `events.events[2].user_data.user_identifiers[1]` or `events[2]…`
fn event_at(field: &str) -> Option<usize> {
    let (_, rest) = field.split_once("events[")?;
    rest.split_once(']')?.0.parse().ok()
}

pub fn means(reason: &str) -> Option<Means> {
    REASONS.iter().find(|(known, _)| *known == reason).map(|(_, means)| *means)
}

fn weight(means: Means) -> u8 {
    match means {
        Means::Event => 0,
        Means::Size => 1,
        Means::Action => 2,
        Means::Unknown | Means::Later(_) | Means::Throttled => 3,
        Means::Account => 4,
        Means::Credentials => 5,
    }
}

/// How long a used-up quota is left alone, by its name: `IngestionMutateRequestsPerDayPerProject`.
fn quota_wait(answer: &Answer, error: &Value) -> Option<Millis> {
    if answer.status != 429 {
        return None;
    }
    let limit = details(error).iter().find_map(|detail| answers::words(&detail["metadata"]["quota_limit"]));
    Some(if limit.is_some_and(|limit| limit.contains("PerDay")) { DAY_QUOTA_WAIT } else { MINUTE_QUOTA_WAIT })
}

/// Why a list was refused, by the same tables. The Google Ads API says more in `errors` of its own.
pub fn failure(answer: &Answer) -> ConnectError {
    let body = answer.json();
    // A searchStream would be a list; one answer may come as a list of one.
    let error = error_of(&body).or_else(|| error_of(&body[0]));
    let own = error.and_then(|error| details(error).iter().find_map(|detail| detail["errors"].get(0).cloned())).unwrap_or_default();
    let own_code = own["errorCode"].as_object().and_then(|code| code.values().find_map(answers::words));
    let code = own_code.or_else(|| error.and_then(front_reason)).or_else(|| error.and_then(|error| answers::words(&error["status"])));
    let words = answers::words(&own["message"]).or_else(|| error.and_then(|error| answers::words(&error["message"])));
    let words = words.or_else(|| answer.prose().filter(|_| error.is_none())).unwrap_or_else(|| format!("HTTP {}", answer.status));
    match code.as_deref().and_then(means) {
        Some(Means::Credentials) => ConnectError::Refused { code, words },
        Some(Means::Account) => ConnectError::NoAccess { code, words },
        _ => answer.connect_error(code, words),
    }
}
