//! TikTok, Marketing API v1.3 (https://business-api.tiktok.com/portal/docs): consent page, token exchange, advertisers,
//! pixels, `event/track`. HTTP is 200 nearly always; the verdict is `code` in the body.

mod answer;
mod consent;
mod event;
mod pixels;
mod token;
mod track;

use super::call;
use super::faults::Door;
use super::mishap;
use super::role::Role;
use super::state::State;
use crate::model::HOUR;
use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::routing::{get, post};

/// Repeated event_id of the same pixel and event within 48 h of the first (help article "event-deduplication").
pub static ROLE: Role = Role {
    slug: "tiktok",
    name: "TikTok",
    routes,
    judge: track::judge,
    token: |headers, _, _| access_token(headers).map(str::to_owned),
    events: track::events,
    glance: track::glance,
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
    let consent = Router::new().route("/portal/auth", get(consent::ask).post(consent::decide)).route_layer(door(Door::Consent));
    let token = Router::new()
        .route("/open_api/v1.3/oauth2/access_token/", post(token::exchange))
        .route("/open_api/v1.3/oauth2/revoke_token/", post(token::revoke))
        .route_layer(door(Door::Token));
    let lists = Router::new()
        .route("/open_api/v1.3/oauth2/advertiser/get/", get(token::advertisers))
        .route("/open_api/v1.3/pixel/list/", get(pixels::list))
        .route_layer(door(Door::Lists));
    // Only with its trailing slash: without it TikTok has no such page.
    let track = Router::new().route("/open_api/v1.3/event/track/", post(track));
    consent.merge(token).merge(lists).merge(track)
}

async fn track(Shared(state): Shared<State>, request: Request) -> axum::response::Response {
    call::receive(&ROLE, state, None, request).await
}

fn access_token(headers: &HeaderMap) -> Option<&str> {
    headers.get("access-token")?.to_str().ok().filter(|token| !token.is_empty())
}
