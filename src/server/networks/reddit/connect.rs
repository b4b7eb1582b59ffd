//! Connecting Reddit: a pasted Conversion Access Token is checked against the pixel before it is saved. PURE.

use super::{Reddit, call, verdict};
use crate::model::conversion::Consent;
use crate::model::{DAY, Millis};
use crate::server::networks::contract::{Answer, ConnectError, Destination, Event, Pasted, Request, Settings};
use crate::server::networks::{answers, hashing};
use serde_json::Value;

/// Far beyond Reddit's limit of seven days, so that the probe is always refused and never recorded.
const TOO_OLD: Millis = 30 * DAY;

/// Name and only match key of the probe's event; nobody's.
const PROBE: &str = "postbacks_connection_check";

impl Pasted for Reddit {
    fn token_noun(&self) -> &'static str {
        "Conversion access token"
    }

    /// Reddit has no call that only checks a conversion token. Without a test id: one event that is right in everything but its
    /// age, refused for the token (401), for the pixel (403) or, both being good, for the age (400); nothing is recorded. With
    /// a test id: one event of now that shows in event testing alone, so that a wrong test id is found as well.
    fn probe(&self, settings: &Settings, to: &Destination, now: Millis) -> Request {
        let event = Event {
            name: PROBE.into(),
            goal_event: PROBE.into(),
            action: None,
            dedup_id: format!("{PROBE}.{now}"),
            time: if to.test_code.is_some() { now } else { now - TOO_OLD },
            click: None,
            browser: None,
            external_id: Some(hashing::sha256(PROBE)),
            email: None,
            email_sha256: None,
            phone: None,
            value: None,
            consent: Consent::Full,
            test: to.test_code.is_some(),
        };
        call(settings, to, super::payload::body(to, &[event]))
    }

    fn read_probe(&self, answer: &Answer) -> Result<(), ConnectError> {
        let body = answer.json();
        let error = verdict::error_of(&body);
        if (answer.success() && body.is_object() && error.is_none()) || (answer.status == 400 && error.is_some_and(too_old)) {
            return Ok(());
        }
        let code = error.and_then(|error| answers::id(&error["reason"]).or_else(|| answers::id(&error["code"])));
        let words = verdict::words_of(&body).or_else(|| answer.prose()).unwrap_or_else(|| format!("HTTP {}", answer.status));
        Err(match answer.status {
            404 => ConnectError::NoAccess { code, words },
            _ => answer.connect_error(code, words),
        })
    }
}

/// Whether nothing but the event's age is refused: token, pixel and everything else have passed.
fn too_old(error: &Value) -> bool {
    let about_age = |text: &str| text.contains("event_at") || text.contains("168h");
    let fields: Vec<&Value> = error["fields"].as_array().into_iter().flatten().collect();
    match fields.is_empty() {
        true => error["message"].as_str().is_some_and(|text| about_age(text) || text.contains("None were processed")),
        false => fields.iter().all(|field| [&field["field"], &field["message"]].iter().any(|text| text.as_str().is_some_and(about_age))),
    }
}
