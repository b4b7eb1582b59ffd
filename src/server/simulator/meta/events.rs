//! `POST /vX/{dataset}/events` (wire page M2): the envelope of a call of events, read strictly.

use super::answer::{INVALID, PARAMETER, PERMISSION, Refusal};
use super::{event, lists, token};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::{Arrival, Judgement, Ruling, Seen, Sighting};
use crate::server::simulator::state::State;
use axum::http::header;
use serde_json::json;

const MOST_EVENTS: usize = 1_000;

pub fn judge(state: &State, arrival: &Arrival) -> Judgement {
    match read(state, arrival) {
        Ok(sighting) => {
            let received = json!({"events_received": sighting.events.len(), "messages": [], "fbtrace_id": "AaHYqjNBCshoHed-uN2beUP"});
            Judgement { answer: super::answer::ok(&received), sighting, ruling: Ruling::Taken }
        }
        Err(refusal) => Judgement {
            answer: refusal.answer(),
            sighting: glance(arrival),
            ruling: Ruling::Refused(refusal.event.map(|at| (at, refusal.words().to_owned())).into_iter().collect()),
        },
    }
}

pub fn events(body: &[u8]) -> Option<Vec<Json<'_>>> {
    Json::parse(body).ok()?.object()?.get("data")?.list()
}

pub fn glance(arrival: &Arrival) -> Sighting {
    let target = arrival.target.unwrap_or_default().into();
    let Some(call) = Json::parse(arrival.body).ok().and_then(Json::object) else { return Sighting { target, ..Sighting::default() } };
    let seen = |event: &Json| {
        let event = event.object();
        let text = |name: &str| event.as_ref().and_then(|event| event.get(name)).and_then(Json::text).unwrap_or_default();
        Seen { name: text("event_name").into(), dedup_id: text("event_id").into(), ..Seen::default() }
    };
    let events = call.get("data").and_then(Json::list).unwrap_or_default();
    Sighting { target, test: call.get("test_event_code").is_some(), events: events.iter().map(seen).collect() }
}

/// Token, then dataset, then content: in the order in which a call passes Meta's doors.
fn read(state: &State, arrival: &Arrival) -> Result<Sighting, Refusal> {
    let json = arrival.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(says_json);
    let call = Json::parse(arrival.body).ok().and_then(Json::object).filter(|_| json);
    // What cannot be read has no token in it either.
    let text = |name: &str| call.as_ref().and_then(|call| call.get(name)).and_then(Json::text);
    let grant = token::authorise(state, text("access_token").as_deref(), text("appsecret_proof").as_deref())?;
    let call = call.as_ref().ok_or_else(|| event::required("['data']"))?;
    let id = arrival.target.unwrap_or_default();
    let pixel = state.world().pixel("meta", id).filter(|pixel| lists::reaches(&grant, pixel));
    pixel.ok_or_else(|| lists::missing("post", id))?;
    if !grant.may_send {
        return Err(Refusal::new(PERMISSION, "(#10) Application does not have permission for this action"));
    }
    let Envelope { test, list } = envelope(call)?;
    let mut events = Vec::with_capacity(list.len());
    for (at, item) in list.iter().enumerate() {
        let blame = |refusal: Refusal| Refusal { event: Some(at), ..refusal };
        events.push(event::read(*item, at, arrival.now).map_err(blame)?);
        if let Some((_, words)) = arrival.bad.as_ref().filter(|(bad, _)| *bad == at) {
            return Err(blame(Refusal::of_event(INVALID, words.clone())));
        }
    }
    Ok(Sighting { target: id.into(), test, events })
}

fn says_json(value: &str) -> bool {
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

struct Envelope<'a> {
    test: bool,
    list: Vec<Json<'a>>,
}

fn envelope<'a>(call: &Object<'a>) -> Result<Envelope<'a>, Refusal> {
    let (mut test, mut list) = (false, None);
    for (name, value) in call.fields() {
        match name {
            "access_token" | "appsecret_proof" => {}
            "test_event_code" => {
                test = value.text().is_some_and(|code| !code.is_empty());
                if !test {
                    return Err(Refusal::new(PARAMETER, "(#100) Param test_event_code must be a non-empty string"));
                }
            }
            "data" => list = Some(value.list().ok_or_else(|| Refusal::new(PARAMETER, "(#100) Param data must be an array."))?),
            "partner_agent" | "namespace_id" | "upload_id" | "upload_tag" | "upload_source" => {}
            other => return Err(Refusal::new(PARAMETER, format!("(#100) Unknown parameter: {other}"))),
        }
    }
    let list = list.filter(|list| !list.is_empty()).ok_or_else(|| event::required("['data']"))?;
    if list.len() > MOST_EVENTS {
        return Err(Refusal::new(PARAMETER, format!("(#100) Param data must have at most {MOST_EVENTS} elements.")));
    }
    Ok(Envelope { test, list })
}
