//! A question before what cannot be undone or goes out to a network, as a page of its own.

use leptos::prelude::*;

/// `title` is the question; the children say what happens, with the count, and hold the form. `back` is where the way out leads, and
/// `leave` what that is called.
#[component]
pub fn Confirm(
    #[prop(into)] title: String,
    #[prop(into)] back: String,
    says: AnyView,
    #[prop(default = "Cancel")] leave: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card confirm" aria-labelledby="confirm">
            <h1 id="confirm">{title}</h1>
            <div class="stack snug soft">{says}</div>
            <footer class="row">{children()}<a class="btn quiet" href=back>{leave}</a></footer>
        </section>
    }
}
