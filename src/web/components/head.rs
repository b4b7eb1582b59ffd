//! The top of a page: where it is, what it is, what can be done.

use leptos::children::ViewFnOnce;
use leptos::prelude::*;

/// A step of the path; without `href` it has no page of its own, or is this page.
pub struct Crumb {
    pub text: String,
    pub href: Option<String>,
}

impl Crumb {
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: Some(href.into()) }
    }

    pub fn here(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None }
    }
}

#[component]
pub fn Crumbs(path: Vec<Crumb>) -> impl IntoView {
    let last = path.len().saturating_sub(1);
    let steps = path
        .into_iter()
        .enumerate()
        .map(|(at, Crumb { text, href })| match href {
            Some(href) => view! { <li><a href=href>{text}</a></li> }.into_any(),
            None => view! { <li><span aria-current=(at == last).then_some("page")>{text}</span></li> }.into_any(),
        })
        .collect_view();
    view! { <nav class="crumbs" aria-label="Breadcrumbs"><ol>{steps}</ol></nav> }
}

/// `before` is a glyph; the children (badges) follow the title; `actions` stand at the right.
#[component]
pub fn Head(
    #[prop(into)] title: ViewFnOnce,
    #[prop(optional, into)] before: Option<ViewFnOnce>,
    #[prop(optional, into)] actions: Option<ViewFnOnce>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="head">
            <div class="title">{before.map(ViewFnOnce::run)}<h1>{title.run()}</h1>{children.map(|children| children())}</div>
            {actions.map(|actions| view! { <div class="row">{actions.run()}</div> })}
        </header>
    }
}
