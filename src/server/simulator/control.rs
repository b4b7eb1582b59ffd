//! The simulator's own interface under `/simulator`: ledger, faults, tokens. JSON for tests and scripts; the forms of
//! the page at `/` post to the same addresses and are sent back to it.

use super::faults::{Door, Wanted};
use super::ledger_pages;
use super::page::PRESETS;
use super::role;
use super::state::State;
use axum::body::Bytes;
use axum::extract::{Path, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

pub fn routes() -> Router<State> {
    Router::new()
        .route("/simulator/ledger", get(ledger_pages::events))
        .route("/simulator/calls", get(ledger_pages::calls))
        .route("/simulator/counts", get(ledger_pages::counts))
        .route("/simulator/faults", get(faults).post(set_fault).delete(clear_faults))
        .route("/simulator/faults/clear", post(clear_faults_form))
        .route("/simulator/faults/{id}", delete(clear_fault))
        .route("/simulator/tokens", get(tokens))
        .route("/simulator/tokens/expire", post(expire))
        .route("/simulator/tokens/restore", post(restore))
        .layer(middleware::from_fn(own_pages_only))
}

/// A page of another site that a person has open must not set faults.
async fn own_pages_only(request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if request.method().is_safe() || matches!(from, None | Some("same-origin" | "none")) {
        return next.run(request).await;
    }
    problem(StatusCode::FORBIDDEN, "faults and tokens are changed from the simulator's own page or from a script")
}

async fn faults(Shared(state): Shared<State>) -> Response {
    let list = state.faults(|faults| faults.list().to_vec());
    Json(json!({"faults": list, "hanging": state.hanging()})).into_response()
}

async fn set_fault(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Response {
    let form = is_form(&headers);
    let wanted = if form { from_form(&body) } else { from_json(&body) };
    let slugs: Vec<_> = role::ALL.iter().map(|role| role.slug).collect();
    match wanted.and_then(|wanted| state.faults(|faults| faults.set(wanted, &slugs))) {
        Ok(_) if form => Redirect::to("/").into_response(),
        Ok(fault) => (StatusCode::CREATED, Json(fault)).into_response(),
        Err(words) => problem(StatusCode::BAD_REQUEST, &words),
    }
}

async fn clear_faults(Shared(state): Shared<State>) -> Response {
    Json(json!({"cleared": state.faults(|faults| faults.clear(None))})).into_response()
}

async fn clear_fault(Shared(state): Shared<State>, Path(id): Path<u64>) -> Response {
    match state.faults(|faults| faults.clear(Some(id))) {
        0 => problem(StatusCode::NOT_FOUND, "no such fault"),
        cleared => Json(json!({ "cleared": cleared })).into_response(),
    }
}

async fn clear_faults_form(Shared(state): Shared<State>, body: Bytes) -> Redirect {
    let id = fields(&body).find(|(name, _)| name == "id").and_then(|(_, id)| id.parse().ok());
    state.faults(|faults| faults.clear(id));
    Redirect::to("/")
}

async fn tokens(Shared(state): Shared<State>) -> Response {
    let shown: Vec<_> = state
        .tokens()
        .all()
        .into_iter()
        .map(|grant| json!({"network": grant.network, "token": grant.token, "accounts": &*grant.accounts, "may_send": grant.may_send, "state": grant.worth}))
        .collect();
    Json(json!({ "tokens": shown })).into_response()
}

/// Which tokens are meant: all of the network, or one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meant {
    network: String,
    token: Option<String>,
}

async fn expire(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Response {
    turn(&headers, &body, |meant| state.tokens().expire(&meant.network, meant.token.as_deref()))
}

async fn restore(Shared(state): Shared<State>, headers: HeaderMap, body: Bytes) -> Response {
    turn(&headers, &body, |meant| state.tokens().restore(&meant.network, meant.token.as_deref()))
}

fn turn(headers: &HeaderMap, body: &[u8], act: impl Fn(&Meant) -> usize) -> Response {
    let form = is_form(headers);
    let meant = if form {
        let field = |wanted: &str| {
            fields(body).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
        };
        field("network").map(|network| Meant { network, token: field("token") }).ok_or_else(|| "network: say which".to_owned())
    } else {
        serde_json::from_slice(body).map_err(|error| format!("not a choice of tokens: {error}"))
    };
    match meant {
        Ok(meant) if role::of(&meant.network).is_none() => problem(StatusCode::BAD_REQUEST, "network: no such network"),
        Ok(meant) => {
            let turned = act(&meant);
            if form { Redirect::to("/").into_response() } else { Json(json!({ "turned": turned })).into_response() }
        }
        Err(words) => problem(StatusCode::BAD_REQUEST, &words),
    }
}

fn from_json(body: &[u8]) -> Result<Wanted, String> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err("not a fault: a JSON object is expected".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| format!("not a fault: {error}"))
}

/// The form of the page: a network, one of the presets, how often.
fn from_form(body: &[u8]) -> Result<Wanted, String> {
    let mut network = None;
    let mut chosen = None;
    let (mut times, mut on) = (None, None);
    for (name, value) in fields(body) {
        match &*name {
            "network" => network = Some(value.into_owned()).filter(|network| !network.is_empty()),
            "kind" => chosen = PRESETS.iter().find(|preset| preset.word == value),
            "on" => on = Some(value.parse::<Door>().map_err(|_| "on: no such door".to_owned())?),
            "times" if value.is_empty() => {}
            "times" => times = Some(value.parse().map_err(|_| "times: a whole number, or nothing for until cleared".to_owned())?),
            _ => {}
        }
    }
    let preset = chosen.ok_or_else(|| "kind: no such fault".to_owned())?;
    let made = (preset.make)();
    Ok(Wanted { network: network.or_else(|| made.network.clone()), times, on, ..made })
}

fn fields(body: &[u8]) -> url::form_urlencoded::Parse<'_> {
    url::form_urlencoded::parse(body)
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

pub fn problem(status: StatusCode, words: &str) -> Response {
    (status, Json(json!({ "error": words }))).into_response()
}
