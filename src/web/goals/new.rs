//! A new goal: from a template or from nothing; what was typed stays in the address until it can be saved.

use super::api::review_goal;
use super::changes::CreateGoal;
use super::form::{CountedTwice, SentAsFields, about_event, about_name, say};
use crate::model::goal::{MAX_DESCRIPTION, MAX_NAME, TEMPLATES, Trigger};
use crate::model::goal_form::{CATALOGUE, Draft, MAX_EVENT, Problem, Review};
use crate::web::components::{Button, Choice, Crumb, Crumbs, Flash, Head, Look, Pick, Segments, TextArea, TextField, Tone};
use crate::web::page::{Page, param, query};
use crate::web::visit;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn NewGoalPage() -> impl IntoView {
    let game = param("slug");
    let template = query("template");
    let (typed, tried) = use_query_map().with_untracked(super::draft_of);
    let draft = TEMPLATES.iter().find(|known| template.as_deref() == Some(known.slug)).map_or(typed, Draft::from_template);
    view! {
        <Page title="New goal" load=review_goal(game.clone(), draft.clone()) draw=move |review| {
            view! { <NewGoal game review draft tried template/> }.into_any()
        }/>
    }
}

#[component]
fn NewGoal(game: String, review: Review, draft: Draft, tried: bool, template: Option<String>) -> impl IntoView {
    let list = super::path(&game);
    let crumbs = vec![
        Crumb::link(review.game_name.clone(), format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("Goals", list.clone()),
        Crumb::here("New goal"),
    ];
    let mut starts: Vec<Pick> = TEMPLATES
        .iter()
        .map(|known| Pick::new(format!("{list}/new?template={}", known.slug), known.name, template.as_deref() == Some(known.slug)))
        .collect();
    starts.push(Pick::new(format!("{list}/new"), "Your own", template.is_none()));
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "New goal"/>
        <div class="stack loose narrow">
            <Segments label="Start from" picks=starts/>
            <NewGoalForm game review draft tried list/>
        </div>
    }
}

#[component]
fn NewGoalForm(game: String, review: Review, draft: Draft, tried: bool, list: String) -> impl IntoView {
    let action = ServerAction::<CreateGoal>::new();
    let failed = visit::failure(action);
    let problems = if tried { review.problems } else { Vec::new() };
    // One thing at a time: which name to offer follows from the goal's own.
    let clashes =
        if tried && problems.iter().all(|problem| matches!(problem, Problem::SentAsUnfit { .. })) { review.clashes } else { Vec::new() };
    let name_error = say(&problems, about_name);
    let event_error = say(&problems, about_event);
    let description_error = say(&problems, |problem| *problem == Problem::DescriptionUnfit);
    let too_many = say(&problems, |problem| *problem == Problem::TooMany);
    let names_shown = !clashes.is_empty() || problems.iter().any(|problem| matches!(problem, Problem::SentAsUnfit { .. }));
    let twice = names_shown.then(|| {
        let mut offered = draft.clone();
        for clash in &clashes {
            offered.names.entry(clash.network.clone()).or_insert_with(|| draft.own_name());
        }
        view! {
            <CountedTwice clashes event=draft.event.clone() announce=true/>
            <fieldset class="field"><legend>"Under which name?"</legend>
                <div class="stack snug">
                    <Choice name="twice" value="false" checked=true label="Another event name, so that the network tells the goals apart" hint="Networks report on names of your own; their bidding learns best from their standard events."/>
                    <SentAsFields sent_as=review.sent_as typed=offered problems/>
                    <Choice name="twice" value="true" label="The same event name, counted twice"/>
                </div>
            </fieldset>
        }
    });
    let events = CATALOGUE.iter().map(|event| view! { <option value=*event></option> }).collect_view();
    let triggers = Trigger::ALL
        .iter()
        .map(|trigger| {
            let hint = match trigger {
                Trigger::OncePerPlayer => "Only a player’s first event counts.",
                Trigger::Repeatable => "Every event counts.",
            };
            view! { <Choice name="trigger" value=trigger.word() checked=*trigger == draft.trigger label=trigger.label() hint/> }
        })
        .collect_view();
    view! {
        {failed.map(|problem| view! { <Flash tone=Tone::Bad announce=true>{problem.to_string()}</Flash> })}
        {too_many.map(|says| view! { <Flash tone=Tone::Bad announce=true>{says}</Flash> })}
        <ActionForm action>
            <div class="stack form">
                <input type="hidden" name="game" value=game/>
                <TextField name="name" label="Name" value=draft.name error=name_error required=true max=MAX_NAME hint="As reports and the delivery log call it."/>
                <TextField name="event" label="Event" value=draft.event error=event_error required=true max=MAX_EVENT list="events" code=true
                    hint="Exactly as the game sends it. Choose a known event or type your own."/>
                <datalist id="events">{events}</datalist>
                <fieldset class="field"><legend>"Trigger"</legend><div class="fields">{triggers}</div></fieldset>
                <TextArea name="description" label="Description, optional" value=draft.description error=description_error max=MAX_DESCRIPTION/>
                {twice}
                <footer class="row">
                    <Button text="Create goal" look=Look::Primary/>
                    <a class="btn quiet" href=list>"Cancel"</a>
                </footer>
                <p class="small muted">"A goal counts events from the moment it is active; earlier ones are not sent."</p>
            </div>
        </ActionForm>
    }
}
