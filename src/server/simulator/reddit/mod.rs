//! Reddit, Conversions API v3 (https://ads-api.reddit.com/docs/v3): conversion events by a pasted token. All or nothing:
//! one bad event and none is processed.

mod answer;
mod call;
mod event;
mod user;

use super::call::receive;
use super::faults::Door;
use super::role::Role;
use super::state::State;
use crate::model::HOUR;
use axum::Router;
use axum::extract::{Path, Request, State as Shared};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::post;

/// A repeated conversion_id has to arrive within 2 days to be recognised (business docs, "event deduplication").
pub static ROLE: Role = Role {
    slug: "reddit",
    name: "Reddit",
    routes,
    judge: call::judge,
    token: |headers, _, _| bearer(headers).map(str::to_owned),
    events: call::events,
    glance: call::glance,
    trouble: answer::trouble,
    door: Door::Conversions,
    dedup_window: 48 * HOUR,
    tells: &[],
};

fn routes(_: &State) -> Router<State> {
    Router::new().route("/api/v3/pixels/{pixel}/conversion_events", post(conversion_events))
}

async fn conversion_events(Shared(state): Shared<State>, Path(pixel): Path<String>, request: Request) -> Response {
    receive(&ROLE, state, Some(pixel), request).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").filter(|token| !token.is_empty())
}
