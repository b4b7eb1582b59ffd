//! Things in time order: the attempts of a postback, with what is still to come.

use super::icon::{Icon, Shape, Tone};
use leptos::children::ViewFnOnce;
use leptos::prelude::*;

#[component]
pub fn Timeline(children: Children) -> impl IntoView {
    view! { <ol class="timeline card">{children()}</ol> }
}

/// `what` happened, `when` in short; the children say more. `here` is the one in question, `ahead` is still to come.
#[component]
pub fn Moment(
    shape: Shape,
    #[prop(optional, into)] tone: Option<Tone>,
    #[prop(into)] what: ViewFnOnce,
    #[prop(into)] when: ViewFnOnce,
    #[prop(optional)] here: bool,
    #[prop(optional)] ahead: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let class = if here { Some("here") } else { ahead.then_some("ahead") };
    view! {
        <li class=class data-tone=tone.map(Tone::word) aria-current=here.then_some("true")>
            <span class="dot"><Icon shape/></span>
            <div>
                <p class="what"><span>{what.run()}</span><span class="muted">{when.run()}</span></p>
                {children.map(|children| children())}
            </div>
        </li>
    }
}
