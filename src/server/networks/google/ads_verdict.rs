//! What the Google Ads API's answers to an import mean. PURE. A call that is let in is answered with 200 whatever its conversions say: those
//! that count have a result, and `partialFailureError` tells of the others by the path of their fields.
//! https://developers.google.com/google-ads/api/docs/best-practices/partial-failures

use super::ads_codes::{Means, means};
use super::error_of;
use crate::model::{Millis, SECOND};
use crate::server::networks::answers;
use crate::server::networks::contract::{Answer, Events, Outcome, Ruling, Verdict};
use serde_json::Value;

/// The field that holds the conversions of a call.
const ROWS: &str = "conversions";

pub fn read(answer: &Answer, sent: usize) -> Verdict {
    let body = answer.json();
    match error_of(&body) {
        Some(error) => refused(answer, error, sent),
        None if answer.success() && (body["results"].is_array() || body["partialFailureError"].is_object()) => ruled(&body, sent, false),
        None => by_status(answer, sent, answer.prose().filter(|_| body.is_null())),
    }
}

/// What is only validated has no results: what nothing is said against is good.
pub fn read_of_test(answer: &Answer, sent: usize) -> Verdict {
    let body = answer.json();
    let known = ["results", "partialFailureError", "jobId"];
    let ours = body.as_object().is_some_and(|body| body.keys().all(|name| known.contains(&name.as_str())));
    if answer.success() && ours { ruled(&body, sent, true) } else { read(answer, sent) }
}

/// One of the `errors` of a `GoogleAdsFailure`.
struct Fault {
    code: Option<String>,
    means: Option<Means>,
    words: Option<String>,
    place: Place,
    /// The wait that a quota names.
    wait: Option<Millis>,
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Row(usize),
    /// A field of a conversion without its index: the first one, unless that counts.
    SomeRow,
    Call,
}

/// A ruling for each conversion of a call that was let in.
fn ruled(body: &Value, sent: usize, test: bool) -> Verdict {
    let error = &body["partialFailureError"];
    let faults = faults(error);
    let counts = |row: usize| body["results"].get(row).and_then(Value::as_object).is_some_and(|result| !result.is_empty());
    let of_row = |row: usize, fault: &&Fault| match fault.place {
        Place::Row(at) => at == row,
        Place::SomeRow => row == 0 && !counts(0),
        Place::Call => false,
    };
    let rulings: Vec<Ruling> = (0..sent)
        .map(|row| match worst(faults.iter().filter(|fault| of_row(row, fault))) {
            Some(fault) => fault.ruling(),
            None if counts(row) => Ruling { outcome: Outcome::Accepted { note: None }, code: None, words: None },
            None => match worst(faults.iter().filter(|fault| fault.place == Place::Call)) {
                Some(fault) => fault.ruling(),
                None if test && (error.is_null() || !faults.is_empty()) => {
                    Ruling { outcome: Outcome::Accepted { note: None }, code: None, words: None }
                }
                // Google says neither that it counts nor why not.
                None => Ruling {
                    outcome: Outcome::Transient { wait: None, unknown: true },
                    code: None,
                    words: answers::words(&error["message"]),
                },
            },
        })
        .collect();
    alike(rulings)
}

/// One verdict for all where they fare alike. What only comes too early says nothing about how much Google can take, so that it is ruled on singly.
fn alike(rulings: Vec<Ruling>) -> Verdict {
    match rulings.split_first() {
        Some((first, others)) if others.iter().all(|one| one.outcome == first.outcome) && !too_early(first) => {
            let Ruling { outcome, code, words } = first.clone();
            Verdict { events: Events::All(outcome), code, words }
        }
        _ => Verdict { events: Events::Each(rulings), code: None, words: None },
    }
}

fn too_early(ruling: &Ruling) -> bool {
    matches!(ruling.outcome, Outcome::Transient { unknown: false, .. })
}

/// A call that was not let in.
fn refused(answer: &Answer, error: &Value, sent: usize) -> Verdict {
    let faults = faults(error);
    let named = worst(faults.iter());
    let front = details(error).iter().find_map(|detail| answers::words(&detail["reason"]));
    let what = named.and_then(|fault| fault.means).or_else(|| front.as_deref().and_then(means));
    let wait = answer.retry_after.or_else(|| named.and_then(|fault| fault.wait));
    let code = named.and_then(|fault| fault.code.clone()).or(front).or_else(|| answers::words(&error["status"]));
    let words = named.and_then(|fault| fault.words.clone()).or_else(|| answers::words(&error["message"]));
    let later = |unknown| {
        let of_code = match what {
            Some(Means::Later(wait)) => wait,
            _ => None,
        };
        Events::All(Outcome::Transient { wait: wait.or(of_code), unknown })
    };
    let events = match what {
        // Whatever the body says, a server that broke may do better next time, and a throttle is one.
        _ if answer.status >= 500 => later(true),
        _ if answer.status == 429 => match what {
            Some(Means::Throttled(of_code)) => Events::All(Outcome::Throttled { wait: wait.or(Some(of_code)) }),
            _ => Events::All(Outcome::Throttled { wait }),
        },
        Some(Means::Taken | Means::NotCredited | Means::Event) | None => return of_content(answer, error, faults, sent, code, words),
        Some(means) => Events::All(means.outcome(words.as_deref(), wait)),
    };
    Verdict { events, code, words }
}

/// Refused whole for what stands in it: the conversions that are named, else one of them, unless the status says that it is the call itself.
fn of_content(answer: &Answer, error: &Value, faults: Vec<Fault>, sent: usize, code: Option<String>, words: Option<String>) -> Verdict {
    let mut named: Vec<(usize, String)> = Vec::new();
    let of_faults = faults.into_iter().filter_map(|fault| match fault.place {
        Place::Row(at) => Some((at, fault.words.or(fault.code)?)),
        Place::SomeRow | Place::Call => None,
    });
    for (at, words) in of_faults.chain(violations(error)).filter(|(at, _)| *at < sent) {
        match named.iter_mut().find(|(known, _)| *known == at) {
            Some((_, said)) => *said = format!("{said} {words}"),
            None => named.push((at, words)),
        }
    }
    named.sort_by_key(|(at, _)| *at);
    let Verdict { events, words, .. } = match answer.status {
        400 if sent > 1 && !named.is_empty() => Verdict { events: Events::Bad(named), code: None, words },
        _ => by_status(answer, sent, words),
    };
    Verdict { events, code, words }
}

/// The status alone, but that an address which Google does not know is no fault of the conversions.
fn by_status(answer: &Answer, sent: usize, words: Option<String>) -> Verdict {
    if answer.status != 404 {
        return answer.verdict_by_status(sent, words);
    }
    let said = words.unwrap_or_else(|| "HTTP 404".to_owned());
    let words = format!("{said} The operator has to check {}: Google serves each version for about a year.", super::ADS_VERSION.env);
    Verdict { events: Events::All(Outcome::Permission), code: None, words: Some(words) }
}

impl Fault {
    fn read(error: &Value) -> Self {
        let code = error["errorCode"].as_object().and_then(|code| code.values().find_map(answers::words));
        let path = error["location"]["fieldPathElements"].as_array().map(Vec::as_slice).unwrap_or_default();
        let means = code.as_deref().map(|code| means(code).unwrap_or(Means::Event));
        let words = answers::words(&error["message"]).map(|words| match spoken(path) {
            Some(path) => format!("{words} ({path})"),
            None => words,
        });
        let delay = answers::words(&error["details"]["quotaErrorDetails"]["retryDelay"]);
        Self { code, means, words, place: place(path), wait: delay.and_then(|delay| seconds(&delay)) }
    }

    fn ruling(&self) -> Ruling {
        let outcome = self.means.unwrap_or(Means::Event).outcome(self.words.as_deref(), self.wait);
        Ruling { outcome, code: self.code.clone(), words: self.words.clone() }
    }
}

/// What weighs most of all that is said.
fn worst<'a>(faults: impl Iterator<Item = &'a Fault>) -> Option<&'a Fault> {
    faults.reduce(|worst, fault| if fault.means > worst.means { fault } else { worst })
}

fn faults(error: &Value) -> Vec<Fault> {
    let errors = |detail: &Value| detail["errors"].as_array().cloned().unwrap_or_default();
    details(error).iter().flat_map(errors).map(|error| Fault::read(&error)).collect()
}

fn details(error: &Value) -> &[Value] {
    error["details"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// `[{"fieldName":"conversions","index":1},{"fieldName":"conversion_action"}]`
fn place(path: &[Value]) -> Place {
    let Some(first) = path.first().filter(|first| first["fieldName"] == ROWS) else { return Place::Call };
    match answers::id(&first["index"]).and_then(|index| index.parse().ok()) {
        Some(row) => Place::Row(row),
        // An index of 0 may be left out; without a field after it all conversions are meant.
        None if path.len() > 1 => Place::SomeRow,
        None => Place::Call,
    }
}

/// `conversions[1].conversion_action`
fn spoken(path: &[Value]) -> Option<String> {
    let part = |part: &Value| {
        let name = answers::words(&part["fieldName"])?;
        Some(answers::id(&part["index"]).map_or(name.clone(), |index| format!("{name}[{index}]")))
    };
    let parts: Vec<String> = path.iter().filter_map(part).collect();
    (!parts.is_empty()).then(|| parts.join("."))
}

/// The conversions that Google's front end names in what it cannot read at all: `conversions[2].gclid`.
fn violations(error: &Value) -> Vec<(usize, String)> {
    let of_detail = |detail: &Value| detail["fieldViolations"].as_array().cloned().unwrap_or_default();
    let violation = |violation: Value| {
        let field = answers::words(&violation["field"])?;
        let (_, rest) = field.split_once("conversions[")?;
        let at = rest.split_once(']')?.0.parse().ok()?;
        Some((at, answers::words(&violation["description"]).unwrap_or(field)))
    };
    details(error).iter().flat_map(of_detail).filter_map(violation).collect()
}

/// `900s`
fn seconds(delay: &str) -> Option<Millis> {
    let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
    (0.0..1e9).contains(&seconds).then_some((seconds * SECOND as f64) as Millis)
}
