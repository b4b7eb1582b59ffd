//! Google (https://developers.google.com/data-manager/api, https://developers.google.com/google-ads/api): consent page, tokens, customers and
//! conversion actions, conversion events. Over the Data Manager API a call of events is taken whole or not at all, and taking it says nothing of
//! what becomes of it; the import of the Google Ads API judges each event at once.

mod answer;
mod consent;
mod event;
mod events;
mod gaql;
mod import;
mod imports;
mod lists;
pub mod results;
mod token;
pub mod world;

use super::call::receive;
use super::faults::Door;
use super::mishap;
use super::role::Role;
use super::state::State;
use crate::model::DAY;
use axum::Router;
use axum::extract::{Path, Request, State as Shared};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

/// Versions of the Google Ads API that answer (wire page G2.1).
const ADS_VERSIONS: &[&str] = &["v23", "v24", "v25", "v26"];

/// A transactionId counts once per action, for as long as anybody remembers.
pub static ROLE: Role = Role {
    slug: "google",
    name: "Google",
    routes,
    judge: events::judge,
    token: token::shown,
    events: events::events,
    glance: events::glance,
    trouble: answer::trouble,
    door: Door::Conversions,
    dedup_window: 400 * DAY,
    tells: results::REASONS,
};

/// The same network by its other way of sending; both remember the same ids.
static IMPORT: Role = Role {
    slug: "google",
    name: "Google",
    routes,
    judge: imports::judge,
    token: token::shown,
    events: imports::events,
    glance: imports::glance,
    trouble: imports::trouble,
    door: Door::Imports,
    dedup_window: 400 * DAY,
    tells: &[],
};

fn routes(state: &State) -> Router<State> {
    let door = |door: Door| {
        let state = state.clone();
        middleware::from_fn(move |request: Request, next: Next| mishap::at_the_door(&ROLE, door, state.clone(), request, next))
    };
    let consent = Router::new().route("/o/oauth2/v2/auth", get(consent::ask).post(consent::decide)).route_layer(door(Door::Consent));
    let token = Router::new().route("/token", post(token::token)).route("/revoke", post(token::revoke)).route_layer(door(Door::Token));
    let ads = Router::new()
        .route("/customers:listAccessibleCustomers", get(lists::accessible))
        .route("/customers/{id}/googleAds:search", post(lists::search))
        .route_layer(door(Door::Lists))
        .route("/customers/{call}", post(upload));
    let ads = ADS_VERSIONS.iter().fold(Router::new(), |router, version| router.nest(&format!("/{version}"), ads.clone()));
    let results = Router::new().route("/v1/requestStatus:retrieve", get(results::retrieve)).route_layer(door(Door::Lists));
    consent.merge(token).merge(ads).merge(results).route("/v1/events:ingest", post(ingest))
}

/// `POST /vX/customers/{id}:uploadClickConversions`
async fn upload(Shared(state): Shared<State>, Path(call): Path<String>, request: Request) -> Response {
    match call.split_once(':') {
        Some((id, "uploadClickConversions")) => receive(&IMPORT, state, Some(id.to_owned()), request).await,
        _ => answer::refusal(404, "NOT_FOUND", "Method not found.").answer().into_response(),
    }
}

async fn ingest(Shared(state): Shared<State>, request: Request) -> Response {
    receive(&ROLE, state, None, request).await
}
