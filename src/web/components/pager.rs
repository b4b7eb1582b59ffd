//! Older and newer; no page numbers, since the log grows while it is read.

use super::icon::{Icon, Shape};
use leptos::prelude::*;

/// `says` is what is shown: “50 of 328, newest first”. A direction without a link has nothing more.
#[component]
pub fn Pager(#[prop(into)] says: String, newer: Option<String>, older: Option<String>) -> impl IntoView {
    let off = |href: &Option<String>| href.is_none().then_some("true");
    view! {
        <nav class="pager" aria-label="Pages">
            <span>{says}</span>
            <span class="push row">
                <a class="btn sm" rel="prev" aria-disabled=off(&newer) href=newer><Icon shape=Shape::Left/>"Newer"</a>
                <a class="btn sm" rel="next" aria-disabled=off(&older) href=older>"Older"<Icon shape=Shape::Right/></a>
            </span>
        </nav>
    }
}
