//! Rows of the log to be picked: a plain form of check boxes. With JavaScript all of a page can be picked at once, and they are counted.

use leptos::prelude::*;

/// Stands in the form; `name` is that of the boxes.
#[island]
pub fn SelectAll(name: String) -> impl IntoView {
    let picked = RwSignal::new(0_usize);
    let alive = RwSignal::new(false);
    let all = NodeRef::<leptos::html::Input>::new();
    let follows = name.clone();
    Effect::new(move || {
        if let Some(input) = all.get() {
            follow(&input, &follows, picked);
            alive.set(true);
        }
    });
    let pick = move |_| {
        if let Some(input) = all.get_untracked() {
            picked.set(set_all(&input, &name));
        }
    };
    view! {
        <span class="row" hidden=move || !alive.get() data-hydrated=move || alive.get().then_some("")>
            <label class="row small"><input type="checkbox" node_ref=all on:change=pick/>"Select all on this page"</label>
            <span class="muted small" role="status">{move || match picked.get() { 1 => "1 row selected".to_owned(), count => format!("{count} rows selected") }}</span>
        </span>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::{RwSignal, Set};
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{HtmlFormElement, HtmlInputElement};

    /// Counts now and whenever a box of the form changes.
    pub fn follow(input: &HtmlInputElement, name: &str, picked: RwSignal<usize>) {
        let Some(form) = input.form() else { return };
        let (of, name) = (form.clone(), name.to_owned());
        picked.set(count(&of, &name));
        let changed = Closure::<dyn Fn()>::new(move || picked.set(count(&of, &name)));
        let _ = form.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
        // It listens as long as the page stands.
        changed.forget();
    }

    /// Ticks all boxes or none, as `input` is; how many are ticked.
    pub fn set_all(input: &HtmlInputElement, name: &str) -> usize {
        let Some(form) = input.form() else { return 0 };
        boxes(&form, name).for_each(|one| one.set_checked(input.checked()));
        count(&form, name)
    }

    fn count(form: &HtmlFormElement, name: &str) -> usize {
        boxes(form, name).filter(HtmlInputElement::checked).count()
    }

    fn boxes(form: &HtmlFormElement, name: &str) -> impl Iterator<Item = HtmlInputElement> {
        let found = form.query_selector_all(&format!("input[name={name}]")).ok();
        let at = move |index| found.as_ref()?.item(index)?.dyn_into::<HtmlInputElement>().ok();
        (0..).map_while(at)
    }
}
#[cfg(feature = "hydrate")]
use browser::{follow, set_all};

// Effects run in the browser only; the server needs the names.
#[cfg(not(feature = "hydrate"))]
fn follow(_: &impl Sized, _: &str, _: RwSignal<usize>) {}
#[cfg(not(feature = "hydrate"))]
fn set_all(_: &impl Sized, _: &str) -> usize {
    0
}
