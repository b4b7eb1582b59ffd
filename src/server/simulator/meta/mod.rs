//! Meta, Graph API (https://developers.facebook.com/docs/graph-api): login dialog, token exchanges and check, accounts and datasets by
//! both routes, conversion events. All or nothing: one bad event and none is taken.

mod answer;
mod consent;
mod event;
mod events;
mod lists;
mod token;
mod user;

use super::call::receive;
use super::faults::Door;
use super::mishap;
use super::role::Role;
use super::state::State;
use crate::model::HOUR;
use axum::Router;
use axum::extract::{Path, Request, State as Shared};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};

/// Versions that answer (wire page M1). A path of another one is no path.
const VERSIONS: &[&str] = &["v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"];

/// Same event_id, event_name and dataset within 48 h (wire page M6).
pub static ROLE: Role = Role {
    slug: "meta",
    name: "Meta",
    routes,
    judge: events::judge,
    token: token::shown,
    events: events::events,
    glance: events::glance,
    trouble: answer::trouble,
    door: Door::Conversions,
    dedup_window: 48 * HOUR,
    tells: &[],
};

fn routes(state: &State) -> Router<State> {
    let door = |door: Door| {
        let state = state.clone();
        middleware::from_fn(move |request: Request, next: Next| mishap::at_the_door(&ROLE, door, state.clone(), request, next))
    };
    let consent = Router::new().route("/dialog/oauth", get(consent::ask).post(consent::decide)).route_layer(door(Door::Consent));
    let token = Router::new()
        .route("/oauth/access_token", get(token::access_token))
        .route("/debug_token", get(token::debug))
        .route("/me/permissions", delete(token::revoke))
        .route_layer(door(Door::Token));
    let lists = Router::new()
        .route("/me", get(lists::me))
        .route("/me/adaccounts", get(lists::ad_accounts))
        .route("/{object}", get(lists::node))
        .route("/{object}/{edge}", get(lists::edge))
        .route_layer(door(Door::Lists));
    let events = Router::new().route("/{object}/events", post(conversion_events));
    let graph = consent.merge(token).merge(lists).merge(events);
    VERSIONS.iter().fold(Router::new(), |router, version| router.nest(&format!("/{version}"), graph.clone()))
}

async fn conversion_events(Shared(state): Shared<State>, Path(dataset): Path<String>, request: Request) -> Response {
    receive(&ROLE, state, Some(dataset), request).await
}
