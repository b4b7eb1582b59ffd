//! A call of conversion events, from arrival to answer: fault, judgement, ledger, reply.

use super::faults::Strike;
use super::ledger::{Heard, Report};
use super::mishap;
use super::role::{Answer, Arrival, Role, Ruling, Sighting};
use super::state::State;
use super::wire::Wire;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Largest body read. A thousand full events stay under half of it; no network publishes a figure.
const MOST_BYTES: usize = 4 << 20;

/// Takes the call in the network's name. `target` is what the path names, where it does.
pub async fn receive(role: &'static Role, state: State, target: Option<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let wire = Wire::of(&parts.extensions);
    let Ok(body) = axum::body::to_bytes(body, MOST_BYTES).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large\n").into_response();
    };
    let headers = &parts.headers;
    let mut arrival = Arrival { target: target.as_deref(), headers, body: &body, now: state.now(), bad: None, later: None };
    let strike = strike(role, &state, &arrival);
    if let Some(strike) = &strike {
        arrival.bad = strike.bad.clone();
        arrival.later = strike.wanted.later.clone();
        if strike.wanted.expire_token
            && let Some(token) = (role.token)(headers, parts.uri.query().unwrap_or_default(), &body)
        {
            state.tokens().expire(role.slug, Some(&token));
        }
    }
    let (answer, heard, sighting) = outcome(role, &state, &arrival, strike.as_ref());
    state.record(Report {
        role,
        at: arrival.now,
        body: &body,
        user_agent: headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()),
        sighting,
        ruling: heard,
        answer: answer.as_ref(),
        fault: strike.as_ref().map(|strike| strike.id),
    });
    mishap::deliver(&state, &wire, strike.as_ref(), answer.map(IntoResponse::into_response).unwrap_or_default()).await
}

fn strike(role: &Role, state: &State, arrival: &Arrival) -> Option<Strike> {
    if !state.troubled() {
        return None;
    }
    let sighting = (role.glance)(arrival);
    state.strike(role, role.door, &sighting.target, || sighting.events.clone())
}

/// What goes back (nothing, where the connection breaks) and what became of the events.
fn outcome(role: &Role, state: &State, arrival: &Arrival, strike: Option<&Strike>) -> (Option<Answer>, Heard, Sighting) {
    let scripted = strike.and_then(|strike| mishap::answer(role, strike));
    let silent = strike.is_some_and(|strike| strike.wanted.hang || strike.wanted.reset);
    if strike.is_none_or(|strike| strike.wanted.after) || (scripted.is_none() && !silent) {
        let judged = (role.judge)(state, arrival);
        let answer = if silent { None } else { Some(scripted.unwrap_or(judged.answer)) };
        return (answer, Heard::Ruled(judged.ruling), judged.sighting);
    }
    let heard = if silent { Heard::Never } else { Heard::Ruled(Ruling::Refused(Vec::new())) };
    (scripted, heard, (role.glance)(arrival))
}
