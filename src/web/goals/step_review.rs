//! The last step of a new goal: its name, what it counts at a glance, and what it would have counted.

use super::Step;
use super::changes::CreateGoal;
use super::form::{CountedTwice, SentAsFields, about_name, say};
use super::new::Carried;
use super::rehearsed::{Only, Rehearsed};
use crate::model::catalogue::has_filters;
use crate::model::goal::{MAX_DESCRIPTION, MAX_NAME};
use crate::model::goal_form::{Clash, Draft, Problem, Review, SentAs};
use crate::web::components::{Button, Choice, Fact, Facts, Flash, Look, TextArea, TextField, Tone};
use crate::web::visit;
use leptos::prelude::*;

/// Fields that this step has itself.
const OWN: &[&str] = &["name", "description", "twice"];

#[component]
pub fn ReviewStep(game: String, draft: Draft, review: Review, tried: bool) -> impl IntoView {
    let action = ServerAction::<CreateGoal>::new();
    let failed = visit::failure(action);
    let Review { problems, clashes, sent_as, rehearsal, .. } = review;
    let problems = if tried { problems } else { Vec::new() };
    // One thing at a time: which name to offer follows from the goal's own.
    let clashes = if tried && problems.iter().all(|problem| matches!(problem, Problem::SentAsUnfit { .. })) { clashes } else { Vec::new() };
    let name_error = say(&problems, about_name);
    let description_error = say(&problems, |problem| *problem == Problem::DescriptionUnfit);
    let too_many = say(&problems, |problem| *problem == Problem::TooMany);
    let names_shown = !clashes.is_empty() || problems.iter().any(|problem| matches!(problem, Problem::SentAsUnfit { .. }));
    let rehearsed = rehearsal.map(|rehearsal| view! { <Rehearsed rehearsal event=draft.event.trim().to_owned() rule=draft.rule()/> });
    let names = names_shown.then(|| view! { <Names draft=draft.clone() clashes sent_as problems/> });
    let back = super::path_to_step(&game, if has_filters(draft.event.trim()) { Step::Filter } else { Step::Event }, &draft);
    let list = super::path(&game);
    let carried = Draft { names: Default::default(), ..draft.clone() };
    view! {
        {failed.map(|problem| view! { <Flash tone=Tone::Bad announce=true>{problem.to_string()}</Flash> })}
        {too_many.map(|says| view! { <Flash tone=Tone::Bad announce=true>{says}</Flash> })}
        <div class="split">
            <ActionForm action>
                <div class="stack form">
                    <input type="hidden" name="game" value=game/>
                    <Carried draft=carried own=OWN/>
                    <Counts draft=draft.clone()/>
                    <TextField name="name" label="Name" value=draft.name error=name_error required=true max=MAX_NAME hint="As reports and the delivery log call it."/>
                    <TextArea name="description" label="Description, optional" value=draft.description error=description_error max=MAX_DESCRIPTION/>
                    {names}
                    <footer class="row">
                        <Button text="Create goal" look=Look::Primary/>
                        <a class="btn quiet" href=back>"Back"</a>
                        <a class="btn quiet" href=list>"Cancel"</a>
                    </footer>
                    <p class="small muted">"A goal counts events from the moment it is active; earlier ones are not sent."</p>
                </div>
            </ActionForm>
            {rehearsed}
        </div>
    }
}

#[component]
fn Counts(draft: Draft) -> impl IntoView {
    let filter = match draft.filter {
        Some(filter) => view! { <Only filter/> }.into_any(),
        None => "None: every event".into_any(),
    };
    view! {
        <div class="card flush">
            <Facts>
                <Fact label="Event"><code>{draft.event.trim().to_owned()}</code></Fact>
                <Fact label="Trigger">{draft.trigger.label()}</Fact>
                <Fact label="Filter">{filter}</Fact>
            </Facts>
        </div>
    }
}

/// The event counts for another goal too: under which name does this one go out?
#[component]
fn Names(draft: Draft, clashes: Vec<Clash>, sent_as: Vec<SentAs>, problems: Vec<Problem>) -> impl IntoView {
    let mut offered = draft.clone();
    for clash in &clashes {
        offered.names.entry(clash.network.clone()).or_insert_with(|| draft.own_name());
    }
    view! {
        <CountedTwice clashes event=draft.event announce=true/>
        <fieldset class="field"><legend>"Under which name?"</legend>
            <div class="stack snug">
                <Choice name="twice" value="false" checked=true label="Another event name, so that the network tells the goals apart" hint="Networks report on names of your own; their bidding learns best from their standard events."/>
                <SentAsFields sent_as typed=offered problems/>
                <Choice name="twice" value="true" label="The same event name, counted twice"/>
            </div>
        </fieldset>
    }
}
