//! A status in an icon and a word.

use super::icon::{Icon, Shape, Tone};
use leptos::prelude::*;

/// `plain` has no ground: for what is normal, in tables.
#[component]
pub fn Badge(tone: Tone, shape: Shape, #[prop(optional)] plain: bool, #[prop(into)] text: String) -> impl IntoView {
    let class = if plain { "badge plain" } else { "badge" };
    view! { <span class=class data-tone=tone.word()><Icon shape/>{text}</span> }
}

/// A status on a card: the tones of a badge without a ground.
#[component]
pub fn HealthLine(tone: Tone, shape: Shape, #[prop(into)] text: String) -> impl IntoView {
    view! { <p class="health" data-tone=tone.word()><Icon shape/>{text}</p> }
}

/// A network's mark, or its first letter where there is none.
#[component]
pub fn Glyph(#[prop(into)] name: String, #[prop(optional, into)] picture: Option<String>, #[prop(optional)] large: bool) -> impl IntoView {
    let class = if large { "glyph lg" } else { "glyph" };
    let mark = match picture {
        Some(src) => view! { <img src=src alt="" width="20" height="20"/> }.into_any(),
        None => name.chars().next().map(|letter| letter.to_string()).into_any(),
    };
    view! { <span class=class aria-hidden="true">{mark}</span> }
}
