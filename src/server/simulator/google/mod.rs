//! Google (https://developers.google.com/data-manager/api, https://developers.google.com/google-ads/api): consent page, tokens, customers and
//! conversion actions, conversion events. A call of events is taken whole or not at all, and taking it says nothing of what becomes of it.

mod answer;
mod consent;
mod event;
mod events;
mod gaql;
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
use axum::extract::{Request, State as Shared};
use axum::middleware::{self, Next};
use axum::response::Response;
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
    dedup_window: 400 * DAY,
    tells: results::REASONS,
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
        .route_layer(door(Door::Lists));
    let ads = ADS_VERSIONS.iter().fold(Router::new(), |router, version| router.nest(&format!("/{version}"), ads.clone()));
    let results = Router::new().route("/v1/requestStatus:retrieve", get(results::retrieve)).route_layer(door(Door::Lists));
    consent.merge(token).merge(ads).merge(results).route("/v1/events:ingest", post(ingest))
}

async fn ingest(Shared(state): Shared<State>, request: Request) -> Response {
    receive(&ROLE, state, None, request).await
}
