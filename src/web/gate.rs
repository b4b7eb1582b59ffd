//! The way in: one form, and beside it what Postbacks does.

use super::components::{Icon, Shape, Tone};
use super::layout::Refused;
use leptos::prelude::*;

/// The mark and name of Postbacks, or of a game.
#[component]
pub fn Brand(#[prop(into)] text: String) -> impl IntoView {
    view! {
        <svg viewBox="0 0 22 22" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" aria-hidden="true">
            <path d="M18.6 8.2A8 8 0 1 0 19 11"/>
            <circle cx="11" cy="11" r="2.4" fill="currentColor" stroke="none"/>
        </svg>
        {text}
    }
}

/// `children` is the form.
#[component]
pub fn Gate(children: Children) -> impl IntoView {
    view! {
        <div class="gate">
            <main id="main"><Refused/>{children()}</main>
            <aside aria-label="What Postbacks does">
                <p class="lead">
                    <strong>"An ad brought a player. The player bought something."</strong>
                    " Postbacks tells the ad network, so that it finds more like them."
                </p>
                <ol class="timeline">
                    <Step tone=Tone::Info shape=Shape::Link what="Ad click kept" note="The click id that the network put into the link" wait="6 days later"/>
                    <Step tone=Tone::Info shape=Shape::Bag what="The player buys" note="purchase, $12.99, goal First Purchase" wait="0.2 s later"/>
                    <Step tone=Tone::Ok shape=Shape::Check what="The network accepts the conversion" note="Server to server, with the click that earned it"/>
                </ol>
            </aside>
        </div>
    }
}

#[component]
fn Step(tone: Tone, shape: Shape, what: &'static str, note: &'static str, #[prop(optional)] wait: Option<&'static str>) -> impl IntoView {
    view! {
        <li data-tone=tone.word()>
            <span class="dot"><Icon shape/></span>
            <div>
                <p class="what">{what}</p>
                <p class="muted">{note}</p>
                {wait.map(|wait| view! { <p class="wait">{wait}</p> })}
            </div>
        </li>
    }
}
