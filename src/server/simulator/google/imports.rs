//! `POST /vX/customers/{id}:uploadClickConversions` (wire page G2.2): a call that is let in is answered with 200, and each conversion is
//! judged by itself. What is no JSON of the published form is refused whole, before anything is judged.

use super::answer::{self, Refusal, ok, refusal};
use super::import::{self, Row};
use super::lists;
use super::token::{ADWORDS, authorise};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::{Answer, Arrival, Judgement, Ruling, Seen, Sighting};
use crate::server::simulator::state::State;
use axum::http::header;
use serde_json::{Value, json};

const MOST: usize = 2_000;
const NAMES: &[&str] = &["conversions", "partialFailure", "validateOnly", "jobId", "customerId"];
const CLOSED: &str = "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE";
const CLOSED_WORDS: &str = "Customer is not allowlisted for accessing this feature. New integrations for uploading click conversions should \
                            use the Data Manager API.";

/// Why a conversion is refused: error family, code, words, and the field after `conversions[n]`.
pub struct Wrong {
    pub family: &'static str,
    pub code: &'static str,
    pub words: String,
    pub field: &'static str,
}

pub fn judge(state: &State, arrival: &Arrival) -> Judgement {
    match read(state, arrival) {
        Ok(judgement) => judgement,
        Err(refused) => Judgement { answer: refused.answer(), sighting: glance(arrival), ruling: Ruling::Refused(refused.events) },
    }
}

pub fn events(body: &[u8]) -> Option<Vec<Json<'_>>> {
    Json::parse(body).ok()?.object()?.get("conversions")?.list()
}

pub fn glance(arrival: &Arrival) -> Sighting {
    let seen = |row: &Json| row.object().map(|row| import::seen(&row)).unwrap_or_default();
    let events = events(arrival.body).unwrap_or_default().iter().map(seen).collect();
    let call = Json::parse(arrival.body).ok().and_then(Json::object);
    let test = call.and_then(|call| call.get("validateOnly")).and_then(Json::boolean).unwrap_or_default();
    Sighting { target: arrival.target.unwrap_or_default().into(), test, events }
}

/// A scripted answer: over HTTP 200 the message is the code that every conversion is refused with.
pub fn trouble(status: Option<u16>, code: Option<i64>, message: Option<&str>) -> Answer {
    match (status, message) {
        (Some(200), Some(CLOSED)) => closed(),
        (Some(200), Some(code)) => ok(&json!({"partialFailureError": failure("conversionUploadError", code, "Scripted.", None)})),
        (Some(429), _) => {
            let error = json!({"errorCode": {"quotaError": "RESOURCE_EXHAUSTED"}, "message": message.unwrap_or("Too many requests. Retry in 30 seconds."),
                "details": {"quotaErrorDetails": {"rateScope": "DEVELOPER", "rateName": "Number of operations for explorer access", "retryDelay": "30s"}}});
            let mut refused = refusal(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).");
            refused.details.push(json!({"@type": answer::ADS_FAILURE, "errors": [error], "requestId": answer::REQUEST}));
            refused.answer()
        }
        _ => answer::trouble(status, code, message),
    }
}

fn closed() -> Answer {
    let error = failure("notAllowlistedError", CLOSED, CLOSED_WORDS, None);
    Answer { words: CLOSED_WORDS.to_owned(), ..ok(&json!({"partialFailureError": error, "results": [{}], "jobId": "2147483650"})) }
}

/// Token, then customer, then form, then each conversion.
fn read(state: &State, arrival: &Arrival) -> Result<Judgement, Refusal> {
    authorise(state, arrival.headers, ADWORDS)?;
    let id = arrival.target.unwrap_or_default();
    let customer = lists::opened(id, arrival.headers)?;
    let kind = arrival.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let unreadable = || refusal(400, "INVALID_ARGUMENT", "Invalid JSON payload received.");
    let call = Json::parse(arrival.body).ok().and_then(Json::object).filter(|_| kind.starts_with("application/json"));
    let (rows, test) = envelope(&call.ok_or_else(unreadable)?)?;
    let objects: Vec<Object> = rows.iter().enumerate().map(|(at, row)| import::form(*row, at)).collect::<Result<_, _>>()?;
    let (mut seen, mut errors, mut blamed, mut results) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, object) in objects.iter().enumerate() {
        let mut row = import::judge(object, customer);
        let scripted = arrival.bad.as_ref().filter(|(bad, _)| *bad == at).map(|(_, words)| words.clone());
        row.wrong.extend(scripted.map(|words| upload_error("UNPARSEABLE_GCLID", "gclid", words)));
        repeated(state, arrival, &mut row, &seen, id, test);
        results.push(if row.wrong.is_empty() { import::result(object) } else { json!({}) });
        errors.extend(row.wrong.iter().map(|wrong| error(wrong, at)));
        // What Google has already is no refusal to the ledger: it counted once.
        if let Some(wrong) = row.wrong.iter().find(|wrong| wrong.code != KNOWN) {
            blamed.push((at, wrong.words.clone()));
        }
        seen.push(row.seen);
    }
    let mut body = json!({ "jobId": (2_147_483_648 + state.next_request()).to_string() });
    let words = errors.first().map(|error| error["message"].as_str().unwrap_or_default().to_owned()).unwrap_or_default();
    if !errors.is_empty() {
        body["partialFailureError"] = partial(&words, errors);
    }
    if !test {
        body["results"] = results.into();
    }
    let sighting = Sighting { target: id.into(), test, events: seen };
    let ruling = if blamed.is_empty() { Ruling::Taken } else { Ruling::Partly(blamed) };
    Ok(Judgement { answer: Answer { words, ..ok(&body) }, sighting, ruling })
}

const KNOWN: &str = "ORDER_ID_ALREADY_IN_USE";

/// An order id counts once for an action: what is known is said of a conversion that has nothing else wrong.
fn repeated(state: &State, arrival: &Arrival, row: &mut Row, before: &[Seen], target: &str, test: bool) {
    let Seen { name, dedup_id, .. } = &row.seen;
    if dedup_id.is_empty() || !row.wrong.is_empty() {
        return;
    }
    let same = |other: &Seen| other.name == *name && other.dedup_id == *dedup_id;
    if before.iter().any(same) {
        row.wrong.push(upload_error("DUPLICATE_ORDER_ID", "order_id", "Multiple conversions of the request have the same order ID."));
    } else if state.ledger().knows(&super::IMPORT, target, test, name, dedup_id, arrival.now) {
        row.wrong.push(upload_error(KNOWN, "order_id", "The order ID was recorded before, so the event was not processed."));
    }
}

pub fn upload_error(code: &'static str, field: &'static str, words: impl Into<String>) -> Wrong {
    Wrong { family: "conversionUploadError", code, words: words.into(), field }
}

/// The conversions, and whether they are only validated.
fn envelope<'a>(call: &Object<'a>) -> Result<(Vec<Json<'a>>, bool), Refusal> {
    let wrong = |name: &str| refusal(400, "INVALID_ARGUMENT", format!("Invalid value at '{name}'"));
    let (mut rows, mut partial, mut test) = (Vec::new(), false, false);
    for (name, value) in call.fields() {
        match name {
            "conversions" => rows = value.list().ok_or_else(|| wrong(name))?,
            "partialFailure" => partial = value.boolean().ok_or_else(|| wrong("partial_failure"))?,
            "validateOnly" => test = value.boolean().ok_or_else(|| wrong("validate_only"))?,
            "jobId" => drop(value.integer().and_then(|id| i32::try_from(id).ok()).filter(|id| *id >= 0).ok_or_else(|| wrong("job_id"))?),
            other if NAMES.contains(&other) => {}
            other => return Err(super::events::unknown_name(other, "")),
        }
    }
    let whole = |family: &str, code: &str, words: &str| {
        refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.").ads(family, code, words)
    };
    match rows.len() {
        _ if !partial => Err(whole("partialFailureError", "PARTIAL_FAILURE_MODE_REQUIRED", "The partial failure field must be true.")),
        0 => Err(whole("fieldError", "REQUIRED", "The required field was not present.")),
        count if count > MOST => {
            Err(whole("conversionUploadError", "TOO_MANY_CONVERSIONS_IN_REQUEST", "Upload fewer than 2001 events in a single request."))
        }
        _ => Ok((rows, test)),
    }
}

fn error(wrong: &Wrong, at: usize) -> Value {
    let mut path = vec![json!({"fieldName": "conversions", "index": at})];
    path.extend((!wrong.field.is_empty()).then(|| json!({"fieldName": wrong.field})));
    json!({"errorCode": {wrong.family: wrong.code}, "message": wrong.words, "location": {"fieldPathElements": path}})
}

fn failure(family: &str, code: &str, words: &str, location: Option<Value>) -> Value {
    let mut error = json!({"errorCode": {family: code}, "message": words});
    if let Some(location) = location {
        error["location"] = location;
    }
    partial(words, vec![error])
}

fn partial(words: &str, errors: Vec<Value>) -> Value {
    json!({"code": 3, "message": words, "details": [{"@type": answer::ADS_FAILURE, "errors": errors, "requestId": answer::REQUEST}]})
}
