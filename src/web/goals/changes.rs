//! What people change about goals. Each function: who are you, one call, on to the next page.
#![allow(clippy::too_many_arguments)] // a form is as wide as its fields

use crate::error::AppError;
use crate::model::goal::{GoalStatus, Operator, Trigger};
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
    #[server(default)] filter: String,
    #[server(default)] property: String,
    #[server(default)] operator: Option<Operator>,
    #[server(default)] value: String,
    #[server(default)] names: BTreeMap<String, String>,
    #[server(default)] twice: bool,
) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let filter = super::filter_of(&filter, property, operator, value);
    let draft = crate::model::goal_form::Draft { name, description, event, trigger, filter, names, twice };
    let kept = crate::server::goals::create(&crate::server::state::state().db, &access, &draft, crate::server::now()).await?;
    leptos_axum::redirect(&match kept {
        crate::server::goals::Kept::Saved(id) => super::path_after(&game, crate::model::goal_form::Done::Created, id),
        crate::server::goals::Kept::Refused => super::path_to_retry(&format!("{}/new", super::path(&game)), &draft),
    });
    Ok(())
}

/// Without a trigger, when the goal counts stays as it is.
#[server]
pub async fn change_goal(
    game: String,
    id: Uuid,
    #[server(default)] name: String,
    #[server(default)] description: String,
    #[server(default)] trigger: Option<Trigger>,
    #[server(default)] filter: String,
    #[server(default)] property: String,
    #[server(default)] operator: Option<Operator>,
    #[server(default)] value: String,
    #[server(default)] names: BTreeMap<String, String>,
) -> Result<(), AppError> {
    let access = crate::server::auth::require_change(&game).await?;
    let filter = super::filter_of(&filter, property, operator, value);
    let rule = trigger.map(|trigger| crate::model::goal::Rule { trigger, filter: filter.clone() });
    let draft =
        crate::model::goal_form::Draft { name, description, names, filter, trigger: trigger.unwrap_or_default(), ..Default::default() };
    let db = &crate::server::state::state().db;
    let kept = crate::server::goals::change(db, &access, id, &draft, rule.as_ref(), crate::server::now()).await?;
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
