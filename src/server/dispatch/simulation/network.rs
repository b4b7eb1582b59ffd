//! A network that goes by a script: what each call meets depends on the weather of the moment. Its answers are bytes that the real verdicts
//! read, and it remembers what it took.

use crate::model::{HOUR, MINUTE, Millis, SECOND};
use crate::server::dispatch::target::Target;
use crate::server::networks::contract::{Answer, Event};
use crate::server::networks::http::NoAnswer;
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// As long as a call may take.
pub const LONGEST_CALL: Millis = 20 * SECOND;
/// What an event says that the network refuses.
pub const BAD: &str = "bad";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Good,
    /// Answers take up to 19 s.
    Slow,
    /// One call in three meets anything of what follows.
    Mixed,
    Down,
    /// It answers with 200 and a code that says it broke inside.
    Broken,
    Hangs,
    Resets,
    /// Nobody is there.
    Refuses,
    Throttles,
}

pub const WEATHERS: [Weather; 9] = [
    Weather::Good,
    Weather::Slow,
    Weather::Mixed,
    Weather::Down,
    Weather::Broken,
    Weather::Hangs,
    Weather::Resets,
    Weather::Refuses,
    Weather::Throttles,
];

#[derive(Debug)]
pub struct Network {
    pub weather: Weather,
    /// The sealed secret whose token it takes.
    pub secret: Option<String>,
    pub allowed: bool,
    /// How often it was sent each dedup id, and whether it took it.
    pub seen: BTreeMap<String, (usize, bool)>,
    receipts: usize,
}

/// What a call meets.
pub struct Reply {
    pub after: Millis,
    pub result: Result<Answer, NoAnswer>,
    pub took: bool,
}

impl Network {
    pub fn new(secret: Option<String>) -> Self {
        Self { weather: Weather::Good, secret, allowed: true, seen: BTreeMap::new(), receipts: 0 }
    }

    /// What becomes of a call with these events.
    pub fn call(&mut self, rng: &mut StdRng, target: &Target, events: &[&Event]) -> Reply {
        let weather = match self.weather {
            Weather::Mixed if rng.random_ratio(1, 3) => WEATHERS[rng.random_range(0..WEATHERS.len())],
            other => other,
        };
        let reply = self.meets(rng, weather, target, events);
        if !matches!(&reply.result, Err(silence) if !silence.sent) {
            let good = |event: &&&Event| reply.took && event.name != BAD;
            for event in events {
                let seen = self.seen.entry(event.dedup_id.clone()).or_default();
                seen.0 += 1;
                seen.1 |= good(&event);
            }
        }
        reply
    }

    fn meets(&mut self, rng: &mut StdRng, weather: Weather, target: &Target, events: &[&Event]) -> Reply {
        let quick = rng.random_range(5..300);
        let slow = rng.random_range(300..19 * SECOND);
        let asked = rng.random_bool(0.5).then(|| rng.random_range(SECOND..10 * MINUTE));
        let answer = |after, status, retry_after, body: Value| Reply {
            after,
            result: Ok(Answer { status, retry_after, body: body.to_string() }),
            took: false,
        };
        let silence = |after, sent, took| Reply { after, result: Err(NoAnswer { sent, words: "Nothing came.".into() }), took };
        match weather {
            Weather::Hangs => return silence(LONGEST_CALL, true, rng.random()),
            Weather::Resets => {
                let (sent, took) = (rng.random::<bool>(), rng.random::<bool>());
                return silence(quick, sent, sent && took);
            }
            Weather::Refuses => return silence(quick.min(3 * SECOND), false, false),
            Weather::Down => return answer(quick, 503, asked, json!("down for maintenance")),
            Weather::Broken => {
                let took = rng.random();
                let body = if google(target) {
                    json!({"error": {"code": 500, "status": "INTERNAL"}})
                } else {
                    json!({"code": 51000, "message": "rpc"})
                };
                return Reply { took, ..answer(quick, if google(target) { 500 } else { 200 }, None, body) };
            }
            Weather::Throttles if google(target) || rng.random() => return answer(quick, 429, asked, json!({})),
            Weather::Throttles => return answer(quick, 200, asked, json!({"code": 40100, "message": "Too many requests."})),
            Weather::Good | Weather::Slow | Weather::Mixed => {}
        }
        let after = if weather == Weather::Slow { slow } else { quick };
        if target.route.secret != self.secret {
            return if google(target) {
                answer(after, 401, None, json!({"error": {"code": 401, "status": "UNAUTHENTICATED"}}))
            } else {
                answer(after, 200, None, json!({"code": 40105, "message": "Access token is incorrect or has been revoked."}))
            };
        }
        if !self.allowed {
            return if google(target) {
                answer(
                    after,
                    403,
                    None,
                    json!({"error": {"code": 403, "status": "PERMISSION_DENIED", "details": [{"reason": "PERMISSION_DENIED"}]}}),
                )
            } else {
                answer(after, 200, None, json!({"code": 40001, "message": "No permission."}))
            };
        }
        let bad: Vec<usize> = events.iter().enumerate().filter(|(_, event)| event.name == BAD).map(|(at, _)| at).collect();
        let (body, status, took) = self.judges(rng, target, events.len(), &bad);
        Reply { took, ..answer(after, status, None, body) }
    }

    /// A call that was let in.
    fn judges(&mut self, rng: &mut StdRng, target: &Target, sent: usize, bad: &[usize]) -> (Value, u16, bool) {
        match (target.network.transport(), bad.first()) {
            (Some("ads_api"), _) => {
                let result =
                    |at| if bad.contains(&at) { json!({}) } else { json!({"conversionAction": "customers/1/conversionActions/2"}) };
                let error = |at: &usize| {
                    json!({"errorCode": {"conversionUploadError": "INVALID_VALUE"}, "message": "Bad.",
                    "location": {"fieldPathElements": [{"fieldName": "conversions", "index": at}]}})
                };
                let failed = json!({"code": 3, "message": "Bad.", "details": [{"errors": bad.iter().map(error).collect::<Vec<_>>()}]});
                let failed = if bad.is_empty() { Value::Null } else { failed };
                (json!({"results": (0..sent).map(result).collect::<Vec<_>>(), "partialFailureError": failed}), 200, true)
            }
            (Some(_), None) => {
                self.receipts += 1;
                (json!({"requestId": format!("r{}", self.receipts)}), 200, true)
            }
            (Some(_), Some(_)) => {
                let named = &bad[..rng.random_range(0..=bad.len())];
                let violation =
                    |at: &usize| json!({"field": format!("events[{at}].value"), "reason": "INVALID_VALUE", "description": "Bad."});
                let details = json!([{"fieldViolations": named.iter().map(violation).collect::<Vec<_>>()}]);
                (json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "Bad.", "details": details}}), 400, false)
            }
            (None, None) => (json!({"code": 0, "message": "OK"}), 200, true),
            (None, Some(at)) => {
                let message = if rng.random() { format!("Batch.{at}.properties: bad") } else { "Bad.".into() };
                (json!({"code": 40002, "message": message}), 200, false)
            }
        }
    }

    /// What it tells of a request of so many events.
    pub fn tells(&mut self, rng: &mut StdRng, target: &Target, events: i32) -> Reply {
        let answer = |status, retry_after, body: Value| Reply {
            after: question_takes(status),
            result: Ok(Answer { status, retry_after, body: body.to_string() }),
            took: false,
        };
        if target.route.secret != self.secret {
            return answer(401, None, json!({"error": {"code": 401, "status": "UNAUTHENTICATED"}}));
        }
        let status = |word: &str, reasons: &[&str]| {
            let counts: Vec<Value> =
                reasons.iter().map(|reason| json!({"reason": format!("PROCESSING_ERROR_REASON_{reason}"), "recordCount": "1"})).collect();
            json!({"requestStatusPerDestination": [{"requestStatus": word, "errorInfo": {"errorCounts": counts}}]})
        };
        let calm = self.weather == Weather::Good;
        match rng.random_range(0..if calm { 14 } else { 20 }) {
            0 => answer(200, None, status("PROCESSING", &[])),
            1 => answer(200, None, status("FAILED", &["TOO_RECENT_CLICK"])),
            2 => answer(200, None, status("FAILED", &["CLICK_NOT_FOUND"])),
            3 => answer(200, None, status("FAILED", &["INVALID_GCLID"])),
            4 if events > 1 => answer(200, None, status("PARTIAL_SUCCESS", &["INTERNAL_ERROR"])),
            5 => answer(200, None, status("FAILED", &["INTERNAL_ERROR"])),
            6 if !calm => answer(200, None, status("FAILED", &["DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"])),
            15..=16 => answer(503, Some(HOUR), json!({})),
            17..=18 => Reply { after: LONGEST_CALL, result: Err(NoAnswer { sent: true, words: "Nothing came.".into() }), took: false },
            _ => answer(200, None, status("SUCCESS", &[])),
        }
    }
}

fn question_takes(status: u16) -> Millis {
    Millis::from(status % 97) + 10
}

fn google(target: &Target) -> bool {
    target.network.transport().is_some()
}
