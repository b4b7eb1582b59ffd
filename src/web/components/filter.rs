//! Segmented filters and tabs: plain links, so that the URL is the state.

use super::icon::{Icon, Shape, Tone};
use leptos::prelude::*;

/// One link of a segmented filter or a row of tabs.
pub struct Pick {
    pub href: String,
    pub text: String,
    pub current: bool,
    pub icon: Option<(Shape, Tone)>,
    /// Shown behind the text of a tab.
    pub count: Option<String>,
}

impl Pick {
    pub fn new(href: impl Into<String>, text: impl Into<String>, current: bool) -> Self {
        Self { href: href.into(), text: text.into(), current, icon: None, count: None }
    }

    pub fn icon(self, shape: Shape, tone: Tone) -> Self {
        Self { icon: Some((shape, tone)), ..self }
    }

    pub fn count(self, count: impl Into<String>) -> Self {
        Self { count: Some(count.into()), ..self }
    }

    fn view(self, current: &'static str) -> impl IntoView {
        let tone = self.icon.map(|(_, tone)| tone.word());
        view! {
            <a href=self.href aria-current=self.current.then_some(current) data-tone=tone>
                {self.icon.map(|(shape, _)| view! { <Icon shape/> })}
                {self.text}
                {self.count.map(|count| view! { <span class="count">{count}</span> })}
            </a>
        }
    }
}

/// Two to five filters that exclude each other; `label` says of what: “Time range”.
#[component]
pub fn Segments(label: &'static str, picks: Vec<Pick>) -> impl IntoView {
    view! { <nav class="seg" aria-label=label>{picks.into_iter().map(|pick| pick.view("true")).collect_view()}</nav> }
}

/// Parts of a page.
#[component]
pub fn Tabs(label: &'static str, picks: Vec<Pick>) -> impl IntoView {
    view! { <nav class="tabs" aria-label=label>{picks.into_iter().map(|pick| pick.view("page")).collect_view()}</nav> }
}
