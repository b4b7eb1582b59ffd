//! The consent page in a popup: opened by a form of the page, told back over a channel of our own origin, never by `window.opener`.

use leptos::prelude::*;

/// The channel that an opened popup tells its page by.
#[cfg(feature = "hydrate")]
const CHANNEL: &str = "postbacks-connect";

/// In the popup, once all is saved: tells the page behind it and closes itself. Without JavaScript there is no popup to close.
#[component]
pub fn ClosePopup(back: String) -> impl IntoView {
    view! {
        <div class="empty">
            <h1>"Connected"</h1>
            <p>"You can close this window."</p>
            <p><a class="btn" href=back>"Back to the integration"</a></p>
            <Tell/>
        </div>
    }
}

#[island]
fn Tell() -> impl IntoView {
    Effect::new(tell);
}

/// On the page behind: loads itself again when the popup is done.
#[island]
pub fn Reloads() -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move || {
        listen();
        alive.set(true);
    });
    view! { <span hidden=true data-hydrated=move || alive.get().then_some("")></span> }
}

/// Opens the form it stands in in a popup; where the browser opens none, the form goes on in the same tab.
#[island]
pub fn InPopup() -> impl IntoView {
    let form = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        if let Some(input) = form.get() {
            open_on_submit(&input);
        }
    });
    view! { <input type="hidden" name="popup" value="false" node_ref=form/> }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::CHANNEL;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;

    /// Room for a consent page.
    const WINDOW: &str = "popup,width=620,height=760";
    const NAME: &str = "postbacks-connect";

    pub fn tell() {
        if let Ok(channel) = web_sys::BroadcastChannel::new(CHANNEL) {
            let _ = channel.post_message(&"connected".into());
        }
        if let Some(window) = web_sys::window() {
            let _ = window.close();
        }
    }

    pub fn listen() {
        let Ok(channel) = web_sys::BroadcastChannel::new(CHANNEL) else { return };
        let reload = Closure::<dyn Fn()>::new(|| {
            if let Some(window) = web_sys::window() {
                let _ = window.location().reload();
            }
        });
        channel.set_onmessage(Some(reload.as_ref().unchecked_ref()));
        // The page keeps its ear as long as it stands.
        reload.forget();
        std::mem::forget(channel);
    }

    pub fn open_on_submit(input: &web_sys::HtmlInputElement) {
        let Some(form) = input.form() else { return };
        let (form_of_popup, input) = (form.clone(), input.clone());
        let open = Closure::<dyn Fn()>::new(move || {
            let opened = web_sys::window().and_then(|window| window.open_with_url_and_target_and_features("", NAME, WINDOW).ok().flatten());
            input.set_value(if opened.is_some() { "true" } else { "false" });
            form_of_popup.set_target(if opened.is_some() { NAME } else { "" });
        });
        let _ = form.add_event_listener_with_callback("submit", open.as_ref().unchecked_ref());
        open.forget();
    }
}
#[cfg(feature = "hydrate")]
use browser::{listen, open_on_submit, tell};

// Effects run in the browser only; the server needs the names.
#[cfg(not(feature = "hydrate"))]
fn tell() {}
#[cfg(not(feature = "hydrate"))]
fn listen() {}
#[cfg(not(feature = "hydrate"))]
fn open_on_submit(_: &impl Sized) {}
