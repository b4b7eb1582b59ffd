//! `POST /api/v3/pixels/{pixel_id}/conversion_events`: who may call, and the envelope of the events (wire page 2.1).

use super::answer::{self, Problem};
use super::event;
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::role::{Answer, Arrival, Judgement, Ruling, Seen, Sighting};
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::Worth;
use axum::http::{HeaderMap, header};

const MOST_EVENTS: usize = 1_000;
/// Partners that Reddit knows by name (wire page 2.1).
const PARTNERS: &[&str] = &["SEGMENT", "RUDDERSTACK"];
/// How the user agents of libraries begin, in lower case: Reddit slows them all down.
const LIBRARIES: &[&str] = &[
    "reqwest",
    "hyper",
    "curl/",
    "wget/",
    "python",
    "aiohttp",
    "go-http-client",
    "node",
    "undici",
    "axios",
    "got ",
    "okhttp",
    "java/",
    "apache-httpclient",
    "ruby",
    "php",
    "guzzle",
    "libwww",
    "perl",
    "mozilla/5.0",
    "postman",
    "insomnia",
    "ureq",
    "isahc",
];

pub fn judge(state: &State, arrival: &Arrival) -> Judgement {
    let refuse = |answer, blamed| Judgement { answer, sighting: glance(arrival), ruling: Ruling::Refused(blamed) };
    if let Err(answer) = admit(state, arrival) {
        return refuse(answer, Vec::new());
    }
    match read(arrival) {
        Err(words) => refuse(answer::refused(400, words), Vec::new()),
        Ok((_, problems)) if !problems.is_empty() => {
            let words = |list: &[Problem]| list.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ");
            let blamed = problems.iter().map(|(at, list)| (*at, words(list))).collect();
            refuse(answer::invalid(&problems), blamed)
        }
        Ok((sighting, _)) => Judgement { answer: answer::processed(sighting.events.len()), sighting, ruling: Ruling::Taken },
    }
}

pub fn events(body: &[u8]) -> Option<Vec<Json<'_>>> {
    Json::parse(body).ok()?.object()?.get("data")?.object()?.get("events")?.list()
}

pub fn glance(arrival: &Arrival) -> Sighting {
    let call = Json::parse(arrival.body).ok().and_then(Json::object).and_then(|call| call.get("data")).and_then(Json::object);
    let seen = |event: &Json| -> Option<Seen> {
        let event = event.object()?;
        let inner = |object: &str, name: &str| event.get(object)?.object()?.get(name)?.text();
        let kind = inner("type", "tracking_type").unwrap_or_default();
        let name = event::name(&kind, inner("type", "custom_event_name").as_deref());
        Some(Seen { name, dedup_id: inner("metadata", "conversion_id").unwrap_or_default().into(), ..Seen::default() })
    };
    let events = call.as_ref().and_then(|call| call.get("events")).and_then(Json::list).unwrap_or_default();
    Sighting {
        target: arrival.target.unwrap_or_default().into(),
        test: call.is_some_and(|call| call.get("test_id").is_some()),
        events: events.iter().map(|event| seen(event).unwrap_or_default()).collect(),
    }
}

/// User agent, then token, then pixel: in the order in which a request passes Reddit's doors.
fn admit(state: &State, arrival: &Arrival) -> Result<(), Answer> {
    let agent = arrival.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let lower = agent.to_ascii_lowercase();
    if agent.is_empty() || LIBRARIES.iter().any(|library| lower.starts_with(library)) {
        return Err(answer::refused(429, "Your user agent was automatically ratelimited."));
    }
    let token = super::bearer(arrival.headers).ok_or_else(|| answer::refused(401, "No bearer token provided"))?;
    let grant = state.tokens().find("reddit", token).filter(|grant| grant.worth == Worth::Valid);
    let grant = grant.ok_or_else(|| answer::refused(401, "UNAUTHORIZED"))?;
    let id = arrival.target.unwrap_or_default();
    if !state.world().pixel("reddit", id).is_some_and(|pixel| grant.accounts.contains(&pixel.account)) {
        return Err(answer::refused(403, format!("You're not authorized to post conversions to Pixel ID {id}.")));
    }
    if !grant.may_send {
        return Err(answer::refused(403, "Missing adsconversions scope to post conversions to Pixel."));
    }
    if says_json(arrival.headers) { Ok(()) } else { Err(answer::refused(415, "Unsupported Media Type")) }
}

fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

type Read = (Sighting, Vec<(usize, Vec<Problem>)>);

/// The events and what is wrong with them; an error refuses the body without naming an event.
fn read(arrival: &Arrival) -> Result<Read, String> {
    let whole = Json::parse(arrival.body).map_err(|_| "JSON error \"syntax error\"".to_owned())?;
    let whole = event::object("body", whole)?;
    let data = event::object("data", whole.get("data").ok_or("missing data")?)?;
    only(&whole, &["data"])?;
    only(&data, &["events", "test_id", "partner"])?;
    let test = match data.get("test_id") {
        Some(id) if event::text("test_id", id)?.is_empty() => return Err("invalid test_id: ".into()),
        id => id.is_some(),
    };
    if let Some(partner) = data.get("partner") {
        let partner = event::text("partner", partner)?;
        if !PARTNERS.contains(&&*partner) {
            return Err(format!("invalid partner: {partner}"));
        }
    }
    let list = data.get("events").ok_or("missing events")?.list().ok_or_else(|| event::wrong_type("events"))?;
    if list.is_empty() || list.len() > MOST_EVENTS {
        return Err("Bad Request".into());
    }
    let (mut events, mut problems) = (Vec::with_capacity(list.len()), Vec::new());
    for (at, item) in list.iter().enumerate() {
        let mut found = Vec::new();
        let mut seen = event::read(*item, arrival.now, &mut found)?;
        if let Some((_, words)) = arrival.bad.as_ref().filter(|(bad, _)| *bad == at) {
            found.push(Problem { path: "", message: words.clone() });
        }
        if test && list.len() > 1 {
            seen.remark = Some("Event Testing shows test events of single-event calls only");
        }
        if !found.is_empty() {
            problems.push((at, found));
        }
        events.push(seen);
    }
    Ok((Sighting { target: arrival.target.unwrap_or_default().into(), test, events }, problems))
}

pub fn only(object: &Object, names: &[&str]) -> Result<(), String> {
    match object.fields().find(|(name, _)| !names.contains(name)) {
        Some((name, _)) => Err(format!("JSON error \"unknown field\" on field {name:?}")),
        None => Ok(()),
    }
}
