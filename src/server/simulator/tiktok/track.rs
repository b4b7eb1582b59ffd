//! `POST /open_api/v1.3/event/track/`: the envelope of a call of events (wire page 1.1), read strictly.

use super::answer::{self, BATCH_SIZE, PARAMETER, PARTNER_NAME, PERMISSION, Refusal};
use super::event::{self, Source};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::{Arrival, Judgement, Ruling, Seen, Sighting};
use crate::server::simulator::state::State;
use axum::http::header;

/// 1 to 1,000 events a call (portal/docs?id=1771100779668482).
const MOST_EVENTS: usize = 1_000;

pub fn judge(state: &State, arrival: &Arrival) -> Judgement {
    match read(state, arrival) {
        Ok(sighting) => Judgement { answer: answer::ok(state, "{}"), sighting, ruling: Ruling::Taken },
        Err(refusal) => Judgement {
            answer: refusal.answer(state),
            sighting: glance(arrival),
            ruling: Ruling::Refused(refusal.event.map(|at| (at, refusal.words)).into_iter().collect()),
        },
    }
}

pub fn events(body: &[u8]) -> Option<Vec<Json<'_>>> {
    Json::parse(body).ok()?.object()?.get("data")?.list()
}

pub fn glance(arrival: &Arrival) -> Sighting {
    let Some(call) = Json::parse(arrival.body).ok().and_then(Json::object) else { return Sighting::default() };
    let text = |name: &str| call.get(name).and_then(Json::text).unwrap_or_default();
    let seen = |event: &Json| {
        let event = event.object();
        let text = |name: &str| event.as_ref().and_then(|event| event.get(name)).and_then(Json::text).unwrap_or_default();
        Seen { name: text("event").into(), dedup_id: text("event_id").into(), ..Seen::default() }
    };
    let events = call.get("data").and_then(Json::list).unwrap_or_default();
    Sighting {
        target: text("event_source_id").into(),
        test: call.get("test_event_code").is_some(),
        events: events.iter().map(seen).collect(),
    }
}

fn read(state: &State, arrival: &Arrival) -> Result<Sighting, Refusal> {
    let grant = answer::authorise(state, super::access_token(arrival.headers))?;
    if !grant.may_send {
        return Err(Refusal::new(answer::NO_SCOPE, "The access token is not authorized for this scope."));
    }
    let json = arrival.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(says_json);
    if !json {
        return Err(Refusal::new(PARAMETER, "Invalid Content-Type: set it to application/json."));
    }
    let call = Json::parse(arrival.body).ok().and_then(Json::object);
    let call = call.ok_or_else(|| Refusal::new(PARAMETER, "The request body is not a valid JSON object."))?;
    let envelope = envelope(&call)?;
    let source = Source { kind: &envelope.source, now: arrival.now };
    let mut events = Vec::with_capacity(envelope.events.len());
    for (at, event) in envelope.events.iter().enumerate() {
        let blame = |refusal: Refusal| Refusal { event: Some(at), ..refusal };
        events.push(event::read(*event, &source).map_err(blame)?);
        if let Some((_, words)) = arrival.bad.as_ref().filter(|(bad, _)| *bad == at) {
            return Err(blame(event::invalid("event", words)));
        }
    }
    let ours = |id: &str| grant.accounts.iter().any(|account| account == id);
    let pixel = state.world().pixel("tiktok", &envelope.target).filter(|pixel| envelope.source == "web" && ours(&pixel.account));
    if pixel.is_none() {
        let words = format!(
            "No permission to operate pixel code: {}. You must be an admin or operator of this advertiser account.",
            envelope.target
        );
        return Err(Refusal::new(PERMISSION, words));
    }
    Ok(Sighting { target: (*envelope.target).into(), test: envelope.test, events })
}

fn says_json(value: &str) -> bool {
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

struct Envelope<'a> {
    source: std::borrow::Cow<'a, str>,
    target: std::borrow::Cow<'a, str>,
    test: bool,
    events: Vec<Json<'a>>,
}

fn envelope<'a>(call: &Object<'a>) -> Result<Envelope<'a>, Refusal> {
    let (mut source, mut target, mut test, mut events) = (None, None, false, None);
    for (name, value) in call.fields() {
        match name {
            "event_source" => source = Some(event::one_of(name, value, &["web", "app", "offline", "crm"])?),
            "event_source_id" => target = Some(event::text(name, value)?),
            "test_event_code" => {
                if event::text(name, value)?.is_empty() {
                    return Err(event::invalid(name, "must not be empty."));
                }
                test = true;
            }
            "partner_name" => return Err(Refusal::new(PARTNER_NAME, "Invalid partner name.")),
            "data" => events = Some(value.list().ok_or_else(|| event::invalid(name, "not a valid list."))?),
            _ => return Err(event::unknown(name)),
        }
    }
    let source = source.ok_or_else(|| event::missing("event_source"))?;
    let target = target.ok_or_else(|| event::missing("event_source_id"))?;
    let events = events.ok_or_else(|| event::missing("data"))?;
    // App ids and event sets are long numbers; a pixel code there is not what TikTok calls a string.
    let number = !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_digit());
    if source != "web" && !number {
        return Err(event::invalid("event_source_id", "not a valid string."));
    }
    if events.is_empty() {
        return Err(event::invalid("data", "shorter than minimum length 1."));
    }
    if events.len() > MOST_EVENTS {
        return Err(Refusal::new(BATCH_SIZE, format!("Invalid batch size: at most {MOST_EVENTS} events.")));
    }
    Ok(Envelope { source, target, test, events })
}
