//! Connecting Meta by a token pasted from Events Manager, checked against the dataset before it is saved. PURE.

use super::login::{failure, ok};
use super::{Meta, error_of, verdict};
use crate::model::conversion::Consent;
use crate::model::{DAY, Millis};
use crate::server::networks::contract::{Answer, ConnectError, Destination, Event, Network, Pasted, Request, Settings};
use crate::server::networks::hashing;

/// Far beyond Meta's limit of seven days, so that the probe is always refused and never counted.
const TOO_OLD: Millis = 30 * DAY;
/// Name of the probe's event, and its only identifier: nobody's.
const PROBE: &str = "postbacks_connection_check";
/// `100` with a subcode of these refuses an event for what it says: token and dataset have passed.
const ABOUT_THE_EVENT: std::ops::RangeInclusive<i64> = 2_804_000..=2_804_999;

impl Pasted for Meta {
    fn token_noun(&self) -> &'static str {
        "Access token"
    }

    /// Such a token may read nothing, so nothing can be asked with it. One event that is right in everything but its age: refused for
    /// the token, for the dataset or, both being good, for the age. It carries no test code, since test events count in the dataset.
    fn probe(&self, settings: &Settings, to: &Destination, now: Millis) -> Request {
        let event = Event {
            name: PROBE.into(),
            goal_event: PROBE.into(),
            action: None,
            dedup_id: format!("{PROBE}.{now}"),
            time: now - TOO_OLD,
            click: None,
            browser: None,
            external_id: Some(hashing::sha256(PROBE)),
            email: None,
            email_sha256: None,
            phone: None,
            value: None,
            consent: Consent::Full,
            test: false,
        };
        self.request(settings, to, &[event])
    }

    fn read_probe(&self, answer: &Answer) -> Result<(), ConnectError> {
        let body = answer.json();
        let subcode = error_of(&body).filter(|error| verdict::number(&error["code"]) == Some(100)).map(|error| &error["error_subcode"]);
        if answer.status == 400 && subcode.and_then(verdict::number).is_some_and(|subcode| ABOUT_THE_EVENT.contains(&subcode)) {
            return Ok(());
        }
        match ok(answer) {
            Ok(body) if body["events_received"].is_u64() => Ok(()),
            Ok(_) => Err(ConnectError::Unavailable { words: "Meta's answer does not say what became of the check.".into() }),
            Err(_) => Err(failure(answer, error_of(&body))),
        }
    }
}
