//! The question before a goal is archived.

use super::api::read_goal;
use super::form::StatusForm;
use crate::error::AppError;
use crate::model::goal::GoalStatus;
use crate::model::goal_form::GoalPage;
use crate::model::number::counted;
use crate::web::components::{Confirm, Crumb, Crumbs, Look};
use crate::web::page::{Page, param};
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn ArchiveGoalPage() -> impl IntoView {
    let game = param("slug");
    let id = param("id").parse::<Uuid>();
    let load = {
        let game = game.clone();
        async move {
            let page = read_goal(game, id.map_err(|_| AppError::NotFound)?, None).await?;
            if page.may_change { Ok(page) } else { Err(AppError::NotAllowed) }
        }
    };
    view! { <Page title="Archive goal" load draw=move |page: GoalPage| view! { <Archive page game/> }.into_any()/> }
}

#[component]
fn Archive(page: GoalPage, game: String) -> impl IntoView {
    let goal = page.goal;
    let back = super::path_of(&game, goal.id);
    let crumbs = vec![
        Crumb::link(page.game_name, format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("Goals", super::path(&game)),
        Crumb::link(goal.name.clone(), back.clone()),
        Crumb::here("Archive"),
    ];
    let matched = match page.outcomes.all() {
        0 => "It matched nothing in the last 30 days.".to_owned(),
        count => format!("It matched {} in the last 30 days.", counted(count, "event", "events")),
    };
    let says = view! {
        <p>{matched}" From now on it matches nothing and is no longer listed among your goals."</p>
        <p>"Conversions already recorded stay, and what is on its way is still sent."</p>
    };
    view! {
        <Crumbs path=crumbs/>
        <Confirm title=format!("Archive {}?", goal.name) back says=says.into_any()>
            <StatusForm game goal to=GoalStatus::Archived text="Archive goal" look=Look::Danger/>
        </Confirm>
    }
}
