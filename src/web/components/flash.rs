//! The result of an act, or a standing warning: cause, since when, what it costs, by when, and the one thing that fixes it.

use super::icon::{Icon, Shape, Tone};
use leptos::children::ViewFnOnce;
use leptos::prelude::*;

/// `announce` for the result of an act, which a screen reader says at once.
#[component]
pub fn Flash(
    tone: Tone,
    #[prop(optional, into)] title: Option<String>,
    #[prop(optional)] announce: bool,
    #[prop(optional, into)] action: Option<ViewFnOnce>,
    children: Children,
) -> impl IntoView {
    let shape = match tone {
        Tone::Ok => Shape::Ok,
        Tone::Warn => Shape::Warn,
        Tone::Bad => Shape::Warn,
        Tone::Hold => Shape::Pause,
        Tone::Info | Tone::Off => Shape::Flag,
    };
    view! {
        <div class="flash" data-tone=tone.word() role=announce.then_some("status")>
            <Icon shape/>
            <div>
                <p>{title.map(|title| view! { <strong class="title">{title}</strong> })}{children()}</p>
                {action.map(ViewFnOnce::run)}
            </div>
        </div>
    }
}
