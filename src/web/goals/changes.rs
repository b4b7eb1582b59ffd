//! What people change about goals. Each function: who are you, one call, on to the next page.

use crate::error::AppError;
use crate::model::goal::{GoalStatus, Trigger};
use leptos::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

#[server]
pub async fn create_goal(
    game: String,
    trigger: Trigger,
    #[server(default)] name: String,
    #[server(default)] event: String,
    #[server(default)] description: String,
    #[server(default)] names: BTreeMap<String, String>,
    #[server(default)] twice: bool,
) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let draft = crate::model::goal_form::Draft { name, description, event, trigger, names, twice };
    let kept = crate::server::goals::create(&crate::server::state::state().db, &access, &draft, crate::server::now()).await?;
    leptos_axum::redirect(&match kept {
        crate::server::goals::Kept::Saved(id) => super::path_after(&game, crate::model::goal_form::Done::Created, id),
        crate::server::goals::Kept::Refused => super::path_to_retry(&format!("{}/new", super::path(&game)), &draft),
    });
    Ok(())
}

#[server]
pub async fn change_goal(
    game: String,
    id: Uuid,
    #[server(default)] name: String,
    #[server(default)] description: String,
    #[server(default)] names: BTreeMap<String, String>,
) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let draft = crate::model::goal_form::Draft { name, description, names, ..Default::default() };
    let kept = crate::server::goals::change(&crate::server::state::state().db, &access, id, &draft, crate::server::now()).await?;
    leptos_axum::redirect(&match kept {
        crate::server::goals::Kept::Saved(_) => format!("{}?done=saved", super::path_of(&game, id)),
        crate::server::goals::Kept::Refused => super::path_to_retry(&super::path_of(&game, id), &draft),
    });
    Ok(())
}

/// Pause, resume, archive, bring back.
#[server]
pub async fn set_goal_status(game: String, id: Uuid, status: GoalStatus) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let done = crate::server::goals::set_status(&crate::server::state::state().db, &access, id, status, crate::server::now()).await?;
    leptos_axum::redirect(&super::path_after(&game, done, id));
    Ok(())
}
