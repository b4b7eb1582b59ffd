//! Form fields with their label, hint and error tied together for screen readers. A field's id is its name.

use super::icon::{Icon, Shape};
use leptos::prelude::*;

/// The ids that describe a control, for `aria-describedby`.
fn described_by(name: &str, hint: bool, error: bool) -> Option<String> {
    let ids: Vec<String> = [hint.then(|| format!("{name}-hint")), error.then(|| format!("{name}-error"))].into_iter().flatten().collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn notes(name: &str, hint: Option<String>, error: Option<String>) -> impl IntoView {
    view! {
        {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
        {error.map(|error| view! { <p class="error" id=format!("{name}-error")><Icon shape=Shape::Failed/>{error}</p> })}
    }
}

/// One line of text. `kind` is the input's type; `max` its limit in characters; `list` the id of a `<datalist>`.
#[component]
pub fn TextField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(default = None)] error: Option<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] max: Option<usize>,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] list: Option<&'static str>,
    #[prop(optional, into)] placeholder: Option<String>,
    /// For ids, codes and event names: no spelling marks, no capitals.
    #[prop(optional)]
    code: bool,
) -> impl IntoView {
    let described = described_by(&name, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <input class=if code { "input mono" } else { "input" } id=name.clone() name=name.clone() type=kind value=value required=required maxlength=max
                autocomplete=autocomplete list=list placeholder=placeholder aria-describedby=described aria-invalid=invalid
                spellcheck=code.then_some("false") autocapitalize=code.then_some("none")/>
            {notes(&name, hint, error)}
        </div>
    }
}

#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(default = None)] error: Option<String>,
    #[prop(optional, into)] max: Option<usize>,
    #[prop(default = 3)] rows: u32,
) -> impl IntoView {
    let described = described_by(&name, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <textarea class="input" id=name.clone() name=name.clone() rows=rows maxlength=max aria-describedby=described aria-invalid=invalid>{value}</textarea>
            {notes(&name, hint, error)}
        </div>
    }
}

/// A drop-down; `options` are value and label, in order. An empty value is “nothing chosen yet”.
#[component]
pub fn SelectField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<(String, String)>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(default = None)] error: Option<String>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let described = described_by(&name, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    let options =
        options.into_iter().map(|(word, text)| view! { <option value=word.clone() selected=word == value>{text}</option> }).collect_view();
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <span class="select">
                <select id=name.clone() name=name.clone() required=required aria-describedby=described aria-invalid=invalid>{options}</select>
                <Icon shape=Shape::Down/>
            </span>
            {notes(&name, hint, error)}
        </div>
    }
}

/// One box of a set: `kind` is `radio` or `checkbox`.
#[component]
pub fn Choice(
    #[prop(default = "radio")] kind: &'static str,
    #[prop(into)] name: String,
    #[prop(into)] value: String,
    #[prop(optional)] checked: bool,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input type=kind name=name value=value checked=checked/>
            <span>{label}{hint.map(|hint| view! { <span class="hint">{hint}</span> })}</span>
        </label>
    }
}
