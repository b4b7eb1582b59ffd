//! Buttons and links that look like one. Labels are verbs; a view has at most one primary.

use super::icon::{Icon, Shape};
use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    #[default]
    Plain,
    Primary,
    /// Beside a primary, or in a row.
    Quiet,
    /// Only opens or gives a confirmation.
    Danger,
    QuietDanger,
}

impl Look {
    fn class(self, small: bool) -> String {
        let look = match self {
            Self::Plain => "btn",
            Self::Primary => "btn primary",
            Self::Quiet => "btn quiet",
            Self::Danger => "btn danger",
            Self::QuietDanger => "btn danger quiet",
        };
        if small { format!("{look} sm") } else { look.to_owned() }
    }
}

/// Submits the form it stands in. `name` and `value` tell the form which of its buttons it was;
/// `label` is what a screen reader says where the text alone is not enough (“Pause First Purchase”).
#[component]
pub fn Button(
    #[prop(into)] text: String,
    #[prop(optional)] look: Look,
    #[prop(optional)] small: bool,
    #[prop(optional, into)] icon: Option<Shape>,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional, into)] name: Option<&'static str>,
    #[prop(optional, into)] value: Option<String>,
) -> impl IntoView {
    view! {
        <button class=look.class(small) type="submit" name=name value=value aria-label=label>
            {icon.map(|shape| view! { <Icon shape/> })}{text}
        </button>
    }
}

#[component]
pub fn ButtonLink(
    #[prop(into)] href: String,
    #[prop(into)] text: String,
    #[prop(optional)] look: Look,
    #[prop(optional)] small: bool,
    #[prop(optional, into)] icon: Option<Shape>,
    #[prop(optional, into)] label: Option<String>,
) -> impl IntoView {
    view! { <a class=look.class(small) href=href aria-label=label>{icon.map(|shape| view! { <Icon shape/> })}{text}</a> }
}

/// The submit button of a form that turns something on or off; the form's hidden field says which.
#[component]
pub fn Switch(on: bool, #[prop(into)] text: String) -> impl IntoView {
    view! { <button class="switch" type="submit" role="switch" aria-checked=on.to_string()>{text}</button> }
}
