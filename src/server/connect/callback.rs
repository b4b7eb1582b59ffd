//! `/oauth/{network}/callback`: where a network's consent page sends the browser back to.

use super::oauth::{self, Returned};
use super::{Desk, forms};
use crate::error::AppError;
use crate::model::connect::{ConnectProblem, Typed};
use crate::server::db::games;
use crate::server::networks::find;
use crate::server::state::AppState;
use crate::server::{auth, now};
use crate::web::integrations::path;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use std::collections::HashMap;
use tower_sessions::Session;
use uuid::Uuid;

/// Takes the state out, turns the code into a grant, and goes on to the picker; whatever fails leads to a page that says why.
pub async fn callback(
    State(state): State<AppState>,
    session: Session,
    Path(slug): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let Some(oauth) = find(&slug).and_then(|network| network.oauth()) else {
        return (StatusCode::NOT_FOUND, AppError::NotFound.to_string()).into_response();
    };
    let Ok(Some(account)) = auth::signed_in(&state, &session).await else { return to("/sign-in") };
    let Ok(session_id) = forms::session_id(&session).await else { return to("/sign-in") };
    let desk = Desk::of(&state);
    let taken = oauth::take_state(&desk, &slug, query.get("state").map(String::as_str), &session_id, account.id, now()).await;
    let taken = match taken {
        Ok(taken) => taken,
        // Without a good state nobody knows which game it was for.
        Err(_) => return to(&format!("/games?problem={}", ConnectProblem::Stale)),
    };
    let Ok(Some(game)) = games::by_id(&state.db, taken.game_id).await else { return to("/games") };
    // Whoever lost the right to change the game on the way gets no token into it; the page says where they stand.
    if !matches!(auth::role_in(&state, &account, game.id).await, Ok(Some(role)) if role.may_change()) {
        return to(&path(&game.slug, &slug));
    }
    match oauth::exchange(&desk, &taken, query.get(oauth.code_parameter()).map(String::as_str), now()).await {
        Ok(Returned { grant_id, popup, .. }) => to(&picker(&path(&game.slug, &slug), grant_id, popup)),
        Err(failure) => {
            forms::keep(&session, &slug, Typed::default(), &failure).await;
            let problem = match forms::problem(failure) {
                AppError::Connect(problem) => problem,
                _ => ConnectProblem::Unavailable,
            };
            to(&format!("{}?problem={problem}", path(&game.slug, &slug)))
        }
    }
}

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

fn picker(path: &str, grant: Uuid, popup: bool) -> String {
    let popup = if popup { "&popup=1" } else { "" };
    format!("{path}/connect?grant={grant}{popup}")
}
