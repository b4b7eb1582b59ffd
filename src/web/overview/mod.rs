//! `/games/{slug}`: how the game's networks do.

use crate::web::components::Head;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn OverviewPage() -> impl IntoView {
    view! { <Title text="Overview"/><Head title=|| "Overview"/> }
}
