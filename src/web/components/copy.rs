//! Copies the text of another element of the page. Without JavaScript, or where the browser gives no clipboard, it is not shown.

use leptos::prelude::*;

/// How long the button says that it has copied.
const SAYS_SO: std::time::Duration = std::time::Duration::from_secs(2);

/// `from` is the id of the element whose text is copied; `label` what a screen reader says: “Copy the snippet”.
#[island]
pub fn Copy(from: String, label: String) -> impl IntoView {
    let copied = RwSignal::new(false);
    let able = RwSignal::new(false);
    Effect::new(move || able.set(clipboard()));
    let copy = move |_| {
        if write(&from) {
            copied.set(true);
            set_timeout(move || copied.set(false), SAYS_SO);
        }
    };
    view! {
        <button class="btn quiet sm copy" type="button" aria-label=label data-hydrated=move || able.get().then_some("") on:click=copy>
            <svg class="icon" aria-hidden="true"><use_ href=move || if copied.get() { "#i-check" } else { "#i-copy" }/></svg>
            <span aria-live="polite">{move || if copied.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
}

/// The clipboard is there only on https and on this machine.
#[cfg(feature = "hydrate")]
fn clipboard() -> bool {
    let navigator: wasm_bindgen::JsValue = window().navigator().into();
    js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| !clipboard.is_undefined())
}

#[cfg(feature = "hydrate")]
fn write(from: &str) -> bool {
    let Some(text) = document().get_element_by_id(from).and_then(|element| element.text_content()) else { return false };
    let _ = window().navigator().clipboard().write_text(&text);
    true
}

#[cfg(not(feature = "hydrate"))]
fn clipboard() -> bool {
    false
}

#[cfg(not(feature = "hydrate"))]
fn write(_from: &str) -> bool {
    false
}
