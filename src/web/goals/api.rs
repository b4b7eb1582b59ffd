//! What the goal pages read. Each function: who are you, one call, return.

use crate::error::AppError;
use crate::model::goal_form::{Draft, GoalList, GoalPage, Review};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use uuid::Uuid;

#[server(input = GetUrl)]
pub async fn read_goals(game: String) -> Result<GoalList, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::goals::list(&crate::server::state::state().db, &access, crate::server::now()).await
}

/// One goal; `tried` is what could not be saved.
#[server(input = GetUrl)]
pub async fn read_goal(game: String, id: Uuid, tried: Option<Draft>) -> Result<GoalPage, AppError> {
    let access = crate::server::auth::require_game(&game).await?;
    crate::server::goals::read(&crate::server::state::state().db, &access, id, tried.as_ref(), crate::server::now()).await
}

/// What is to be said about a draft of a new goal; with `rehearsed` also what it would have counted.
#[server(input = GetUrl)]
pub async fn review_goal(game: String, draft: Draft, #[server(default)] rehearsed: bool) -> Result<Review, AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let db = &crate::server::state::state().db;
    if rehearsed {
        crate::server::goals::rehearse(db, &access, &draft, crate::server::now()).await
    } else {
        crate::server::goals::review(db, &access, &draft).await
    }
}
