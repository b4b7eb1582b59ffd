//! The second step of a new goal: every event, or only those that pass a test; beside it, what that would have counted.

use super::Step;
use super::form::FilterField;
use super::new::Carried;
use super::rehearsed::Rehearsed;
use crate::model::goal_form::{Draft, Review};
use crate::web::components::{Button, Look};
use leptos::prelude::*;

#[component]
pub fn FilterStep(game: String, draft: Draft, review: Review) -> impl IntoView {
    let list = super::path(&game);
    let new = format!("{list}/new");
    let back = super::path_to_step(&game, Step::Event, &draft);
    let (event, rule) = (draft.event.trim().to_owned(), draft.rule());
    let rehearsed = review.rehearsal.map(|rehearsal| view! { <Rehearsed rehearsal event=event.clone() rule/> });
    let legend = format!("Which {event} counts?");
    view! {
        <div class="split">
            <form class="stack" method="get" action=new>
                <Carried draft=draft.clone() own=&["filter", "property", "operator", "value"]/>
                <FilterField event filter=draft.filter problems=review.problems legend/>
                <footer class="row">
                    <Button text="Continue to review" look=Look::Primary name="step" value=Step::Review.word()/>
                    <Button text="Count again" name="step" value=Step::Filter.word()/>
                    <a class="btn quiet" href=back>"Back"</a>
                    <a class="btn quiet" href=list>"Cancel"</a>
                </footer>
            </form>
            {rehearsed}
        </div>
    }
}
