//! What is missing, why, with numbers, and what to do.

use super::icon::{Icon, Shape, Tone};
use leptos::children::ViewFnOnce;
use leptos::prelude::*;

#[component]
pub fn Empty(#[prop(into)] title: String, children: Children) -> impl IntoView {
    view! { <div class="empty"><h3 class="lead sm"><strong>{title}</strong></h3>{children()}</div> }
}

/// One line of a checklist (`<ol class="checklist">`): a question, its evidence, the next step. `likely` marks the probable cause.
#[component]
pub fn Condition(
    tone: Tone,
    #[prop(into)] question: String,
    #[prop(optional)] likely: bool,
    #[prop(optional, into)] action: Option<ViewFnOnce>,
    children: Children,
) -> impl IntoView {
    let shape = match tone {
        Tone::Ok => Shape::Ok,
        Tone::Bad => Shape::Failed,
        Tone::Warn => Shape::Warn,
        Tone::Hold => Shape::Pause,
        Tone::Info | Tone::Off => Shape::Off,
    };
    view! {
        <li class=likely.then_some("here") data-tone=tone.word()>
            <Icon shape/>
            <div><h3>{question}</h3><p>{children()}</p></div>
            {action.map(ViewFnOnce::run)}
        </li>
    }
}
