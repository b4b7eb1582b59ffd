//! `POST /v1/events:ingest` (wire page G1.2): the envelope of a call of events, read strictly. Any invalid event refuses all of them, and
//! every violation is named.

use super::answer::{Refusal, ok, refusal};
use super::event;
use super::results::Destined;
use super::token::{DATA_MANAGER, authorise};
use super::world::{self, ConversionAction};
use crate::model::Millis;
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::{Arrival, Judgement, Ruling, Seen, Sighting};
use crate::server::simulator::state::State;
use axum::http::header;
use serde_json::{Value, json};

const MOST_EVENTS: usize = 2_000;
const MOST_DESTINATIONS: usize = 10;
const DOMAIN: &str = "datamanager.googleapis.com";

/// One of `fieldViolations`.
pub struct Violation {
    pub field: String,
    pub reason: &'static str,
    pub words: String,
    /// The event to blame.
    pub event: Option<usize>,
}

pub fn violation(field: impl Into<String>, reason: &'static str, words: impl Into<String>) -> Violation {
    Violation { field: field.into(), reason, words: words.into(), event: None }
}

pub fn judge(state: &State, arrival: &Arrival) -> Judgement {
    match read(state, arrival) {
        Ok((sighting, body)) => Judgement { answer: ok(&body), sighting, ruling: Ruling::Taken },
        Err(refusal) => Judgement { answer: refusal.answer(), sighting: glance(arrival), ruling: Ruling::Refused(refusal.events) },
    }
}

pub fn events(body: &[u8]) -> Option<Vec<Json<'_>>> {
    Json::parse(body).ok()?.object()?.get("events")?.list()
}

pub fn glance(arrival: &Arrival) -> Sighting {
    let Some(call) = Json::parse(arrival.body).ok().and_then(Json::object) else { return Sighting::default() };
    let destinations = call.get("destinations").and_then(Json::list).unwrap_or_default();
    let first = destinations.first().copied();
    let account = first.and_then(|it| field(it, "operatingAccount")).and_then(|account| field(account, "accountId"));
    let name: Box<str> = first.and_then(|it| field(it, "productDestinationId")).and_then(Json::text).unwrap_or_default().into();
    let seen = |event: &Json| {
        let id = event.object().and_then(|event| event.get("transactionId")).and_then(Json::text).unwrap_or_default();
        Seen { name: name.clone(), dedup_id: id.into(), ..Seen::default() }
    };
    let events = call.get("events").and_then(Json::list).unwrap_or_default();
    let test = call.get("validateOnly").and_then(Json::boolean).unwrap_or_default();
    Sighting { target: account.and_then(Json::text).unwrap_or_default().into(), test, events: events.iter().map(seen).collect() }
}

fn field<'a>(object: Json<'a>, name: &str) -> Option<Json<'a>> {
    object.object()?.get(name)
}

/// Token, then form, then right to the accounts, then content: in the order in which a call passes Google's doors.
fn read(state: &State, arrival: &Arrival) -> Result<(Sighting, Value), Refusal> {
    authorise(state, arrival.headers, DATA_MANAGER)?;
    let json = arrival
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    let unreadable = || refusal(400, "INVALID_ARGUMENT", "Invalid JSON payload received.");
    let call = Json::parse(arrival.body).ok().and_then(Json::object).filter(|_| json).ok_or_else(unreadable)?;
    let envelope = envelope(&call)?;
    let destinations: Vec<Destination> =
        envelope.destinations.iter().enumerate().map(|(at, one)| destination(*one, at)).collect::<Result<_, _>>()?;
    let mut violations = Vec::new();
    for (at, destination) in destinations.iter().enumerate() {
        violations.extend(usable(destination, at));
    }
    let mut seen = Vec::new();
    for (at, item) in envelope.events.iter().enumerate() {
        match event::read(*item, at, &destinations, envelope.encoded) {
            Ok(event) => seen.push(event),
            Err(of_event) => violations.extend(of_event.into_iter().map(|one| Violation { event: Some(at), ..one })),
        }
        if let Some((_, words)) = arrival.bad.as_ref().filter(|(bad, _)| *bad == at) {
            let field = format!("events.events[{at}]");
            violations.push(Violation { event: Some(at), ..violation(field, "INVALID_EVENT", words.clone()) });
        }
    }
    if !violations.is_empty() {
        return Err(invalid(violations));
    }
    let target = destinations.first().map(|one| one.account.as_str()).unwrap_or_default().into();
    let sighting = Sighting { target, test: envelope.validate_only, events: seen.iter().map(|(seen, _)| seen.clone()).collect() };
    if envelope.validate_only {
        return Ok((sighting, json!({})));
    }
    let reason = |at: usize, seen: &Seen| arrival.later.as_ref().and_then(|later| later.reason(at, seen)).map(str::to_owned);
    let of = |at: usize, one: &Destination| {
        let events = seen.iter().enumerate().filter(|(_, (_, to))| to.contains(&at));
        let events = events.map(|(place, (seen, _))| (seen.dedup_id.to_string(), reason(place, seen))).collect();
        Destined { sent: one.sent.clone(), action: one.action.clone(), events }
    };
    let destined = destinations.iter().enumerate().map(|(at, one)| of(at, one)).collect();
    let work = arrival.later.as_ref().and_then(|later| later.at_work_ms).and_then(|work| Millis::try_from(work).ok());
    let id = state.results().take(state.next_request(), destined, arrival.now, work);
    Ok((sighting, json!({ "requestId": id })))
}

/// The refusal of a call for what is in it.
fn invalid(violations: Vec<Violation>) -> Refusal {
    let details: Vec<Value> =
        violations.iter().map(|one| json!({"field": one.field, "description": one.words, "reason": one.reason})).collect();
    let mut refusal = refusal(400, "INVALID_ARGUMENT", "There was a problem with the request.").reason(
        DOMAIN,
        "INVALID_ARGUMENT",
        json!({"requestId": "req-refused"}),
    );
    refusal.details.push(json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": details}));
    refusal.events = violations.into_iter().filter_map(|one| Some((one.event?, one.words))).collect();
    refusal
}

pub fn unknown_name(name: &str, place: &str) -> Refusal {
    refusal(400, "INVALID_ARGUMENT", format!("Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot find field."))
}

struct Envelope<'a> {
    destinations: Vec<Json<'a>>,
    events: Vec<Json<'a>>,
    encoded: bool,
    validate_only: bool,
}

fn envelope<'a>(call: &Object<'a>) -> Result<Envelope<'a>, Refusal> {
    let mut read = Envelope { destinations: Vec::new(), events: Vec::new(), encoded: false, validate_only: false };
    let wrong = |name: &str| refusal(400, "INVALID_ARGUMENT", format!("Invalid value at '{name}'"));
    for (name, value) in call.fields() {
        match name {
            "destinations" => read.destinations = value.list().ok_or_else(|| wrong(name))?,
            "events" => read.events = value.list().ok_or_else(|| wrong(name))?,
            "encoding" => {
                read.encoded = value.text().filter(|word| matches!(&**word, "HEX" | "BASE64")).map(|_| true).ok_or_else(|| wrong(name))?
            }
            "validateOnly" => read.validate_only = value.boolean().ok_or_else(|| wrong(name))?,
            "consent" => {}
            other => return Err(unknown_name(other, "")),
        }
    }
    let count = |field: &str, list: &[Json], most: usize, too_many: &'static str| {
        let missing = list.is_empty().then(|| violation(field, "REQUIRED_FIELD_MISSING", "The field is required."));
        missing.or_else(|| (list.len() > most).then(|| violation(field, too_many, format!("At most {most} are allowed."))))
    };
    let wrong = count("destinations", &read.destinations, MOST_DESTINATIONS, "TOO_MANY_DESTINATIONS")
        .or_else(|| count("events", &read.events, MOST_EVENTS, "TOO_MANY_EVENTS"));
    match wrong {
        Some(one) => Err(invalid(vec![one])),
        None => Ok(read),
    }
}

pub struct Destination {
    pub reference: String,
    account: String,
    pub action: String,
    sent: Value,
    /// The customer has accepted the terms for hashed data.
    pub terms: bool,
}

/// A destination of this person's, or why the call may not be made at all.
fn destination(json: Json, at: usize) -> Result<Destination, Refusal> {
    let place = format!("destinations[{at}]");
    let object = json.object().ok_or_else(|| refusal(400, "INVALID_ARGUMENT", format!("Invalid value at '{place}'")))?;
    let known = ["reference", "operatingAccount", "loginAccount", "productDestinationId"];
    if let Some((name, _)) = object.fields().find(|(name, _)| !known.contains(name)) {
        return Err(unknown_name(name, &place));
    }
    let required = |field: String| invalid(vec![violation(field, "REQUIRED_FIELD_MISSING", "The field is required.")]);
    let account = |name: &str| -> Result<Option<String>, Refusal> {
        let Some(value) = object.get(name) else { return Ok(None) };
        let field = |name: &str| value.object().and_then(|it| it.get(name)).and_then(Json::text).map(String::from);
        let id = field("accountId").filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
        let ads = field("accountType").as_deref() == Some("GOOGLE_ADS");
        id.filter(|_| ads)
            .map(Some)
            .ok_or_else(|| invalid(vec![violation(format!("{place}.{name}"), "INVALID_DESTINATION", "No such account.")]))
    };
    let operating = account("operatingAccount")?.ok_or_else(|| required(format!("{place}.operating_account")))?;
    let login = account("loginAccount")?;
    if login.as_deref() == Some(operating.as_str()) {
        let words = "The login account does not manage the operating account.";
        return Err(invalid(vec![violation(format!("{place}.login_account"), "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH", words)]));
    }
    let action = object.get("productDestinationId").and_then(Json::text).map(String::from);
    let action = action.ok_or_else(|| required(format!("{place}.product_destination_id")))?;
    let denied = || refusal(403, "PERMISSION_DENIED", "The caller does not have permission").reason(DOMAIN, "PERMISSION_DENIED", json!({}));
    let customer = world::customer(&operating).filter(|customer| customer.enabled && world::reaches(customer, login.as_deref()));
    let terms = customer.ok_or_else(denied)?.terms;
    let reference = object.get("reference").and_then(Json::text).map(String::from).unwrap_or_default();
    Ok(Destination { reference, account: operating, action, sent: serde_json::from_str(json.raw()).unwrap_or_default(), terms })
}

fn usable(to: &Destination, at: usize) -> Option<Violation> {
    let action: Option<ConversionAction> =
        world::actions().into_iter().find(|action| action.id == to.action && action.customer == to.account && action.status == "ENABLED");
    let wrong = |reason, words| Some(violation(format!("destinations[{at}].product_destination_id"), reason, words));
    match action {
        None => wrong("INVALID_CONVERSION_ACTION_ID", "No such conversion action."),
        Some(action) if action.kind != "UPLOAD_CLICKS" => {
            wrong("INVALID_CONVERSION_ACTION_TYPE", "The conversion action is of another type.")
        }
        Some(action) if action.young => {
            wrong("CONVERSION_ACTION_TOO_RECENTLY_CREATED", "The conversion action was created too recently. Try again in 6 hours.")
        }
        Some(_) => None,
    }
}
