//! The list of goals, the templates, and what stands there while there is none.

use super::api::read_goals;
use super::form::StatusForm;
use super::rehearsed::Only;
use crate::model::goal::{Goal, GoalStatus, TEMPLATES, Template};
use crate::model::goal_form::{Done, GoalList, GoalRow};
use crate::model::number::thousands;
use crate::web::components::{Badge, ButtonLink, Crumb, Crumbs, Empty, Flash, Head, Icon, Look, Section, Shape, Table, Tone};
use crate::web::page::{Page, param, query};
use leptos::prelude::*;

#[component]
pub fn GoalsPage() -> impl IntoView {
    let game = param("slug");
    let done = query("done").and_then(|word| Done::from_word(&word));
    let about = query("goal").and_then(|id| id.parse::<uuid::Uuid>().ok());
    view! {
        <Page title="Goals" load=read_goals(game.clone()) draw=move |list| {
            let of = about.and_then(|id| list.goals.iter().map(|row| &row.goal).chain(&list.archived).find(|goal| goal.id == id).cloned());
            let said = done.zip(of).filter(|(done, goal)| done.leaves() == goal.status).map(|(done, goal)| view! { <Said done goal game=game.clone() may_change=list.may_change/> });
            view! { <Goals list game said=said.into_any()/> }.into_any()
        }/>
    }
}

#[component]
fn Goals(list: GoalList, game: String, said: AnyView) -> impl IntoView {
    let crumbs = vec![Crumb::link(list.game_name.clone(), format!("/games/{game}")), Crumb::here("Settings"), Crumb::here("Goals")];
    let new = format!("{}/new", super::path(&game));
    let may_change = list.may_change;
    let create = (may_change && !list.goals.is_empty()).then(|| new.clone());
    let shown = if list.goals.is_empty() {
        view! { <NoGoals may_change/> }.into_any()
    } else {
        view! { <GoalTable rows=list.goals.clone() game=game.clone() game_name=list.game_name.clone() may_change/> }.into_any()
    };
    let archived = list.archived.clone();
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "Goals" actions=move || create.clone().map(|href| view! { <ButtonLink href text="Create goal" look=Look::Primary icon=Shape::Plus/> })/>
        <div class="stack loose">
            {said}
            <Section id="goals" title="Your goals" hint="An event that matches an active goal becomes a conversion, and is sent to the network whose click earned the player.">
                {shown}
            </Section>
            {may_change.then(|| view! { <Templates goals=list.goals new=new.clone()/> })}
            {(!archived.is_empty()).then(|| view! { <Archived goals=archived game/> })}
        </div>
    }
}

#[component]
fn NoGoals(may_change: bool) -> impl IntoView {
    let next = if may_change {
        "Start from one of the three templates below, or choose any event that your game sends."
    } else {
        "Ask an owner or admin of this game to create one."
    };
    view! {
        <div class="card">
            <Empty title="No goal is active, so nothing is sent.">
                <p>"Postbacks keeps clicks and events all the same. "{next}</p>
            </Empty>
        </div>
    }
}

#[component]
fn GoalTable(rows: Vec<GoalRow>, game: String, game_name: String, may_change: bool) -> impl IntoView {
    let mut heads = vec![("Goal", ""), ("Event", ""), ("Trigger", ""), ("Matches, 30 days", "num"), ("State", "")];
    if may_change {
        heads.push(("", ""));
    }
    let rows = rows.into_iter().map(|row| view! { <GoalLine row game=game.clone() may_change/> }).collect_view();
    view! { <div class="card flush"><Table caption=format!("Conversion goals of {game_name}") heads>{rows}</Table></div> }
}

#[component]
fn GoalLine(row: GoalRow, game: String, may_change: bool) -> impl IntoView {
    let GoalRow { goal, matches } = row;
    let (to, text) = if goal.status == GoalStatus::Active { (GoalStatus::Paused, "Pause") } else { (GoalStatus::Active, "Resume") };
    let href = super::path_of(&game, goal.id);
    let change = goal.clone();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="main-cell"><a class="open" href=href>{goal.name.clone()}</a></th>
            <td role="cell"><code>{goal.event.clone()}</code>{goal.filter.clone().map(|filter| view! { <div class="muted small"><Only filter/></div> })}</td>
            <td role="cell">{goal.trigger.label()}</td>
            <td role="cell" class="num" data-label="30 days:">{if matches == 0 { "None".to_owned() } else { thousands(matches) }}</td>
            <td role="cell" class="side-cell"><StatusBadge status=goal.status plain=true/></td>
            {may_change.then(|| view! { <td role="cell" class="act"><StatusForm game goal=change to text look=Look::Quiet small=true/></td> })}
        </tr>
    }
}

#[component]
pub fn StatusBadge(status: GoalStatus, #[prop(optional)] plain: bool) -> impl IntoView {
    let (tone, shape, text) = match status {
        GoalStatus::Active => (Tone::Ok, Shape::Check, "Active"),
        GoalStatus::Paused => (Tone::Off, Shape::Pause, "Paused"),
        GoalStatus::Archived => (Tone::Off, Shape::Off, "Archived"),
    };
    view! { <Badge tone shape text plain/> }
}

#[component]
fn Templates(goals: Vec<GoalRow>, new: String) -> impl IntoView {
    let used = move |template: &Template| goals.iter().any(|row| row.goal.event == template.event && row.goal.trigger == template.trigger);
    let cards = TEMPLATES
        .iter()
        .map(|template| {
            let shape = match template.event {
                "purchase" => Shape::Bag,
                "wishlist_add" => Shape::Star,
                _ => Shape::Mail,
            };
            let foot = if used(template) {
                view! { <Badge tone=Tone::Off shape=Shape::Check text="In use"/> }.into_any()
            } else {
                let (href, label) = (format!("{new}?template={}", template.slug), format!("Use the template {}", template.name));
                view! { <ButtonLink href text="Use template" small=true label/> }.into_any()
            };
            view! {
                <article class="card">
                    <header class="row"><Icon shape/><h3>{template.name}</h3></header>
                    <p class="soft small">{template.says}" Event "<code>{template.event}</code>", "{template.trigger.label().to_lowercase()}"."</p>
                    <footer>{foot}</footer>
                </article>
            }
        })
        .collect_view();
    view! {
        <Section id="templates" title="Start from a template">
            <div class="cols">
                {cards}
                <article class="card">
                    <header class="row"><Icon shape=Shape::Plus/><h3>"Your own"</h3></header>
                    <p class="soft small">"Any event your game sends, once per player or every time."</p>
                    <footer><ButtonLink href=new.clone() text="Create goal" small=true label="Create a goal of your own"/></footer>
                </article>
            </div>
        </Section>
    }
}

#[component]
fn Archived(goals: Vec<Goal>, game: String) -> impl IntoView {
    let lines = goals
        .into_iter()
        .map(|goal| view! { <li><a href=super::path_of(&game, goal.id)>{goal.name}</a>" "<code class="muted">{goal.event}</code></li> });
    view! {
        <details class="more">
            <summary><Icon shape=Shape::Right/>{format!("Archived goals ({})", lines.len())}</summary>
            <ul class="stack tight">{lines.collect_view()}</ul>
        </details>
    }
}

/// What was just done, with the way back.
#[component]
fn Said(done: Done, goal: Goal, game: String, may_change: bool) -> impl IntoView {
    let (tone, what, then, undo) = match done {
        Done::Created => (Tone::Ok, "is active.", "Every event from now on that matches it becomes a conversion.", None),
        Done::Paused => {
            (Tone::Ok, "is paused.", "From now on it matches nothing. Conversions already recorded stay.", Some(GoalStatus::Active))
        }
        Done::Resumed => (Tone::Ok, "is active.", "Events from now on count again; those of the pause do not.", Some(GoalStatus::Paused)),
        Done::Archived => {
            (Tone::Ok, "is archived.", "It matches nothing any more. Conversions already recorded stay.", Some(GoalStatus::Paused))
        }
        Done::Restored => (Tone::Ok, "is back, paused.", "Resume it when its events shall count again.", None),
        Done::NotRestored => (Tone::Warn, "was not brought back.", "Another goal has its name by now. Rename that one first.", None),
    };
    let undo = undo.filter(|_| may_change && goal.status != GoalStatus::Archived || done == Done::Archived);
    let form = undo.map(|to| (to, goal.clone(), game));
    view! {
        <Flash tone announce=true action=move || form.clone().map(|(to, goal, game)| view! { <StatusForm game goal to text="Undo" look=Look::Quiet small=true/> })>
            <strong>{format!("{} {what}", goal.name)}</strong>" "{then}
        </Flash>
    }
}
