//! For what is done in the background in a moment: a link that looks again, and with JavaScript a page that does so by itself.

use leptos::prelude::*;

#[component]
pub fn LookAgain(#[prop(into)] href: String) -> impl IntoView {
    view! { <a class="btn sm" href=href>"Look again"</a><Reload/> }
}

/// Loads the page again in a moment; the page that has nothing to wait for draws none.
#[island]
fn Reload() -> impl IntoView {
    Effect::new(reload_soon);
    view! { <span hidden=true></span> }
}

#[cfg(feature = "hydrate")]
fn reload_soon() {
    /// Most of it takes less than one look.
    const AFTER: std::time::Duration = std::time::Duration::from_secs(2);
    set_timeout(
        || {
            if let Some(window) = web_sys::window() {
                let _ = window.location().reload();
            }
        },
        AFTER,
    );
}

/// Effects run in the browser only.
#[cfg(not(feature = "hydrate"))]
fn reload_soon() {}
