//! The first step of a new goal: which event, once per player or every time.

use super::Step;
use super::form::{TriggerField, say};
use super::new::Carried;
use crate::model::catalogue::EVENTS;
use crate::model::goal::TEMPLATES;
use crate::model::goal_form::{Draft, MAX_EVENT, Problem};
use crate::web::components::{Button, Look, Pick, Segments, TextField};
use leptos::prelude::*;

#[component]
pub fn EventStep(game: String, draft: Draft, problems: Vec<Problem>, template: Option<String>) -> impl IntoView {
    let list = super::path(&game);
    let new = format!("{list}/new");
    let mut starts: Vec<Pick> = TEMPLATES
        .iter()
        .map(|known| Pick::new(format!("{list}/new?template={}", known.slug), known.name, template.as_deref() == Some(known.slug)))
        .collect();
    starts.push(Pick::new(format!("{list}/new"), "Your own", template.is_none()));
    let events = EVENTS.iter().map(|event| view! { <option value=event.name></option> }).collect_view();
    let error = say(&problems, Problem::is_of_event);
    view! {
        <Segments label="Start from" picks=starts/>
        <form class="stack form" method="get" action=new>
            <Carried draft=draft.clone() own=&["event", "trigger"]/>
            <TextField name="event" label="Event" value=draft.event error required=true max=MAX_EVENT list="events" code=true
                hint="Exactly as the game sends it. Choose a known event or type your own."/>
            <datalist id="events">{events}</datalist>
            <TriggerField trigger=draft.trigger/>
            <footer class="row">
                <Button text="Continue" look=Look::Primary name="step" value=Step::Filter.word()/>
                <a class="btn quiet" href=list>"Cancel"</a>
            </footer>
        </form>
    }
}
