//! A new goal in three steps: event, filter, review. What was typed stays in the address until it can be saved.

use super::api::review_goal;
use super::step_event::EventStep;
use super::step_filter::FilterStep;
use super::step_review::ReviewStep;
use super::{Step, path_to_step};
use crate::model::catalogue::has_filters;
use crate::model::goal::TEMPLATES;
use crate::model::goal_form::{Draft, Review};
use crate::web::components::{Crumb, Crumbs, Head, Icon, Shape};
use crate::web::page::{Page, param, query};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn NewGoalPage() -> impl IntoView {
    let game = param("slug");
    let template = query("template");
    let (typed, tried) = use_query_map().with_untracked(super::draft_of);
    let asked = if tried { Step::Review } else { query("step").and_then(|word| Step::from_word(&word)).unwrap_or(Step::Event) };
    let draft = TEMPLATES.iter().find(|known| template.as_deref() == Some(known.slug)).map_or(typed, Draft::from_template);
    view! {
        <Page title="New goal" load=review_goal(game.clone(), draft.clone(), asked != Step::Event) draw=move |review| {
            view! { <NewGoal game review draft asked tried template/> }.into_any()
        }/>
    }
}

#[component]
fn NewGoal(game: String, review: Review, draft: Draft, asked: Step, tried: bool, template: Option<String>) -> impl IntoView {
    let list = super::path(&game);
    let crumbs = vec![
        Crumb::link(review.game_name.clone(), format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("Goals", list),
        Crumb::here("New goal"),
    ];
    let step = asked.reached(&review.problems, draft.event.trim());
    let steps = view! { <Steps game=game.clone() step draft=draft.clone()/> };
    let form = match step {
        Step::Event => {
            let problems = if asked == Step::Event { Vec::new() } else { review.problems };
            view! { <EventStep game draft problems template/> }.into_any()
        }
        Step::Filter => view! { <FilterStep game draft review/> }.into_any(),
        Step::Review => view! { <ReviewStep game draft review tried/> }.into_any(),
    };
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "New goal"/>
        <div class="stack loose">{steps}{form}</div>
    }
}

/// Where one is; steps behind are links back.
#[component]
fn Steps(game: String, step: Step, draft: Draft) -> impl IntoView {
    let to_filter = step == Step::Event || has_filters(draft.event.trim());
    let steps = Step::ALL
        .iter()
        .filter(|one| to_filter || **one != Step::Filter)
        .enumerate()
        .map(|(at, one)| {
            if *one < step {
                let href = path_to_step(&game, *one, &draft);
                view! { <li class="done"><b><Icon shape=Shape::Check/></b><a href=href>{one.label()}</a></li> }.into_any()
            } else {
                view! { <li aria-current=(*one == step).then_some("step")><b>{at + 1}</b>{one.label()}</li> }.into_any()
            }
        })
        .collect_view();
    view! { <ol class="steps" aria-label="Steps">{steps}</ol> }
}

/// What other steps have, carried along in the form; `own` are the fields that this step has itself.
#[component]
pub fn Carried(draft: Draft, own: &'static [&'static str]) -> impl IntoView {
    super::fields_of(&draft)
        .into_iter()
        .filter(|(name, value)| !own.contains(&name.as_str()) && !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view()
}
