//! Parts of a page: a section with its heading, named values, numbers of one thing.

use super::icon::Tone;
use leptos::children::ViewFnOnce;
use leptos::prelude::*;

/// A part of a page under its own `h2`. `aside` stands at the right of the heading.
#[component]
pub fn Section(
    /// Also the anchor of the part.
    #[prop(into)]
    id: String,
    #[prop(into)] title: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] aside: Option<ViewFnOnce>,
    children: Children,
) -> impl IntoView {
    let heading = id.clone();
    view! {
        <section class="section" aria-labelledby=heading>
            <header>
                <div><h2 id=id>{title}</h2>{hint.map(|hint| view! { <p class="muted small hint">{hint}</p> })}</div>
                {aside.map(ViewFnOnce::run)}
            </header>
            {children()}
        </section>
    }
}

/// Named values; `rows` in narrow places.
#[component]
pub fn Facts(#[prop(optional)] rows: bool, children: Children) -> impl IntoView {
    view! { <dl class=if rows { "facts rows" } else { "facts" }>{children()}</dl> }
}

#[component]
pub fn Fact(
    #[prop(into)] label: String,
    /// As wide as the list.
    #[prop(optional)]
    full: bool,
    #[prop(default = None)] tone: Option<Tone>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class=full.then_some("full")>
            <dt>{label}</dt>
            <dd class=tone.map(|_| "tone") data-tone=tone.map(Tone::word)>{children()}</dd>
        </div>
    }
}

/// Three to five numbers of one thing.
#[component]
pub fn Stats(children: Children) -> impl IntoView {
    view! { <dl class="stats">{children()}</dl> }
}

#[component]
pub fn Stat(
    #[prop(into)] label: String,
    #[prop(into)] value: String,
    #[prop(default = None)] note: Option<String>,
    #[prop(default = None)] tone: Option<Tone>,
) -> impl IntoView {
    view! {
        <div class="stat" data-tone=tone.map(Tone::word)>
            <dt>{label}</dt><dd>{value}</dd>{note.map(|note| view! { <dd>{note}</dd> })}
        </div>
    }
}
