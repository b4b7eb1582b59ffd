//! Keeps parts of a page true while they may still change: the page is fetched again, and what differs is put in place. The server draws
//! everything, also what changes; without JavaScript a link loads the page again.

use leptos::prelude::*;

/// How often the browser looks.
const EVERY: std::time::Duration = std::time::Duration::from_secs(2);

/// `parts` are ids of elements that hold no island. The page is fetched again as long as one of them holds an element with `data-moves`.
#[island]
pub fn Follow(parts: Vec<String>) -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move || {
        alive.set(true);
        let parts = parts.clone();
        let timer = set_interval_with_handle(move || refresh(parts.clone()), EVERY).ok();
        on_cleanup(move || {
            if let Some(timer) = timer {
                timer.clear();
            }
        });
    });
    view! { <span hidden=true data-hydrated=move || alive.get().then_some("")></span> }
}

#[cfg(feature = "hydrate")]
mod browser {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::{JsFuture, spawn_local};
    use web_sys::{DomParser, Response, SupportedType};

    pub fn refresh(parts: Vec<String>) {
        // What cannot be fetched now is fetched next time.
        spawn_local(async move {
            let _ = replace(&parts).await;
        });
    }

    async fn replace(parts: &[String]) -> Option<()> {
        let window = web_sys::window()?;
        let document = window.document()?;
        document.query_selector("[data-moves]").ok()??;
        let fetched = JsFuture::from(window.fetch_with_str(&window.location().href().ok()?)).await.ok()?;
        let answer: Response = fetched.dyn_into().ok()?;
        if !answer.ok() {
            return None;
        }
        let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
        let fresh = DomParser::new().ok()?.parse_from_string(&text, SupportedType::TextHtml).ok()?;
        for part in parts {
            let (shown, now) = (document.get_element_by_id(part)?, fresh.get_element_by_id(part)?);
            // What is as it was stays, with the reader's focus, and is not read out again.
            if shown.inner_html() != now.inner_html() {
                shown.set_inner_html(&now.inner_html());
            }
        }
        Some(())
    }
}
#[cfg(feature = "hydrate")]
use browser::refresh;

// Effects run in the browser only; the server needs the name.
#[cfg(not(feature = "hydrate"))]
fn refresh(_: Vec<String>) {}
