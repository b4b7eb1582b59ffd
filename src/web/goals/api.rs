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

/// What is to be said about a draft of a new goal.
#[server(input = GetUrl)]
pub async fn review_goal(game: String, draft: Draft) -> Result<Review, AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    crate::server::goals::review(&crate::server::state::state().db, &access, &draft).await
}
